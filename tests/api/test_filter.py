"""CQL2 over HTTP: items, tiles, places and cells, the past, queryables; against the rows."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl

import mapbox_vector_tile
import morecantile
import pytest
import shapely
from starlette.testclient import TestClient
from story import CODES

from cim.cql2 import times

ITEMS = "/collections/parcels/items"
NAMES = {code: name for name, code in CODES.items()}
Feature = dict[str, Any]


def walk(client: TestClient, url: str, **query: Any) -> Iterator[Feature]:
    """All features of a query, page after page."""
    answer = client.get(url, params=query)
    while True:
        page = answer.raise_for_status().json()
        assert page["numberReturned"] == len(page["features"])
        yield from page["features"]
        following = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
        if following is None:
            return
        answer = client.get(following)


@pytest.fixture(scope="module")
def parcels(client: TestClient) -> list[Feature]:
    return list(walk(client, ITEMS, limit=10_000))


Selects = Callable[[dict[str, Any], Any], bool]
BOX = shapely.box(112.13, 32.005, 112.15, 32.02)
SELECTED: list[tuple[str, Selects]] = [
    ("landuse = '0801' AND area_m2 > 10000",
     lambda p, _: p["landuse"] == "0801" and p["area_m2"] > 10000),
    ("landuse LIKE '07%' OR floor_area_ratio IS NULL",
     lambda p, _: p["landuse"].startswith("07") or p["floor_area_ratio"] is None),
    ("NOT (area_m2 BETWEEN 5000 AND 20000)", lambda p, _: not 5000 <= p["area_m2"] <= 20000),
    ("region_code IN ('420606', '420607')", lambda p, _: p["region_code"] in {"420606", "420607"}),
    ("S_INTERSECTS(geometry, BBOX(112.13,32.005,112.15,32.02))", lambda _, g: g.intersects(BOX)),
    ("S_WITHIN(geometry, BBOX(112.13,32.005,112.15,32.02)) AND landuse LIKE '07%'",
     lambda p, g: g.within(BOX) and p["landuse"].startswith("07")),
    ("S_INTERSECTS(geometry, BBOX(112.13,32.005,112.15,32.02)) OR area_m2 > 30000",
     lambda p, g: g.intersects(BOX) or p["area_m2"] > 30000),
    ("area_m2 / 10000 * floor_area_ratio > 2",
     lambda p, _: (p["floor_area_ratio"] or 0) * p["area_m2"] > 20000),
    ("valid_to > TIMESTAMP('2100-01-01T00:00:00Z') AND area_m2 > 40000",
     lambda p, _: p["area_m2"] > 40000),
]  # fmt: skip


@pytest.mark.parametrize(("text", "selects"), SELECTED, ids=[text for text, _ in SELECTED])
def test_pages_of_a_filter_have_what_it_selects_once(
    client: TestClient, parcels: list[Feature], text: str, selects: Selects
) -> None:
    expected = [
        f["id"] for f in parcels if selects(f["properties"], shapely.geometry.shape(f["geometry"]))
    ]
    assert 0 < len(expected) < len(parcels)
    limit = len(expected) // 3 + 1
    assert [f["id"] for f in walk(client, ITEMS, filter=text, limit=limit)] == expected
    whole = client.get(ITEMS, params={"filter": text, "limit": 10_000}).json()
    assert whole["numberMatched"] == len(expected)
    assert "numberMatched" not in client.get(ITEMS, params={"filter": text, "limit": 1}).json()


def test_a_filter_goes_with_a_box_a_property_and_json(
    client: TestClient, parcels: list[Feature]
) -> None:
    document = {"op": ">", "args": [{"property": "area_m2"}, 9000.5]}
    query = {
        "filter": json.dumps(document),
        "filter-lang": "cql2-json",
        "bbox": "112.13,32.005,112.15,32.02",
        "use_right": "划拨",
    }
    expected = {
        f["id"]
        for f in parcels
        if f["properties"]["area_m2"] > 9000.5
        and f["properties"]["use_right"] == "划拨"
        and shapely.geometry.shape(f["geometry"]).intersects(BOX)
    }
    assert {f["id"] for f in walk(client, ITEMS, limit=7, **query)} == expected != set()


def test_geometries_of_a_filter_may_be_in_another_crs(client: TestClient) -> None:
    lon_lat = "S_INTERSECTS(geometry, BBOX(112.13,32.005,112.15,32.02))"
    lat_lon = "S_INTERSECTS(geometry, BBOX(32.005,112.13,32.02,112.15))"
    uri = "http://www.opengis.net/def/crs/EPSG/0/4490"
    first, second = (
        client.get(ITEMS, params=query).raise_for_status().json()["features"]
        for query in ({"filter": lon_lat}, {"filter": lat_lon, "filter-crs": uri})
    )
    assert first == second != []


@pytest.mark.parametrize(
    ("query", "says", "place"),
    [
        ({"filter": "landuze = '07'"}, "near are landuse", "1"),
        ({"filter": "landuse = 7"}, "'landuse' is a text and the number 7", "11"),
        ({"filter": "landuse = '07' AND flor(area_m2) = 1"}, "near are floor", "20"),
        ({"filter": "(" * 10_000 + "area_m2 > 1" + ")" * 10_000}, "deeper than 100", "101"),
        ({"filter": "area_m2 > 'big'"}, "'big'", "11"),
        (
            {"filter": '{"op":"=","args":[{"property":"landuse"},7]}', "filter-lang": "cql2-json"},
            "the number 7",
            "/args/1",
        ),
        ({"filter": "area_m2 > 1", "filter-lang": "ecql"}, "'ecql'", None),
        ({"filter": "area_m2 > 1", "filter-crs": "EPSG:1"}, "EPSG:1", None),
        ({"filter": "area_m2 * 1e300 * 1e300 > 1"}, "out of range", None),
    ],
)
def test_bad_filters_are_400_with_the_place(
    client: TestClient, query: dict[str, str], says: str, place: str | None
) -> None:
    for path in (ITEMS, "/resolve?grid=N49I80081", "/resolve?lon=112.14&lat=32.012"):
        if path != ITEMS and "1e300" in query["filter"]:
            continue  # the numbers there may be small enough
        place_, _, at = path.partition("?")
        answer = client.get(place_, params={**dict(parse_qsl(at)), **query})
        problem = answer.json()
        assert (answer.status_code, says in problem["detail"]) == (400, True), problem
        assert (problem.get("errors") or [{"path": None}])[0]["path"] == place


@pytest.mark.parametrize(
    ("time", "text", "expected"),
    [
        ("2020-06-01", "landuse = '01'", "ABDGHP"),
        ("2022-06-01", "landuse = '07'", "A"),
        ("2022-06-01", "NOT landuse = '07'", "BEF"),
        ("2020-06-01", "valid_to < DATE('2022-06-01')", "ADGHP"),
        ("2020-06-01", "valid_to < TIMESTAMP('2021-06-01T00:00:00Z')", "G"),
        ("2020-06-01",
         "T_DURING(INTERVAL(valid_from, valid_to), INTERVAL('2019-01-01', '2021-08-01'))", "DG"),
        ("2020-06-01", "S_INTERSECTS(geometry, BBOX(112.001,32.001,112.009,32.009))", "A"),
        ("2020-06-01",
         "S_INTERSECTS(geometry, BBOX(111,31,113,33)) AND valid_to < DATE('2021-02-01')", "G"),
    ],
)  # fmt: skip
def test_a_filter_selects_what_was_so_then(
    told: TestClient, time: str, text: str, expected: str
) -> None:
    url = "/collections/plots/items"
    for query in ({}, {"bbox": "111,31,113,33"}, {"sortby": "n"}, {"sortby": "-landuse,n"}):
        found = walk(told, url, datetime=time, filter=text, limit=1, **query)
        assert sorted(NAMES[f["id"]] for f in found) == sorted(expected), query
    at = {"lon": 112.005, "lat": 32.005, "datetime": time, "filter": text}
    here = told.get("/resolve", params=at).raise_for_status().json()["matches"]
    in_it = ["A"] if "A" in expected and time < "2022" else []
    assert [NAMES[match["code"]] for match in here] == in_it
    cell = {"grid": "N49I", "datetime": time, "filter": text, "limit": 2}
    answer = told.get("/resolve", params=cell).raise_for_status().json()
    found = [NAMES[match["code"]] for match in answer["matches"]]
    assert found == sorted(expected)[:2]


def test_tiles_draw_what_the_filter_selects(client: TestClient, parcels: list[Feature]) -> None:
    tile = morecantile.tms.get("WebMercatorQuad").tile(112.145, 32.012, 14)
    below = f"tiles/WebMercatorQuad/{tile.z}/{tile.y}/{tile.x}"
    use = {f["id"]: f["properties"]["landuse"] for f in parcels}

    def codes(path: str, **query: str) -> dict[str, set[str]]:
        answer = client.get(path, params=query).raise_for_status()
        drawn = mapbox_vector_tile.decode(answer.content) if answer.content else {}
        return {
            name: {f["properties"]["code"] for f in layer["features"]}
            for name, layer in drawn.items()
        }

    every = codes(f"/collections/parcels/{below}")["parcels"]
    some = codes(f"/collections/parcels/{below}", filter="landuse = '0801'")["parcels"]
    assert some == {code for code in every if use[code] == "0801"} != set()
    of_all = codes(f"/{below}", filter="landuse = '0801'")  # other layers have no land use
    assert of_all == {"parcels": some}
    assert codes(f"/collections/parcels/{below}", filter="landuse = 'none'") == {}
    unknown = client.get(f"/{below}", params={"filter": "nothing = 1"})
    assert (unknown.status_code, "'nothing'" in unknown.json()["detail"]) == (400, True)


def test_places_and_cells_have_what_the_filter_selects(
    client: TestClient, parcels: list[Feature]
) -> None:
    use = {f["id"]: f["properties"]["landuse"] for f in parcels}
    every = client.get("/resolve?grid=N49I80081&limit=1000").json()["matches"]
    asked = {"grid": "N49I80081", "limit": "1000", "filter": "landuse LIKE '07%'"}
    some = client.get("/resolve", params=asked).json()["matches"]
    expected = [m["code"] for m in every if use.get(m["code"], "").startswith("07")]
    assert [m["code"] for m in some] == expected != []
    point = shapely.geometry.shape(parcels[0]["geometry"]).representative_point()
    at = {"lon": point.x, "lat": point.y}
    for text, there in ((f"landuse = '{use[parcels[0]['id']]}'", True), ("landuse = 'no'", False)):
        found = client.get("/resolve", params={**at, "filter": text}).json()["matches"]
        assert (parcels[0]["id"] in {m["code"] for m in found}) is there
        assert {m["layer"] for m in found} <= {"parcels"}
    assert client.get("/resolve?lon=1&lat=1&filter=nothing = 1").status_code == 400


def test_every_queryable_filters_and_is_a_parameter(client: TestClient) -> None:
    for name in ("parcels", "hydro_stations", "buildings"):
        here = f"/collections/{name}"
        document = client.get(f"{here}/queryables")
        assert document.headers["content-type"] == "application/schema+json"
        body = document.json()
        assert body["$id"] == f"http://testserver{here}/queryables"
        assert body["additionalProperties"] is False
        feature = client.get(f"{here}/items?limit=1").json()["features"][0]
        assert set(feature["properties"]) >= set(body["properties"]) - {
            *("geometry", "valid_from", "valid_to"),
        }
        for each, schema in body["properties"].items():
            asked = {"filter": f'"{each}" IS NOT NULL', "limit": 1}
            assert client.get(f"{here}/items", params=asked).status_code == 200, each
            assert ("type" in schema) != schema.get("format", "").startswith("geometry-")
            value = feature["properties"].get(each)
            if value is not None:
                found = client.get(f"{here}/items", params={each: value, "limit": 10_000}).json()
                assert feature["id"] in {f["id"] for f in found["features"]}, each


def test_schemas_say_what_features_have(client: TestClient) -> None:
    body = client.get("/collections/hydro_stations/schema?lang=en").json()
    feature = client.get("/collections/hydro_stations/items?limit=1").json()["features"][0]
    assert set(body["properties"]) - {"geometry"} == set(feature["properties"])
    assert body["properties"]["geometry"]["format"] == "geometry-point"
    assert body["properties"]["code"]["x-ogc-role"] == "id"
    parcels = client.get("/collections/parcels/schema").json()["properties"]
    assert parcels["area_m2"] == {
        "title": parcels["area_m2"]["title"],
        "type": "number",
        "format": "double",
        "minimum": 0.01,
        "maximum": 1e10,
        "x-ogc-unit": "m2",
        "x-grade": "general2",
        "x-ogc-propertySeq": parcels["area_m2"]["x-ogc-propertySeq"],
    }


@pytest.mark.parametrize("name", times.RELATIONS)
def test_relations_of_times_take_intervals_of_any_make(client: TestClient, name: str) -> None:
    """Also where a relation looks at one end of them alone."""
    made = (
        "INTERVAL('2010-01-01','2011-01-01')",
        "INTERVAL('2010-01-01T00:00:00Z','..')",
        "INTERVAL(valid_from,'..')",
        "INTERVAL(valid_from,valid_to)",
    )
    tile = "/collections/parcels/tiles/WebMercatorQuad/14/6650/13294"
    for first, second in itertools.permutations(made, 2):
        asked = {"filter": f"{name}({first},{second})", "limit": 1}
        answer = client.get("/collections/parcels/items", params=asked)
        assert answer.status_code == 200, (asked, answer.text)
    asked = {"filter": f"{name}({made[0]},{made[3]})"}
    assert client.get(tile, params=asked).status_code in {200, 204}
    assert client.get("/resolve", params={"lon": 112.14, "lat": 32.02, **asked}).status_code == 200


def test_a_value_of_another_type_names_its_parameter(client: TestClient) -> None:
    answer = client.get("/collections/parcels/items?landuse=0801&area_m2=abc")
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("parameter 'area_m2': ")


def test_functions_that_are_listed_are_known(client: TestClient) -> None:
    values = {
        "string": "name", "number": "area_m2", "geometry": "geometry", "datetime": "valid_from",
    }  # fmt: skip
    for function in client.get("/functions?lang=en").json()["functions"]:
        arguments = ", ".join(values[each["type"][0]] for each in function["arguments"])
        text = f"{function['name']}({arguments}) IS NOT NULL"
        answer = client.get(ITEMS, params={"filter": text, "limit": 1})
        assert answer.json()["numberReturned"] == 1, function["name"]
