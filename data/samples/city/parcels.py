"""Parcels (宗地): blocks cut by straight lines, with codes and attributes.

The parcel code (宗地代码, GB/T 37346) has 19 characters: county 6, cadastral zone 3 (地籍区, here
the last digits of the township), cadastral sub-zone 3 (地籍子区, here a kilometre square), feature
code 2 (特征码), sequence 5. Parcels of one block share their borders vertex by vertex; no parcel
crosses a county border. EPSG:4546, metres; areas are planar, of the polygon as written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from shapely import Polygon

from city import courses, landuse, waterworks
from city.divisions import divisions
from city.frame import Points, planar, random_stream
from city.streets import Block, blocks
from city.townships import ISLAND, Township, township_at

BANK = 30.0
"""Metres between high water and the first parcel."""
SMALLEST = 260.0
"""m2; what a cut leaves below this belongs to the street or the bank."""
THINNEST = 4.0
"""Metres; a leftover that is nowhere this wide on both sides of its middle is no parcel."""
COUNTRY = 0.45
"""Country lanes are this part of a street's width."""
Rect = tuple[float, float, float, float]


@dataclass(frozen=True)
class Parcel:
    """A parcel before it has a name."""

    block: Block
    kind: str
    use: landuse.Use
    shape: Polygon
    township: Township
    code: str = ""

    @property
    def county(self) -> str:
        """The six-digit division."""
        return self.township.code[:6]


class Ground(NamedTuple):
    """What parcels must keep off, and what tells them where they are."""

    wet: Polygon
    water: Polygon
    island: Polygon
    counties: dict[str, Polygon]


def ground() -> Ground:
    """The city's water at high water with its banks, the island, the counties."""
    water = courses.city_water()
    rings = [Polygon(ring) for part in shapely.get_parts(water) for ring in part.interiors]
    island = max(rings, key=lambda ring: ring.area)
    standing = shapely.union_all([w.high for w in waterworks.city_reservoirs()])
    wet = shapely.union(courses.city_water(waterworks.BANK_RISE), standing).buffer(BANK)
    moat = waterworks.moat().buffer(12)
    near = {d.code: planar(d.shape)[0] for d in divisions() if d.code in CITY_COUNTIES}
    return Ground(shapely.union(wet, moat), water, island, near)


CITY_COUNTIES = ("420602", "420606", "420607")


def parcels() -> list[Parcel]:
    """All parcels, in code order."""
    here, land_rng, cut_rng = ground(), landuse.stream(), random_stream("parcels")
    found: list[Parcel] = []
    for block in blocks():
        found += _parcels_of_block(block, here, land_rng, cut_rng)
    return _coded(found)


def _parcels_of_block(
    block: Block, here: Ground, land_rng: np.random.Generator, cut_rng: np.random.Generator
) -> list[Parcel]:
    middle = Polygon(block.corners).centroid
    if shapely.contains(here.wet, Polygon(block.corners)):
        return []
    on_island = shapely.contains(here.island, middle)
    kind = landuse.kind_of_block(middle, here.water.distance(middle), on_island, land_rng)
    made = []
    for shape in _cut(block, kind, here.wet, cut_rng):
        use = landuse.draw_use(kind, land_rng)
        township = ISLAND if on_island else _township(shape, here.counties)
        made.append(Parcel(block, kind, use, shape, township))
    return made


def _township(shape: Polygon, counties: dict[str, Polygon]) -> Township:
    at = shape.representative_point()
    county = next(code for code, area in counties.items() if shapely.contains(area, at))
    return township_at(county, at.x, at.y)


def _cut(block: Block, kind: str, wet: Polygon, rng: np.random.Generator) -> list[Polygon]:
    """Split the block's unit square, lay the pieces out in metres, take the wet land off."""
    unit, corners = _unit_square(block, kind)
    rects = _split(unit, corners, landuse.KINDS[kind].target, rng)
    laid = shapely.polygons([shapely.linearrings(_lay(r, rects, corners)) for r in rects])
    touched = shapely.intersects(laid, wet)
    dry = [
        _largest(shapely.difference(p, wet)) if t else p for p, t in zip(laid, touched, strict=True)
    ]
    whole = [p for p in dry if p.area > SMALLEST and not shapely.buffer(p, -THINNEST).is_empty]
    return [Polygon(np.round(np.array(p.exterior.coords), 3)) for p in whole]


def _largest(shape: shapely.Geometry) -> Polygon:
    return max(shapely.get_parts(shape), key=lambda part: part.area, default=Polygon())


def _unit_square(block: Block, kind: str) -> tuple[Rect, Points]:
    """The part of the unit square inside the kerbs, and the corners that it maps to."""
    lane = COUNTRY if landuse.KINDS[kind].uses[0].feature[1] in "DLE" else 1.0
    west, east, south, north = (lane * half for half in block.halves)
    c = block.corners
    wide = np.hypot(*((c[1] + c[2] - c[0] - c[3]) / 2))
    high = np.hypot(*((c[2] + c[3] - c[0] - c[1]) / 2))
    return (west / wide, south / high, 1 - east / wide, 1 - north / high), c


def _split(rect: Rect, corners: Points, target: float, rng: np.random.Generator) -> list[Rect]:
    """Halve across the longer side until a piece comes near the target area."""
    s0, t0, s1, t1 = rect
    a, b, c, d = _bilinear(np.array([(s0, t0), (s1, t0), (s1, t1), (s0, t1)]), corners)
    wide, high = np.hypot(*(b - a + c - d)) / 2, np.hypot(*(d - a + c - b)) / 2
    if wide * high < target * rng.uniform(1.15, 1.75):
        return [rect]
    share = rng.uniform(0.42, 0.58)
    if wide > high:
        s = s0 + (s1 - s0) * share
        halves: tuple[Rect, Rect] = (s0, t0, s, t1), (s, t0, s1, t1)
    else:
        t = t0 + (t1 - t0) * share
        halves = (s0, t0, s1, t), (s0, t, s1, t1)
    return [piece for half in halves for piece in _split(half, corners, target, rng)]


def _lay(rect: Rect, rects: list[Rect], corners: Points) -> Points:
    """The ring of a piece, with a vertex wherever a neighbour's corner meets its edge."""
    s0, t0, s1, t1 = rect
    knots = {(s, t) for a, b, c, d in rects for s in (a, c) for t in (b, d)}
    south = sorted(s for s, t in knots if t == t0 and s0 <= s < s1)
    east = sorted(t for s, t in knots if s == s1 and t0 <= t < t1)
    north = sorted((s for s, t in knots if t == t1 and s0 < s <= s1), reverse=True)
    west = sorted((t for s, t in knots if s == s0 and t0 < t <= t1), reverse=True)
    ring = [(s, t0) for s in south] + [(s1, t) for t in east]
    ring += [(s, t1) for s in north] + [(s0, t) for t in west]
    return np.round(_bilinear(np.array(ring), corners), 3)


def _bilinear(at: Points, corners: Points) -> Points:
    s, t = at[:, :1], at[:, 1:]
    sw, se, ne, nw = corners
    return np.asarray((1 - s) * (1 - t) * sw + s * (1 - t) * se + s * t * ne + (1 - s) * t * nw)


def _coded(found: list[Parcel]) -> list[Parcel]:
    """Codes in reading order: from north to south, then from west to east, per sub-zone."""
    prefixes = _prefixes(found)
    at = shapely.centroid([p.shape for p in found])
    order = np.lexsort((shapely.get_x(at), -np.round(shapely.get_y(at), -2), prefixes))
    count: Counter[str] = Counter()
    coded = []
    for i in order:
        count[prefixes[i]] += 1
        p, code = found[i], f"{prefixes[i]}{count[prefixes[i]]:05d}"
        coded.append(Parcel(p.block, p.kind, p.use, p.shape, p.township, code))
    return coded


def _prefixes(found: list[Parcel]) -> list[str]:
    """County, zone, sub-zone and feature code: the first 14 characters."""
    squares = [_square(p) for p in found]
    known = {key: i for i, key in enumerate(sorted(set(squares)))}
    first: dict[str, int] = {}
    for (township, *_), i in sorted((key, i) for key, i in known.items()):
        first.setdefault(township, i)
    return [
        f"{p.township.code}{known[key] - first[key[0]] + 1:03d}{p.use.feature}"
        for p, key in zip(found, squares, strict=True)
    ]


def _square(parcel: Parcel) -> tuple[str, int, int]:
    at = parcel.shape.centroid
    return parcel.township.code, -int(at.y // 1000), int(at.x // 1000)


def areas(found: list[Parcel]) -> npt.NDArray[np.float64]:
    """Planar area of each parcel in m2, rounded to 2 decimals."""
    return np.asarray(np.round(shapely.area([p.shape for p in found]), 2))
