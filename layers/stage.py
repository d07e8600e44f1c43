"""Copies the checked rows of a file into temporary tables (入库暂存), in constant memory.

`stage` has one row a feature, `stage_alias` one row for each other code of it, `stage_cover` one
row for each of its grid cells. They live in the caller's transaction; nothing else of the database
is touched here.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from psycopg.types.json import Jsonb
from sqlalchemy import Connection

from cim import cover, divisions, schemes
from cim.database.sql import driver, run
from cim.errors import InvalidCode
from cim.names import quoted
from cim.registry import Column
from gridcode import beidou
from layers.divisions import COUNTY_CLASS, Counties
from layers.geometry import GeometryCheck
from layers.report import Problems
from layers.source import Batch, Source

BEIDOU_LEVEL = 8  # cells of about a metre

_FIXED = {
    "cim_row": "bigint",
    "cim_source": "text",
    "cim_division": "text",
    "cim_beidou": "text",
    "cim_geom": "geometry",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows of a file are read: the key, the class, given division, aliases by scheme."""

    columns: tuple[Column, ...]
    key_field: str | None
    class_code: str
    division: str | None
    aliases: Mapping[str, str]


class Stage:
    """One pass over a source into the staging tables."""

    def __init__(self, source: Source, plan: Plan, counties: Counties, problems: Problems) -> None:
        self._source = source
        self._plan = plan
        self._counties = counties
        self._problems = problems
        self._check = GeometryCheck(source.crs, problems)
        self._seen: Counter[str] = Counter()

    @property
    def repaired(self) -> int:
        return self._check.repaired

    def fill(self, connection: Connection, progress: Callable[[int], None]) -> int:
        """Copy every row; returns how many. Broken rows are noted as problems and left out."""
        _create(connection, self._plan.columns)
        types = [_copy_type(t) for t in (*_FIXED.values(), *(c.type for c in self._plan.columns))]
        rows = 0
        for batch in self._source.batches():
            geometries = self._check(batch.geometries, batch.first_row)
            staged, aliases = self._rows(batch, geometries)
            _copy(connection, "stage", types, staged)
            _copy(connection, "stage_alias", ["int8", "text", "text"], aliases)
            _copy_cells(connection, cover.cells_of(geometries), batch.first_row)
            rows += len(batch)
            progress(rows)
        return rows

    def _rows(
        self, batch: Batch, geometries: NDArray[Any]
    ) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        texts = self._texts(batch)
        points = shapely.point_on_surface(geometries)
        keys = self._keys(batch, texts, geometries)
        inside = self._divisions(batch, geometries, points, keys)
        places = _beidou(points)
        kept = [
            i
            for i, key in enumerate(keys)
            if key is not None and geometries[i] is not None and inside[i] is not None
        ]
        wkb = shapely.to_wkb(shapely.set_srid(geometries, 4490), include_srid=True)
        rows = [
            (
                batch.first_row + i,
                keys[i],
                inside[i],
                places[i],
                wkb[i],
                *(values[i] for values in texts),
            )
            for i in kept
        ]
        return rows, [alias for i in kept for alias in self._aliases(batch.first_row + i, texts, i)]

    def _texts(self, batch: Batch) -> list[list[Any]]:
        pairs = zip(self._source.columns, batch.columns, strict=True)
        return [self._values(column, array, batch.first_row) for column, array in pairs]

    def _values(self, column: Column, array: pa.Array, first_row: int) -> list[Any]:
        if column.type == "jsonb":
            return [None if v is None else Jsonb(v) for v in array.to_pylist()]
        if column.type != "text":
            return array.to_pylist()  # type: ignore[no-any-return]
        try:
            values: list[Any] = array.to_pylist()
        except UnicodeDecodeError:
            reason = "the text is not in the declared encoding; name the right one with --encoding"
            for i in _not_utf8(array):
                self._problems.add(first_row + i, column.name, reason)
            return [None] * len(array)
        if pc.any(pc.match_substring(array.cast(pa.string()), "\0")).as_py():
            for i, value in enumerate(values):
                if value and "\0" in value:
                    self._problems.add(first_row + i, column.name, "the text has a NUL character")
                    values[i] = None
        return values

    def _keys(self, batch: Batch, texts: list[list[Any]], geometries: NDArray[Any]) -> list[Any]:
        if self._plan.key_field is None:
            return self._digests(texts, geometries)
        values = texts[self._position(self._plan.key_field)]
        for i, value in enumerate(values):
            if value is None or value == "":
                self._problems.add(batch.first_row + i, self._plan.key_field, "the key is empty")
        return [None if value in (None, "") else str(value) for value in values]

    def _digests(self, texts: list[list[Any]], geometries: NDArray[Any]) -> list[str]:
        """Keys of rows that have none: what a row says, and how many said the same before."""
        keys = []
        for i, wkb in enumerate(shapely.to_wkb(geometries)):
            said = json.dumps([values[i] for values in texts], default=repr, ensure_ascii=False)
            digest = hashlib.sha256((wkb or b"") + said.encode()).hexdigest()[:32]
            keys.append(f"{digest}-{self._seen[digest]}")
            self._seen[digest] += 1
        return keys

    def _divisions(
        self, batch: Batch, geometries: NDArray[Any], points: NDArray[Any], keys: list[Any]
    ) -> NDArray[Any]:
        if self._plan.class_code == COUNTY_CLASS:
            return self._own_codes(batch, keys)
        if self._plan.division is not None:
            return np.full(len(batch), self._plan.division, dtype=object)
        found = self._counties.of(geometries, points)
        for i in np.flatnonzero([code is None for code in found]):
            if points[i] is not None:
                where = f"({points[i].x:.6f}, {points[i].y:.6f})"
                reason = f"no loaded county holds its point {where}; name one with --division"
                self._problems.add(batch.first_row + int(i), None, reason)
        return found

    def _own_codes(self, batch: Batch, keys: list[Any]) -> NDArray[Any]:
        """A division is its own division: its key is its code (GB/T 2260)."""
        for i, key in enumerate(keys):
            if key is not None and not divisions.exists(key):
                reason = f"there is no division {key!r} (GB/T 2260)"
                self._problems.add(batch.first_row + i, self._plan.key_field, reason)
        return np.array([key if key and divisions.exists(key) else None for key in keys])

    def _aliases(self, row: int, texts: list[list[Any]], i: int) -> Iterator[tuple[int, str, str]]:
        for scheme, name in self._plan.aliases.items():
            value = texts[self._position(name)][i]
            if value in (None, ""):
                continue
            try:
                yield row, scheme, schemes.get(scheme).validate(str(value))
            except InvalidCode as error:
                self._problems.add(row, name, str(error))

    def _position(self, name: str) -> int:
        return next(i for i, c in enumerate(self._source.columns) if c.name == name)


def _not_utf8(array: pa.Array) -> Iterator[int]:
    """Places of the texts that are none."""
    for i, value in enumerate(array):
        try:
            value.as_py()
        except UnicodeDecodeError:
            yield i


def _create(connection: Connection, columns: tuple[Column, ...]) -> None:
    own = "".join(f", {quoted(c.name)} {c.type}" for c in columns)
    # A transaction may load several files.
    run(connection, "DROP TABLE IF EXISTS pg_temp.stage, pg_temp.stage_alias, pg_temp.stage_cover")
    fixed = ", ".join(f"{name} {kind}" for name, kind in _FIXED.items())
    run(connection, f"CREATE TEMP TABLE stage ({fixed}{own}) ON COMMIT DROP")
    aliases = 'cim_row bigint, scheme text COLLATE "C", value text COLLATE "C"'
    run(connection, f"CREATE TEMP TABLE stage_alias ({aliases}) ON COMMIT DROP")
    run(connection, "CREATE TEMP TABLE stage_cover (cim_row bigint, cell bigint) ON COMMIT DROP")


def _copy(
    connection: Connection, table: str, types: list[str], rows: list[tuple[Any, ...]]
) -> None:
    statement = f"COPY {table} FROM STDIN (FORMAT binary)"
    with driver(connection).cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


# A tuple of two bigint in PostgreSQL's binary COPY: the number of fields, then length and value.
_CELL = np.dtype([("n", ">i2"), ("l0", ">i4"), ("row", ">i8"), ("l1", ">i4"), ("cell", ">i8")])
_COPY_HEAD, _COPY_TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


def _copy_cells(connection: Connection, cells: cover.Cells, first_row: int) -> None:
    """Copy the cells of a batch: there are several a feature, so that they go as one block."""
    tuples = np.empty(len(cells.row), _CELL)
    tuples["n"], tuples["l0"], tuples["l1"] = 2, 8, 8
    tuples["row"], tuples["cell"] = cells.row + first_row, cells.cell
    statement = b"COPY stage_cover FROM STDIN (FORMAT binary)"
    with driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_COPY_HEAD + tuples.tobytes() + _COPY_TAIL)


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
