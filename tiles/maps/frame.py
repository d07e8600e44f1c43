"""What a picture shows (地图范围与比例): a box of a CRS in so many pixels, north up.

OGC 20-058 clauses 9 to 13. What a request leaves out is worked out so that a metre is as long from
west to east as from south to north on the ground in the picture: a degree of longitude counts by
the latitude of the box that is nearest to the equator, and a metre of Web Mercator by the latitude
of its middle. A pixel of the display has 0.28 mm where nothing else is said.

>>> box = (112.0, 31.0, 113.0, 32.0)
>>> frame(Wanted(box, width=512), DEGREES, None)
Frame(bounds=(112.0, 31.0, 113.0, 32.0), width=512, height=597, srid=4490, mm=0.28)
>>> placed = frame(Wanted(center=(5e5, 3e6), width=200, height=100, scale=50_000), METRES, None)
>>> [round(each) for each in placed.bounds]
[498600, 2999300, 501400, 3000700]
>>> frame(Wanted(box, width=100_000), DEGREES, None)
Traceback (most recent call last):
tiles.errors.MapTooLarge: parameter 'width': 100,000 pixels; a map has at most 4,096
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from tiles.errors import MapTooLarge

Bounds = tuple[float, float, float, float]  # west, south, east, north
Point = tuple[float, float]

MOST_SIDE = 4096  # pixels
MOST_PIXELS = 8_388_608
SIDE = 1024  # pixels of the longer side where nothing is said of them
MARGIN = 64  # pixels of a usual display
MM = 0.28  # of a pixel of a display (OGC 17-083r4)
_METRES_A_DEGREE = math.radians(6378137.0)
_MERCATOR, _RADIUS = 3857, 6378137.0
_WORLD = math.pi * _RADIUS
_REACH = {4490: (180.0, 90.0), 4258: (180.0, 90.0), _MERCATOR: (_WORLD, _WORLD)}
_LEAST = 500.0  # metres of a side of a map of what has no size


class Ground(NamedTuple):
    """The units of a CRS: its SRID, and whether they are degrees."""

    srid: int
    degrees: bool

    def metres(self, bounds: Bounds) -> Point:
        """How many metres of the ground a unit has eastward and northward, in a box."""
        if self.degrees:
            south, north = bounds[1], bounds[3]
            nearest = 0.0 if south <= 0 <= north else min(abs(south), abs(north))
            east = math.cos(math.radians(min(nearest, 89.0)))
            return _METRES_A_DEGREE * east, _METRES_A_DEGREE
        if self.srid == _MERCATOR:
            flat = 1 / math.cosh(min(abs(bounds[1] + bounds[3]) / 2 / _RADIUS, 10.0))
            return flat, flat
        return 1.0, 1.0


DEGREES, METRES = Ground(4490, degrees=True), Ground(4547, degrees=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a picture, all of it in the CRS that it is drawn in, x before y.

    `scale` is how often the picture goes into the ground (比例尺分母), `mm` the size of a pixel.
    """

    bounds: Bounds | None = None
    center: Point | None = None
    width: int | None = None
    height: int | None = None
    scale: float | None = None
    mm: float = MM


class Frame(NamedTuple):
    """A box of a CRS, x before y, and the pixels that it is drawn in."""

    bounds: Bounds
    width: int
    height: int
    srid: int
    mm: float = MM

    @property
    def pixel(self) -> Point:
        """Size of a pixel in units of the CRS."""
        west, south, east, north = self.bounds
        return (east - west) / self.width, (north - south) / self.height

    @property
    def margin(self) -> int:
        """Pixels around the picture whose things may reach into it."""
        return math.ceil(MARGIN * max(MM / self.mm, 1.0))

    def widened(self) -> Bounds:
        """The box with its margin."""
        west, south, east, north = self.bounds
        x, y = (self.margin * size for size in self.pixel)
        return west - x, south - y, east + x, north + y

    @property
    def inside(self) -> tuple[int, int, int, int]:
        """The pixels where the CRS has places: left, top, right, bottom, the last two outside.

        A box of degrees that is no wider than the world goes around it.
        """
        west, _, east, north = self.bounds
        x, y = self.pixel
        across, up = _REACH.get(self.srid, (math.inf, math.inf))
        if self.srid == DEGREES.srid and east - west <= 360:
            across = math.inf

        def within(place: float, most: int) -> int:
            return math.ceil(min(max(place - 0.5, 0), most))

        return (
            within((-across - west) / x, self.width),
            within((north - up) / y, self.height),
            within((across - west) / x, self.width),
            within((north + up) / y, self.height),
        )

    def zoom(self, ground: Ground) -> float:
        """The zoom of a MapLibre map that shows the ground as large, for styles to go by.

        Styles mean pixels of 0.28 mm; a finer display has more of them in each.
        """
        east, north = ground.metres(self.bounds)
        size = math.sqrt(self.pixel[0] * east * self.pixel[1] * north) * MM / self.mm
        latitude = self._latitude(ground)
        whole = 2 * math.pi * _RADIUS * math.cos(math.radians(latitude))
        return math.log2(max(whole, 1.0) / (512 * size))

    def _latitude(self, ground: Ground) -> float:
        middle = (self.bounds[1] + self.bounds[3]) / 2
        if ground.degrees:
            return max(-85.0, min(85.0, middle))
        if ground.srid == _MERCATOR:
            return math.degrees(math.atan(math.sinh(middle / _RADIUS)))
        return max(-85.0, min(85.0, math.degrees(middle / _RADIUS)))


def frame(wanted: Wanted, ground: Ground, extent: Bounds | None) -> Frame:
    """The picture that is asked for, of all of the `extent` where no place is; MapTooLarge.

    Where nothing at all tells the place, the extent must be there.
    """
    placed = _placed(wanted, ground, extent)
    _check(placed.width, placed.height, wanted)
    return placed


def _placed(wanted: Wanted, ground: Ground, extent: Bounds | None) -> Frame:
    if wanted.bounds is not None:
        return _of_box(wanted.bounds, wanted, ground)
    whole = _with_size(extent, ground) if extent else None
    sized = wanted.width is not None and wanted.height is not None
    if wanted.center is None and whole and wanted.scale is None and not sized:
        return _of_box(whole, wanted, ground)
    if wanted.center is None and whole and wanted.width is None and wanted.height is None:
        return _of_box(whole, wanted, ground)
    return _around(wanted, ground, whole)


def _of_box(bounds: Bounds, wanted: Wanted, ground: Ground) -> Frame:
    """Pixels of a box: as many as the scale gives, or the longer side its usual number."""
    east, north = ground.metres(bounds)
    across, up = (bounds[2] - bounds[0]) * east, (bounds[3] - bounds[1]) * north
    width, height = wanted.width, wanted.height
    if wanted.scale is not None:
        size = wanted.scale * wanted.mm / 1000
        width, height = round(across / size), round(up / size)
    elif width is None and height is None:
        width, height = (SIDE, None) if across >= up else (None, SIDE)
    if width is None and height is not None:
        width = round(height * across / up)
    if height is None and width is not None:
        height = round(width * up / across)
    return Frame(bounds, max(width or 1, 1), max(height or 1, 1), ground.srid, wanted.mm)


def _around(wanted: Wanted, ground: Ground, extent: Bounds | None) -> Frame:
    """A box of so many pixels around a middle, as large as the scale says, or the extent is."""
    width = wanted.width or wanted.height or SIDE
    height = wanted.height or wanted.width or SIDE
    world = (-180.0, -90.0, 180.0, 90.0) if ground.degrees else (-2e7, -2e7, 2e7, 2e7)
    whole = extent or world
    middle = wanted.center or ((whole[0] + whole[2]) / 2, (whole[1] + whole[3]) / 2)
    if wanted.scale is not None:
        size = wanted.scale * wanted.mm / 1000
    else:
        east, north = ground.metres(whole)
        size = max((whole[2] - whole[0]) * east / width, (whole[3] - whole[1]) * north / height)
    up = height * size / 2 / ground.metres((*middle, *middle))[1]
    east = ground.metres((middle[0], middle[1] - up, middle[0], middle[1] + up))[0]
    across = width * size / 2 / east
    box = (middle[0] - across, middle[1] - up, middle[0] + across, middle[1] + up)
    return Frame(box, width, height, ground.srid, wanted.mm)


def _with_size(extent: Bounds, ground: Ground) -> Bounds:
    """An extent that has a size: that of a single point has none."""
    west, south, east, north = extent
    x, y = (_LEAST / each / 2 for each in ground.metres(extent))
    if east - west < x / 100:
        west, east = west - x, east + x
    if north - south < y / 100:
        south, north = south - y, north + y
    return west, south, east, north


def _check(width: int, height: int, wanted: Wanted) -> None:
    sides = [("width", width), ("height", height)]
    for name, side in sides if wanted.height is None else reversed(sides):
        if side > MOST_SIDE:
            blamed = name if wanted.scale is None else "scale-denominator"
            raise MapTooLarge(blamed, f"{side:,} pixels; a map has at most {MOST_SIDE:,}")
    if width * height > MOST_PIXELS:
        reason = f"{width:,} by {height:,} pixels; a map has at most {MOST_PIXELS:,} of them"
        raise MapTooLarge("width" if wanted.width else "height", reason)
