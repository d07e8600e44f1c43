"""Makes the geometries of a batch fit to be stored (几何检查).

Stored geometry is valid (OGC Simple Features), not empty, and in CGCS2000 (EPSG:4490) with
x = longitude and y = latitude in degrees. An invalid one refuses its row, or is repaired where that
is asked for (`repair`), and what it moved by is told. Heights (Z) and measures (M) stay as they
came: a change of CRS is one of the place alone. What comes of another CRS is rounded to the digits
that are shown (8 decimals of a degree, about a millimetre), so that a geometry as it is shown is
the one that is stored; what that would make invalid stays as it is.

What is no fault is told or counted all the same: areas that are very thin (狭长面), and vertices
that repeat the one before them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from cim import metres
from cim.assignment import measured, repair
from cim.assignment.problems import Problems
from cim.assignment.rules import Broken, broken
from cim.assignment.validity import fault_of

STORAGE_CRS = CRS.from_epsg(4490)
DECIMALS = 8  # of a degree, as answers have them

Geometries = NDArray[Any]
Coordinates = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """What coordinates are in: the name of their CRS, and how they come to be stored.

    `move` makes longitude and latitude in CGCS2000 of x and y, an array of pairs; None where they
    are that already. `degrees` tells that x and y are degrees, `exact` that it is the axes alone
    that are moved, so that nothing is rounded. `layers.crs` finds it for a file.
    """

    name: str
    move: Callable[[Coordinates], Coordinates] | None = None
    degrees: bool = True
    exact: bool = False


STORED = Frame(STORAGE_CRS.name)


class GeometryRules(NamedTuple):
    """What geometries are held to.

    repair        whether invalid ones are repaired; without it they refuse their rows. None where
                  nobody can ask for that, so that it is not advised
    sliver_width  areas thinner than this are told, in metres; 0 tells none. The number is ours: no
                  standard that we know has one
    """

    repair: bool | None = None
    sliver_width: float = 0.0


class GeometryCheck:
    """Checks and moves batch after batch."""

    def __init__(
        self, frame: Frame, problems: Problems, rules: GeometryRules | None = None
    ) -> None:
        self._frame = frame
        self._problems = problems
        self._rules = rules or GeometryRules()
        self._digits = 8 if frame.degrees else 4

    def __call__(
        self,
        geometries: Geometries,
        first_row: int,
        unread: Mapping[int, Broken | None] | None = None,
    ) -> Geometries:
        """The geometries as they are stored; a refused one is None and has its problem noted.

        `unread` says of the place of a geometry in the batch why it could not be read, None where
        that is told already.
        """
        result = geometries.copy()
        self._drop_missing(result, first_row, unread or {})
        self._check_heights(result, first_row)
        repaired = self._check_validity(result, first_row)
        moved = self._inside_the_world(self._moved(result), result, first_row)
        for i, dropped in repaired.items():
            if moved[i] is not None:
                self._tell("geometry.repaired", first_row + i, geometries[i], moved[i], dropped)
        if self._frame.move is not None:
            self._mend_moved(moved, result, first_row)
        self._look_at(moved, first_row)
        return moved

    def _drop_missing(
        self, shapes: Geometries, first_row: int, unread: Mapping[int, Broken | None]
    ) -> None:
        for i in np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes)).tolist():
            shapes[i] = None
            said = unread.get(i, broken("geometry.missing"))
            if said is not None:
                self._problems.add(first_row + i, None, said)

    def _check_heights(self, shapes: Geometries, first_row: int) -> None:
        """Heights are numbers; where none is one, there are none."""
        high = np.flatnonzero(shapely.has_z(shapes))
        if not len(high):
            return
        heights, of = shapely.get_coordinates(shapes[high], include_z=True, return_index=True)
        wrong = np.bincount(of, ~np.isfinite(heights[:, 2]), len(high)).astype(int)
        unknown = np.bincount(of, np.isnan(heights[:, 2]), len(high)).astype(int)
        size = np.bincount(of, minlength=len(high))
        for j in np.flatnonzero(wrong):
            i = int(high[j])
            if unknown[j] == size[j] and not shapely.has_m(shapes[i]):
                shapes[i] = shapely.force_2d(shapes[i])
            else:
                said = f"{wrong[j]} × Z"
                self._problems.add(first_row + i, None, broken("geometry.number", said))
                shapes[i] = None

    def _check_validity(self, shapes: Geometries, first_row: int) -> dict[int, int]:
        """Refuse invalid shapes, or repair them; of these how many parts were dropped."""
        repaired: dict[int, int] = {}
        for i in np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)).tolist():
            given, shapes[i] = shapes[i], None
            places = shapely.get_coordinates(given)
            odd = ~np.isfinite(places).all(axis=1)
            if odd.any():
                x, y = places[odd][0]
                said = broken("geometry.number", f"({x:g}, {y:g})")
                self._problems.add(first_row + i, None, said)
            elif self._rules.repair and (made := repair.mended(given)):
                shapes[i], repaired[i] = made
            else:
                self._problems.add(first_row + i, None, self._refused(given))
        return repaired

    def _mend_moved(self, moved: Geometries, original: Geometries, first_row: int) -> None:
        """Mend what is invalid only since it was moved: straight lines do not stay quite straight.

        What rounding alone made invalid, as slivers, is taken without it. None of this is a fault
        of the file, so that it refuses nothing.
        """
        rounded = np.flatnonzero(~shapely.is_valid(moved) & ~shapely.is_missing(moved))
        moved[rounded] = self._moved(original[rounded], rounded=False)
        for i in rounded[~shapely.is_valid(moved[rounded])].tolist():
            given = moved[i]
            made = repair.mended(given)
            moved[i] = made.geometry if made else None
            if made is None:
                said = self._said("geometry.collapsed", given, moved=True)
                self._problems.add(first_row + i, None, said)
            else:
                self._tell("geometry.moved", first_row + i, given, *made, moved=True)

    def _tell(
        self, rule: str, row: int, given: Any, after: Any, dropped: int, *, moved: bool = False
    ) -> None:
        """Tell what a repair did to a geometry that came as `given`."""
        before = given if moved else self._moved(np.array([given], object))[0]
        did = repair.measure(given, before, after, dropped)
        said = self._said(rule, given, moved=moved, **did.words())
        details = {**(said.details or {}), **did.details()}
        self._problems.repaired(row, None, said._replace(details=details))

    def _refused(self, given: Any) -> Broken:
        if self._rules.repair:
            return self._said("geometry.collapsed", given)
        hint, hint_zh = "", ""
        if self._rules.repair is not None:
            hint, hint_zh = "; repair (--repair) may mend it", "；可用 repair（--repair）试行修复"
        return self._said("geometry.invalid", given, hint=hint, hint_zh=hint_zh)

    def _said(self, rule: str, given: Any, *, moved: bool = False, **words: str) -> Broken:
        """The rule as an invalid geometry breaks it, with the place of its fault."""
        fault = fault_of(given)
        place = f"({fault.x:.{self._digits}f}, {fault.y:.{self._digits}f})"
        said = broken(rule, place, fault=fault.en, fault_zh=fault.zh, **words)
        point = np.array([shapely.Point(fault.x, fault.y)], object)
        shape = point[0] if moved else self._moved(point)[0]
        details = {"fault": fault.en, "x": fault.x, "y": fault.y}
        return said._replace(details=details, shape=shapely.to_wkb(shape))

    def _inside_the_world(
        self, moved: Geometries, original: Geometries, first_row: int
    ) -> Geometries:
        west, south, east, north = shapely.bounds(moved).T
        inside = (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)
        for i in np.flatnonzero(~inside & ~shapely.is_missing(moved)):
            x, y = shapely.get_coordinates(original[i])[0]
            said = broken("geometry.outside", f"({x:g}, {y:g})", crs=self._frame.name)
            self._problems.add(first_row + int(i), None, said)
        moved[~inside] = None
        return moved

    def _moved(self, shapes: Geometries, *, rounded: bool = True) -> Geometries:
        """The shapes in degrees of CGCS2000: x and y are moved, Z and M stay as they are."""
        if self._frame.move is None:
            return shapes.copy()
        on_the_ground, rounded = self._frame.move, rounded and not self._frame.exact

        def move(places: Coordinates) -> Coordinates:
            moved = places.copy()
            found = on_the_ground(places[:, :2])
            moved[:, :2] = np.round(found, DECIMALS) + 0.0 if rounded else found  # no -0
            return moved

        measures = shapely.has_m(shapes)
        if not measures.any():
            return np.asarray(shapely.transform(shapes, move, include_z=None))
        result = shapes.copy()
        result[~measures] = shapely.transform(shapes[~measures], move, include_z=None)
        result[measures] = measured.moved(shapes[measures], move)
        return result

    def _look_at(self, moved: Geometries, first_row: int) -> None:
        """Tell and count what is no fault."""
        if self._rules.sliver_width > 0:
            for i, wide in slivers(moved, self._rules.sliver_width):
                limit = self._rules.sliver_width
                said = broken("geometry.sliver", f"{wide:.3g}", limit=f"{limit:g}")
                shape = shapely.to_wkb(shapely.force_2d(moved[i]))
                said = said._replace(details={"width": round(wide, 4)}, shape=shape)
                self._problems.told(first_row + i, None, said)
        self._problems.note("geometry.repeated", repeating(moved))


def slivers(shapes: Geometries, width: float) -> list[tuple[int, float]]:
    """Places of areas that are thinner than a width in metres, or have such a part, and how thin.

    The shapes are in degrees.
    """
    areas = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    parts, of = shapes[areas], np.arange(len(areas))
    if (shapely.get_type_id(parts) != 3).any():
        parts, of = shapely.get_parts(parts, return_index=True)
    # By the shorter of the two degrees a width is never too large.
    thin = metres.widths(parts) * np.minimum(*metres.per_degree(metres.latitudes(parts))) < width
    if not thin.any():
        return []
    wide = metres.widths(metres.in_metres(parts[thin]))
    found: dict[int, float] = {}
    for i, each in zip(areas[of[thin]].tolist(), wide.tolist(), strict=True):
        if each < width:
            found[i] = min(each, found.get(i, each))
    return sorted(found.items())


def repeating(shapes: Geometries) -> int:
    """How many of the shapes have a vertex that is the one before it."""
    lines = np.flatnonzero(shapely.get_dimensions(shapes) > 0)
    places, of = shapely.get_coordinates(shapes[lines], include_z=True, return_index=True)
    same = (of[1:] == of[:-1]) & (places[1:, :2] == places[:-1, :2]).all(axis=1)
    suspected = lines[np.unique(of[1:][same])]
    if not len(suspected):  # the end of a ring may be the beginning of the next
        return 0
    fewer = shapely.get_num_coordinates(shapely.remove_repeated_points(shapes[suspected]))
    return int((fewer < shapely.get_num_coordinates(shapes[suspected])).sum())


def turned(shapes: Geometries, problems: Problems) -> Geometries:
    """The shapes with their rings as RFC 7946 and Simple Features have them, counting those turned.

    Outer rings run counter-clockwise and inner ones clockwise, seen from above.
    """
    made = shapely.orient_polygons(shapes)
    other = ~shapely.equals_identical(made, shapes) & ~shapely.is_missing(shapes)
    problems.note("geometry.turned", int(other.sum()))
    return np.asarray(made)
