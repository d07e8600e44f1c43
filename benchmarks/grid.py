"""Points to BeiDou and GeoSOT codes, against python-geohash, h3-py and h3ronpy, in one run.

Five million seeded points around Xiangyang, one core, everything warmed up once and then the median
of some rounds.  Each library is called as its users call it: python-geohash and h3-py in a loop
over Python floats, h3ronpy and ours over columns.  Prints points a second, the ratios that the
project holds itself to, and the peak memory of text codes of level 8 as a multiple of the input,
input and result included.  Then covers of parcels, see ``benchmarks/grid_cover.py``.

    taskset -c 0 python benchmarks/grid.py [points]
"""

from __future__ import annotations

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import NamedTuple

import geohash
import grid_cover
import h3.api.basic_str as h3_text
import h3.api.numpy_int as h3_number
import numpy as np
from h3ronpy.vector import coordinates_to_cells
from numpy.typing import NDArray

from gridcode import beidou, geosot

POINTS = 5_000_000
ROUNDS = 3
SEED = 20260101


class Points(NamedTuple):
    """Degrees, as columns and as lists of Python floats."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    lons: list[float]
    lats: list[float]


def points(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Uniform over 110.7 to 113.7 E, 31.2 to 32.6 N."""
    rng = np.random.default_rng(SEED)
    return rng.uniform(110.7, 113.7, count), rng.uniform(31.2, 32.6, count)


def others(p: Points) -> dict[str, Callable[[], object]]:
    """What users pick today."""
    pairs = list(zip(p.lats, p.lons, strict=True))
    return {
        "python-geohash uint64": lambda: [geohash.encode_uint64(a, b) for a, b in pairs],
        "python-geohash text 9": lambda: [geohash.encode(a, b, 9) for a, b in pairs],
        "h3-py number, res 12": lambda: [h3_number.latlng_to_cell(a, b, 12) for a, b in pairs],
        "h3-py text, res 12": lambda: [h3_text.latlng_to_cell(a, b, 12) for a, b in pairs],
        "h3ronpy, res 12": lambda: coordinates_to_cells(p.lat, p.lon, 12),
    }


def ours(p: Points) -> dict[str, Callable[[], object]]:
    """The same with this package, and the way back."""
    codes, numbers = beidou.encode(p.lon, p.lat, 8), beidou.encode_integer(p.lon, p.lat, 8)
    return {
        "beidou number 10": lambda: beidou.encode_integer(p.lon, p.lat, 10),
        "beidou number 8": lambda: beidou.encode_integer(p.lon, p.lat, 8),
        "beidou text 8": lambda: beidou.encode(p.lon, p.lat, 8),
        "beidou text 10": lambda: beidou.encode(p.lon, p.lat, 10),
        "beidou decode text 8": lambda: beidou.decode(codes),
        "beidou decode number 8": lambda: beidou.decode(numbers),
        "beidou text to number 8": lambda: beidou.to_integer(codes),
        "beidou number to text 8": lambda: beidou.from_integer(numbers),
        "geosot number 26": lambda: geosot.encode_integer(p.lon, p.lat, 26),
        "geosot text 26": lambda: geosot.encode(p.lon, p.lat, 26),
    }


WANTED = (
    ("beidou number 10", "python-geohash uint64", 4),
    ("beidou text 8", "python-geohash text 9", 2),
    ("beidou text 8", "h3-py text, res 12", 5),
    ("beidou number 10", "h3ronpy, res 12", 1),
)
"""Ours, theirs, and how many times as fast ours is meant to be."""


def rate(work: Callable[[], object], count: int) -> float:
    """Points a second, the median of some rounds after one to warm up."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return count / statistics.median(times)


def peak_multiple(count: int) -> float:
    """Peak of allocated memory while points are encoded, they and the result included."""
    beidou.encode(*points(1000), 8)  # tables are built
    tracemalloc.start()
    lon, lat = points(count)
    beidou.encode(lon, lat, 8)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / (lon.nbytes + lat.nbytes)


def main(count: int) -> None:
    """Run and print."""
    lon, lat = points(count)
    p = Points(lon, lat, lon.tolist(), lat.tolist())
    rates = {}
    for name, work in (others(p) | ours(p)).items():
        rates[name] = rate(work, count)
        print(f"{name:26}{rates[name] / 1e6:8.2f} M points/s", flush=True)
    for our, their, wanted in WANTED:
        ratio = rates[our] / rates[their]
        print(f"{our} / {their}: {ratio:.1f} (wanted {wanted})")
    print(f"peak memory of beidou text 8: {peak_multiple(count):.1f} times the input (wanted 5)")
    grid_cover.main()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else POINTS)
