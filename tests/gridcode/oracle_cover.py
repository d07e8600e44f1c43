"""Shapes to cover, and the cells around them found by walking, not by the cover."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely
from hypothesis import strategies as st
from shapely.affinity import translate

from gridcode import beidou, cell, geosot

UNIT = 1 / 7372800
SIZES = {"beidou": {3: 0.2, 4: 1 / 60, 7: 1 / 14400}, "geosot": {7: 4, 10: 32 / 60, 16: 32 / 3600}}
GRIDS = [(system, level) for system, sizes in SIZES.items() for level in sizes]

places = st.sampled_from(
    [(112.1, 32.0), (0.0, 0.0), (-0.001, 45.0), (6.0, -40.0), (-71.5, -33.4), (179.999, 0.0)]
)
turns = st.lists(st.floats(0, 0.95), min_size=5, max_size=9)
reaches = st.lists(st.floats(0.4, 4), min_size=9, max_size=9)


@st.composite
def polygons(draw: st.DrawFn, size: float) -> shapely.Geometry:
    """Star-shaped, a few cells across, some with a hole; anywhere, also over the seams."""
    x, y = draw(places)
    turn = np.array(draw(turns))
    angles = (np.arange(len(turn)) + turn) * (2 * np.pi / len(turn))
    reach = np.array(draw(reaches))[: len(angles)] * size
    ring = np.column_stack([x + reach * np.cos(angles), y + reach * np.sin(angles)])
    star = shapely.Polygon(ring)
    if draw(st.booleans()):
        star = star.difference(shapely.Point(x, y).buffer(size * 0.9, quad_segs=2))
    return star


def walked(geometry: shapely.Geometry, system: str, level: int) -> Iterator[cell.Cell]:
    """All cells of a box around a geometry, from corner to corner, not by the cover."""
    grid = {"beidou": beidou, "geosot": geosot}[system]
    west, south, east, north = geometry.bounds
    pad = 2 * SIZES[system][level]
    y = south - pad
    while y < north + pad:
        x = west - pad
        while x < east + pad:
            found = grid.decode(grid.encode((x + 180) % 360 - 180, y, level))
            yield found
            step = found.bounds.east - ((x + 180) % 360 - 180)
            x += step % 360 + UNIT / 2
        y = found.bounds.north + UNIT / 2


def turned(geometry: shapely.Geometry, to: float) -> shapely.Geometry:
    """The cell's outline on the same turn of the earth as a place."""
    shape = geometry
    return translate(shape, 360 * round((to - shape.centroid.x) / 360))
