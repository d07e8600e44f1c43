"""Filters over the model layers, and what they select by the rows themselves (CQL2, OGC 21-065r2).

A predicate of ours is a function of a row; where it touches a value that is null it is unknown,
which NOT leaves unknown. The same filter is asked as text and as JSON.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

import cql2
import shapely
from model_layers import LAYERS, Row
from starlette.testclient import TestClient

TEXT, JSON = LANGS = ("cql2-text", "cql2-json")
Selects = Callable[["Known"], Any]
Predicate = tuple[str, Selects]  # the text, and what it selects

_ONLY_TEXT = ("()",)  # the library that writes the JSON has no empty array


class Unknown(Exception):
    """A value that is null was looked at."""


class Known(dict[str, Any]):
    """A row whose nulls cannot be looked at but by `get`."""

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        if value is None:
            raise Unknown(name)
        return value

    def day(self, name: str) -> date:
        return date.fromisoformat(self[name])

    def time(self, name: str) -> datetime:
        return at(self[name])


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def told(selects: Selects, row: Row) -> bool | None:
    try:
        return bool(selects(Known(row)))
    except Unknown:
        return None


def expected(selects: Selects, layer: str = "places") -> set[int]:
    return {row["n"] for row in LAYERS[layer] if told(selects, row)}


def ids(predicates: Sequence[Predicate]) -> list[str]:
    return [text for text, _ in predicates]


def written(text: str, lang: str) -> str:
    if lang == TEXT or any(part in text for part in _ONLY_TEXT):
        return text
    return json.dumps(cql2.parse_text(text).to_json())


def query(text: str, lang: str, **more: Any) -> dict[str, Any]:
    given = written(text, lang)
    return {"filter": given, "filter-lang": JSON if given.startswith("{") else TEXT, **more}


def selected(client: TestClient, text: str, lang: str = TEXT, layer: str = "places") -> set[int]:
    """The `n` of the features that a filter selects."""
    asked = query(text, lang, limit=1000)
    page = client.get(f"/collections/{layer}/items", params=asked)
    assert page.status_code == 200, (text, page.text)
    return {feature["properties"]["n"] for feature in page.json()["features"]}


def refused(client: TestClient, text: str, layer: str = "places") -> bool:
    answer = client.get(f"/collections/{layer}/items", params={"filter": text})
    return answer.status_code == 400


def queryables(client: TestClient, layer: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = client.get(f"/collections/{layer}/queryables").json()[
        "properties"
    ]
    return found


def logical(
    client: TestClient, predicates: Sequence[Predicate], lang: str, layer: str = "places"
) -> None:
    """/logical: combinations of four, drawn anew by a seed; what they select, not only that."""
    draw = random.Random(21065)
    for _ in range(10):
        four = [draw.choice(predicates) for _ in range(4)]
        (p1, s1), (p2, s2), (p3, s3), (p4, s4) = four
        text = f"((NOT ({p1}) AND ({p2})) OR (({p3}) and NOT ({p4})) or not (({p1}) AND ({p4})))"
        want = set()
        for row in LAYERS[layer]:
            a, b, c, d = (told(each, row) for each in (s1, s2, s3, s4))
            if _or(_or(_and(_not(a), b), _and(c, _not(d))), _not(_and(a, d))):
                want.add(row["n"])
        assert selected(client, text, lang, layer) == want, text


def _not(a: bool | None) -> bool | None:
    return None if a is None else not a


def _and(a: bool | None, b: bool | None) -> bool | None:
    if a is False or b is False:
        return False
    return None if a is None or b is None else True


def _or(a: bool | None, b: bool | None) -> bool | None:
    return _not(_and(_not(a), _not(b)))


def related(function: str, wkt: str) -> Predicate:
    """A relation of CQL2 to a geometry, and the same of shapely."""
    relation, other = function.removeprefix("S_").lower(), shapely.from_wkt(wkt)
    return f"{function}(geometry,{wkt})", lambda p: getattr(p["geometry"], relation)(other)


def disjoint(found: dict[str, set[int]], *pairs: tuple[str, str]) -> None:
    for one, other in pairs:
        assert not found[one] & found[other], (one, other)


# A literal of each type, as the annex has them.
LITERALS = {
    "string": "'foo'",
    "boolean": "true",
    "number": "3.14",
    "integer": "1",
    "date-time": "TIMESTAMP('2022-04-14T14:48:46Z')",
    "date": "DATE('2022-04-14')",
}
OPERATORS = ("=", "<>", ">", "<", ">=", "<=")
APART = (("=", "<>"), (">", "<="), ("<", ">="))


def kind(schema: dict[str, Any]) -> str | None:
    """The type of a queryable, of those that have literals."""
    found = schema.get("format") if schema.get("type") == "string" else schema.get("type")
    name = found or schema.get("type")
    return name if isinstance(name, str) and name in LITERALS else None


def geometries(client: TestClient) -> list[tuple[str, str]]:
    """Each layer with its queryable that is a geometry."""
    return [
        (layer, name)
        for layer, (name, schema) in itertools.chain.from_iterable(
            ((each, pair) for pair in queryables(client, each).items()) for each in LAYERS
        )
        if str(schema.get("format", "")).startswith("geometry-")
    ]
