"""What is asked (问题集): the same places of every server, seeded, in its own addresses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from serving.city import CELL, SEED, SOUTH, WEST, City
from tiles.matrix_sets import WEB_MERCATOR_QUAD, TileAddress

DIFFERENT = 2000  # questions of a kind, asked in a circle

# Cells from west to east and from south to north of a box that meets so many parcels.
BOXES = {10: (5, 2), 100: (10, 10), 1000: (40, 25)}
ZOOMS = (14, 12)

_SCHEMES: dict[str, dict[str, str]] = {
    "ours": {
        "items": "/collections/parcels/items?bbox={bbox}&limit={limit}",
        "item": "/collections/parcels/items/{code}",
        "resolve": "/resolve?code={code}",
        "tile": "/collections/parcels/tiles/WebMercatorQuad/{z}/{y}/{x}",
    },
    "bare": {
        "items": "/items?bbox={bbox}&limit={limit}",
        "item": "/items/{code}",
        "resolve": "/resolve?code={code}",
        "tile": "/tiles/{z}/{y}/{x}",
    },
    "pygeoapi": {
        "items": "/collections/parcels/items?f=json&bbox={bbox}&limit={limit}",
        "item": "/collections/parcels/items/{code}?f=json",
    },
    "tipg": {
        "items": "/collections/public.parcels/items?bbox={bbox}&limit={limit}",
        "item": "/collections/public.parcels/items/{code}",
        "tile": "/collections/public.parcels/tiles/WebMercatorQuad/{z}/{x}/{y}",
    },
    "martin": {"tile": "/parcels/{z}/{x}/{y}"},
}


@dataclass(frozen=True, slots=True)
class Question:
    """One kind of request: its name in the table, and a path for each place that is asked about."""

    name: str
    kind: str
    places: tuple[dict[str, str], ...]

    def paths(self, server: str) -> list[str] | None:
        """The paths of a server; None where it has nothing of the kind."""
        scheme = _SCHEMES[server].get(self.kind)
        return [scheme.format(**place) for place in self.places] if scheme else None


def questions(city: City) -> list[Question]:
    rng = np.random.default_rng(SEED + 1)
    boxes = [
        Question(f"bbox, {count} features", "items", tuple(_boxes(city, count, rng)))
        for count in BOXES
    ]
    picked = rng.integers(len(city.codes), size=DIFFERENT)
    codes = tuple({"code": city.codes[i]} for i in picked)
    parcel_codes = tuple({"code": city.parcel_codes[i]} for i in picked)
    tiles = [tile_question(city, z, rng) for z in ZOOMS]
    return [
        *boxes,
        Question("one item", "item", codes),
        Question("resolve, own code", "resolve", codes),
        Question("resolve, parcel code", "resolve", parcel_codes),
        *tiles,
    ]


def tile_question(city: City, z: int, rng: np.random.Generator) -> Question:
    """Tiles of a level within the city; those that hold some of it where none does."""
    return Question(f"tile, z{z}", "tile", tuple(_tiles(city, z, rng)))


def _boxes(city: City, count: int, rng: np.random.Generator) -> Iterator[dict[str, str]]:
    wide, high = BOXES[count]
    for _ in range(DIFFERENT):
        column = rng.integers(city.lattice.columns - wide)
        row = rng.integers(city.lattice.rows - high)
        corners = (
            WEST + (column + 0.5) * CELL,
            SOUTH + (row + 0.5) * CELL,
            WEST + (column + wide - 0.5) * CELL,
            SOUTH + (row + high - 0.5) * CELL,
        )
        yield {"bbox": ",".join(f"{corner:.5f}" for corner in corners), "limit": str(count)}


def _tiles(city: City, z: int, rng: np.random.Generator) -> Iterator[dict[str, str]]:
    """In a shuffled order; none twice while there are others."""
    east, north = WEST + city.lattice.columns * CELL, SOUTH + city.lattice.rows * CELL
    around = list(_around(z, east, north))
    inside = [a for a in around if _holds(a, east, north)] or around
    for i in rng.permutation(len(inside))[:DIFFERENT]:
        yield {"z": str(z), "x": str(inside[i].x), "y": str(inside[i].y)}


def _around(z: int, east: float, north: float) -> Iterator[TileAddress]:
    first, last = _tile_at(z, WEST, north), _tile_at(z, east, SOUTH)
    for x in range(first.x, last.x + 1):
        for y in range(first.y, last.y + 1):
            yield WEB_MERCATOR_QUAD.address(z, x, y)


def _tile_at(z: int, lon: float, lat: float) -> TileAddress:
    x = (lon + 180) / 360
    y = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2
    return WEB_MERCATOR_QUAD.address(z, int(x * 2**z), int(y * 2**z))


def _holds(address: TileAddress, east: float, north: float) -> bool:
    box = address.degrees()
    return box[0] >= WEST and box[1] >= SOUTH and box[2] <= east and box[3] <= north
