"""Finds the division that a feature's code begins with (行政区划代码).

The division is the county that holds the feature's point on surface. A feature that crosses
counties takes the zero-filled division that holds them all: 420600 within the city, 420000
beyond it (CJ/T 553-2024 gives the county; the zero fill follows DB34/T 4845-2024).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from cim import divisions, source_view
from cim.database.sql import run
from cim.names import quoted

COUNTY_CLASS = "990501"

# Borders are drawn by different hands: a thousandth of a feature over one is no crossing.
CROSSING_SHARE = 0.001


@dataclass(frozen=True, slots=True)
class Counties:
    """The county-level divisions that are loaded: codes and polygons in EPSG:4490."""

    codes: NDArray[Any]
    polygons: NDArray[Any]

    def of(self, geometries: NDArray[Any], points: NDArray[Any]) -> NDArray[Any]:
        """Division code of each geometry, None where no county holds any of it.

        `points` are the points on surface of the geometries, in the same order.
        """
        result = np.full(len(geometries), None, dtype=object)
        if not len(self.codes):
            return result
        shapely.prepare(self.polygons)
        around = shapely.box(*shapely.total_bounds(geometries))
        one = np.flatnonzero(shapely.contains_properly(self.polygons, around))
        if len(one):  # holds all of them, as it often does where a file is of one county
            result[~shapely.is_missing(geometries)] = self.codes[one[-1]]
            return result
        county, row = shapely.STRtree(geometries).query(self.polygons, "contains_properly")
        result[row] = self.codes[county]
        for i in np.flatnonzero([code is None for code in result]):
            if geometries[i] is not None:
                result[i] = self._of_one(geometries[i], points[i])
        return result

    def _of_one(self, geometry: Any, point: Any) -> str | None:
        near = np.flatnonzero(shapely.intersects(self.polygons, geometry))
        shares = _shares(geometry, self.polygons[near])
        crossed = [str(self.codes[i]) for i in near[shares > CROSSING_SHARE]]
        if not crossed:
            return None
        if len(crossed) > 1 and shapely.get_dimensions(geometry) > 0:
            return divisions.covering(crossed)
        held = shapely.intersects(point, self.polygons[near]).any()
        return crossed[0] if held else divisions.province(crossed[0])


def _shares(geometry: Any, polygons: NDArray[Any]) -> NDArray[np.float64]:
    """Share of the geometry's area or length (or number of points) in each polygon."""
    measure = {0: shapely.get_num_coordinates, 1: shapely.length, 2: shapely.area}[
        int(shapely.get_dimensions(geometry))
    ]
    parts = shapely.intersection(geometry, polygons)
    return np.asarray(measure(parts) / measure(geometry))


def counties(connection: Connection) -> Counties:
    """The counties of the layers of class 990501 (县级行政区); the key of a county is its code.

    LayerUnreadable where they stand in a registered table that is gone.
    """
    layers = run(
        connection,
        "SELECT name, source IS NOT NULL AS registered FROM cim.layer WHERE class_code = $1",
        COUNTY_CLASS,
    )
    source_view.check(connection, [layer.name for layer in layers if layer.registered])
    rows = [row for layer in layers for row in run(connection, _counties_of(layer.name))]
    codes = np.array([row.source_id for row in rows], dtype=object)
    polygons = shapely.from_wkb(np.array([bytes(row.wkb) for row in rows], dtype=object))
    return Counties(codes, polygons)


def _counties_of(table: str) -> str:
    return f"""
        SELECT e.source_id, ST_AsBinary(l.geom) AS wkb
        FROM item.{quoted(table)} l JOIN cim.entity e USING (code)
        ORDER BY e.source_id
    """
