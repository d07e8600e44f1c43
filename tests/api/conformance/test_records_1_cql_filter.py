"""OGC API - Records 1 (20-004r1), CQL2 filtering of records, as text and as JSON."""

from collections.abc import Callable
from typing import Any

import pytest
import shapely
from documents import walk
from predicates import LANGS, query
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/cql-filter"

ITEMS = "/collections/catalog/items"
_AT = shapely.Point(112.14, 32.02)
Selects = Callable[[dict[str, Any]], bool]
FILTERS: list[tuple[str, Selects]] = [
    ("type = 'dataset'", lambda r: r["properties"]["type"] == "dataset"),
    ("title LIKE '%宗地%'", lambda r: "宗地" in r["properties"]["title"]),
    ("NOT (type IN ('dataset', 'coverage'))",
     lambda r: r["properties"]["type"] not in {"dataset", "coverage"}),
    ("A_CONTAINS(keywords, ('宗地'))", lambda r: "宗地" in r["properties"].get("keywords", [])),
    ("S_INTERSECTS(geometry, POINT(112.14 32.02))",
     lambda r: r["geometry"] is not None
     and shapely.geometry.shape(r["geometry"]).intersects(_AT)),
    ("CASEI(id) = CASEI('PARCELS')", lambda r: r["id"] == "parcels"),
]  # fmt: skip


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize(("text", "selects"), FILTERS, ids=[text for text, _ in FILTERS])
def test_filter(client: TestClient, text: str, selects: Selects, lang: str) -> None:
    """/conf/cql-filter/cql-filter"""
    every = walk(client, ITEMS, limit=1000)
    found = {record["id"] for record in walk(client, ITEMS, **query(text, lang, limit=5))}
    assert found == {record["id"] for record in every if selects(record)} != set()


@pytest.mark.parametrize("text", ["THIS IS NOT A FILTER", "nope = 1", "title = 5"])
def test_what_is_no_filter_is_refused(client: TestClient, text: str) -> None:
    assert client.get(ITEMS, params={"filter": text}).status_code == 400
