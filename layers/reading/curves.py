"""Makes lines of the arcs in a geometry (圆弧线化), which PostGIS functions and GEOS do not take.

ISO WKB (ISO/IEC 13249-3) knows circular strings, compound curves, and polygons and collections of
them; a geodatabase and a GeoPackage may hold them. An arc goes through three points and becomes
segments of one degree at the most, which leave it by 4 mm where its radius is 100 m. Points of the
arc stay; heights and measures between them are interpolated.

>>> import shapely
>>> half = shapely.from_wkb(straight(bytes.fromhex(_HALF_CIRCLE)))
>>> len(half.coords), round(half.length, 4), half.coords[90]
(181, 3.1416, (1.0, 1.0))
>>> straight(b"no geometry") is None
True
"""

import struct
from collections.abc import Iterator
from math import ceil, pi

import numpy as np
from numpy.typing import NDArray

_STEP = pi / 180
# From (0, 0) through (1, 1) to (2, 0).
_HALF_CIRCLE = (
    "0108000000030000000000000000000000000000000000000000000000"
    "0000f03f000000000000f03f00000000000000400000000000000000"
)
(POINT, LINE, POLYGON, POINTS, LINES, POLYGONS, COLLECTION) = range(1, 8)
(ARCS, COMPOUND, CURVED, CURVES, SURFACES) = range(8, 13)
_BECOMES = {CURVES: LINES, SURFACES: POLYGONS}
_SIZES = (2, 3, 3, 4)  # numbers of a point: xy, xyz, xym, xyzm
_DEEPEST = 32

Coordinates = NDArray[np.float64]


def straight(wkb: bytes) -> bytes | None:
    """ISO WKB without arcs of ISO WKB; None of bytes that are none."""
    try:
        reader = _Reader(wkb)
        with np.errstate(all="ignore"):
            made = reader.geometry(0)
    except (struct.error, ValueError, IndexError, OverflowError):
        return None
    return made if reader.at == len(wkb) else None


class _Reader:
    """Walks through WKB and writes it anew, little-endian."""

    def __init__(self, wkb: bytes) -> None:
        self._wkb = wkb
        self.at = 0
        self._order = "<"

    def geometry(self, depth: int) -> bytes:
        kind, dimensions = self._head()
        if depth > _DEEPEST or not 0 <= dimensions <= 3:
            raise ValueError
        if kind == POINT:
            return _head(kind, dimensions) + self._points(dimensions, 1).tobytes()
        if kind in {LINE, ARCS, COMPOUND}:
            return _head(LINE, dimensions) + _counted(self._line(kind, dimensions, depth))
        if kind in {POLYGON, CURVED}:
            rings = list(self._rings(kind, dimensions, depth))
            return _head(POLYGON, dimensions) + struct.pack("<I", len(rings)) + b"".join(rings)
        if kind in {POINTS, LINES, POLYGONS, COLLECTION, *_BECOMES}:
            parts = [self.geometry(depth + 1) for _ in range(self._count(5))]
            head = _head(_BECOMES.get(kind, kind), dimensions)
            return head + struct.pack("<I", len(parts)) + b"".join(parts)
        raise ValueError

    def _head(self) -> tuple[int, int]:
        """Kind and dimensions: 0 xy, 1 xyz, 2 xym, 3 xyzm."""
        self._order = "><"[self._wkb[self.at]]
        (code,) = struct.unpack_from(f"{self._order}I", self._wkb, self.at + 1)
        self.at += 5
        return code % 1000, code // 1000

    def _count(self, least: int) -> int:
        """How many parts follow, of so many bytes each at the least."""
        (count,) = struct.unpack_from(f"{self._order}I", self._wkb, self.at)
        self.at += 4
        if count * least > len(self._wkb) - self.at:
            raise ValueError
        return int(count)

    def _points(self, dimensions: int, count: int) -> Coordinates:
        size = _SIZES[dimensions]
        kind = np.dtype(f"{self._order}f8")
        found = np.frombuffer(self._wkb, kind, count * size, self.at)
        self.at += found.nbytes
        return found.astype("<f8").reshape(count, size)

    def _line(self, kind: int, dimensions: int, depth: int) -> Coordinates:
        if kind != COMPOUND:
            points = self._points(dimensions, self._count(8 * _SIZES[dimensions]))
            return _through(points) if kind == ARCS else points
        parts = []
        for _ in range(self._count(5)):
            part, own = self._head()
            if depth > _DEEPEST or own != dimensions or part not in {LINE, ARCS, COMPOUND}:
                raise ValueError
            parts.append(self._line(part, dimensions, depth + 1))
        joined = [part[1:] if i else part for i, part in enumerate(parts)]
        return np.concatenate(joined) if joined else np.empty((0, _SIZES[dimensions]))

    def _rings(self, kind: int, dimensions: int, depth: int) -> Iterator[bytes]:
        """The rings of a polygon; those of a curved one are geometries of their own."""
        for _ in range(self._count(4)):
            if kind == CURVED:
                part, own = self._head()
                if own != dimensions or part not in {LINE, ARCS, COMPOUND}:
                    raise ValueError
                yield _counted(self._line(part, dimensions, depth))
            else:
                yield _counted(self._line(LINE, dimensions, depth))


def _head(kind: int, dimensions: int) -> bytes:
    return struct.pack("<BI", 1, kind + 1000 * dimensions)


def _counted(points: Coordinates) -> bytes:
    return struct.pack("<I", len(points)) + points.astype("<f8").tobytes()


def _through(points: Coordinates) -> Coordinates:
    """The points of arcs: each of them has a beginning, a middle and an end."""
    if len(points) and len(points) % 2 == 0:
        raise ValueError
    arcs = [_arc(*points[i : i + 3]) for i in range(0, len(points) - 2, 2)]
    return np.concatenate([points[:1], *arcs])


def _arc(first: Coordinates, middle: Coordinates, last: Coordinates) -> Coordinates:
    """The points of one arc after its first."""
    centre = _centre(first, middle, last)
    if centre is None:
        return np.stack([middle, last])
    angles = np.arctan2(*(np.stack([first, middle, last])[:, 1::-1] - centre[::-1]).T)
    to_middle, to_last = (angles[1:] - angles[0]) % (2 * pi)
    if np.array_equal(first[:2], last[:2]):
        halves = pi, pi
    elif to_middle < to_last:
        halves = to_middle, to_last - to_middle
    else:
        halves = to_middle - 2 * pi, to_last - to_middle
    radius = np.hypot(*(first[:2] - centre))
    return np.concatenate(
        [
            _turned(first, middle, (centre, radius, angles[0], halves[0])),
            _turned(middle, last, (centre, radius, angles[1], halves[1])),
        ]
    )


def _centre(first: Coordinates, middle: Coordinates, last: Coordinates) -> Coordinates | None:
    """The centre of an arc; None where its points are on a line. A whole circle ends as it began
    and has its centre half-way to its middle.
    """
    if np.array_equal(first[:2], last[:2]):
        return None if np.array_equal(first[:2], middle[:2]) else (first[:2] + middle[:2]) / 2
    a, b = middle[:2] - first[:2], last[:2] - first[:2]
    cross = 2 * (a[0] * b[1] - a[1] * b[0])
    if abs(cross) <= 1e-12 * np.hypot(*a) * np.hypot(*b):
        return None
    turned = np.array([b[1] * (a @ a) - a[1] * (b @ b), a[0] * (b @ b) - b[0] * (a @ a)])
    return np.asarray(first[:2] + turned / cross)


def _turned(
    first: Coordinates, last: Coordinates, arc: tuple[Coordinates, float, float, float]
) -> Coordinates:
    """Points from one on an arc to another, without the first; the last is what it was."""
    centre, radius, begin, sweep = arc
    steps = max(1, ceil(abs(sweep) / _STEP - 1e-9))
    share = np.arange(1, steps + 1) / steps
    points = first + share[:, None] * (last - first)
    points[:-1, 0] = centre[0] + radius * np.cos(begin + share[:-1] * sweep)
    points[:-1, 1] = centre[1] + radius * np.sin(begin + share[:-1] * sweep)
    points[-1] = last
    return np.asarray(points)
