"""Buildings (建筑物): footprints with floors and heights inside the building parcels.

A parcel's use has a style; a style lays footprints of one plan in rows along the parcel. Heights
are metres from ground to roof. EPSG:4546, metres.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from shapely import Polygon

from city.frame import Points, random_stream
from city.parcels import Parcel

RECT = ((0, 0), (1, 0), (1, 1), (0, 1))
ELL = ((0, 0), (1, 0), (1, 0.45), (0.4, 0.45), (0.4, 1), (0, 1))
CEE = ((0, 0), (1, 0), (1, 1), (0.7, 1), (0.7, 0.4), (0.3, 0.4), (0.3, 1), (0, 1))
TOWER = ((0.2, 0), (0.8, 0), (1, 0.2), (1, 0.8), (0.8, 1), (0.2, 1), (0, 0.8), (0, 0.2))


class Style(NamedTuple):
    """How buildings of one kind stand: size, gaps and setback in metres, floors, storey height."""

    plan: tuple[tuple[float, float], ...]
    size: tuple[float, float]
    gaps: tuple[float, float]
    setback: float
    floors: tuple[int, ...]
    storey: float
    noun: str
    use: str


STYLES = {
    "slab": Style(RECT, (46, 14), (15, 26), 6, (6, 6, 11, 18, 18, 26, 32), 2.95, "号楼", "住宅"),
    "old": Style(RECT, (26, 11), (8, 13), 4, (2, 3, 4, 6), 3.0, "号楼", "住宅"),
    "villa": Style(ELL, (15, 13), (13, 15), 6, (2, 3), 3.2, "号墅", "住宅"),
    "podium": Style(ELL, (52, 40), (18, 18), 5, (2, 3, 4, 5), 4.5, "号商业楼", "商业"),
    "tower": Style(TOWER, (34, 30), (22, 24), 7, (12, 20, 24, 28), 3.6, "号塔楼", "商务"),
    "office": Style(CEE, (48, 34), (20, 22), 7, (4, 5, 6, 9), 3.4, "号办公楼", "公共"),
    "school": Style(CEE, (56, 32), (24, 28), 9, (3, 4, 5), 3.6, "号教学楼", "教育"),
    "hall": Style(RECT, (72, 38), (18, 20), 9, (1, 1, 1, 2), 8.5, "号厂房", "工业"),
    "shed": Style(RECT, (30, 12), (12, 12), 5, (1,), 5.0, "号用房", "附属"),
    "farmhouse": Style(RECT, (12, 10.5), (7, 9), 3, (2, 2, 3), 3.3, "号民房", "农村住宅"),
}
VACANT = 0.1
"""Share of the places in a layout that stay empty."""
DENSEST = 5.0
"""Floor area ratio past which a parcel gets no further floors."""


class Building(NamedTuple):
    """One building on the parcel with this index."""

    parcel: int
    number: int
    shape: Polygon
    floors: int
    height: float
    year: int


def buildings(parcels: list[Parcel]) -> list[Building]:
    """All buildings, by parcel and number (幢号)."""
    rng = random_stream("buildings")
    built = [(i, p) for i, p in enumerate(parcels) if p.use.style]
    return [building for i, parcel in built for building in _on_parcel(i, parcel, rng)]


def floor_area_ratios(parcels: list[Parcel], found: list[Building]) -> list[float]:
    """Floor area ratio (容积率) of each parcel: floor area of its buildings over its own area."""
    floor_area = np.zeros(len(parcels))
    for building in found:
        floor_area[building.parcel] += building.shape.area * building.floors
    return [float(x) for x in np.round(floor_area / shapely.area([p.shape for p in parcels]), 2)]


def _on_parcel(index: int, parcel: Parcel, rng: np.random.Generator) -> list[Building]:
    style = STYLES[parcel.use.style]
    floors, year = int(rng.choice(style.floors)), int(rng.integers(1984, 2024))
    if parcel.kind == "new_city":
        year = 2025
    made: list[Building] = []
    shapes = _footprints(parcel.shape, style, rng)
    floors = min(
        floors, 1 + int(DENSEST * parcel.shape.area / max(1.0, sum(s.area for s in shapes)))
    )
    for shape in shapes:
        height = round(floors * style.storey + float(rng.uniform(0.3, 1.5)), 1)
        made.append(Building(index, len(made) + 1, shape, floors, height, year))
    return made


def _footprints(parcel: Polygon, style: Style, rng: np.random.Generator) -> list[Polygon]:
    """Footprints that fit inside the setback line; a small parcel gets one that fills it."""
    inner = shapely.buffer(parcel, -style.setback, join_style="mitre")
    if inner.is_empty:
        return []
    plans = _rows(inner, style, rng)
    fitting = [plan for plan in plans if shapely.contains(inner, plan)]
    return [plan for plan in fitting if rng.random() > VACANT] or _one(inner, style)


def _one(inner: Polygon, style: Style) -> list[Polygon]:
    """The largest half-size plan in the middle, where no full one fits."""
    origin, along, across = _axes(inner)
    middle = origin + (along + across) / 2
    unit = np.array(style.plan) - 0.5
    for share in (0.8, 0.55, 0.35):
        plan = _rounded(unit[:, :1] * along * share + unit[:, 1:] * across * share + middle)
        if shapely.contains(inner, plan) and plan.area > 30:
            return [plan]
    return []


def _rows(inner: Polygon, style: Style, rng: np.random.Generator) -> list[Polygon]:
    origin, along, across = _axes(inner)
    long, deep = np.hypot(*along), np.hypot(*across)
    wide, high = np.array(style.size) * rng.uniform(0.88, 1.15, 2)
    columns = int((long + style.gaps[0]) // (wide + style.gaps[0]))
    rows = int((deep + style.gaps[1]) // (high + style.gaps[1]))
    if columns * rows == 0:
        return []
    lefts, bottoms = _spread(long, wide, columns), _spread(deep, high, rows)
    unit = np.array(style.plan) * (wide, high)
    base = np.column_stack([along / long, across / deep]).T
    at = [(left, bottom) for bottom in bottoms for left in lefts]
    return [_rounded((unit + place) @ base + origin) for place in at]


def _spread(length: float, size: float, count: int) -> Points:
    """Where ``count`` pieces of ``size`` start when they stand evenly on ``length``."""
    gap = (length - count * size) / count
    return np.asarray(gap / 2 + np.arange(count) * (size + gap))


def _axes(shape: Polygon) -> tuple[Points, Points, Points]:
    """South-west corner, the more easterly side and the more northerly side of the tight box."""
    ring = np.array(shapely.oriented_envelope(shape).exterior.coords)[:4]
    sides = np.roll(ring, -1, axis=0) - ring
    start = int(np.argmax([s[0] - abs(s[1]) for s in sides]))
    turn = shapely.is_ccw(shapely.linearrings(ring))
    across = sides[(start + 1) % 4] if turn else -sides[start - 1]
    return ring[start], sides[start], across


def _rounded(ring: Points) -> Polygon:
    return Polygon(np.round(ring, 2))
