"""Writes the rows of a new layer into its tables as they are read (新图层直写).

Of things that nobody has asked for before, all that is written is known as soon as they are read:
they need no stage, no look at what is there, and no join. Rows go from memory into the tables of
the layer, of entities, events, cells, names and aliases by COPY. What does not fit this way is
`Unfit`: then the caller rolls back and goes the other way, which tells what is wrong.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import shapely
from sqlalchemy import Connection

from cim.assignment.codes import Target
from cim.assignment.counties import Counties, counties
from cim.assignment.making import made_of
from cim.assignment.rows import Rows
from cim.cover import Cells
from cim.database.arrow_copy import column_of, copy, rows_of
from cim.database.sql import run
from cim.entity_code_bulk import codes_of
from cim.leases import Serials
from cim.names import quoted

_ROW = {"cim_row": "bigint", "code": "text"}
_ENTITY = {"code": "text", "layer_id": "integer", "source_system": "text", "source_id": "text"}
_EVENT = {
    "turn": "bigint",
    "code": "text",
    "kind": "text",
    "valid_at": "timestamptz",
    "action_id": "bigint",
}
_CELL = {"cell": "bigint", "code": "text"}
_NAME = {"code": "text", "name": "text"}
_ALIAS = {"scheme": "text", "value": "text", "code": "text"}


class Unfit(Exception):
    """Rows that break a rule, or are of things that are there."""


class Filled(NamedTuple):
    """A table, and rows as COPY takes them."""

    table: str
    rows: bytes


class Straight:
    """Rows on their way into the tables of a layer."""

    def __init__(self, connection: Connection, target: Target, serials: Serials) -> None:
        self._target = target
        self._serials = serials
        self._turn = int(run(connection, "SELECT cim.turn() AS turn")[0].turn)
        self._counties: Counties = counties(connection)
        self._own = {column.name: column.type for column in target.columns}
        run(connection, "DROP TABLE IF EXISTS pg_temp.straight_row")
        run(
            connection,
            """
            CREATE TEMP TABLE straight_row (cim_row bigint, code text COLLATE "C") ON COMMIT DROP
            """,
        )

    def prepare(self, rows: Rows, cells: Cells) -> list[Filled]:
        """The rows as `write` takes them, with codes; for another thread. Unfit.

        Serials are leased here, batch after batch.
        """
        made = made_of(rows, lambda: self._counties)
        complete = (rows.keys, made.divisions, made.wkb)
        if any(column.null_count for column in complete):
            raise Unfit
        codes = self._codes(made.divisions)
        columns = dict(zip(self._own, rows.columns, strict=True))
        return [
            self._layer(codes, made.beidou, made.wkb, columns),
            self._entities(codes, rows.keys),
            self._events(codes),
            *_found(codes, cells),
            *_named(codes, rows),
            *_numbered(codes, rows),
        ]

    def write(self, connection: Connection, filled: list[Filled]) -> None:
        """Copy rows; UniqueViolation where one is of a thing that is there."""
        for table, rows in filled:
            copy(connection, table, rows)

    def _codes(self, divisions: pa.Array) -> pa.Array:
        told = divisions.dictionary_encode()
        names, which = told.dictionary.to_pylist(), told.indices.to_numpy(False)
        serials = np.empty(len(which), np.int64)
        for i, name in enumerate(names):
            of_division = np.flatnonzero(which == i)
            first = self._serials.take(name, len(of_division))
            serials[of_division] = first + np.arange(len(of_division))
        return codes_of([name + self._target.class_code for name in names], which, serials)

    def _layer(
        self, codes: pa.Array, beidou: pa.Array, wkb: pa.Array, own: Mapping[str, pa.Array]
    ) -> Filled:
        kinds = {"code": "text", "beidou_code": "text", "cim_valid_from": "timestamptz"}
        fixed = dict(zip(kinds, (codes, beidou, self._when(len(codes))), strict=True))
        kinds |= {"geom": "geometry"} | self._own
        into = ", ".join(quoted(name) for name in kinds)
        table = f"layer.{quoted(self._target.layer)} ({into})"
        return Filled(table, rows_of(kinds, {**fixed, "geom": wkb, **own}))

    def _entities(self, codes: pa.Array, keys: pa.Array) -> Filled:
        size, target = len(codes), self._target
        layer, source = pa.scalar(target.layer_id, pa.int32()), target.source_system
        values = (codes, pa.repeat(layer, size), pa.repeat(source, size), keys)
        return _filled("cim.entity", _ENTITY, values)

    def _events(self, codes: pa.Array) -> Filled:
        size = len(codes)
        turn, action = pa.repeat(self._turn, size), pa.repeat(self._target.action_id, size)
        values = (turn, codes, pa.repeat("assigned", size), self._when(size), action)
        return _filled("cim.event", _EVENT, values)

    def _when(self, size: int) -> pa.Array:
        return pa.repeat(pa.scalar(self._target.valid_at, pa.timestamp("us", "UTC")), size)


def _found(codes: pa.Array, cells: Cells) -> list[Filled]:
    """The cells, in their order: so an index takes them at once."""
    order = np.argsort(cells.cell)
    values = (pa.array(cells.cell[order]), codes.take(pa.array(cells.row[order])))
    return [_filled("cim.cover", _CELL, values)]


def _named(codes: pa.Array, rows: Rows) -> list[Filled]:
    """Names and other codes."""
    filled = []
    if rows.names is not None:
        there = rows.names.is_valid()
        filled.append(_filled("cim.name", _NAME, (codes.filter(there), rows.names.filter(there))))
    if rows.aliases:
        numbers, schemes, values = zip(*rows.aliases, strict=True)
        columns = (
            column_of("text", schemes),
            column_of("text", values),
            codes.take(pa.array(numbers)),
        )
        filled.append(_filled("cim.alias", _ALIAS, columns))
    return filled


def _numbered(codes: pa.Array, rows: Rows) -> list[Filled]:
    """Which row each code is of, where that may be asked: points are never doubled."""
    if not (shapely.get_dimensions(rows.geometries) > 0).any():
        return []
    numbers = pa.array(np.arange(rows.first, rows.first + len(rows)))
    return [_filled("straight_row", _ROW, (numbers, codes))]


def _filled(table: str, kinds: Mapping[str, str], values: tuple[Any, ...]) -> Filled:
    columns = dict(zip(kinds, values, strict=True))
    return Filled(f"{table} ({', '.join(kinds)})", rows_of(kinds, columns))


def is_new(connection: Connection, source_system: str) -> bool:
    """Whether nothing was ever asked for by this source."""
    asked = "SELECT 1 FROM cim.entity WHERE source_system = $1 LIMIT 1"
    return not run(connection, asked, source_system)
