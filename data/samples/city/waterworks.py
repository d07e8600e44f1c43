"""Standing water: reservoirs (水库) and the moat (护城河).

Reservoirs have a surface at low and at high water, EPSG:4546 metres. The characteristic levels
(特征水位) and storages of all of them are sample values, though of a plausible size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from shapely import Polygon

from city.frame import Points, planar, random_stream
from city.landuse import OLD_TOWN

BANK_RISE = 45.0
"""Metres that each bank of a wide river moves outward from low to high water."""
RESERVOIR_RISE = 55.0


class Reservoir(NamedTuple):
    """A reservoir: place in degrees, half length in metres, levels in metres, storage in Mm3."""

    key: str
    name: str
    name_en: str
    river: str
    place: tuple[float, float]
    reach: float
    dead: float
    limit: float
    normal: float
    design: float
    check: float
    total: float

    @property
    def low(self) -> Polygon:
        """The surface at low water."""
        return _lake(self)

    @property
    def high(self) -> Polygon:
        """The surface at high water."""
        return self.low.buffer(RESERVOIR_RISE, quad_segs=4)


RESERVOIRS = (
    Reservoir(
        "RS01", "岘山南湖水库（样例）", "Xianshan South Lake Reservoir (sample)", "无名溪",
        (112.1130, 31.9890), 520, 86.0, 93.0, 94.5, 95.8, 96.6, 6.2,
    ),
    Reservoir(
        "RS02", "红水河水库（样例）", "Hongshuihe Reservoir (sample)", "滚河",
        (112.6600, 32.2700), 3600, 109.0, 116.0, 117.0, 118.9, 122.2, 161.3,
    ),
    Reservoir(
        "RS03", "南河水库（样例）", "Nanhe Reservoir (sample)", "南河",
        (111.3050, 32.0270), 2600, 148.0, 164.0, 166.0, 168.2, 170.4, 88.0,
    ),
    Reservoir(
        "RS04", "蛮河水库（样例）", "Manhe Reservoir (sample)", "蛮河",
        (111.6900, 31.7700), 3000, 136.0, 147.0, 149.0, 151.2, 152.6, 132.0,
    ),
    Reservoir(
        "RS05", "北河水库（样例）", "Beihe Reservoir (sample)", "北河",
        (111.4000, 32.3300), 1700, 121.0, 129.0, 130.5, 132.0, 133.1, 24.0,
    ),
    Reservoir(
        "RS06", "莺河水库（样例）", "Yinghe Reservoir (sample)", "莺河",
        (112.5300, 31.7400), 2400, 118.0, 128.5, 130.0, 131.4, 132.9, 96.0,
    ),
)  # fmt: skip


def city_reservoirs() -> list[Reservoir]:
    """The reservoirs inside the dense part."""
    return [RESERVOIRS[0]]


def moat() -> Polygon:
    """The moat round the old town on three sides; the Han guards the fourth."""
    ring = OLD_TOWN.buffer(190, join_style="mitre").difference(OLD_TOWN.buffer(45))
    west, south, east, north = OLD_TOWN.bounds
    keep = shapely.box(west - 400, south - 400, east + 400, north - 40)
    return shapely.intersection(ring, keep).buffer(-20).buffer(20, quad_segs=4)


def _lake(reservoir: Reservoir) -> Polygon:
    """A long body of water with side arms, as valleys give it."""
    rng = random_stream(reservoir.key)
    (middle,) = planar(shapely.points([reservoir.place]))
    turn, along = rng.uniform(0, np.pi), np.linspace(-1, 1, 9)
    spine = np.column_stack([along, 0.25 * np.sin(along * 3 + turn)]) * reservoir.reach
    bodies = [shapely.LineString(spine).buffer(reservoir.reach * 0.22)]
    for at in spine[1:-1:2]:
        tip = at + rng.uniform(-0.55, 0.55, 2) * reservoir.reach
        bodies.append(shapely.LineString([at, tip]).buffer(reservoir.reach * 0.12))
    body = shapely.simplify(shapely.union_all(bodies), 6).buffer(-15).buffer(15, quad_segs=4)
    ring = _rotated(np.array(body.exterior.coords), turn)
    return Polygon(ring + np.array([middle.x, middle.y]))


def _rotated(points: Points, turn: float) -> Points:
    cos, sin = np.cos(turn), np.sin(turn)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]))
