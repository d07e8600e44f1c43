"""The sample city: loaded whole or not at all, and what the README asks of it is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.cli.sample import load_sample_city
from cim import registry
from layers.errors import StoreUnwritable

ROOT = Path(__file__).parents[2]


def test_a_load_that_is_cut_off_leaves_nothing(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "rasters").touch()
    with pytest.raises(StoreUnwritable):
        load_sample_city(engine, tmp_path / "rasters")
    with engine.connect() as connection:
        assert not registry.read(connection).layers


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_what_the_readme_asks_for_is_there(client: TestClient, page: str) -> None:
    asked = re.findall(r"curl 'http://127.0.0.1:8000(/[^']+)'", (ROOT / page).read_text())
    assert len(asked) == 2
    for path in asked:
        answer = client.get(path).raise_for_status().json()
        assert answer.get("features") or answer.get("code"), path
