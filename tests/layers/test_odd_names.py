"""Fields may have any name: those of our own tables, aliases and views among them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from cim.actions import Action
from cim.database.sql import run
from cim.layer import Text
from cim.settings import Settings
from layers.load import VectorFile, load
from layers.rollback import rollback

# What statements call things beside the columns of tables.
ALIASES = [chr(letter) for letter in range(ord("a"), ord("z") + 1)] + ["tile", "then_", "item"]


@pytest.fixture
def names(engine: Engine) -> list[str]:
    """Every name of a column of our tables, and of what statements give names to."""
    with engine.connect() as connection:
        rows = run(
            connection,
            "SELECT DISTINCT column_name::text AS name FROM information_schema.columns"
            " WHERE table_schema = 'cim' AND NOT column_name LIKE 'cim_%'",
        )
    found = {row.name for row in rows} | set(ALIASES) | {"value", "scheme", "Value", "geom"}
    return sorted(name for name in found if re.fullmatch(r"\w+", name))


def test_a_layer_may_have_all_of_them(
    engine: Engine, database: str, names: list[str], tmp_path: Path
) -> None:
    """Loaded, changed, deleted, undone; read as items, by a filter, in tiles, and resolved."""

    def write(use: str, count: int) -> VectorFile:
        values: dict[str, Any] = {name: [f"{use}{i}" for i in range(count)] for name in names}
        values = {"key_": [f"k{i}" for i in range(count)], **values}
        shapes = [shapely.box(112 + i / 100, 32, 112.005 + i / 100, 32.005) for i in range(count)]
        path = tmp_path / "odd.fgb"
        gpd.GeoDataFrame(values, geometry=shapes, crs=4490).rename_geometry("shape_").to_file(path)
        return VectorFile(
            path,
            "odd",
            Text("怪名", "Odd"),
            key="key_",
            class_code="990101",
            division="420602",
            name_field="name",
            aliases={"standard_address": "value"},
        )

    def bring(file: VectorFile, mode: Any) -> int:
        with engine.begin() as connection:
            return load(connection, engine, replace(file, mode=mode)).run

    bring(write("a", 3), "replace")
    bring(write("b", 3), "replace")
    last = bring(write("c", 2), "upsert")
    for undone in (bring(write("c", 1), "delete"), last):
        with engine.begin() as connection:
            rollback(connection, undone, Action("li"))
    with TestClient(create_app(Settings(home=tmp_path, database_url=database))) as client:
        look(client, names)


def look(client: TestClient, names: list[str]) -> None:
    features = client.get("/collections/odd/items").raise_for_status().json()["features"]
    assert len(features) == 3
    own = {"geom": "source_geom", "code": "source_code", "beidou_code": "source_beidou_code"}
    for name in names:
        property_ = own.get(name, name)
        if property_ not in features[0]["properties"]:
            continue
        asked = {"filter": f"\"{property_}\" = 'b1'", "sortby": f"-{property_}"}
        found = client.get("/collections/odd/items", params=asked).raise_for_status().json()
        assert [f["properties"]["key_"] for f in found["features"]] == ["k1"], name
    for z, status in ((3, 204), (12, 200)):  # they are too small to be seen from afar
        tile = f"/collections/odd/tiles/CGCS2000Quad/{z}/"
        width = 360 / 2**z
        place = f"{int((90 - 32.002) / width)}/{int((112.002 + 180) / width)}"
        assert client.get(tile + place).status_code == status
        later = {"datetime": "2999-01-01T00:00:00Z"}
        assert client.get(tile + place, params=later).status_code == status
    assert client.get("/resolve?lon=112.002&lat=32.002").raise_for_status().json()["matches"]
    assert client.get(f"/id/{features[0]['id']}/history").status_code == 200
    assert client.get("/collections/odd/items?datetime=2999-01-01").status_code == 200
    assert client.get("/collections/odd/items?f=html").status_code == 200
