"""The sample city (示例城市) that ``cim up`` loads into an empty database."""

from __future__ import annotations

from sqlalchemy import Engine

from cim.settings import Settings

__all__ = ["load_sample_city"]


def load_sample_city(engine: Engine, settings: Settings) -> None:
    """Load what data/samples/manifest.json lists, telling progress on stderr."""
