"""What slows a registered layer down, with the statement that mends it (索引建议).

Whether an index serves, the planner is asked: it sees through views and partitions, and knows what
another server is sent.
"""

import re
from typing import NamedTuple

from sqlalchemy import Connection

from cim.database.sql import run
from cim.names import quoted
from cim.source_table import SourceTable
from layers.registered.catalogs import Found


class Advice(NamedTuple):
    """What is wrong, and SQL for the owner of the table; None where no one statement mends it."""

    what: str
    statement: str | None = None


def advise(connection: Connection, found: Found, source: SourceTable) -> list[Advice]:
    """What the owner of the table should know."""
    told = []
    geometry, key = quoted(source.geometry), quoted(source.key)
    box = f"ST_MakeEnvelope(0, 0, 1, 1, {source.stored})"
    if not _served(connection, f"SELECT 1 FROM {source.place} WHERE {geometry} && {box}", "&&"):
        mend = f"CREATE INDEX ON {source.place} USING gist ({geometry})"
        told.append(_index(found, "over geometry: every map and every box reads all rows", mend))
    value = f"(SELECT NULL::{source.key_type.partition(' COLLATE ')[0]})"
    if not _served(connection, f"SELECT 1 FROM {source.place} WHERE {key} = {value}", r"= \(?\$"):
        mend = f"CREATE UNIQUE INDEX ON {source.place} ({key})"
        told.append(_index(found, "over the key: every item reads all rows", mend))
    elif found.kind == "table" and source.key not in found.keys:
        unique = f"ALTER TABLE {source.place} ADD UNIQUE ({key})"
        told.append(Advice("nothing keeps the key unique; each refresh looks at it", unique))
    return told


def _index(found: Found, without: str, statement: str) -> Advice:
    if found.kind in {"table", "materialized view"}:
        return Advice(f"no index {without}", statement)
    where = "the tables that it reads" if found.kind == "view" else "the other server"
    return Advice(f"no index {without}; {where} would need one that it makes use of")


def _served(connection: Connection, query: str, condition: str) -> bool:
    """Whether an index, here or on another server, would find what a condition (a pattern) says.

    The planner is kept from reading all rows where it can help it, since a table may be small yet.
    """
    with connection.begin_nested() as only_here:
        run(connection, "SET LOCAL enable_seqscan = off")
        plan = run(connection, f"EXPLAIN (VERBOSE, COSTS OFF) {query}")
        only_here.rollback()
    lines = [str(row[0]).strip() for row in plan]
    told = [line for line in lines if line.startswith("Index Cond:")]
    told += [line.partition(" WHERE ")[2] for line in lines if line.startswith("Remote SQL:")]
    return any(re.search(condition, line) for line in told)
