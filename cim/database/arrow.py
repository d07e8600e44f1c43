"""Rows of a query as Arrow batches (查询结果的 Arrow 批次), of any number in constant memory.

The driver is ADBC: it sends the query as COPY in binary form and fills columns with what comes,
without a Python object for any row. COPY takes no parameters, so the values of a statement are
written into its text, each as a literal that psycopg makes.

>>> inlined(Statement('SELECT $1::text, "a$1", \\'$2\\', $2::int', ("o'clock", -3)))
'SELECT (\\'o\\'\\'clock\\')::text, "a$1", \\'$2\\', ( -3)::int'
"""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import adbc_driver_manager
import pyarrow as pa
from adbc_driver_manager._reader import AdbcRecordBatchReader  # tells SQLSTATEs; pyarrow's does not
from adbc_driver_postgresql import StatementOptions, dbapi
from psycopg import errors, sql
from psycopg.errors import lookup
from sqlalchemy import Engine

from cim.errors import DatabaseUnreachable
from cim.statement import Statement

__all__ = ["Snapshot", "inlined", "snapshot"]

BATCH_BYTES = 4 << 20
_SAID = re.compile(r"ERROR:\s+(.*)")
# Quoted names and texts are passed over: a `$1` in them is no parameter.
_PART = re.compile(r""""(?:[^"]|"")*"|'(?:[^']|'')*'|\$(\d+)""")


class Snapshot:
    """A transaction that reads what is committed now, and nothing later."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._running: Any = None

    def row(self, statement: Statement) -> dict[str, Any]:
        """The one row of a statement, by the names of its columns."""
        found: dict[str, Any] = pa.Table.from_batches(self.batches(statement)).to_pylist()[0]
        return found

    def batches(self, statement: Statement) -> Iterator[pa.RecordBatch]:
        """The rows, so many at a time as have some megabytes; psycopg's errors."""
        with self._connection.cursor() as cursor, _told():
            self._running = cursor
            running, size = cursor.adbc_statement, StatementOptions.BATCH_SIZE_HINT_BYTES.value
            running.set_options(**{size: str(BATCH_BYTES)})
            running.set_sql_query(inlined(statement))
            stream, _ = running.execute_query()
            with AdbcRecordBatchReader._import_from_c(stream.address) as reader:
                yield from reader

    def cancel(self) -> None:
        """End what is being read, from another thread."""
        if self._running is not None:
            with contextlib.suppress(adbc_driver_manager.Error):
                self._running.adbc_cancel()

    def close(self) -> None:
        self._connection.close()


@contextlib.contextmanager
def snapshot(engine: Engine, seconds: float) -> Iterator[Snapshot]:
    """A snapshot of the database of the engine; no statement may take longer than so many seconds.

    DatabaseUnreachable.
    """
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        connection = dbapi.connect(url)
    except adbc_driver_manager.Error as error:
        raise DatabaseUnreachable("for an export", str(error).splitlines()[0]) from None
    opened = Snapshot(connection)
    try:
        with connection.cursor() as cursor, _told():
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            for name, value in _settings(seconds).items():
                cursor.execute(f"SET LOCAL {name} = '{value}'")
        yield opened
    finally:
        opened.close()


def _settings(seconds: float) -> dict[str, str]:
    return {
        "statement_timeout": f"{seconds * 1000:.0f}ms",
        "application_name": "cim export",
        "timezone": "UTC",
        "jit": "off",
    }


def inlined(statement: Statement) -> str:
    """The statement with its values in its text."""

    def put(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        return f"({sql.Literal(statement.values[int(found[1]) - 1]).as_string()})"

    return _PART.sub(put, statement.sql)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turns the errors of ADBC into those of psycopg, or DatabaseUnreachable."""
    try:
        yield
    except adbc_driver_manager.Error as error:
        text = _said(error)
        if error.sqlstate is None:
            raise DatabaseUnreachable("for an export", text) from error
        raise _of_state(error.sqlstate)(text) from error


def _of_state(state: str) -> type[Exception]:
    try:
        return lookup(state)
    except KeyError:
        return errors.DatabaseError


def _said(error: BaseException) -> str:
    found = _SAID.search(str(error))
    return found[1] if found else str(error).strip()
