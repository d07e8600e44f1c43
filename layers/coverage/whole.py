"""Reads a layer as it will be (入库后的图层): what is staged, and what the file leaves there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from cim.assignment.codes import Target
from cim.database.sql import driver, run
from cim.names import quoted
from layers.coverage.tiling import Box, Numbers

_SAMPLE = 50_000  # features that tell how the layer lies


@dataclass(frozen=True, slots=True)
class Features:
    """Areas; the row of each in the file, 0 of what was there, and what it is called."""

    shapes: NDArray[Any]
    rows: NDArray[np.int64]
    names: Sequence[str]

    def __len__(self) -> int:
        return len(self.shapes)


@dataclass(frozen=True, slots=True)
class Whole:
    """The layer as it will be. `kept` tells whether anything of it is not in the file."""

    connection: Connection
    layer: str
    kept: bool

    @classmethod
    def of(cls, connection: Connection, target: Target, *, held: bool, replaced: bool) -> "Whole":
        """Prepare for reading: `held` whether there is a layer, `replaced` whether the file is all.

        `stage_leaves` gets the codes of features that are not any more as they were.
        """
        run(connection, "CREATE INDEX IF NOT EXISTS stage_geom ON stage USING gist (cim_geom)")
        if not held:
            return cls(connection, target.layer, kept=False)
        run(connection, "DROP TABLE IF EXISTS pg_temp.stage_leaves")
        run(
            connection,
            'CREATE TEMP TABLE stage_leaves (code text COLLATE "C" PRIMARY KEY) ON COMMIT DROP',
        )
        run(
            connection,
            """
            INSERT INTO stage_leaves SELECT DISTINCT code FROM stage_code c
            WHERE EXISTS (SELECT FROM stage s WHERE s.cim_row = c.cim_row)
            """,
        )
        if replaced:
            run(
                connection,
                f"""
                INSERT INTO stage_leaves
                SELECT l.code FROM layer.{quoted(target.layer)} l JOIN cim.entity e USING (code)
                WHERE e.source_system = $1
                  AND NOT EXISTS (SELECT FROM stage_code c WHERE c.code = l.code)
                ON CONFLICT DO NOTHING
                """,
                target.source_system,
            )
        run(connection, "ANALYZE stage_leaves")
        stays = f"SELECT 1 FROM layer.{quoted(target.layer)} l WHERE {_STAYS} LIMIT 1"
        return cls(connection, target.layer, kept=bool(run(connection, stays)))

    def extent(self) -> Box | None:
        """The box of all of it, a little wider than that; None where there is nothing."""
        parts = ["SELECT ST_Extent(cim_geom) AS e FROM stage"]
        if self.kept:
            parts.append(f"SELECT ST_Extent(geom) FROM layer.{quoted(self.layer)}")
        (box,) = run(
            self.connection,
            f"""
            SELECT ST_XMin(b) AS west, ST_YMin(b) AS south, ST_XMax(b) AS east, ST_YMax(b) AS north
            FROM (SELECT ST_Extent(e::geometry) AS b FROM ({" UNION ALL ".join(parts)}) p) q
            """,
        )
        if box.west is None:
            return None
        wider = 1e-3 + 0.01 * max(box.east - box.west, box.north - box.south)
        return Box(box.west - wider, box.south - wider, box.east + wider, box.north + wider)

    def sample(self) -> tuple[Numbers, Numbers]:
        """Middles of some features, and how many vertices each of them stands for."""
        parts = [self._sampled("stage", "cim_geom")]
        if self.kept:
            parts.append(self._sampled(f"layer.{quoted(self.layer)}", "geom"))
        found = np.concatenate(parts)
        return found[:, :2], found[:, 2]

    def _sampled(self, table: str, column: str) -> Numbers:
        (counted,) = run(self.connection, f"SELECT count(*) AS size FROM {table}")
        share = min(1.0, _SAMPLE / max(counted.size, 1))
        rows = run(
            self.connection,
            f"""
            SELECT (ST_XMin({column}) + ST_XMax({column})) / 2 AS x,
                   (ST_YMin({column}) + ST_YMax({column})) / 2 AS y,
                   ST_NPoints({column}) / $1::float8 AS weight
            FROM {table} TABLESAMPLE BERNOULLI (100 * $1::float8) REPEATABLE (1)
            """,
            share,
        )
        return np.array(rows, float).reshape(-1, 3)

    def within(self, box: Box) -> Features:
        """The areas whose boxes meet a box, but for those that are there twice."""
        meets = "ST_MakeEnvelope($1, $2, $3, $4, 4490)"
        parts = [
            f"SELECT cim_row, cim_source, {_PLANE.format('cim_geom')} FROM stage"
            f" WHERE cim_geom && {meets}"
            " AND NOT EXISTS (SELECT FROM stage_doubled d WHERE d.cim_row = stage.cim_row)"
        ]
        if self.kept:
            parts.append(
                f"SELECT 0, code, {_PLANE.format('geom')} FROM layer.{quoted(self.layer)} l"
                f" WHERE geom && {meets} AND {_STAYS}"
            )
        with psycopg.RawCursor(driver(self.connection)) as cursor:
            cursor.execute(" UNION ALL ".join(parts).encode(), box, binary=True)
            rows = cursor.fetchall()
        numbers, names, written = zip(*rows, strict=True) if rows else ((), (), ())
        shapes = np.asarray(shapely.from_wkb(np.array(written, object)), object)
        areas = np.isin(shapely.get_type_id(shapes), _AREAS)
        return Features(
            shapes[areas],
            np.array(numbers, np.int64)[areas],
            [name for name, area in zip(names, areas, strict=True) if area],
        )

    def stays(self, box: Box) -> bool:
        """Whether something in a box stays because its row was refused."""
        (found,) = run(
            self.connection,
            f"""
            SELECT EXISTS (SELECT FROM layer.{quoted(self.layer)} l JOIN stage_code c USING (code)
                           WHERE c.state = 'kept'
                             AND geom && ST_MakeEnvelope($1, $2, $3, $4, 4490)) AS there
            """,
            *box,
        )
        return bool(found.there)

    def changed(self, box: Box) -> bool:
        """Whether the file has or had something in a box."""
        meets = "ST_MakeEnvelope($1, $2, $3, $4, 4490)"
        (found,) = run(
            self.connection,
            f"""
            SELECT EXISTS (SELECT FROM stage WHERE cim_geom && {meets})
                OR EXISTS (SELECT FROM layer.{quoted(self.layer)} l
                           WHERE geom && {meets} AND NOT {_STAYS}) AS there
            """,
            *box,
        )
        return bool(found.there)


_AREAS = (3, 6)  # Polygon, MultiPolygon
_PLANE = "ST_AsBinary(ST_Force2D({0}))"
_STAYS = "NOT EXISTS (SELECT FROM stage_leaves g WHERE g.code = l.code)"
