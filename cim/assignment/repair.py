"""Repairs invalid geometries (几何修复), and measures what that moved.

GEOS has two ways. "linework" keeps every edge and takes what lies within an even number of rings
for a hole: parts that overlap lose what they share. "structure" takes outer rings as what bounds
an area and inner ones as what is cut out of it: parts that overlap become one, and nothing of the
ground is lost that a ring encloses. That is what was meant by whoever drew the rings, so that it is
used here. Of what it makes, parts of a lower dimension (a part without extent becomes a line) are
counted and dropped.

Heights of vertices that the repair makes are interpolated; measures (M) are lost.

>>> import shapely
>>> bow = shapely.from_wkt("POLYGON ((0 0, 2 2, 2 0, 0 2, 0 0))")
>>> mended(bow)
Mended(geometry=<MULTIPOLYGON (((1 1, 2 2, 2 0, 1 1)), ((0 0, 0 2, 1 1, 0 0)))>, dropped=0)
>>> mended(shapely.from_wkt("POLYGON ((0 0, 1 1, 0 0))")) is None
True
"""

from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from cim import metres
from cim.assignment.measured import without_measures

Coordinates = NDArray[np.float64]


class Mended(NamedTuple):
    """A valid geometry, and how many of its parts had no extent and were dropped."""

    geometry: Any
    dropped: int


class Moved(NamedTuple):
    """What a repair did, in metres and square metres.

    `moved` is how far the boundary went at the most: the larger of the distances from a vertex of
    one to the boundary of the other (Hausdorff distance at the vertices). `before` and `after` are
    areas, of lines their lengths; that of an invalid area is what its rings enclose by their
    orientation, so that loops of a figure of eight cancel each other.
    """

    moved: float
    before: float
    after: float
    dropped: int
    heights: bool  # new vertices have interpolated heights
    measures: bool  # measures were lost
    area: bool

    def details(self) -> dict[str, Any]:
        """The numbers for a report."""
        kind = "area" if self.area else "length"
        return {
            "moved": _rounded(self.moved),
            f"{kind}_before": _rounded(self.before),
            f"{kind}_after": _rounded(self.after),
            "parts_dropped": self.dropped,
        }

    def words(self) -> dict[str, str]:
        """The same in words, `done` in English and `done_zh` in Chinese."""
        unit, kind, kind_zh = ("m²", "area", "面积") if self.area else ("m", "length", "长度")
        before, after = _rounded(self.before), _rounded(self.after)
        change = _rounded(self.after - self.before)
        en = [
            f"its boundary moved by {_rounded(self.moved)} m",
            f"its {kind} was {before} {unit} and is {after} {unit} ({change:+})",
        ]
        zh = [
            f"边界最大位移 {_rounded(self.moved)} 米",
            f"{kind_zh}由 {before} 变为 {after} {unit}（{change:+}）",
        ]
        if self.dropped:
            en.append(f"{self.dropped} parts without extent were dropped")
            zh.append(f"舍去退化部分 {self.dropped} 个")
        if self.heights:
            en.append("heights of new vertices are interpolated")
            zh.append("新顶点的高程为内插")
        if self.measures:
            en.append("its measures (M) are lost")
            zh.append("M 值丢失")
        return {"done": ", ".join(en), "done_zh": "，".join(zh)}


def mended(geometry: Any) -> Mended | None:
    """The valid form of an invalid geometry; None where GEOS finds none, and where nothing of its
    dimension is left.

    Its coordinates are finite numbers.
    """
    dimension = shapely.get_dimensions(geometry)
    (plain,) = without_measures(np.array([geometry], object))
    try:
        made = shapely.make_valid(plain, method="structure", keep_collapsed=True)
    except shapely.GEOSException:
        return None
    parts = shapely.get_parts(shapely.get_parts(made))
    parts = parts[~shapely.is_empty(parts)]
    same = parts[shapely.get_dimensions(parts) == dimension]
    if not len(same):
        return None
    dropped = len(parts) - len(same)
    return Mended(same[0] if len(same) == 1 else _collected(same, dimension), dropped)


def measure(given: Any, before: Any, after: Any, dropped: int) -> Moved:
    """What a repair did to a geometry that came as `given`; both in degrees of CGCS2000."""
    latitude = metres.latitudes(before)
    old, new = metres.in_metres(before, latitude), metres.in_metres(after, latitude)
    area = shapely.get_dimensions(after) == 2
    size = shapely.area if area else shapely.length
    return Moved(
        max(_reach(old, new), _reach(new, old)),
        float(size(old)),
        float(size(new)),
        dropped,
        bool(shapely.has_z(after)) and not _same_vertices(before, after),
        bool(shapely.has_m(given)),
        area,
    )


def _collected(parts: NDArray[Any], dimension: int) -> Any:
    collect = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)
    return collect[dimension](parts)


def _reach(one: Any, other: Any) -> float:
    """How far the vertices of one are from the lines of the other at the most."""
    points = shapely.points(shapely.get_coordinates(one))
    tree = shapely.STRtree(_segments(other))
    _, distances = tree.query_nearest(points, return_distance=True, all_matches=False)
    return float(distances.max())


def _segments(geometry: Any) -> NDArray[Any]:
    parts = shapely.get_parts(shapely.get_parts(geometry))
    lines = np.concatenate([shapely.get_rings(parts), parts[shapely.get_dimensions(parts) < 2]])
    places, of = shapely.get_coordinates(lines, return_index=True)
    follows = of[1:] == of[:-1]
    if not follows.any():
        made: NDArray[Any] = shapely.points(places)
        return made
    lines = shapely.linestrings(np.stack([places[:-1][follows], places[1:][follows]], 1))
    return np.asarray(lines)


def _same_vertices(one: Any, other: Any) -> bool:
    """Whether the second has no vertex that the first has not."""
    had = {tuple(place) for place in shapely.get_coordinates(one).tolist()}
    return all(tuple(place) in had for place in shapely.get_coordinates(other).tolist())


def _rounded(value: float) -> float:
    return round(value, 4) + 0.0  # -0.0 becomes 0.0
