"""Random filters over rows with nulls: what PostGIS selects is what the library `cql2` matches.

The library evaluates in Rust; nothing of the SQL is its own.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import cql2 as library
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from sqlalchemy import Connection, Engine

from cim import cql2
from cim.cql2 import Queryable
from cim.database.sql import run

Json = dict[str, Any]
NUMBERS = [-7, -1, 0, 1, 2, 2.5, 3, 10]
TEXTS = ["", "a", "A", "b%", "襄阳", "Éa", "éA"]
MOMENTS = ["2020-01-01T00:00:00Z", "2020-06-01T12:00:00Z", "2021-01-01T00:00:00Z"]
TAGS = ["a", "b", "c"]
POINTS = [(112.0, 32.0), (112.5, 32.5), (113.0, 33.0)]
TYPES = {
    **dict.fromkeys(("m", "n"), "double precision"),
    **dict.fromkeys(("s", "t"), "text"),
    "f": "boolean",
    **dict.fromkeys(("u", "v"), "timestamptz"),
    "g": "text[]",
    "geometry": "geometry",
}
QUERYABLES = {name: Queryable(name, kind, name == "geometry") for name, kind in TYPES.items()}


def _row(number: int) -> Json:
    """Values that go through their lists at different paces, every fifth of them null."""

    def pick(values: list[Any], pace: int) -> Any:
        place = number * pace
        return None if place % 5 == 4 else values[place % len(values)]

    return {
        "m": pick(NUMBERS, 1), "n": pick(NUMBERS, 3),
        "s": pick(TEXTS, 1), "t": pick(TEXTS, 2),
        "f": pick([True, False], 1),
        "u": pick(MOMENTS, 1), "v": pick(MOMENTS, 2),
        "g": pick([["a"], ["a", "b"], ["c"], ["b", "c", "a"]], 1),
        "geometry": {"type": "Point", "coordinates": list(POINTS[number % 3])},
    }  # fmt: skip


ROWS = [_row(number) for number in range(40)]


@pytest.fixture(scope="module")
def connection(module_engine: Engine) -> Iterator[Connection]:
    with module_engine.connect() as connection:
        columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
        run(connection, f"CREATE TABLE things (id int, {columns})")
        for number, row in enumerate(ROWS):
            plain = [row[name] for name in TYPES if name != "geometry"]
            places = ", ".join(
                f"${i}::text::{TYPES[name]}" if TYPES[name] == "timestamptz" else f"${i}"
                for i, name in enumerate((n for n in TYPES if n != "geometry"), 4)
            )
            sql = f"INSERT INTO things ({', '.join(['id', *(n for n in TYPES if n != 'geometry')])}"
            sql += f", geometry) SELECT $1::int, {places}, ST_SetSRID(ST_MakePoint($2, $3), 4490)"
            run(connection, sql, number, *row["geometry"]["coordinates"], *plain)
        yield connection


def _property(*names: str) -> SearchStrategy[Json]:
    return st.sampled_from(names).map(lambda name: {"property": name})


def _call(ops: list[str], *args: SearchStrategy[Any]) -> SearchStrategy[Json]:
    made = st.tuples(st.sampled_from(ops), st.tuples(*args))
    return made.map(lambda pair: {"op": pair[0], "args": list(pair[1])})


NUMBER = st.recursive(
    _property("m", "n") | st.sampled_from(NUMBERS),
    lambda inner: _call(["+", "-", "*"], inner, inner),
    max_leaves=4,
)
FOLDED = _call(["casei", "accenti"], _property("s", "t") | st.sampled_from(TEXTS))
TEXT = _property("s", "t") | st.sampled_from(TEXTS) | FOLDED
MOMENT = _property("u", "v") | st.sampled_from(MOMENTS).map(lambda text: {"timestamp": text})
ENDS = st.lists(st.sampled_from(MOMENTS), min_size=2, max_size=2, unique=True).map(sorted)
INTERVAL = ENDS.map(lambda ends: {"interval": ends})
ARRAY = _property("g") | st.lists(st.sampled_from(TAGS), min_size=1, max_size=3)
PLACE = st.sampled_from(POINTS).map(lambda at: {"type": "Point", "coordinates": list(at)})
BOX = st.tuples(st.sampled_from(POINTS), st.sampled_from([0.1, 0.5, 0.9])).map(
    lambda pair: {
        "type": "Polygon",
        "coordinates": [
            [
                [pair[0][0] + dx * pair[1], pair[0][1] + dy * pair[1]]
                for dx, dy in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
            ]
        ],
    }
)
COMPARING = ["=", "<>", "<", ">", "<=", ">="]
SIMPLE = st.one_of(
    _call(COMPARING, NUMBER, NUMBER),
    _call(["=", "<>"], TEXT, TEXT),
    _call(COMPARING, MOMENT, MOMENT),
    # of unknown bounds the library tells nothing, where SQL tells that 5 is not BETWEEN NULL AND 1
    _call(["between"], NUMBER, st.sampled_from(NUMBERS), st.sampled_from(NUMBERS)),
    _call(["in"], _property("m", "n"), st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=4)),
    _call(["in"], _property("s", "t"), st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4)),
    _call(["like"], _property("s", "t"), st.sampled_from(["%", "a%", "%A", "襄%", "b\\%"])),
    _call(["isNull"], _property("m", "s", "f", "u", "g")),
    _property("f"),
    _call(["t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"], MOMENT, MOMENT),
    _call(["t_after", "t_before", "t_disjoint", "t_intersects"], MOMENT, INTERVAL),
    _call(["t_contains", "t_during", "t_equals", "t_finishedBy", "t_finishes", "t_intersects",
           "t_meets", "t_metBy", "t_overlappedBy", "t_overlaps", "t_startedBy", "t_starts"],
          INTERVAL, INTERVAL),
    _call(["a_contains", "a_containedBy", "a_equals", "a_overlaps"], ARRAY, ARRAY),
    _call(["s_intersects", "s_disjoint", "s_within", "s_equals", "s_touches"],
          _property("geometry"), PLACE | BOX),
)  # fmt: skip
FILTERS = st.recursive(
    SIMPLE,
    lambda inner: _call(["and", "or"], inner, inner) | _call(["not"], inner),
    max_leaves=6,
)


@given(FILTERS)
@settings(max_examples=300, deadline=None)
def test_postgis_selects_what_the_library_matches(connection: Connection, filter: Json) -> None:
    expected = [number for number, row in enumerate(ROWS) if _matches(filter, row)]
    text = library.Expr(filter).to_text()
    for given_, lang in ((filter, cql2.JSON), (text, cql2.TEXT)):
        found = cql2.compile(given_, lang, queryables=QUERYABLES)
        rows = run(connection, f"SELECT id FROM things WHERE {found.sql}", *found.params)
        assert sorted(row.id for row in rows) == expected, (text, found)


def _matches(filter: Json, row: Json) -> bool:
    """What the library cannot tell is null, which is not selected."""
    known = {name: value for name, value in row.items() if value is not None}
    told = False
    with contextlib.suppress(Exception):
        told = library.Expr(filter).matches(known)
    return told
