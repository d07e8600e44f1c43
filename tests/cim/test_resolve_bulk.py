"""Columns of codes resolved: the statement of one code is the oracle, row by row."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InternalError
from strategies import VALID, damaged, written

from cim import entity_code, registry, resolve, schemes
from cim.access import ANONYMOUS
from cim.database.connect import snapshot
from cim.database.sql import run
from cim.errors import UnknownScheme
from cim.resolve_bulk import FIELDS, resolve_blocks, resolve_many

PARCEL, FIRM = "420606001001GB00001", "91110000600037341L"
STATION = "G0011232"  # a hydrological station, and a GeoSOT cell
ADDRESS = "樊城区 长虹路1号"


def code(serial: int, class_code: str = "990101") -> str:
    return entity_code.encode("420606", class_code, serial)


STATES = {
    **dict.fromkeys(map(code, range(1, 11)), "active"),
    code(11): "merged",  # into 1
    code(12): "split",  # into 2, and into 13 which was split into 3 and 4
    code(13): "split",
    code(14): "retired",
    code(15): "merged",  # into 16, and that into 15
    code(16): "merged",
    code(17): "retired",  # into a code that is merged into 1
    code(20): "reserved",
    code(21): "reserved",  # of a reservation that has expired
    code(22): "reserved",  # of one that has ended
    code(23): "void",
}
INTO = [(11, 1), (12, 2), (12, 13), (13, 3), (13, 4), (15, 16), (16, 15), (17, 11), (2, 5)]
SUCCESSORS = {
    code(11): [code(1)],
    code(12): [code(2), code(3), code(4)],
    code(13): [code(3), code(4)],
    code(17): [code(1)],
}
ALIASES = [
    ("parcel", PARCEL, 1, None),
    ("parcel", PARCEL, 2, "2020-01-01"),  # a live one goes before it
    ("uscc", FIRM, 3, "2020-01-01"),
    ("uscc", FIRM, 4, "2021-01-01"),  # the last one that has ended
    ("hydro_station", STATION, 5, None),
    ("geosot", STATION, 6, None),
    ("hydro_station", "G0011233", 7, None),
    ("geosot", "G0011233", 7, None),
    ("component", "4206060101000001", 17, None),
    ("standard_address", ADDRESS, 8, None),
]


@pytest.fixture(scope="module")
def connection(module_engine: Engine) -> Iterator[Connection]:
    with module_engine.connect() as connection:
        _fill(connection)
        yield connection


def _fill(connection: Connection) -> None:
    title = '{"zh": "宗地", "en": "Parcels"}'
    run(connection, "INSERT INTO cim.action (who) VALUES ('test')")
    run(
        connection,
        "INSERT INTO cim.layer (name, kind, title, description)"
        " VALUES ('parcels', 'vector', $1::jsonb, $1::jsonb)",
        title,
    )
    run(
        connection,
        "INSERT INTO cim.reservation (project, division, class_code, first, last, action_id,"
        " expires_at, ended_at)"
        " SELECT 'p', '420606', '990101', 20, 23, max(id), now() + expires, ended"
        " FROM cim.action, (VALUES (interval '1 day', NULL::timestamptz),"
        " ('-1 day', NULL), ('1 day', now())) r (expires, ended)"
        " GROUP BY expires, ended ORDER BY ended NULLS FIRST, expires DESC",
    )
    for number, (key, state) in enumerate(STATES.items()):
        layer = 1 if state != "reserved" and number % 2 else None
        reservation = int(key[-2:]) - 19 if state == "reserved" else None
        run(
            connection,
            "INSERT INTO cim.entity (code, layer_id, source_system, source_id, state,"
            " reservation_id) VALUES ($1, $2, 's', $1, $3, $4)",
            key,
            layer,
            state,
            reservation,
        )
    for old, new in INTO:
        run(
            connection,
            "INSERT INTO cim.succession SELECT $1, $2, now(), max(id) FROM cim.action",
            code(old),
            code(new),
        )
    for scheme, value, serial, ended in ALIASES:
        run(
            connection,
            "INSERT INTO cim.alias (scheme, value, code, valid_to)"
            " VALUES ($1, $2, $3, $4::timestamptz)",
            scheme,
            value,
            code(serial),
            ended,
        )


def row(connection: Connection, text: str | None, scheme: str | None = None) -> dict[str, Any]:
    (found,) = resolve_many(connection, pa.array([text]), ANONYMOUS, scheme).to_pylist()
    return dict(found)


def one_by_one(connection: Connection, text: str | None, scheme: str | None) -> dict[str, Any]:
    """What the statement of one code says: status, scheme, entity code."""
    matches = schemes.identify(text, scheme) if text else []
    if not matches or text is None:
        return {"status": "invalid", "scheme": None, "entity_code": None}
    statement = resolve.find(matches, registry.read(connection), ANONYMOUS)
    found = {(r.scheme, r.code) for r in run(connection, statement.sql, *statement.values)}
    if len({code for _, code in found}) > 1:
        return {"status": "ambiguous", "scheme": None, "entity_code": None}
    for match in matches:
        for named, entity in found:
            if named == match.scheme:
                return {"status": "found", "scheme": named, "entity_code": entity}
    return {"status": "unknown", "scheme": matches[0].scheme, "entity_code": None}


known = st.sampled_from(
    [
        *STATES,
        *map(entity_code.format, STATES),
        *(value for scheme, value, *_ in ALIASES if scheme != "standard_address"),
    ]
)
texts = st.one_of(
    st.none(),
    known,
    written(known),
    damaged(known),
    st.one_of(*VALID.values()),
    st.text(max_size=24),
)


@settings(max_examples=150)
@given(st.lists(texts, max_size=12), st.sampled_from([None, None, None, *schemes.SCHEMES]))
def test_bulk_says_what_the_statement_of_one_code_says(
    connection: Connection, rows: list[str | None], scheme: str | None
) -> None:
    texts = [text.replace("\0", "") if text else text for text in rows]  # no statement takes NUL
    told = resolve_many(connection, pa.array(texts, pa.string()), ANONYMOUS, scheme)
    told.validate(full=True)
    assert told.schema == FIELDS
    for text, found in zip(texts, told.to_pylist(), strict=True):
        expected = one_by_one(connection, text, scheme)
        assert {name: found[name] for name in expected} == expected
        entity = found["entity_code"]
        assert found["type_code"] == (entity and entity[6:12])
        assert found["successors"] == (SUCCESSORS.get(entity, []) if entity else None)
        assert (found["reason"] is None) == (found["status"] == "found")


@pytest.mark.parametrize(
    ("serial", "state"),
    [(1, "active"), (11, "merged"), (20, "reserved"), (21, "void"), (22, "void"), (23, "void")],
)
def test_states(connection: Connection, serial: int, state: str) -> None:
    found = row(connection, code(serial))
    assert (found["status"], found["state"]) == ("found", state)


def test_live_aliases_go_before_ended_ones(connection: Connection) -> None:
    assert row(connection, PARCEL)["entity_code"] == code(1)
    assert row(connection, FIRM)["entity_code"] == code(4)


def test_layers_are_named(connection: Connection) -> None:
    told = resolve_many(connection, list(STATES), ANONYMOUS).column("layer").to_pylist()
    assert set(told) == {"parcels", None}
    assert row(connection, code(2))["layer"] == "parcels"


def test_reasons(connection: Connection) -> None:
    assert row(connection, code(99))["reason"] == "no entity has this code"
    assert row(connection, STATION)["reason"] == (
        f"could be {code(6)} as geosot or {code(5)} as hydro_station"
    )
    assert row(connection, "420606-990101-000000001-A")["reason"] == (
        "uic: the check character must be 8 (MOD 37,36), at position 24"
    )
    assert row(connection, None)["reason"] == row(connection, "")["reason"] == "there is no code"


def test_two_schemes_that_name_one_entity_are_not_ambiguous(connection: Connection) -> None:
    found = row(connection, "g0011233")
    assert (found["status"], found["scheme"], found["entity_code"]) == ("found", "geosot", code(7))


def test_a_scheme_without_lengths_is_tried_where_it_is_named(connection: Connection) -> None:
    assert row(connection, ADDRESS)["status"] == "invalid"
    assert row(connection, ADDRESS, "standard_address")["entity_code"] == code(8)
    assert row(connection, ADDRESS + "\0", "standard_address")["status"] == "unknown"
    assert row(connection, PARCEL, "uic")["status"] == "invalid"
    with pytest.raises(UnknownScheme):
        row(connection, PARCEL, "isbn")


def test_blocks_keep_their_order_and_what_came_with_them(connection: Connection) -> None:
    serials = [*range(1, 11)] * 30
    blocks = ((n, [code(serial)] * n) for n, serial in enumerate(serials))
    told = list(resolve_blocks(connection, blocks, ANONYMOUS))
    assert [kept for kept, _ in told] == list(range(len(serials)))
    for (n, answer), serial in zip(told, serials, strict=True):
        assert answer.column("entity_code").to_pylist() == [code(serial)] * n


def test_a_column_that_is_no_text_is_refused(connection: Connection) -> None:
    with pytest.raises(TypeError, match="text"):
        resolve_many(connection, [42], ANONYMOUS)


def test_bad_rows_leave_nothing_in_memory(connection: Connection) -> None:
    """A kept exception keeps the frames that led to it, and with them the block."""
    column = pa.array(["420606-990101-00000001x"] * 1000)
    gc.collect()
    gc.disable()
    try:
        before = pa.total_allocated_bytes()
        resolve_many(connection, column, ANONYMOUS)
        assert pa.total_allocated_bytes() == before
    finally:
        gc.enable()


def test_a_snapshot_only_reads_and_leaves_the_pool_as_it_was(module_engine: Engine) -> None:
    statement = "UPDATE cim.registry SET version = version"
    with snapshot(module_engine) as connection, pytest.raises(InternalError, match="read-only"):
        connection.exec_driver_sql(statement)
    with module_engine.begin() as connection:
        connection.exec_driver_sql(statement)
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
