"""Runs SQL text with `$1` parameters over psycopg, as asyncpg takes it (参数化 SQL).

One SQL text serves both drivers, and a `%` or `:` in an identifier means nothing special.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection


def run(connection: Connection, sql: str, *values: Any) -> list[Any]:
    """The rows of a statement as named tuples, none where it gives no rows."""
    with psycopg.RawCursor(driver(connection), row_factory=namedtuple_row) as cursor:
        cursor.execute(sql.encode(), values)
        return cursor.fetchall() if cursor.description else []


def affected(connection: Connection, sql: str, *values: Any) -> int:
    """How many rows a statement has written."""
    with psycopg.RawCursor(driver(connection)) as cursor:
        cursor.execute(sql.encode(), values)
        return cursor.rowcount


def stream(connection: Connection, sql: str, *values: Any) -> Iterator[Any]:
    """The rows of a query, some thousands at a time, so that memory does not grow with them."""
    below = driver(connection)
    with psycopg.RawServerCursor(below, "cim_stream", row_factory=namedtuple_row) as cursor:
        cursor.itersize = 10_000
        cursor.execute(sql.encode(), values)
        yield from cursor


def driver(connection: Connection) -> psycopg.Connection[Any]:
    """The psycopg connection below, for COPY."""
    below = connection.connection.driver_connection
    assert isinstance(below, psycopg.Connection)
    return below
