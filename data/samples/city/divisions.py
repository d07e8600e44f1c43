"""County-level divisions (县级行政区) of 襄阳市 by GB/T 2260, as generated shapes.

Nodes and arcs first, rings after: each border is one list of vertices that both neighbours use,
so the nine polygons tile without gap or overlap. A border along a river is the river's own line.
EPSG:4490, lon, lat.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from shapely import Polygon

from city import courses
from city.frame import Points, random_stream

LEVELS = 5
"""A land border of one leg gets 2**LEVELS - 1 vertices by midpoint displacement."""

NODES: dict[str, courses.Place] = {
    "A": courses.HAN_IN,
    "B": (112.010, 32.450),
    "C": (112.500, 32.370),
    "D": (112.740, 31.630),
    "E": (111.970, 31.440),
    "F": (111.490, 31.320),
    "G": (111.130, 32.090),
    "H": (111.510, 31.960),
    "I": (111.850, 31.985),
    "J": courses.HAN_WEST,
    "K": courses.HAN_SOUTH_RIVER,
    "L": (111.850, 32.240),
    "M": courses.FOOT,
    "N": courses.HAN_SOUTH,
    "O": (112.050, 31.810),
    "P": (112.570, 31.840),
    "Q": courses.HAN_OUT,
    "S": courses.CLEAR_BORDER,
}
WAYPOINTS: dict[str, tuple[courses.Place, ...]] = {
    "AB": ((111.58, 32.61), (111.80, 32.57), (111.90, 32.50)),
    "BL": ((111.92, 32.36),),
    "LK": ((111.77, 32.25),),
    "BC": ((112.15, 32.40), (112.30, 32.385)),
    "CD": ((112.62, 32.38), (112.85, 32.36), (113.05, 32.40), (113.02, 32.15), (112.99, 31.92)),
    "DQ": ((112.70, 31.52), (112.56, 31.50)),
    "QE": ((112.30, 31.52), (112.15, 31.49)),
    "EF": ((111.95, 31.30), (111.86, 31.25), (111.75, 31.34)),
    "FG": ((111.30, 31.42), (111.08, 31.47), (110.97, 31.68), (110.81, 31.80), (111.00, 31.90)),
    "GA": ((111.28, 32.18), (111.26, 32.36), (111.40, 32.44)),
    "GH": ((111.33, 32.01),),
    "HF": ((111.54, 31.75), (111.50, 31.55)),
    "HI": ((111.66, 32.00),),
    "IJ": ((111.84, 32.03),),
    "IO": ((111.99, 31.93),),
    "OE": ((112.13, 31.63),),
    "NO": ((112.13, 31.82),),
    "NP": ((112.38, 31.88),),
    "CP": ((112.53, 32.20), (112.50, 32.05)),
    "PD": ((112.66, 31.74),),
    "LS": ((111.95, 32.17),),
}
RINGS = {
    "420602": ("JM", "MN", "NO", "OI", "IJ"),
    "420606": ("KL", "LS", "SM", "MJ", "JK"),
    "420607": ("BC", "CP", "PN", "NM", "MS", "SL", "LB"),
    "420624": ("HI", "IO", "OE", "EF", "FH"),
    "420625": ("AK", "KJ", "JI", "IH", "HG", "GA"),
    "420626": ("GH", "HF", "FG"),
    "420682": ("AB", "BL", "LK", "KA"),
    "420683": ("CD", "DP", "PC"),
    "420684": ("NP", "PD", "DQ", "QE", "EO", "ON"),
}
NAMES = {
    "420602": ("襄城区", "Xiangcheng District"),
    "420606": ("樊城区", "Fancheng District"),
    "420607": ("襄州区", "Xiangzhou District"),
    "420624": ("南漳县", "Nanzhang County"),
    "420625": ("谷城县", "Gucheng County"),
    "420626": ("保康县", "Baokang County"),
    "420682": ("老河口市", "Laohekou City"),
    "420683": ("枣阳市", "Zaoyang City"),
    "420684": ("宜城市", "Yicheng City"),
}


class Division(NamedTuple):
    """One county-level division."""

    code: str
    name: str
    name_en: str
    shape: Polygon


@cache
def divisions() -> tuple[Division, ...]:
    """The nine divisions by code."""
    arcs = _arcs()
    return tuple(Division(code, *NAMES[code], _polygon(RINGS[code], arcs)) for code in NAMES)


def _polygon(ring: tuple[str, ...], arcs: dict[str, Points]) -> Polygon:
    legs = [arcs[leg] if leg in arcs else arcs[leg[::-1]][::-1] for leg in ring]
    return Polygon(np.vstack([leg[:-1] for leg in legs]))


def _arcs() -> dict[str, Points]:
    rng = random_stream("divisions")
    arcs = {pair: _land(pair, rng) for pair in WAYPOINTS}
    for a, b in ("AK", "KJ", "JM", "MN"):
        arcs[a + b] = courses.reach(courses.HAN, NODES[a], NODES[b])
    arcs["SM"] = _clear_river_then_east_arm()
    return arcs


def _land(pair: str, rng: np.random.Generator) -> Points:
    return _rough([NODES[pair[0]], *WAYPOINTS[pair], NODES[pair[1]]], rng)


def _clear_river_then_east_arm() -> Points:
    """樊城区 and 襄州区 part at 小清河 and then at the east arm: 鱼梁洲 belongs to 樊城区."""
    upper = courses.reach(courses.CLEAR, courses.CLEAR_BORDER, courses.CLEAR_MOUTH)
    lower = courses.reach(courses.ARM, courses.CLEAR_MOUTH, courses.FOOT)
    return np.vstack([upper[:-1], lower])


def _rough(points: list[courses.Place], rng: np.random.Generator) -> Points:
    """A line through the points, roughened by midpoint displacement."""
    line = np.array(points)
    for _ in range(LEVELS):
        step = np.diff(line, axis=0)
        normal = np.column_stack([-step[:, 1], step[:, 0]])
        offset = rng.uniform(-1, 1, len(step))[:, None] * 0.15
        middle = (line[:-1] + line[1:]) / 2 + normal * offset
        woven = np.empty((len(line) + len(middle), 2))
        woven[0::2], woven[1::2] = line, middle
        line = woven
    return np.round(line, 7)
