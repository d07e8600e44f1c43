"""Rows of a registered table that are new, or other than they were (增量行), on their way in.

What a row was, its digest keeps (`cim_seen` of the codes). The digest is of the values as
PostgreSQL sends them, so that it does not depend on who asks in which time zone; a table that was
made anew with the same rows has the same ones.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from cim import divisions, schemes
from cim.assignment.counties import COUNTY_CLASS
from cim.assignment.geometry import STORED, GeometryCheck, GeometryRules
from cim.assignment.problems import Problems
from cim.assignment.rows import Alias, Rows
from cim.assignment.rules import broken
from cim.database.arrow_copy import column_of
from cim.database.sql import stream
from cim.errors import InvalidCode
from cim.layer import Column, Layer
from cim.names import quoted
from cim.source_table import SourceTable

BATCH = 10_000
SEEN = Column("cim_seen", "text")
_SOMEWHERE = shapely.Point(0, 0)


class Changes:
    """One pass over the rows of a table that differ from what the layer knows of them."""

    def __init__(
        self, connection: Connection, layer: Layer, source: SourceTable, problems: Problems
    ) -> None:
        self._connection = connection
        self._layer = layer
        self._source = source
        self._problems = problems
        self._check = GeometryCheck(STORED, problems, GeometryRules(repair=True))

    def rows(self) -> Iterator[Rows]:
        """Batch after batch; what breaks a rule is noted, and has no key or no geometry."""
        found = stream(self._connection, _sql(self._layer, self._source))
        first = 1
        while batch := list(islice(found, BATCH)):
            yield self._rows(batch, first)
            first += len(batch)

    def _rows(self, batch: Sequence[Any], first: int) -> Rows:
        geometries = self._geometries(batch, first)
        keys = self._keys(batch, first)
        given = self._divisions(keys, first)  # which takes keys away that are no divisions
        return Rows(
            first,
            geometries,
            column_of("text", keys),
            [column_of("text", [str(row.seen) for row in batch])],
            aliases=list(self._aliases(batch, first)),
            divisions=column_of("text", given) if given is not None else None,
            names=column_of("text", [row.name or None for row in batch]),
        )

    def _geometries(self, batch: Sequence[Any], first: int) -> NDArray[Any]:
        wkb = [None if row.wkb is None else bytes(row.wkb) for row in batch]
        shapes = shapely.from_wkb(np.array(wkb, dtype=object))
        unfit = [i for i, row in enumerate(batch) if row.wkb is None and not row.missing]
        for i in unfit:
            self._problems.add(first + i, None, self._unfit(batch[i]))
            shapes[i] = _SOMEWHERE
        checked = self._check(shapes, first)
        checked[unfit] = None
        return checked

    def _unfit(self, row: Any) -> Any:
        if row.flat:
            crs = f"EPSG:{self._source.srid}"
            return broken("geometry.outside", f"({row.x:g}, {row.y:g})", crs=crs)
        return broken("geometry.unread", f"GeoJSON has no {row.type}")

    def _keys(self, batch: Sequence[Any], first: int) -> list[str | None]:
        for i, row in enumerate(batch):
            if not row.key:
                self._problems.add(first + i, self._source.key, broken("key.empty"))
        return [row.key or None for row in batch]

    def _divisions(self, keys: list[str | None], first: int) -> list[str | None] | None:
        if self._layer.class_code != COUNTY_CLASS:
            return [self._source.division] * len(keys) if self._source.division else None
        for i, key in enumerate(keys):
            if key is not None and not divisions.exists(key):
                said = broken("division.unknown", key)
                self._problems.add(first + i, self._source.key, said)
                keys[i] = None
        return keys

    def _aliases(self, batch: Sequence[Any], first: int) -> Iterator[Alias]:
        for place, (scheme, column) in enumerate(self._source.aliases.items()):
            validate = schemes.get(scheme).validate
            for i, row in enumerate(batch):
                value = row.aliases[place]
                if not value:
                    continue
                try:
                    yield i, scheme, validate(value)
                except InvalidCode as error:
                    said = broken("alias.invalid", value, scheme=scheme, detail=error)
                    self._problems.add(first + i, column, said)


def digest(source: SourceTable) -> str:
    """SQL of what a row `s` says, made short."""
    values = ", ".join(field.value for field in source.fields)
    place = f"s.{quoted(source.geometry)}::bytea"
    return f"md5(record_send(ROW({place}, {values or 'NULL'})))::uuid"


def _sql(layer: Layer, source: SourceTable) -> str:
    """Rows of the table without a code, or with another digest than the layer knows."""
    geometry, name = f"s.{quoted(source.geometry)}", "NULL"
    if layer.name_field is not None:
        name = f"s.{quoted(layer.name_field)}::text"
    aliases = ", ".join(f"s.{quoted(column)}::text" for column in source.aliases.values())
    flat = f"GeometryType({geometry}) NOT IN ('POLYHEDRALSURFACE', 'TIN', 'TRIANGLE')"
    return f"""
        SELECT s.{quoted(source.key)}::text AS key, d.seen, {name} AS name,
               ARRAY[{aliases}]::text[] AS aliases,
               CASE WHEN {source.shown} THEN ST_AsBinary({source.geom}) END AS wkb,
               {geometry} IS NULL OR ST_IsEmpty({geometry}) AS missing, {flat} AS flat,
               ST_XMin({geometry}) AS x, ST_YMin({geometry}) AS y, GeometryType({geometry}) AS type
        FROM {source.place} s
        CROSS JOIN LATERAL (SELECT {digest(source)} AS seen) d
        LEFT JOIN layer.{quoted(layer.name)} k ON k.cim_key = s.{quoted(source.key)}
        WHERE k.cim_seen IS DISTINCT FROM d.seen
        ORDER BY s.{quoted(source.key)}
    """
