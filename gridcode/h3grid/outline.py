"""The outline of an H3 cell on the map (六边形边界): over the antimeridian and around the poles."""

from __future__ import annotations

from fractions import Fraction

import h3
import shapely
from shapely.affinity import translate

from gridcode.cell import ExactBounds

__all__ = ["bounds", "center", "polygon"]


def _ring(code: str) -> list[tuple[float, float]]:
    """Vertices (lon, lat) with longitudes that go on beyond 180 instead of jumping."""
    ring: list[tuple[float, float]] = []
    for lat, lon in h3.cell_to_boundary(code):
        turn = 360.0 * round((ring[-1][0] - lon) / 360) if ring else 0.0
        ring.append((lon + turn, lat))
    return ring


def _pole(code: str) -> float | None:
    """The latitude of the pole that lies in the cell, if one does."""
    level = h3.get_resolution(code)
    for lat in (90.0, -90.0):
        if h3.latlng_to_cell(lat, 0.0, level) == code:
            return lat
    return None


def center(code: str) -> tuple[Fraction, Fraction]:
    """(lon, lat) as h3 gives them."""
    lat, lon = h3.cell_to_latlng(code)
    return Fraction(lon), Fraction(lat)


def bounds(code: str) -> ExactBounds:
    """The box of the vertices; the pole counts as one where it lies inside."""
    ring, pole = _ring(code), _pole(code)
    lats = [lat for _, lat in ring] + ([] if pole is None else [pole])
    lons = [lon for lon, _ in ring]
    west, east = (-180.0, 180.0) if pole is not None else (min(lons), max(lons))
    if east > 180 and pole is None:
        west, east = (west, east - 360) if west < 180 else (west - 360, east - 360)
    elif west < -180:
        west, east = (west + 360, east) if east >= -180 else (west + 360, east + 360)
    return ExactBounds(Fraction(west), Fraction(min(lats)), Fraction(east), Fraction(max(lats)))


def polygon(code: str) -> shapely.Geometry:
    """The outline within -180..180; of two parts where it lies across the antimeridian."""
    ring, pole = _ring(code), _pole(code)
    if pole is not None:
        ring = _around(ring, pole)
    shape = shapely.Polygon(ring)
    turned = [translate(shape, turn) for turn in (-360, 0, 360)]
    earth = shapely.box(-180, -90, 180, 90)
    parts = [part for part in shapely.intersection(turned, earth) if part.area > 0]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _around(ring: list[tuple[float, float]], pole: float) -> list[tuple[float, float]]:
    """A ring around a pole, opened at the antimeridian and closed along the pole's edge."""
    home = sorted(((lon + 180) % 360 - 180, lat) for lon, lat in ring)
    first, last = home[0], home[-1]
    share = (180 - last[0]) / (first[0] + 360 - last[0])
    seam = last[1] + share * (first[1] - last[1])
    return [(-180.0, pole), (-180.0, seam), *home, (180.0, seam), (180.0, pole)]
