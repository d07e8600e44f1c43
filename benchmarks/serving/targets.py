"""What is asked of every server: boxes of 10, 100 and 1,000 parcels, items, codes, tiles."""

from typing import NamedTuple

import numpy as np
import psycopg

SEED = 39409
PER_KIND = 200


class Targets(NamedTuple):
    """Boxes by the number of parcels in them, codes, tiles (z, x, y) by zoom."""

    boxes: dict[int, list[tuple[float, float, float, float]]]
    codes: list[str]
    tiles: dict[int, list[tuple[int, int, int]]]


def choose(url: str) -> Targets:
    random = np.random.default_rng(SEED)
    with psycopg.connect(url) as connection:
        west, south, east, north = (
            connection.execute(
                "SELECT min(ST_XMin(geom)), min(ST_YMin(geom)),"
                " max(ST_XMax(geom)), max(ST_YMax(geom)) FROM bench.parcels"
            ).fetchone()
            or ()
        )
        codes = [
            row[0]
            for row in connection.execute(
                "SELECT code FROM bench.parcels ORDER BY md5(code) LIMIT %s", (PER_KIND,)
            )
        ]
        step = np.sqrt((east - west) * (north - south) / _count(connection))
        boxes = {
            size: [
                box
                for box in (
                    _box(random, size, step, (west, south, east, north))
                    for _ in range(3 * PER_KIND)
                )
                if _holds(connection, box) == size
            ][:PER_KIND]
            for size in (10, 100, 1000)
        }
    tiles = {z: _tiles(random, z, (west, south, east, north)) for z in (12, 14)}
    return Targets(boxes, codes, tiles)


def _count(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM bench.parcels").fetchone()
    return int(row[0]) if row else 0


def _box(random, size, step, extent):  # type: ignore[no-untyped-def]
    """A box over `size` parcels of the grid: 2 x 5, 10 x 10, 25 x 40."""
    columns, lines = {10: (5, 2), 100: (10, 10), 1000: (40, 25)}[size]
    west, south, east, north = extent
    x = west + step * (random.integers(0, int((east - west) / step) - columns) - 0.02)
    y = south + step * (random.integers(0, int((north - south) / step) - lines) - 0.02)
    box = (x, y, x + columns * step - 0.06 * step, y + lines * step - 0.06 * step)
    return tuple(round(float(n), 7) for n in box)


def _holds(connection: psycopg.Connection, box: tuple[float, ...]) -> int:
    row = connection.execute(
        "SELECT count(*) FROM bench.parcels"
        " WHERE ST_Intersects(geom, ST_MakeEnvelope(%s, %s, %s, %s, 4326))",
        box,
    ).fetchone()
    return int(row[0]) if row else 0


def _tiles(random, z, extent):  # type: ignore[no-untyped-def]
    west, south, east, north = extent
    lon, lat = random.uniform(west, east, PER_KIND), random.uniform(south, north, PER_KIND)
    x = (lon + 180) / 360 * 2**z
    y = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**z
    return [(z, int(a), int(b)) for a, b in zip(x, y, strict=True)]
