"""Makes the geometries of a batch fit to be stored (几何检查).

Stored geometry is valid, not empty, and in CGCS2000 (EPSG:4490) with x = longitude and
y = latitude in degrees. Heights stay as they came; measures (m) stay where the file is in degrees
and are lost where it is projected.
"""

from collections.abc import Container
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from cim.assignment.problems import Problems
from cim.assignment.rules import broken

STORAGE_CRS = CRS.from_epsg(4490)
_SAME_DATUM = {4490, 4326}  # CGCS2000 and WGS 84 differ by centimetres; no shift is applied

Geometries = NDArray[Any]


class GeometryCheck:
    """Repairs, transforms and checks batch after batch, counting what it repaired."""

    def __init__(self, crs: CRS, problems: Problems) -> None:
        self._crs = crs
        self._problems = problems
        geographic = crs.is_geographic and crs.to_epsg() in _SAME_DATUM
        self._to_storage = (
            None if geographic else Transformer.from_crs(crs, STORAGE_CRS, always_xy=True)
        )
        self.repaired = 0

    def __call__(
        self, geometries: Geometries, first_row: int, told: Container[int] = ()
    ) -> Geometries:
        """The geometries as they are stored; a refused one is None and has its problem noted.

        Of those at the places `told` it is noted already why there are none.
        """
        mended = self._repair(geometries, first_row, told)
        moved = mended if self._to_storage is None else _transform(mended, self._to_storage)
        return self._inside_the_world(moved, mended, first_row)

    def _repair(self, geometries: Geometries, first_row: int, told: Container[int]) -> Geometries:
        result = geometries.copy()
        missing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
        for i in np.flatnonzero(missing):
            result[i] = None
            if int(i) not in told:
                self._problems.add(first_row + int(i), None, broken("geometry.missing"))
        for i in np.flatnonzero(~missing & ~shapely.is_valid(geometries)):
            result[i] = _mended(geometries[i])
            row, reason = first_row + int(i), shapely.is_valid_reason(geometries[i])
            if result[i] is None:
                self._problems.add(row, None, broken("geometry.invalid", detail=reason))
            else:
                self.repaired += 1
                self._problems.repaired(row, None, broken("geometry.repaired", detail=reason))
        return result

    def _inside_the_world(
        self, moved: Geometries, original: Geometries, first_row: int
    ) -> Geometries:
        west, south, east, north = shapely.bounds(moved).T
        inside = (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)
        for i in np.flatnonzero(~inside & ~shapely.is_missing(moved)):
            x, y = shapely.get_coordinates(original[i])[0]
            said = broken("geometry.outside", f"({x:g}, {y:g})", crs=self._crs.name)
            self._problems.add(first_row + int(i), None, said)
        moved[~inside] = None
        return moved


def _mended(geometry: Any) -> Any:
    """The valid form of an invalid geometry with parts of its own dimension only, or None."""
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        return None
    dimension = shapely.get_dimensions(geometry)
    parts = shapely.get_parts(shapely.get_parts(shapely.make_valid(geometry)))
    same = parts[(shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)]
    if not len(same):
        return None
    return same[0] if len(same) == 1 else _collected(same, dimension)


def _collected(parts: Geometries, dimension: int) -> Any:
    collect = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)
    return collect[dimension](parts)


def _transform(geometries: Geometries, transformer: Transformer) -> Geometries:
    def move(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = coordinates.copy()
        moved[:, 0], moved[:, 1] = transformer.transform(coordinates[:, 0], coordinates[:, 1])
        return moved

    result: Geometries = shapely.transform(_without_m(geometries), move, include_z=None)
    return result


def _without_m(geometries: Geometries) -> Geometries:
    """GEOS moves x, y and z; a measure would come out as z, so that it must go."""
    result = geometries.copy()
    measured = np.flatnonzero(shapely.has_m(geometries))
    for i in measured:
        dimensions = 3 if shapely.has_z(geometries[i]) else 2
        result[i] = shapely.from_wkb(shapely.to_wkb(geometries[i], output_dimension=dimensions))
    return result
