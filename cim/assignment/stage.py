"""Copies checked rows into temporary tables (入库暂存), in constant memory.

`stage` has one row a feature with its grid cells, `stage_alias` one row for each other code of it.
They live in the caller's transaction; nothing else of the database is touched here.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from sqlalchemy import Connection

from cim import cover
from cim.assignment.counties import Counties, counties
from cim.assignment.making import made_of
from cim.assignment.problems import Problems
from cim.assignment.rows import Rows
from cim.assignment.rules import Broken
from cim.database.arrow_copy import column_of, copy, rows_of
from cim.database.sql import driver
from cim.layer import Column
from cim.names import quoted

_FIXED = {
    "cim_row": "bigint",
    "cim_source": "text",
    "cim_division": "text",
    "cim_beidou": "text",
    "cim_geom": "geometry",
    "cim_cells": "bigint[]",
    "cim_name": "text",
    "cim_reserved": "text",
}
_DECLARED = {
    "cim_source": 'text COLLATE "C"',
    "cim_division": 'text COLLATE "C"',
    "cim_reserved": 'text COLLATE "C"',
}
_ALIAS = {"cim_row": "bigint", "scheme": "text", "value": "text"}
_TABLES = ("stage", "stage_alias", "stage_code")


class Prepared(NamedTuple):
    """Rows as they are copied into each table, and those that have no division."""

    tables: dict[str, bytes]
    divisionless: list[tuple[int, Broken]]


class Stage:
    """The temporary tables of one transaction, made empty and then filled."""

    def __init__(
        self, connection: Connection, columns: Sequence[Column], problems: Problems
    ) -> None:
        self._connection = connection
        self._problems = problems
        self._kinds = _FIXED | {column.name: column.type for column in columns}
        _create(connection, columns)

    def add(self, rows: Rows) -> None:
        """Copy rows; one without a division is noted as a problem and left out."""
        self.write(self.prepare(rows))

    def prepare(self, rows: Rows) -> Prepared:
        """The rows as `write` takes them.

        A thread beside the one that writes may do it, once `know_counties` has been asked.
        """
        made = made_of(rows, lambda: self._counties)
        there = pa.array(~shapely.is_missing(rows.geometries))
        kept = pc.and_(pc.and_(there, rows.keys.is_valid()), made.divisions.is_valid())
        cells = _lists(cover.cells_of(rows.geometries), len(rows))
        tables = {"stage": self._stage(rows, (*made[:3], cells), kept)}
        if rows.aliases:
            tables["stage_alias"] = _aliases(rows, kept)
        return Prepared(tables, made.divisionless)

    def write(self, prepared: Prepared) -> None:
        for row, said in prepared.divisionless:
            self._problems.add(row, None, said)
        for table, rows in prepared.tables.items():
            copy(self._connection, table, rows)

    def _stage(self, rows: Rows, made: Sequence[pa.Array], kept: pa.Array) -> bytes:
        nothing = pa.nulls(len(rows), pa.string())
        fixed = (
            pa.array(np.arange(rows.first, rows.first + len(rows))),
            rows.keys,
            *made,
            nothing if rows.names is None else rows.names,
            nothing if rows.codes is None else rows.codes,
        )
        columns = dict(zip(self._kinds, (*fixed, *rows.columns), strict=True))
        if not pc.all(kept).as_py():
            columns = {name: column.filter(kept) for name, column in columns.items()}
        return rows_of(self._kinds, columns)

    def know_counties(self) -> None:
        """Ask for the counties, which else the first row that has no division given does."""
        self._counties = counties(self._connection)

    @cached_property
    def _counties(self) -> Counties:
        return counties(self._connection)


def _aliases(rows: Rows, kept: pa.Array) -> bytes:
    """The other codes of the rows that are kept."""
    wanted = kept.to_numpy(False)
    chosen = [alias for alias in rows.aliases if wanted[alias[0]]]
    numbers, schemes, values = zip(*chosen, strict=True) if chosen else ((), (), ())
    columns = {
        "cim_row": pa.array(np.array(numbers, np.int64) + rows.first),
        "scheme": column_of("text", schemes),
        "value": column_of("text", values),
    }
    return rows_of(_ALIAS, columns)


def _create(connection: Connection, columns: Sequence[Column]) -> None:
    own = "".join(f", {quoted(c.name)} {c.type}" for c in columns)
    fixed = ", ".join(f"{name} {kind}" for name, kind in (_FIXED | _DECLARED).items())
    alias = 'cim_row bigint, scheme text COLLATE "C", value text COLLATE "C"'
    code = 'cim_row bigint, code text COLLATE "C", state text'
    statements = (
        # A transaction may load several files.
        f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{name}' for name in _TABLES)}",
        f"CREATE TEMP TABLE stage ({fixed}{own}) ON COMMIT DROP",
        f"CREATE TEMP TABLE stage_alias ({alias}) ON COMMIT DROP",
        f"CREATE TEMP TABLE stage_code ({code}) ON COMMIT DROP",
    )
    # One way there and back for all, which cannot be prepared.
    driver(connection).execute("; ".join(statements).encode(), prepare=False)


def _lists(cells: cover.Cells, count: int) -> pa.Array:
    """The cells of each row."""
    order = np.argsort(cells.row, kind="stable")
    ends = np.cumsum(np.bincount(cells.row, minlength=count))
    offsets = np.concatenate([[0], ends]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, cells.cell[order])
