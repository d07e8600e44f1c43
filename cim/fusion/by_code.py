"""Rows linked by a code (按编码关联): the entity code, or another code of a scheme.

Codes are read as `cim.resolve_bulk` reads them, in any writing of theirs. What has ended leads to
the living entities that took its place: one is as good as the entity itself, several - after a
split - are for people.
"""

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
from sqlalchemy import Connection

from cim.access import ANONYMOUS
from cim.database.sql import driver, run
from cim.fusion.fused import Join
from cim.fusion.ways import Way
from cim.layer import Layer
from cim.names import quoted
from cim.resolve_bulk import BLOCK, resolve_blocks

_REASONS = {"unknown": "not_found", "invalid": "invalid", "ambiguous": "invalid"}


def look(connection: Connection, layer: Layer, join: Join, way: Way) -> None:
    """Write what the open rows say, and who has those codes."""
    rows = said(connection, join, way)
    blocks = (rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK))
    asked = ((block, pa.array([text for _, text in block], pa.string())) for block in blocks)
    scheme = way.to or None
    told = list(resolve_blocks(connection, asked, ANONYMOUS, scheme))
    copied(connection, "fusing_said", (r for pair in told for r in _reasons(*pair)))
    found = (row for pair in told for row in _candidates(*pair, layer.name))
    copied(connection, "fusing_found", found)


def copied(connection: Connection, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Copy rows into a temporary table."""
    statement = f"COPY {table} FROM STDIN".encode()
    with driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def said(connection: Connection, join: Join, way: Way) -> list[tuple[str, str]]:
    """The key of each open row that says something to a way of one column, and what."""
    key, column = quoted(join.table.key.name), quoted(way.column)
    rows = run(
        connection,
        f"""
        SELECT f.row_key, btrim(t.{column}::text) AS text
        FROM fusing f JOIN {join.table.relation} t ON t.{key}::text = f.row_key
        WHERE f.state = 'open' AND btrim(t.{column}::text) <> ''
        """,
    )
    return [(row.row_key, row.text) for row in rows]


def _reasons(block: list[tuple[str, str]], answer: pa.RecordBatch) -> Iterator[tuple[str, str]]:
    columns = (answer.column(n).to_pylist() for n in ("status", "state", "successors"))
    for (key, _), status, state, successors in zip(block, *columns, strict=True):
        reason = _REASONS.get(status, "")
        if status == "found" and state != "active" and not successors:
            reason = "ended"
        yield key, reason


def _candidates(
    block: list[tuple[str, str]], answer: pa.RecordBatch, layer: str
) -> Iterator[tuple[str, str, float, str | None]]:
    names = ("entity_code", "state", "layer", "successors")
    columns = (answer.column(name).to_pylist() for name in names)
    for (key, text), code, state, where, successors in zip(block, *columns, strict=True):
        if state == "active":
            yield key, code, 1.0, None if where == layer else where
        for successor in successors or ():
            yield key, successor, 1.0, f"{text} → {successor}"
