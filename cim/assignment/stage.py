"""Copies checked rows into temporary tables (入库暂存), in constant memory.

`stage` has one row a feature, `stage_alias` one row for each other code of it, `stage_cover` one
row for each of its grid cells. They live in the caller's transaction; nothing else of the database
is touched here.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from cim import cover
from cim.assignment.counties import Counties, counties
from cim.assignment.problems import Problems
from cim.assignment.rows import Rows
from cim.assignment.rules import broken
from cim.database.sql import driver
from cim.names import quoted
from cim.registry import Column
from gridcode import beidou

BEIDOU_LEVEL = 8  # cells of about a metre

_FIXED = {
    "cim_row": "bigint",
    "cim_source": 'text COLLATE "C"',
    "cim_division": 'text COLLATE "C"',
    "cim_beidou": "text",
    "cim_geom": "geometry",
    "cim_name": "text",
    "cim_reserved": 'text COLLATE "C"',
}
_COPIED = ("int8", "text", "text", "text", "bytea", "text", "text")
_TABLES = ("stage", "stage_alias", "stage_cover", "stage_code")


class Stage:
    """The temporary tables of one transaction, made empty and then filled."""

    def __init__(
        self, connection: Connection, columns: Sequence[Column], problems: Problems
    ) -> None:
        self._connection = connection
        self._problems = problems
        self._types = [*_COPIED, *(_copy_type(column.type) for column in columns)]
        _create(connection, columns)

    def add(self, rows: Rows) -> None:
        """Copy rows; one without a division is noted as a problem and left out."""
        points = shapely.point_on_surface(rows.geometries)
        divisions = self._divisions(rows, points)
        there = ~shapely.is_missing(rows.geometries)
        kept = [
            i
            for i in np.flatnonzero(there).tolist()
            if rows.keys[i] is not None and divisions[i] is not None
        ]
        self._copy("stage", self._types, self._tuples(rows, points, divisions, kept))
        wanted = set(kept) if rows.aliases else set()
        aliases = [(rows.first + i, scheme, value) for i, scheme, value in rows.aliases]
        aliases = [alias for alias in aliases if alias[0] - rows.first in wanted]
        self._copy("stage_alias", ["int8", "text", "text"], aliases)
        self._copy_cells(cover.cells_of(rows.geometries), rows.first)

    def _tuples(
        self, rows: Rows, points: NDArray[Any], divisions: Sequence[str | None], kept: list[int]
    ) -> list[tuple[Any, ...]]:
        nothing = [None] * len(rows)
        places = _beidou(points)
        wkb = shapely.to_wkb(shapely.set_srid(rows.geometries, 4490), include_srid=True)
        names, codes = rows.names or nothing, rows.codes or nothing
        numbers = range(rows.first, rows.first + len(rows))
        fixed = (numbers, rows.keys, divisions, places, wkb.tolist(), names, codes)
        every = list(zip(*fixed, *rows.columns, strict=True))
        return every if len(kept) == len(every) else [every[i] for i in kept]

    def _divisions(self, rows: Rows, points: NDArray[Any]) -> Sequence[str | None]:
        given: list[str | None] = list(rows.divisions or [None] * len(rows))
        asked = [i for i, code in enumerate(given) if code is None and points[i] is not None]
        if not asked:
            return given
        found = self._counties.of(rows.geometries[asked], points[asked])
        for i, code in zip(asked, found, strict=True):
            given[i] = code
            if code is None:
                where = f"({points[i].x:.6f}, {points[i].y:.6f})"
                self._problems.add(rows.first + i, None, broken("division.missing", where))
        return given

    @cached_property
    def _counties(self) -> Counties:
        return counties(self._connection)

    def _copy(self, table: str, types: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            return
        statement = f"COPY {table} FROM STDIN (FORMAT binary)"
        with driver(self._connection).cursor() as cursor, cursor.copy(statement.encode()) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def _copy_cells(self, cells: cover.Cells, first: int) -> None:
        """Copy the cells of a batch: there are several a feature, so that they go as one block."""
        tuples = np.empty(len(cells.row), _CELL)
        tuples["n"], tuples["l0"], tuples["l1"] = 2, 8, 8
        tuples["row"], tuples["cell"] = cells.row + first, cells.cell
        statement = b"COPY stage_cover FROM STDIN (FORMAT binary)"
        with driver(self._connection).cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(_COPY_HEAD + tuples.tobytes() + _COPY_TAIL)


# A tuple of two bigint in PostgreSQL's binary COPY: the number of fields, then length and value.
_CELL = np.dtype([("n", ">i2"), ("l0", ">i4"), ("row", ">i8"), ("l1", ">i4"), ("cell", ">i8")])
_COPY_HEAD, _COPY_TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


def _create(connection: Connection, columns: Sequence[Column]) -> None:
    own = "".join(f", {quoted(c.name)} {c.type}" for c in columns)
    fixed = ", ".join(f"{name} {kind}" for name, kind in _FIXED.items())
    alias = 'cim_row bigint, scheme text COLLATE "C", value text COLLATE "C"'
    code = 'cim_row bigint, code text COLLATE "C", state text'
    statements = (
        # A transaction may load several files.
        f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{name}' for name in _TABLES)}",
        f"CREATE TEMP TABLE stage ({fixed}{own}) ON COMMIT DROP",
        f"CREATE TEMP TABLE stage_alias ({alias}) ON COMMIT DROP",
        "CREATE TEMP TABLE stage_cover (cim_row bigint, cell bigint) ON COMMIT DROP",
        f"CREATE TEMP TABLE stage_code ({code}) ON COMMIT DROP",
    )
    # One way there and back for all, which cannot be prepared.
    driver(connection).execute("; ".join(statements).encode(), prepare=False)


def _copy_type(kind: str) -> str:
    return {
        "geometry": "bytea",
        "integer": "int4",
        "bigint": "int8",
        "boolean": "bool",
        "double precision": "float8",
    }.get(kind, kind)


def _beidou(points: NDArray[Any]) -> list[str | None]:
    codes: list[str | None] = [None] * len(points)
    there = np.flatnonzero(~shapely.is_missing(points))
    if len(there):
        xy = points[there]
        made = beidou.encode(shapely.get_x(xy), shapely.get_y(xy), BEIDOU_LEVEL)
        for i, code in zip(there, made.astype(str), strict=True):
            codes[i] = code
    return codes
