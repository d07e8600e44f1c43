"""Land use (国土空间调查、规划、用途管制用地用海分类, 2023): what a block is for, what it holds.

A block gets a kind from where it lies; a kind is a mix of parcel uses. A use names the leaf class
of the guide, the parcel feature code (宗地特征码) that fits its tenure, how the right was got
(权利性质) and which buildings stand on it.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shapely
from shapely import Point, Polygon

from city.frame import random_stream


class Use(NamedTuple):
    """One kind of parcel."""

    weight: int
    code: str
    feature: str
    right: str
    style: str

    @property
    def name(self) -> str:
        """The name of the class, 用地用海分类名称."""
        return class_names()[self.code]


@cache
def class_names() -> dict[str, str]:
    """Names of the land-use classes by code; the table says of each row how sure it is."""
    path = Path(__file__).parent / "land_sea_use_2023.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file)}


class Kind(NamedTuple):
    """One kind of block: the area its parcels aim at, in m2, and what they are used for."""

    target: float
    uses: tuple[Use, ...]


KINDS = {
    "core": Kind(
        8500,
        (
            Use(34, "070102", "GB", "出让", "slab"),
            Use(8, "070103", "GB", "划拨", "old"),
            Use(24, "090101", "GB", "出让", "podium"),
            Use(9, "0902", "GB", "出让", "tower"),
            Use(5, "090104", "GB", "出让", "tower"),
            Use(5, "090103", "GB", "出让", "podium"),
            Use(7, "0801", "GB", "划拨", "office"),
            Use(3, "080302", "GB", "划拨", "office"),
            Use(3, "1403", "GB", "划拨", ""),
            Use(2, "120803", "GB", "出让", ""),
        ),
    ),
    "old_town": Kind(
        5200,
        (
            Use(45, "070103", "GB", "划拨", "old"),
            Use(25, "090101", "GB", "出让", "old"),
            Use(8, "0801", "GB", "划拨", "office"),
            Use(8, "1504", "GB", "划拨", "old"),
            Use(5, "1503", "GB", "划拨", "old"),
            Use(5, "080301", "GB", "划拨", "office"),
            Use(4, "1403", "GB", "划拨", ""),
        ),
    ),
    "homes": Kind(
        13500,
        (
            Use(66, "070102", "GB", "出让", "slab"),
            Use(4, "070101", "GB", "出让", "villa"),
            Use(5, "0702", "GB", "划拨", "office"),
            Use(5, "080404", "GB", "划拨", "school"),
            Use(10, "090101", "GB", "出让", "podium"),
            Use(6, "1401", "GB", "划拨", ""),
            Use(2, "120803", "GB", "出让", ""),
            Use(1, "080602", "GB", "划拨", "office"),
            Use(1, "1303", "GB", "划拨", "shed"),
        ),
    ),
    "school": Kind(
        24000,
        (
            Use(7, "080403", "GB", "划拨", "school"),
            Use(2, "080402", "GB", "划拨", "school"),
            Use(2, "080501", "GB", "划拨", "podium"),
            Use(2, "070102", "GB", "出让", "slab"),
        ),
    ),
    "campus": Kind(60000, (Use(1, "080401", "GB", "划拨", "school"),)),
    "care": Kind(
        18000,
        (
            Use(5, "080601", "GB", "划拨", "office"),
            Use(2, "080701", "GB", "划拨", "office"),
            Use(2, "0801", "GB", "划拨", "office"),
            Use(1, "1310", "GB", "划拨", "shed"),
        ),
    ),
    "industry": Kind(
        19000,
        (
            Use(30, "100101", "GB", "出让", "hall"),
            Use(48, "100102", "GB", "出让", "hall"),
            Use(12, "110101", "GB", "出让", "hall"),
            Use(4, "0802", "GB", "出让", "office"),
            Use(3, "1402", "GB", "划拨", ""),
            Use(2, "1302", "GB", "划拨", "shed"),
            Use(1, "1303", "GB", "划拨", "shed"),
        ),
    ),
    "park": Kind(15000, (Use(9, "1401", "GB", "划拨", ""),)),
    "new_city": Kind(
        22000,
        (
            Use(6, "070102", "GB", "出让", "slab"),
            Use(2, "0902", "GB", "出让", "tower"),
            Use(1, "080403", "GB", "划拨", "school"),
            Use(1, "090101", "GB", "出让", "podium"),
        ),
    ),
    "village": Kind(
        2300,
        (
            Use(80, "070301", "JC", "批准拨用", "farmhouse"),
            Use(5, "0704", "JB", "批准拨用", "office"),
            Use(9, "0205", "JD", "家庭承包", ""),
            Use(6, "1704", "JA", "集体所有", ""),
        ),
    ),
    "paddy": Kind(
        17000,
        (
            Use(84, "0101", "JD", "家庭承包", ""),
            Use(10, "1704", "JA", "集体所有", ""),
            Use(6, "0102", "JD", "家庭承包", ""),
        ),
    ),
    "field": Kind(
        17000,
        (
            Use(70, "0103", "JD", "家庭承包", ""),
            Use(18, "0102", "JD", "家庭承包", ""),
            Use(4, "060201", "JN", "其他方式承包", "shed"),
            Use(3, "060202", "JN", "其他方式承包", "shed"),
            Use(5, "1704", "JA", "集体所有", ""),
        ),
    ),
    "orchard": Kind(
        19000,
        (
            Use(8, "0201", "JD", "家庭承包", ""),
            Use(2, "0202", "JD", "家庭承包", ""),
            Use(1, "0304", "JE", "家庭承包", ""),
        ),
    ),
    "forest": Kind(
        38000,
        (
            Use(7, "0301", "GL", "授权经营", ""),
            Use(3, "0301", "JE", "家庭承包", ""),
            Use(2, "0303", "JE", "家庭承包", ""),
            Use(1, "0302", "JE", "家庭承包", ""),
        ),
    ),
    "island": Kind(
        17000,
        (
            Use(40, "1401", "GB", "划拨", ""),
            Use(26, "0102", "GN", "授权经营", ""),
            Use(12, "0201", "GN", "授权经营", ""),
            Use(8, "0903", "GB", "出让", "podium"),
            Use(7, "090104", "GB", "出让", "office"),
            Use(7, "070101", "GB", "出让", "villa"),
        ),
    ),
}

HILLS = Polygon(
    [
        (603_000, 3_539_000),
        (603_000, 3_543_700),
        (604_600, 3_543_900),
        (605_700, 3_542_900),
        (607_300, 3_542_200),
        (609_300, 3_541_900),
        (610_300, 3_540_900),
        (610_100, 3_539_000),
    ]
).buffer(250)
"""The wooded hills (岘山, 隆中) south-west of the city."""
OLD_TOWN = shapely.box(606_750, 3_543_150, 608_650, 3_544_860)
"""The walled town (襄阳古城) inside its moat."""
INDUSTRY = (
    shapely.box(603_000, 3_547_500, 605_600, 3_549_300).buffer(200),
    shapely.box(610_300, 3_548_900, 612_200, 3_551_000),
    shapely.box(609_700, 3_540_000, 612_300, 3_541_600),
)
NEW_CITY = shapely.box(615_550, 3_543_300, 616_950, 3_545_900)
"""Fields in 2024, a building site with finished houses in 2025 (东津新区)."""
WORKS = Polygon(
    [
        (604_150, 3_549_420),
        (605_180, 3_549_360),
        (605_340, 3_549_620),
        (605_650, 3_549_700),
        (605_560, 3_550_180),
        (604_900, 3_550_260),
        (604_640, 3_550_040),
        (604_210, 3_550_090),
    ]
)
"""Fields in 2024, bare soil in 2025, though still fields on paper: a case for law enforcement."""
QUARRY = Polygon(
    [
        (608_110, 3_541_180),
        (608_260, 3_541_060),
        (608_470, 3_541_110),
        (608_520, 3_541_290),
        (608_400, 3_541_450),
        (608_230, 3_541_380),
    ]
)
"""Forest in 2024, bare rock in 2025, inside the ecological red line."""

CENTRES = (
    (607_300, 3_546_700, 2900, 1.0),
    (607_700, 3_543_900, 1900, 1.0),
    (613_500, 3_550_300, 2000, 0.95),
    (616_700, 3_547_000, 1500, 0.75),
    (610_300, 3_543_300, 1500, 0.8),
)
"""x, y, reach in metres, weight."""


def urbanity(x: float, y: float) -> float:
    """How urban a place is: 0 open country, 1 the middle of the city."""
    near = max(w * np.exp(-((x - a) ** 2 + (y - b) ** 2) / r**2) for a, b, r, w in CENTRES)
    return float(near + 0.09 * np.sin(x / 430 + y / 910) * np.sin(y / 370 - x / 1300))


def kind_of_block(middle: Point, to_bank: float, on_island: bool, rng: np.random.Generator) -> str:
    """The kind of the block with this middle; ``to_bank`` metres away from the water."""
    if fixed := _fixed_kind(middle, on_island):
        return fixed
    urban = urbanity(middle.x, middle.y)
    if to_bank < 210 and urban > 0.12:
        return "park" if rng.random() < 0.75 else "homes"
    if any(shapely.contains(zone, middle) for zone in INDUSTRY):
        return "industry" if rng.random() < 0.9 else "homes"
    return _kind_by_urbanity(urban, middle, rng)


def _fixed_kind(middle: Point, on_island: bool) -> str:
    if on_island:
        return "island"
    zones = {"forest": HILLS, "old_town": OLD_TOWN, "new_city": NEW_CITY, "field": WORKS}
    return next((kind for kind, zone in zones.items() if shapely.contains(zone, middle)), "")


def _kind_by_urbanity(urban: float, middle: Point, rng: np.random.Generator) -> str:
    draw = rng.random()
    if urban > 0.24:
        services = (("school", 0.07), ("care", 0.11), ("campus", 0.125), ("park", 0.17))
        service = next((kind for kind, upto in services if draw < upto), "")
        return service or ("core" if urban > 0.72 else "homes")
    if urban > 0.14:
        return ("industry", "homes", "village", "orchard", "field")[int(draw * 5)]
    wet = np.sin(middle.x / 1500) + np.sin(middle.y / 1200) > 0
    mix = (("village", 0.12), ("orchard", 0.24), ("forest", 0.29))
    rural = next((kind for kind, upto in mix if draw < upto), "")
    return rural or ("paddy" if wet else "field")


def draw_use(kind: str, rng: np.random.Generator) -> Use:
    """One use out of the kind's mix."""
    uses = KINDS[kind].uses
    weights = np.array([use.weight for use in uses], dtype=float)
    return uses[int(rng.choice(len(uses), p=weights / weights.sum()))]


def stream() -> np.random.Generator:
    """The random stream of land use."""
    return random_stream("landuse")
