"""Tiles after writes: never an old one, and no new one where nothing was written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import morecantile
import pytest
import shapely
from sqlalchemy import Engine
from starlette.testclient import TestClient

from cim.access import ANONYMOUS
from cim.database.sql import run
from cim.layer import Text
from layers.load import VectorFile, load
from tiles import vector
from tiles.matrix_sets import WEB_MERCATOR_QUAD
from tiles.vector import Asked

QUAD = morecantile.tms.get("WebMercatorQuad")
COUNT = 400
Bring = Callable[..., None]


@pytest.fixture
def bring(writing: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bring:
    """Loads 20 x 20 plots, some meanwhile elsewhere; a layer of 100 has a pyramid here."""
    monkeypatch.setattr(vector, "MANY", 100)
    engine: Engine = writing.app.state.service.engine  # type: ignore[attr-defined]

    def load_plots(shift: float = 0.0, moved: int = 0, use: str = "a") -> None:
        places = [(112 + 0.002 * (i % 20), 32 + 0.002 * (i // 20)) for i in range(COUNT)]
        shapes = [
            shapely.box(x + shift * (i < moved), y, x + shift * (i < moved) + 0.001, y + 0.001)
            for i, (x, y) in enumerate(places)
        ]
        frame = {"number": [f"N{i}" for i in range(COUNT)], "use": use}
        gpd.GeoDataFrame(frame, geometry=shapes, crs=4490).to_file(tmp_path / "plots.gpkg")
        file = VectorFile(
            tmp_path / "plots.gpkg",
            "plots",
            Text("地块", "Plots"),
            key="number",
            class_code="990101",
            division="420602",
        )
        with engine.begin() as connection:
            load(connection, engine, file)

    load_plots()
    return load_plots


def path(z: int, lon: float = 112.02, lat: float = 32.02) -> str:
    tile = QUAD.tile(lon, lat, z)
    return f"/collections/plots/tiles/WebMercatorQuad/{z}/{tile.y}/{tile.x}"


def features(body: bytes) -> list[dict[str, Any]]:
    return [f["properties"] for f in mapbox_vector_tile.decode(body)["plots"]["features"]]


@pytest.mark.parametrize("z", [0, 5, 8, 10])
def test_small_scales_count_every_feature(writing: TestClient, bring: Bring, z: int) -> None:
    bring()
    found = features(writing.get(path(z)).raise_for_status().content)
    assert sum(f["cim_features"] for f in found) == COUNT
    assert len(found) < COUNT
    assert {f["use"] for f in found} == {"a"}
    assert all(len(f["code"]) == 21 for f in found)


@pytest.mark.parametrize("z", [8, 10, 14])
def test_an_edit_is_in_the_next_tile(writing: TestClient, bring: Bring, z: int) -> None:
    first = writing.get(path(z)).raise_for_status()
    assert first.headers["cache-control"] == "no-cache"
    tag = {"If-None-Match": first.headers["etag"]}
    assert writing.get(path(z), headers=tag).status_code == 304
    assert writing.get(path(z)).content == first.content
    bring(use="b")
    second = writing.get(path(z), headers=tag)
    assert second.status_code == 200
    assert {f["use"] for f in features(second.content)} == {"b"}
    bring(shift=5.0, moved=COUNT)
    gone = writing.get(path(z))  # outside the limits, where this worker has heard of them already
    assert gone.status_code in ({204, 404} if z > 5 else {200})
    assert not gone.content or z <= 5 or gone.status_code == 404
    assert writing.get(path(z, lon=117.02)).status_code == 200


def test_what_is_not_touched_stays(writing: TestClient, bring: Bring) -> None:
    """A move of the plot in one corner leaves the tile of the other corner as it is."""
    here, there = path(15, 112.0005, 32.0005), path(15, 112.038, 32.038)
    tags = {p: {"If-None-Match": writing.get(p).headers["etag"]} for p in (here, there)}
    bring(shift=0.0002, moved=1)
    assert writing.get(here, headers=tags[here]).status_code == 200
    assert writing.get(there, headers=tags[there]).status_code == 304


@pytest.mark.parametrize("z", [10, 14])
@pytest.mark.usefixtures("bring")
def test_a_known_tile_touches_no_geometry(writing: TestClient, z: int) -> None:
    state = writing.get(path(z)).headers["etag"].strip('"').rpartition(".")[2]
    service = writing.app.state.service  # type: ignore[attr-defined]
    layer, place = service.registry.layers["plots"], QUAD.tile(112.02, 32.02, z)
    address = WEB_MERCATOR_QUAD.address(z, place.x, place.y)
    with service.engine.connect() as connection:
        for known in ((), (state,)):
            statement = vector.tile(Asked((layer,), address, known=known), ANONYMOUS)
            plan = f"EXPLAIN (ANALYZE, COSTS OFF) {statement.sql}"
            scans = [r[0] for r in run(connection, plan, *statement.values) if "_geom_" in r[0]]
            assert scans
            assert all(("never executed" in scan) == bool(known) for scan in scans)


@pytest.mark.usefixtures("bring")
def test_a_grid_that_is_registered_anew_is_another_tile(writing: TestClient) -> None:
    document = {
        "crs": "http://www.opengis.net/def/crs/EPSG/0/4490",
        "orderedAxes": ["Lat", "Lon"],
        "tileMatrices": [
            {
                "id": "0",
                "scaleDenominator": 0.1 / 256 * 111319.49079327358 / 0.00028,
                "cellSize": 0.1 / 256,
                "pointOfOrigin": [32.1, 112.0],
                "tileWidth": 256,
                "tileHeight": 256,
                "matrixWidth": 1,
                "matrixHeight": 1,
            }
        ],
    }
    here = "/collections/plots/tiles/City/0/0/0"
    assert writing.put("/tileMatrixSets/City", json=document).status_code == 201
    first = writing.get(here)  # at once, though no notice of it has come yet
    assert first.status_code == 200
    document["tileMatrices"][0]["pointOfOrigin"] = [32.11, 112.01]  # type: ignore[index]
    assert writing.put("/tileMatrixSets/City", json=document).status_code == 200
    second = writing.get(here, headers={"If-None-Match": first.headers["etag"]})
    assert second.status_code == 200
    assert second.content != first.content


@pytest.mark.usefixtures("bring")
def test_a_changed_column_is_another_tile(writing: TestClient) -> None:
    first = writing.get(path(14))
    engine = writing.app.state.service.engine  # type: ignore[attr-defined]
    with engine.begin() as connection:
        run(connection, "ALTER TABLE layer.plots ADD COLUMN height int DEFAULT 3")
        run(connection, "DROP VIEW item.plots")
        run(connection, "CREATE VIEW item.plots AS SELECT * FROM layer.plots")
        run(
            connection,
            """UPDATE cim.layer SET columns = columns ||
               '[{"name": "height", "type": "integer"}]' WHERE name = 'plots'""",
        )
        run(connection, "UPDATE cim.registry SET version = version + 1")
    writing.get("/readyz").raise_for_status()
    second = writing.get(path(14), headers={"If-None-Match": first.headers["etag"]})
    assert second.status_code == 200
    assert features(second.content)[0]["height"] == 3


def test_lists_json_and_times_are_what_items_have(writing: TestClient, tmp_path: Path) -> None:
    """ST_AsMVT makes properties of the members of JSON: no `code` of theirs is ours."""
    values = {"number": "T1", "kind": "real", "when": "2024-05-01T08:00:00+08:00"}
    values |= {"more": {"kind": "fake", "code": "111"}, "tags": ["a", "b"]}
    place = {"type": "Point", "coordinates": [112.02, 32.02]}
    feature = {"type": "Feature", "geometry": place, "properties": values}
    path_ = tmp_path / "trees.geojson"
    path_.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    engine: Engine = writing.app.state.service.engine  # type: ignore[attr-defined]
    file = VectorFile(
        *(path_, "trees", Text("树", "Trees")), key="number", class_code="990101", division="420602"
    )
    with engine.begin() as connection:
        load(connection, engine, file)
    item = writing.get("/collections/trees/items").json()["features"][0]["properties"]
    tile = mapbox_vector_tile.decode(writing.get(path(14).replace("plots", "trees")).content)
    seen = tile["trees"]["features"][0]["properties"]
    assert (seen["code"], seen["kind"], seen["when"]) == (item["code"], "real", item["when"])
    assert (json.loads(seen["more"]), json.loads(seen["tags"])) == (item["more"], item["tags"])
