"""The sample city (示例城市) that ``cim up`` loads into an empty database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from api.cli.terminal import step
from cim import moments
from cim.actions import Action
from cim.bucket import Place
from cim.catalog.binding import Wanted, bind
from cim.layer import Text
from layers import fusing, raster
from layers.load import VectorFile, load
from layers.observations import load as observations
from layers.observations.file import ObservationFile
from layers.observations.file import Wanted as Observed
from layers.raster import RasterFile

__all__ = ["load_sample_city"]

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


def load_sample_city(engine: Engine, rasters: Place) -> None:
    """Load what data/samples/manifest.json lists, bound as bindings.json says, telling progress.

    In one transaction: cut off half way it leaves the database empty, and the next start loads all.
    """
    manifest = json.loads((SAMPLES / "manifest.json").read_text())
    with engine.begin() as connection:
        for entry in manifest["vectors"]:
            with step(f"Loading {entry['file']} as {entry['layer']}"):
                load(connection, engine, vector_file(entry))
        for entry in manifest["rasters"]:
            with step(f"Loading {entry['file']} as {entry['collection']}"):
                raster.load(connection, raster_file(entry), rasters)
        for entry in manifest["observations"]:
            with step(f"Loading {entry['file']} of {entry['layer']}"):
                observations.load(connection, observation_file(entry))
        with step("Binding the layers to the catalog"):
            for layer, wanted in bindings():
                bind(connection, layer, wanted, Action("cim", "the sample city"))
                fusing.after_binding(connection, layer)


def observation_file(entry: dict[str, Any]) -> ObservationFile:
    """The observations that an entry of the manifest tells of."""
    return ObservationFile(
        path=SAMPLES / entry["file"],
        stations=entry["layer"],
        parameters=tuple(
            Observed(told["parameter"], column, told["unit"])
            for column, told in entry["values"].items()
        ),
        columns={"station": entry["key"], "time": entry["time"]},
        datum_field=entry["datum"]["field"],
        offset_field=entry["datum"]["offset_field"],
        strict=True,
    )


def bindings() -> Iterator[tuple[str, Wanted]]:
    """The layers of data/samples/bindings.json, and what each is in the catalog."""
    for entry in json.loads((SAMPLES / "bindings.json").read_text())["bindings"]:
        layer = entry.pop("layer")
        yield layer, Wanted(**entry)


def raster_file(entry: dict[str, Any]) -> RasterFile:
    """The scene that an entry of the manifest tells of."""
    return RasterFile(
        path=SAMPLES / entry["file"],
        collection=entry["collection"],
        acquired_at=moments.parse_instant(entry["datetime"]),
        title=Text(**entry["title"]),
        description=Text(**entry["description"]),
    )


def vector_file(entry: dict[str, Any]) -> VectorFile:
    """The file that an entry of the manifest tells of."""
    return VectorFile(
        path=SAMPLES / entry["file"],
        layer=entry["layer"],
        title=Text(**entry["title"]),
        description=Text(**entry["description"]),
        key=entry["key"],
        name_field=entry["name"],
        class_code=entry["class"],
        aliases=entry.get("aliases", {}),
        source_layer=entry.get("source_layer"),
        crs=entry.get("crs"),
        encoding=entry.get("encoding"),
    )
