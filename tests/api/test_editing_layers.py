"""Which layers are written to, and what each kind of them holds its features to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import jsonschema
import morecantile
import pytest
import shapely
from commands import Cim
from editing import ITEMS, Plots, box, feature, two_counties
from httpx import Response
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from cim.actions import Action
from cim.catalog import binding, rules, versions
from cim.catalog.binding import Wanted
from cim.layer import Text
from layers.load import VectorFile, load
from layers.vector_file import Shaping

BY = Action("wang")
NAMED = {"name_zh": "甲", "name_en": "A", "source": "local", "certainty": "L"}


@pytest.fixture
def plots(writing: TestClient, tmp_path: Path) -> Plots:
    made = two_counties(writing, tmp_path)
    made.load(["A", "B"])
    return made


def bind(plots: Plots) -> None:
    """Make the use mandatory, of 4 letters at the most, and the rank 0 to 9."""
    field = {"element": "plot", **NAMED, "type": "text"}
    number = field | {"type": "integer", "mandatory": "O", "minimum": "0", "maximum": "9"}
    document = {
        **{"catalog": "plots", "version": "1", "name_zh": "甲", "name_en": "A"},
        "domains": [{"code": "land", **NAMED}],
        "categories": [{"code": "land", "domain": "land", **NAMED}],
        "elements": [{"code": "plot", "category": "land", "grade": "general2", **NAMED}],
        "fields": [
            {"code": "plot.use", "mandatory": "M", "length": 4, **field},
            {"code": "plot.rank", **number},
        ],
    }
    fields = {"use": "plot.use", "rank": "plot.rank"}
    with plots.engine.begin() as connection:
        versions.load(connection, rules.made(document), BY)
        binding.bind(connection, "plots", Wanted("plot", "局", "general2", fields=fields), BY)
    plots.settle()


def test_a_bound_layer_holds_features_to_the_catalog(plots: Plots) -> None:
    bind(plots)
    answer = plots.client.post(ITEMS, json=feature(use="orchard", rank=12))
    assert answer.status_code == 422, answer.text
    told = {each["path"]: each["detail"] for each in answer.json()["errors"]}
    assert "longer than 4" in told["$.properties.use"]
    assert "above the maximum 9" in told["$.properties.rank"]
    code = plots.code("A")
    empty = plots.patch(code, {"use": None})
    assert empty.json()["errors"] == [
        {"path": "$.properties.use", "detail": "plot.use is mandatory and empty"}
    ]
    assert plots.patch(code, {"rank": 9}).status_code == 204


def test_the_schema_tells_what_may_be_written(plots: Plots) -> None:
    bind(plots)
    schema = plots.client.get("/collections/plots/schema").json()
    given = {name for name, each in schema["properties"].items() if each.get("readOnly")}
    assert given == {"code", "region_code", "type_code", "beidou_code"}
    assert schema["required"] == ["geometry", "number", "use"]
    assert schema["properties"]["use"]["maxLength"] == 4
    assert (schema["properties"]["rank"]["minimum"], schema["properties"]["rank"]["maximum"]) == (
        *(0, 9),
    )
    # What meets it is taken, and what does not is not.
    for properties, good in (({"use": "wood"}, True), ({"use": "orchard"}, False), ({}, False)):
        said = {"number": "N2", "geometry": box(112.09), **properties}
        assert jsonschema.Draft202012Validator(schema).is_valid(said) is good
        body = feature() | {"geometry": said.pop("geometry"), "properties": said}
        assert plots.client.post(ITEMS, json=body).status_code == (201 if good else 422)
    validate(plots.client.get("/api").json())
    api = plots.client.get("/api").json()["paths"]
    assert {"get", "post"} == api[ITEMS].keys()
    assert {"get", "put", "patch", "delete"} == api[f"{ITEMS}/{{featureId}}"].keys()


def test_a_coverage_takes_no_overlap(plots: Plots) -> None:
    plots.load(["A", "B"], shaping=Shaping(coverage=True))
    plots.settle()
    first = shapely.geometry.shape(plots.get(plots.code("A")).json()["geometry"]).bounds
    over = feature() | {"geometry": box(first[0] + 0.0001)}
    refused = plots.client.post(ITEMS, json=over)
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["path"] == "$.geometry"
    assert f"overlaps {plots.code('A')} of the layer" in refused.json()["detail"]
    beside = feature() | {"geometry": box(first[2])}
    assert plots.client.post(ITEMS, json=beside).status_code == 201
    moved = plots.patch(plots.code("A"), {"geometry": box(first[0] + 0.0001)})
    assert moved.status_code == 422
    assert plots.patch(plots.code("A"), {"geometry": box(first[0] - 0.0001)}).status_code == 204


def test_a_layer_without_a_key(plots: Plots) -> None:
    frame = gpd.GeoDataFrame(
        {"kind": ["elm"]}, geometry=shapely.points([[112.02, 32.02]]), crs=4490
    )
    frame.to_file(plots.folder / "trees.gpkg")
    file = VectorFile(plots.folder / "trees.gpkg", "trees", Text("树", "T"), class_code="990702")
    with plots.engine.begin() as connection:
        load(connection, plots.engine, file)
    point = {"type": "Point", "coordinates": [112.03, 32.02]}
    tree = {"type": "Feature", "geometry": point, "properties": {"kind": "oak"}}
    made = [plots.client.post("/collections/trees/items", json=tree) for _ in range(2)]
    assert [each.status_code for each in made] == [201, 201], "two alike are two"
    code = made[0].headers["location"].rpartition("/")[2]
    assert plots.client.put(f"/collections/trees/items/{code}", json=tree).status_code == 204
    schema = plots.client.get("/collections/trees/schema").json()
    assert schema["required"] == ["geometry"]


def test_a_division_is_named_where_no_county_holds_the_place(plots: Plots) -> None:
    away = feature() | {"geometry": box(113.5)}
    refused = plots.client.post(ITEMS, json=away)
    assert refused.status_code == 422
    assert "name its division" in refused.json()["detail"]
    away["properties"]["region_code"] = "420606"
    made = plots.client.post(ITEMS, json=away)
    assert made.headers["location"].rpartition("/")[2].startswith("420606990101")


def test_parts_widen_what_the_layer_says_of_its_geometries(plots: Plots) -> None:
    def told() -> Any:
        plots.settle()
        schema = plots.client.get("/collections/plots/schema").json()
        return schema["properties"]["geometry"]["format"]

    assert told() == "geometry-polygon"
    rings = [box(112.05)["coordinates"], box(112.06)["coordinates"]]
    several = feature() | {"geometry": {"type": "MultiPolygon", "coordinates": rings}}
    assert plots.client.post(ITEMS, json=several).status_code == 201
    assert told() == "geometry-polygon-or-multipolygon"


def test_a_change_leaves_the_count_and_a_new_feature_does_not(plots: Plots) -> None:
    def matched() -> Any:
        plots.settle()
        return plots.client.get(f"{ITEMS}?limit=1").json().get("numberMatched")

    assert plots.patch(plots.code("A"), {"geometry": box(112.15, 32.09)}).status_code == 204
    assert matched() == 2
    east = plots.client.get("/collections/plots").json()["extent"]["spatial"]["bbox"][0][2]
    assert east > 112.15
    plots.client.post(ITEMS, json=feature())
    assert matched() is None, "nobody counts them"


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        (f"{ITEMS}?limit=1", lambda answer: "numberMatched" not in answer.json()),
        (f"{ITEMS}?bbox=112,32,112.1,32.1", lambda answer: answer.json()["numberReturned"] == 2),
        ("/tiles/WebMercatorQuad/16/{y}/{x}", lambda answer: answer.status_code == 200),
    ],
)
def test_who_wrote_may_ask_at_once(
    plots: Plots, path: str, holds: Callable[[Response], bool]
) -> None:
    """The count, a box that held all there was, and a tile beyond it, while no notice comes."""
    plots.settle()
    hears = "datname = current_database() AND query LIKE 'LISTEN %'"
    plots.rows(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {hears}")
    tile = morecantile.tms.get("WebMercatorQuad").tile(113.5002, 32.0102, 16)
    assert plots.client.post(ITEMS, json=feature("far", 113.5, region_code="420606")).is_success
    assert holds(plots.client.get(path.format(x=tile.x, y=tile.y)))


def test_packed_answers_have_tags_of_their_own(plots: Plots) -> None:
    code = plots.code("A")
    assert plots.patch(code, {"use": "x" * 5000}).status_code == 204
    plain = plots.get(code, **{"Accept-Encoding": "identity"}).headers["etag"]
    packed = plots.get(code, **{"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["etag"] == plain[:-1] + '-gzip"'
    assert plots.get(code, **{"If-None-Match": packed.headers["etag"]}).status_code == 304
    assert plots.patch(code, {"use": "y"}, If_Match=packed.headers["etag"]).status_code == 204


@pytest.mark.parametrize("collection", ["imagery", "catalog"])
def test_scenes_and_records_are_not_written(client: TestClient, collection: str) -> None:
    items = f"/collections/{collection}/items"
    for method in ("POST", "PUT", "DELETE"):
        answer = client.request(method, items, json=feature())
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.options(items).headers["allow"] == "GET, HEAD, OPTIONS"
    assert client.patch(f"{items}/x", json={}).status_code == 405


def test_neither_registers_nor_tables_nor_fusions(plots: Plots, cim: Cim) -> None:
    assign = {
        **{"source_system": "cad", "class": "990703", "source_id": "H1", "division": "420606"},
        "geometry": {"type": "Point", "coordinates": [112.05, 32.05]},
    }
    assert plots.client.post("/entities", json=assign).status_code == 201
    (plots.folder / "bills.csv").write_text("bill,plot\nB1,A\n", encoding="utf-8")
    bind(plots)
    table = ("table", "load", plots.folder / "bills.csv", "--table", "bills", "--key", "bill")
    owner = ("--owner", "局", "--grade", "general2", "--title", "账单", "--source", "税务")
    define = ("fusion", "define", "billed", "--layer", "plots", "--table", "bills")
    ways = ("--by", "field:plot=number", "--field", "plot")
    for words in ((*table, *owner), (*define, *ways)):
        said = cim(*words)
        assert said.status == 0, said.err
    plots.settle()
    for collection, reason in (("assigned_990703", "POST /entities"), ("billed", "is fused of")):
        answer = plots.client.post(f"/collections/{collection}/items", json=feature())
        assert answer.status_code == 405, answer.text
        assert reason in answer.json()["detail"]
        members = plots.client.get(f"/collections/{collection}/schema").json()["properties"]
        assert all(each["readOnly"] for each in members.values())
    # The layer below is written to; of what is fused the tag moves with the row.
    code = plots.code("A")
    fused = f"/collections/billed/items/{code}"
    tag = plots.client.get(fused).headers["etag"]
    assert plots.client.get(fused, headers={"If-None-Match": tag}).status_code == 304
    assert plots.patch(code, {"rank": 5}).status_code == 204
    assert plots.client.get(fused, headers={"If-None-Match": tag}).status_code == 200


def test_a_station_is_written_and_its_readings_are_not(client: TestClient) -> None:
    """Of the sample city nothing is changed: what is refused, and what is the same."""
    station = client.get("/collections/hydro_stations/items?limit=1").json()["features"][0]
    path = f"/collections/hydro_stations/items/{station['id']}"
    got = client.get(path)
    reading = next(n for n in station["properties"] if n.startswith("latest_"))
    headers = {"If-Match": got.headers["etag"], "Content-Type": "application/merge-patch+json"}
    refused = client.patch(path, json={reading: 1}, headers=headers)
    assert refused.json()["errors"][0]["path"] == f"$.{reading}"
    same = client.put(path, json=got.json(), headers={"If-Match": got.headers["etag"]})
    assert (same.status_code, same.headers["etag"]) == (204, got.headers["etag"])
