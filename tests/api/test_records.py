"""OGC API - Records over HTTP: what there is, found in Chinese, by place, time and properties."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import httpx
import jsonschema
import pytest
import shapely
from owslib.ogcapi.records import Records
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.cli.sample import SAMPLES
from cim.errors import BadName
from cim.layer import Text
from cim.names import layer_name
from layers.load import VectorFile, load

ITEMS = "/collections/catalog/items"
LAYERS = {
    entry["layer"] for entry in json.loads((SAMPLES / "manifest.json").read_text())["vectors"]
}

_TEXT = {"type": "string", "minLength": 1}
_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
_LANGUAGE = {"type": "object", "required": ["code"], "properties": {"code": _TEXT}}
# What recordGeoJSON.yaml of the standard and the files that it names demand.
RECORD: dict[str, Any] = {
    "type": "object",
    "required": ["id", "type", "time", "geometry", "properties", "links"],
    "properties": {
        "id": _TEXT,
        "type": {"const": "Feature"},
        "conformsTo": {"type": "array", "items": _TEXT},
        "time": {
            "oneOf": [
                {"type": "null"},
                {
                    "type": "object",
                    "properties": {
                        "interval": {
                            "type": "array",
                            "minItems": 2,
                            "maxItems": 2,
                            "items": {"oneOf": [_TIME, {"const": ".."}]},
                        }
                    },
                },
            ]
        },
        "geometry": {"type": ["object", "null"]},
        "properties": {
            "type": "object",
            "required": ["type", "title"],
            "properties": {
                "type": _TEXT,
                "title": _TEXT,
                "created": _TIME,
                "updated": _TIME,
                "keywords": {"type": "array", "items": _TEXT},
                "language": _LANGUAGE,
                "languages": {"type": "array", "items": _LANGUAGE},
                "externalIds": {
                    "type": "array",
                    "items": {"required": ["value"], "properties": {"value": _TEXT}},
                },
                "themes": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "required": ["concepts", "scheme"],
                        "properties": {
                            "concepts": {"minItems": 1, "items": {"required": ["id"]}},
                            "scheme": _TEXT,
                        },
                    },
                },
                "formats": {
                    "type": "array",
                    "items": {"anyOf": [{"required": ["name"]}, {"required": ["mediaType"]}]},
                },
                "contacts": {
                    "type": "array",
                    "items": {"anyOf": [{"required": ["name"]}, {"required": ["organization"]}]},
                },
                "license": _TEXT,
                "rights": _TEXT,
            },
        },
        "links": {"type": "array", "items": {"required": ["href", "rel"]}},
    },
}


def found(client: TestClient, **parameters: Any) -> list[str]:
    """The identifiers of all records that parameters select."""
    answer = client.get(ITEMS, params={"limit": 1000, "sortby": "id", **parameters})
    page = answer.raise_for_status().json()
    assert page["numberMatched"] == page["numberReturned"] == len(page["features"])
    return [record["id"] for record in page["features"]]


def test_everything_that_is_served_has_a_record_that_is_valid(client: TestClient) -> None:
    page = client.get(ITEMS, params={"limit": 1000}).raise_for_status()
    assert page.headers["content-type"] == "application/geo+json"
    records = {record["id"]: record for record in page.json()["features"]}
    for record in records.values():
        jsonschema.validate(record, RECORD)
        [collection] = [link for link in record["links"] if link["rel"] == "collection"]
        assert collection["href"].endswith("/collections/catalog")
    elements = [e for c in client.get("/catalog").json()["catalogs"] for e in _elements(c)]
    wanted = {*LAYERS, "imagery", "hydro_stations.observations", "service.api"}
    assert set(records) == wanted | {f"element.{code}" for code in elements}
    for collection in client.get("/collections").json()["collections"]:
        if collection["id"] != "catalog":  # the database and the registry agree
            told, governance = records[collection["id"]]["properties"], collection["governance"]
            for name in ("grade", "department", "element", "private", "authoritative"):
                assert told[name] == governance[name], (collection["id"], name)
            times = collection["extent"]["temporal"]["interval"]
            begin, end = records[collection["id"]]["time"]["interval"]
            if len(times) == 1:  # that of observations is another record's
                assert [begin, None if end == ".." else end] == times[0]


def _elements(catalog: dict[str, Any]) -> list[str]:
    return [e["code"] for d in catalog["domains"] for c in d["categories"] for e in c["elements"]]


@pytest.mark.parametrize(
    ("words", "there", "not_there"),
    [
        ("宗地", {"parcels", "element.parcel", "service.api"}, {"rivers"}),
        ("面积 宗地", {"parcels", "element.parcel"}, {"rivers", "service.api"}),  # fields of it
        ("宗", {"parcels"}, {"rivers"}),
        ("水位,宗地", {"parcels", "hydro_stations.observations"}, {"roads", "imagery"}),
        ("水位，宗地", {"parcels", "hydro_stations.observations"}, {"imagery"}),
        ("自然资源和规划", {"parcels"}, {"hydro_stations"}),  # a department
        ("ＲＩＶＥＲＳ", {"rivers"}, {"parcels"}),  # full width, upper case
        ("entity codes", {"service.api"}, {"parcels"}),
        ("codes entity", set(), {"service.api"}),  # words of a text in their order
        ("100%_\\", set(), {"parcels"}),
        ("element.parcel", {"element.parcel"}, {"element_parcel"}),
    ],
)
def test_words_find_records(
    client: TestClient, words: str, there: set[str], not_there: set[str]
) -> None:
    for language in ("zh", "en"):
        ids = set(found(client, q=words, lang=language))
        assert there <= ids
        assert not not_there & ids
        assert ids or not there


@pytest.mark.parametrize(
    ("parameters", "ids"),
    [
        ({"type": "coverage,series"}, ["hydro_stations.observations", "imagery"]),
        ({"ids": "parcels,nothing"}, ["parcels"]),
        ({"externalIds": "element:parcel"}, ["element.parcel", "parcels"]),
        ({"externalIds": "parcel", "type": "dataset"}, ["parcels"]),
        ({"externalIds": "other:parcel"}, []),
        ({"bbox": "10,10,11,11"}, []),
        ({"bbox": "112,31,113,33", "type": "coverage"}, ["imagery"]),
        ({"bbox": "170,-90,113,90", "type": "coverage"}, ["imagery"]),  # over the antimeridian
        ({"datetime": "2024-05-01", "type": "coverage"}, ["imagery"]),
        ({"datetime": "1999-01-01"}, []),
        ({"datetime": "", "type": "coverage", "bbox": "", "q": "", "ids": ""}, ["imagery"]),
        ({"element": "parcel"}, ["element.parcel", "parcels"]),
        ({"grade": "important", "type": "dataset"}, []),
        ({"filter": "title LIKE '%宗地%' AND type = 'dataset'"}, ["parcels"]),
        ({"filter": "A_OVERLAPS(keywords, ('宗地', 'x'))", "type": "dataset"}, ["parcels"]),
        ({"filter": "S_INTERSECTS(geometry, POINT(112.14 32.02)) AND count = 2"}, ["imagery"]),
        (
            {"filter": "T_AFTER(begins, DATE('2024-01-01')) AND ends < DATE('2025-12-31')"},
            ["imagery"],
        ),
        ({"filter": "private = TRUE"}, []),
        (
            {
                "filter": '{"op": "=", "args": [{"property": "type"}, "coverage"]}',
                "filter-lang": "cql2-json",
            },
            ["imagery"],
        ),
    ],
)
def test_parameters_select_records(
    client: TestClient, parameters: dict[str, str], ids: list[str]
) -> None:
    assert found(client, **parameters) == ids


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("colour=red", "not known here"),
        ("type=fish", "none of dataset"),
        ("sortby=-mood", "known are id"),
        ("sortby=--id", "known are id"),
        ("limit=0", "whole number"),
        ("token=x", "not given out"),
        ("q=%20,", "no word"),
        ("bbox=1,2", "4 or 6"),
        ("datetime=soon", "RFC 3339"),
        ("filter=nope%3D1", "no property 'nope'"),
        ("filter=title%3D", "missing"),
        ("filter=id%3D'a'&filter-lang=sql", "not one of cql2-text"),
        ("filter=id%3D'a'&filter-crs=EPSG", "filter-crs"),
    ],
)
def test_what_cannot_be_read_is_refused(client: TestClient, query: str, says: str) -> None:
    answer = client.get(f"{ITEMS}?{query}")
    assert answer.status_code == 400
    assert says in answer.json()["detail"]


def test_titles_with_the_words_come_first(client: TestClient) -> None:
    page = client.get(ITEMS, params={"q": "宗地"}).raise_for_status().json()
    titles = ["宗地" in record["properties"]["title"] for record in page["features"]]
    assert titles == sorted(titles, reverse=True)
    assert (titles[0], titles[-1]) == (True, False)
    _, pages = walked(client, f"{ITEMS}?q=宗地&limit=2", "next")
    assert [record for each in pages for record in each] == page["features"]


@pytest.mark.parametrize("order", ["", "-updated", "title", "-grade,title", "department,-id"])
def test_pages_follow_each_other_forwards_and_back(client: TestClient, order: str) -> None:
    everything = client.get(ITEMS, params={"limit": 1000, "sortby": order}).json()["features"]
    ids = [record["id"] for record in everything]
    forwards, pages = walked(client, f"{ITEMS}?limit=7&sortby={order}", "next")
    assert [record["id"] for page in pages for record in page] == ids
    _, back = walked(client, forwards, "prev")
    assert back[::-1] == pages
    if order == "title":
        titles = [record["properties"]["title"] for record in everything]
        assert titles == sorted(titles)


def walked(client: TestClient, address: str, rel: str) -> tuple[str, list[Any]]:
    """The last address, and the records of all pages that links lead to."""
    pages: list[Any] = []
    while True:
        page = client.get(address).raise_for_status().json()
        assert page["numberMatched"] >= len(page["features"]) == page["numberReturned"]
        pages.append(page["features"])
        following = _link(page, rel)
        if not following:
            return address, pages
        address = following


def _link(page: dict[str, Any], rel: str) -> str:
    return next((link["href"] for link in page["links"] if link["rel"] == rel), "")


def test_queryables_and_sortables_are_what_filters_and_sorts(client: TestClient) -> None:
    for name in ("queryables", "sortables"):
        answer = client.get(f"/collections/catalog/{name}").raise_for_status()
        assert answer.headers["content-type"] == "application/schema+json"
        body = answer.json()
        assert body["$id"] == f"http://testserver/collections/catalog/{name}"
        assert {"id", "type", "title"} <= set(body["properties"])
        for each in body["properties"]:
            asked = {"filter": f'"{each}" IS NULL'} if name == "queryables" else {"sortby": each}
            assert client.get(ITEMS, params=asked).status_code == 200, each


def test_a_layer_that_is_bound_to_nothing_is_told_to_be_private(
    writing: TestClient, engine: Engine, tmp_path: Path
) -> None:
    frame = gpd.GeoDataFrame({"k": ["1"]}, geometry=[shapely.Point(112.1, 32.0)], crs=4490)
    frame.to_file(tmp_path / "wells.gpkg")
    with pytest.raises(BadName):
        layer_name("catalog")
    file = VectorFile(
        tmp_path / "wells.gpkg",
        "wells",
        Text("水井<b>", "Wells"),
        key="k",
        division="420602",
        who="li",
    )
    with engine.begin() as connection:
        load(connection, engine, file)
    [record] = writing.get(ITEMS, params={"q": "水井"}).raise_for_status().json()["features"]
    jsonschema.validate(record, RECORD)
    told = record["properties"]
    assert (told["private"], told["owner"], told["contacts"][0]["name"]) == (True, "li", "li")
    assert "仅属其所有者" in told["rights"]
    assert not {"grade", "sharing", "department", "element"} & set(told)
    assert record["geometry"] == {"type": "Point", "coordinates": [112.1, 32.0]}
    page = writing.get(f"{ITEMS}?f=html&q=水井").text
    assert "仅属" in page
    assert "水井&lt;b&gt;" in page


def test_an_independent_client_reads_the_records(city_url: str) -> None:
    records = Records(city_url)
    assert records.records() == ["catalog"]
    page = records.collection_items("catalog", q="宗地", limit=2)
    assert page["numberReturned"] == 2
    assert records.collection_item("catalog", "parcels")["id"] == "parcels"
    landing = httpx.get(f"{city_url}/?f=html").text
    assert 'rel="http://www.opengis.net/def/rel/ogc/1.0/ogc-catalog"' in landing
