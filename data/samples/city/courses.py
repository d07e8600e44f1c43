"""River courses (河流): centre lines in degrees and water surfaces (水面) in metres.

A course passes exactly through its control points, so that a county border can follow a part of
it vertex by vertex. Widths are in metres, one per control point. Directions are downstream.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon

from city.frame import WINDOW, Points, project

Place = tuple[float, float]
STEPS = 10
"""Vertices that the smooth line has between two control points."""

HEAD = (112.1700, 32.0385)  # where the Han parts around the island 鱼梁洲
FOOT = (112.1925, 31.9850)  # where its arms meet again
CLEAR_MOUTH = (112.1830, 32.0505)
CLEAR_BORDER = (112.1050, 32.1950)
TANGBAI_MOUTH = (112.2125, 32.0430)
TWO_MOUTHS = (112.3300, 32.1650)  # 两河口, where 唐河 and 白河 become 唐白河
HAN_IN = (111.5000, 32.5000)
HAN_OUT = (112.4400, 31.4550)
HAN_SOUTH_RIVER = (111.7000, 32.2150)
HAN_WEST = (111.8600, 32.0700)
HAN_SOUTH = (112.2000, 31.8900)


class Course(NamedTuple):
    """One river: names, the course it flows into, control points and their widths."""

    key: str
    name: str
    name_en: str
    into: str
    points: tuple[Place, ...]
    widths: tuple[float, ...]


HAN = Course(
    "HAN",
    "汉江",
    "Han River",
    "长江",
    (
        HAN_IN,
        (111.5650, 32.4550),
        (111.6400, 32.4250),
        (111.6680, 32.3500),
        (111.6450, 32.2850),
        HAN_SOUTH_RIVER,
        (111.7850, 32.1450),
        (111.8200, 32.0900),
        HAN_WEST,
        (111.9300, 32.0860),
        (112.0000, 32.0720),
        (112.0500, 32.0520),
        (112.0850, 32.0410),
        (112.1100, 32.0315),
        (112.1350, 32.0275),
        (112.1550, 32.0310),
        HEAD,
        (112.1790, 32.0300),
        (112.1820, 32.0160),
        (112.1880, 32.0000),
        FOOT,
        (112.1880, 31.9650),
        (112.1900, 31.9350),
        HAN_SOUTH,
        (112.1820, 31.8500),
        (112.1950, 31.8050),
        (112.2650, 31.7550),
        (112.3600, 31.7050),
        (112.4100, 31.6300),
        (112.4500, 31.5500),
        HAN_OUT,
    ),
    (
        *(420, 430, 480, 520, 560, 560, 600, 640, 650, 700, 680, 640, 600, 560, 540, 560, 640),
        *(430, 400, 430, 620, 680, 640, 700, 760, 700, 640, 620, 600, 620, 640),
    ),
)
ARM = Course(
    "HAN-EAST",
    "汉江鱼梁洲东汊",
    "Han River, east arm at Yuliangzhou",
    "汉江",
    (
        HEAD,
        CLEAR_MOUTH,
        (112.2000, 32.0525),
        TANGBAI_MOUTH,
        (112.2165, 32.0280),
        (112.2130, 32.0100),
        (112.2040, 31.9940),
        FOOT,
    ),
    (360, 330, 340, 380, 400, 380, 400, 460),
)
TANGBAI = Course(
    "TANGBAI",
    "唐白河",
    "Tangbai River",
    "汉江",
    (
        TWO_MOUTHS,
        (112.3000, 32.1420),
        (112.2720, 32.1060),
        (112.2480, 32.0820),
        (112.2300, 32.0600),
        TANGBAI_MOUTH,
    ),
    (150, 150, 160, 170, 190, 240),
)
CLEAR = Course(
    "XIAOQING",
    "小清河",
    "Xiaoqing River",
    "汉江",
    (
        (112.0350, 32.3400),
        (112.0600, 32.2700),
        CLEAR_BORDER,
        (112.1300, 32.1500),
        (112.1480, 32.1050),
        (112.1660, 32.0780),
        (112.1710, 32.0630),
        CLEAR_MOUTH,
    ),
    (25, 30, 36, 40, 44, 50, 56, 80),
)
OTHERS = (
    Course(
        "TANG",
        "唐河",
        "Tang River",
        "唐白河",
        ((112.4700, 32.3400), (112.4350, 32.2900), (112.3850, 32.2250), TWO_MOUTHS),
        (100, 110, 120, 140),
    ),
    Course(
        "BAI",
        "白河",
        "Bai River",
        "唐白河",
        ((112.3350, 32.3500), (112.3200, 32.2800), (112.3420, 32.2200), TWO_MOUTHS),
        (110, 110, 120, 140),
    ),
    Course(
        "GUN",
        "滚河",
        "Gun River",
        "唐白河",
        (
            (112.9500, 32.0600),
            (112.8300, 32.0900),
            (112.7200, 32.0700),
            (112.6100, 32.1150),
            (112.5000, 32.1000),
            (112.3900, 32.1250),
            TWO_MOUTHS,
        ),
        (30, 40, 50, 60, 70, 80, 90),
    ),
    Course(
        "NAN",
        "南河",
        "Nan River",
        "汉江",
        (
            (111.0800, 31.9300),
            (111.2100, 31.9900),
            (111.3300, 32.0350),
            (111.4500, 32.0800),
            (111.5200, 32.1750),
            (111.6100, 32.2100),
            HAN_SOUTH_RIVER,
        ),
        (60, 70, 80, 90, 100, 120, 150),
    ),
    Course(
        "BEI",
        "北河",
        "Bei River",
        "汉江",
        ((111.3100, 32.3200), (111.4300, 32.3300), (111.5500, 32.2950), (111.6450, 32.2850)),
        (30, 40, 50, 60),
    ),
    Course(
        "MAN",
        "蛮河",
        "Man River",
        "汉江",
        (
            (111.4600, 31.7700),
            (111.6200, 31.7600),
            (111.7800, 31.7900),
            (111.9300, 31.7400),
            (112.0800, 31.6700),
            (112.2300, 31.6450),
            (112.3400, 31.5800),
            (112.4500, 31.5500),
        ),
        (30, 40, 50, 60, 70, 80, 80, 90),
    ),
    Course(
        "JU",
        "沮河",
        "Ju River",
        "沮漳河",
        ((111.1000, 31.6900), (111.2300, 31.6200), (111.3400, 31.5500), (111.4200, 31.4300)),
        (30, 40, 50, 60),
    ),
    Course(
        "ZHANG",
        "漳河",
        "Zhang River",
        "沮漳河",
        ((111.5600, 31.6500), (111.6700, 31.6000), (111.7300, 31.4700), (111.8000, 31.3500)),
        (30, 40, 50, 60),
    ),
)
COURSES = (HAN, ARM, TANGBAI, CLEAR, *OTHERS)
WIDE = (HAN, ARM, TANGBAI, CLEAR)
"""Courses that have a surface of their own on a 10 m map of the city."""


def smooth(points: tuple[Place, ...]) -> Points:
    """A Catmull-Rom curve through the control points, ends doubled."""
    knots = np.array([points[0], *points, points[-1]])
    t = np.linspace(0.0, 1.0, STEPS, endpoint=False)[:, None]
    pieces = [_span(knots[i : i + 4], t) for i in range(len(points) - 1)]
    return np.round(np.vstack([*pieces, knots[-1:]]), 7)


def _span(p: Points, t: Points) -> Points:
    a = 2 * p[1]
    b = p[2] - p[0]
    c = 2 * p[0] - 5 * p[1] + 4 * p[2] - p[3]
    d = -p[0] + 3 * p[1] - 3 * p[2] + p[3]
    return np.asarray(0.5 * (a + b * t + c * t**2 + d * t**3))


def reach(course: Course, start: Place, end: Place) -> Points:
    """The vertices of a course between two of its control points."""
    first, last = course.points.index(start), course.points.index(end)
    return smooth(course.points)[first * STEPS : last * STEPS + 1]


def centre_line(course: Course) -> LineString:
    """The centre line in degrees."""
    return LineString(smooth(course.points))


def surface(course: Course, rise: float = 0.0) -> Polygon:
    """The water surface in EPSG:4546; ``rise`` moves each bank outward by so many metres."""
    centre = project(smooth(course.points))
    at = np.arange(len(centre)) / STEPS
    half = np.interp(at, np.arange(len(course.widths)), course.widths) / 2 + rise
    disks = shapely.buffer(shapely.points(centre), half, quad_segs=8)
    hulls = [shapely.union(a, b).convex_hull for a, b in pairwise(disks)]
    return shapely.simplify(shapely.union_all(hulls), 1.5)


def wide_water(rise: float = 0.0) -> Polygon | MultiPolygon:
    """All wide surfaces joined, in EPSG:4546."""
    return shapely.union_all([surface(course, rise) for course in WIDE])


def city_water(rise: float = 0.0) -> Polygon | MultiPolygon:
    """The wide surfaces that touch the window."""
    box = shapely.box(*WINDOW).buffer(500)
    return shapely.intersection(wide_water(rise), box)
