"""Tile matrix sets that a city adds (登记瓦片矩阵集), in the database; see `tiles.matrix_sets`."""

import math
from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb
from pyproj import CRS
from sqlalchemy import Connection

from cim import registry
from cim.database.sql import run
from tiles.errors import TileMatrixSetInvalid, TileMatrixSetUnknown
from tiles.matrix_sets import EVERYBODYS, MatrixSet, parse

PIXEL = 0.00028  # metres
CLOSE = 1e-6  # of a scale: some tell six digits
EQUATOR = 6378137.0  # radius in metres, of WGS 84


def register(
    connection: Connection, document: Mapping[str, Any], who: str
) -> tuple[MatrixSet, bool]:
    """Offer a set to everybody, or replace the one of its name; TileMatrixSetInvalid.

    The set, and whether there was none of that name.
    """
    made = parse(document)
    check_scales(made)
    if made.name in EVERYBODYS:
        raise TileMatrixSetInvalid(f"id: {made.name} is everybody's and does not change")
    if made.srid != 4490 and not _knows(connection, made.srid):
        raise TileMatrixSetInvalid(f"crs: the database does not know EPSG:{made.srid}")
    (row,) = run(
        connection,
        """
        INSERT INTO cim.tile_matrix_set (name, document, registered_by) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET document = EXCLUDED.document,
            registered_by = EXCLUDED.registered_by, registered_at = now()
        RETURNING xmax = 0 AS new
        """,
        made.name,
        Jsonb(made.document()),
        who,
    )
    registry.publish(connection)
    return made, bool(row.new)


def check_scales(made: MatrixSet) -> None:
    """TileMatrixSetInvalid where a scale is not that of the cells of its level.

    A pixel is 0.28 mm, and a degree a 360th of the equator of the ellipsoid (OGC 17-083r4, 6.1.1).
    Clients choose a level by the one or by the other. Sets of before are not asked.
    """
    crs = CRS.from_user_input(made.model.crs.srs)
    metres = crs.axis_info[0].unit_conversion_factor
    if crs.is_geographic:
        metres *= crs.ellipsoid.semi_major_metre if crs.ellipsoid else EQUATOR
    for i, matrix in enumerate(made.model.tileMatrices):
        scale = matrix.cellSize * metres / PIXEL
        if not math.isclose(matrix.scaleDenominator, scale, rel_tol=CLOSE):
            raise TileMatrixSetInvalid(
                f"tileMatrices[{i}].scaleDenominator: it is {matrix.scaleDenominator!r}, and "
                f"cellSize {matrix.cellSize!r} at 0.28 mm a pixel makes {scale!r}"
            )


def _knows(connection: Connection, srid: int) -> bool:
    (row,) = run(
        connection,
        "SELECT EXISTS (SELECT FROM public.spatial_ref_sys WHERE srid = $1) AS known",
        srid,
    )
    return bool(row.known)


def remove(connection: Connection, name: str) -> None:
    """TileMatrixSetUnknown; TileMatrixSetInvalid for one of everybody's."""
    if name in EVERYBODYS:
        raise TileMatrixSetInvalid(f"{name} is everybody's and does not go")
    gone = run(connection, "DELETE FROM cim.tile_matrix_set WHERE name = $1 RETURNING name", name)
    if not list(gone):
        raise TileMatrixSetUnknown(name, [])
    registry.publish(connection)
