"""The block grid (街坊): quadrangles between streets, bent along the river.

A regular grid (u, v) is warped: rows follow the Han where it flows east, columns follow its west
arm where it flows south, and both straighten away from the water. EPSG:4546, metres.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from city import courses
from city.frame import WINDOW, Points, project, random_stream

CENTRE = (609_000.0, 3_545_600.0)
PITCH_IN, PITCH_OUT = 215.0, 400.0
"""Metres between two streets at the centre and far from it."""
JITTER = 14.0
ARTERIAL_EVERY = 4
STREET_HALF, ARTERIAL_HALF = 9.0, 19.0
"""Metres from the middle of a street to the kerb."""

Floats = npt.NDArray[np.float64]


class Block(NamedTuple):
    """One block, corners SW, SE, NE, NW between the middles of its streets.

    ``halves`` are the metres to give up to the streets at west, east, south and north.
    """

    column: int
    row: int
    corners: Points
    halves: tuple[float, float, float, float]


@cache
def blocks() -> tuple[Block, ...]:
    """All blocks that lie whole in the window, by row and column."""
    rng = random_stream("streets")
    u, v = _lines(0, rng), _lines(1, rng)
    x, y = _warp(*np.meshgrid(u, v))
    x, y = x + rng.uniform(-JITTER, JITTER, x.shape), y + rng.uniform(-JITTER, JITTER, y.shape)
    found = [_block(x, y, i, j) for j in range(len(v) - 1) for i in range(len(u) - 1)]
    return tuple(block for block in found if _inside(block.corners))


def half_width(line: int) -> float:
    """Half the width of the street on a grid line: every fourth is an arterial (主干路)."""
    return ARTERIAL_HALF if line % ARTERIAL_EVERY == 0 else STREET_HALF


def _block(x: Floats, y: Floats, i: int, j: int) -> Block:
    at = [(j, i), (j, i + 1), (j + 1, i + 1), (j + 1, i)]
    halves = (half_width(i), half_width(i + 1), half_width(j), half_width(j + 1))
    return Block(i, j, np.array([(x[a], y[a]) for a in at]), halves)


def _lines(axis: int, rng: np.random.Generator) -> Floats:
    low, high = WINDOW[axis] - 1500, WINDOW[axis + 2] + 1500
    lines = [low]
    while lines[-1] < high:
        far = min(1.0, abs(lines[-1] - CENTRE[axis]) / 6000)
        lines.append(
            lines[-1] + (PITCH_IN + (PITCH_OUT - PITCH_IN) * far) * rng.uniform(0.86, 1.14)
        )
    return np.array(lines)


def _warp(u: Floats, v: Floats) -> tuple[Floats, Floats]:
    east_flow, south_flow = _flows()
    x0, y0 = 611_900.0, 3_545_500.0
    rows = (np.interp(u, *east_flow) - y0) * np.exp(-(((v - y0) / 3600) ** 2))
    columns = (np.interp(v, *south_flow) - x0) * np.exp(-(((u - x0) / 3000) ** 2))
    return u + columns, v + rows


def _flows() -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
    """The Han as y(x) down to the island's head, and as x(y) beside the island; both smoothed."""
    east = project(courses.reach(courses.HAN, (112.0000, 32.0720), courses.HEAD))
    south = project(courses.reach(courses.HAN, courses.HEAD, courses.HAN_SOUTH))[::-1]
    return _smoothed(east), _smoothed(south[:, ::-1])


def _smoothed(line: Points) -> tuple[Floats, Floats]:
    at = np.arange(line[0, 0], line[-1, 0], 50.0)
    order = np.argsort(line[:, 0])
    value = np.interp(at, line[order, 0], line[order, 1])
    kernel = np.hanning(31) / np.hanning(31).sum()
    padded = np.pad(value, 15, mode="edge")
    return at, np.convolve(padded, kernel, mode="valid")


def _inside(corners: Points) -> bool:
    low, high = corners.min(axis=0), corners.max(axis=0)
    west, south, east, north = WINDOW
    return bool(low[0] > west and low[1] > south and high[0] < east and high[1] < north)
