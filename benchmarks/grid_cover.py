"""Covers of parcels by BeiDou cells against h3ronpy's by H3 cells, in one run, on one core.

1000 seeded random polygons of 5 to 8 corners around Xiangyang, median about 4500 m2; BeiDou level
7 (about 6.5 by 7.7 m there) and H3 resolution 13 (about 44 m2) are the nearest sizes.  Prints, for
centre and for intersection, cells a second of each and the ratio.  Cells are int64 and uint64;
parcels come as WKB to h3ronpy and as an array of geometries to us, as each wants them.

    taskset -c 0 python benchmarks/grid_cover.py
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from h3ronpy import ContainmentMode
from h3ronpy.vector import wkb_to_cells
from numpy.typing import NDArray

from gridcode.cover import compact, cover

PARCELS = 1000
ROUNDS = 7
LEVEL, RESOLUTION = 7, 13


def parcels(count: int, seed: int = 20260101) -> NDArray[Any]:
    """Polygons with corners at random distances around random places."""
    rng = np.random.default_rng(seed)
    places = np.column_stack([rng.uniform(110.7, 113.7, count), rng.uniform(31.2, 32.6, count)])
    shapes = []
    for lon, lat in places.tolist():
        corners = int(rng.integers(5, 9))
        angle = (np.arange(corners) + rng.uniform(0, 0.9, corners)) * (2 * np.pi / corners)
        reach = rng.uniform(30, 57, corners)
        east = lon + reach * np.cos(angle) / (111_320 * np.cos(np.radians(lat)))
        north = lat + reach * np.sin(angle) / 111_320
        shapes.append(shapely.Polygon(np.column_stack([east, north])))
    return np.array(shapes)


def rate(work: Callable[[], int]) -> tuple[float, int]:
    """Cells a second, the median of some rounds after one to warm up, and cells."""
    cells = work()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return cells / statistics.median(times), cells


def main() -> None:
    """Run and print."""
    shapes = parcels(PARCELS)
    wkb = shapely.to_wkb(shapes).tolist()
    area = shapely.area(shapes) * 111_320**2 * np.cos(np.radians(31.9))
    print(f"{PARCELS} parcels, median {np.median(area):.0f} m2")
    pairs = (
        ("center", ContainmentMode.ContainsCentroid),
        ("intersects", ContainmentMode.IntersectsBoundary),
    )
    for mode, theirs in pairs:
        ours, cells = rate(lambda m=mode: len(cover(shapes, LEVEL, m, form="int").cells))
        h3, hexagons = rate(lambda t=theirs: len(wkb_to_cells(wkb, RESOLUTION, t, flatten=True)))
        print(
            f"{mode:10}  beidou {LEVEL}: {cells} cells, {ours / 1e6:.2f} M/s"
            f"  h3ronpy {RESOLUTION}: {hexagons} cells, {h3 / 1e6:.2f} M/s"
            f"  ratio {ours / h3:.1f}"
        )
    found = cover(shapes, LEVEL, form="int")
    few, cells = rate(lambda: len(compact(found, 8).cells))
    print(f"compact to 8: {PARCELS * few / cells:.0f} parcels/s, {cells / PARCELS:.1f} cells each")


if __name__ == "__main__":
    main()
