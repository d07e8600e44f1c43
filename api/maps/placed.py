"""Where a map lies in its CRS (图幅范围): from the place that is asked for to a picture's frame.

What is outside of the world in one of the CRSs is refused.
"""

from functools import lru_cache

import pyproj

from api.errors import InvalidParameter
from api.maps.asked import Asked, Box, Middle, check_far
from cim.crs import CRS84, Crs
from tiles import matrix_sets
from tiles.maps.frame import Bounds, Frame, Ground, Point, Wanted, frame

_FARTHEST = 30  # degrees from the central meridian of a zone
_HIGHEST = 85.06  # degrees of latitude to which Web Mercator reaches


def framed(asked: Asked, stored: Crs, extent: Bounds | None) -> tuple[Frame, Crs] | None:
    """The picture and its CRS; `stored` is used where no CRS is asked for, and `extent` is that of
    the layers in degrees. None where there is nothing to show. MapTooLarge, InvalidParameter.
    """
    crs = asked.crs or stored
    ground = Ground(crs.srid, degrees=crs.digits == 8)
    whole = _moved("crs", extent, CRS84, crs) if extent else None
    size = asked.size
    bounds, center = None, None
    if isinstance(asked.place, Middle):
        center = _point(asked.place, crs)
    elif asked.place is not None:
        bounds = _bounds(asked.place, crs, extent)
        if bounds is None:
            return None
    elif whole is None:
        return None
    wanted = Wanted(bounds, center, size.width, size.height, size.scale, size.mm)
    made = frame(wanted, ground, whole)
    name = _blamed(asked)
    check_far(name, made.bounds, crs)
    _check_reach(name, made, crs)
    return made, crs


def _blamed(asked: Asked) -> str:
    """The parameter that makes a map reach as far as it does."""
    if isinstance(asked.place, Box):
        return asked.place.name
    if asked.size.scale is not None:
        return "scale-denominator"
    return "center" if asked.place is not None else "crs"


def corners(drawn: Frame, crs: Crs) -> str:
    """The box of a picture in the axis order of its CRS, for `Content-Bbox`."""
    west, south, east, north = drawn.bounds
    if crs.digits == 8 and west <= 180 < east <= west + 360:  # what is wider has no other name
        east -= 360
    numbers = (south, west, north, east) if crs.flipped else (west, south, east, north)
    return ",".join(f"{number:.{crs.digits}f}".rstrip("0").rstrip(".") for number in numbers)


def _point(middle: Middle, crs: Crs) -> Point:
    if middle.crs.srid == crs.srid:
        return middle.x, middle.y
    x, y = _transformer(middle.crs.srid, crs.srid).transform(middle.x, middle.y)
    check_far("center", (x, y), crs)
    return x, y


def _bounds(box: Box, crs: Crs, extent: Bounds | None) -> Bounds | None:
    """A box in the CRS of the map; its open ends are those of the extent."""
    whole = _moved(box.name, extent or (-180.0, -90.0, 180.0, 90.0), CRS84, box.crs)
    given = (box.west, box.south, box.east, box.north)
    west, south, east, north = (w if g is None else g for g, w in zip(given, whole, strict=True))
    if box.crs.digits == 8:
        if south >= 90 or north <= -90 or (west <= east and (west >= 180 or east <= -180)):
            return None
        west, south, east, north = max(west, -180), max(south, -90), min(east, 180), min(north, 90)
        if west > east:
            east += 360
    if west >= east or south >= north:
        return None
    return _moved(box.name, (west, south, east, north), box.crs, crs)


def _moved(name: str, bounds: Bounds, there: Crs, here: Crs) -> Bounds:
    """The box in a CRS that holds a box in another one."""
    if there.srid == here.srid:
        return bounds
    if there.digits == 8 and bounds[2] > 180:
        reason = f"a box across the antimeridian is drawn in degrees, not in {here.uri}"
        raise InvalidParameter(name, reason)
    if there.srid == 4490:
        west, south, east, north = bounds
        if here.srid == 3857:
            south, north = max(south, -_HIGHEST), min(north, _HIGHEST)
        found = matrix_sets.from_degrees(here.srid, (west, south, east, north))
    elif here.srid == 4490:
        found = matrix_sets.to_degrees(there.srid, bounds)
    else:
        mover = _transformer(there.srid, here.srid)
        found = mover.transform_bounds(*bounds, densify_pts=21)
    check_far(name, found, here)
    if not (found[0] < found[2] and found[1] < found[3]):
        raise InvalidParameter(name, f"it is no box in {here.uri}")
    return found


def _check_reach(name: str, made: Frame, crs: Crs) -> None:
    """A zone of Gauss-Kruger is for what lies near to its meridian; far from it is no place."""
    if crs.srid in {4490, 3857} or crs.digits == 8:
        return
    degrees = matrix_sets.to_degrees(crs.srid, made.widened())
    check_far(name, degrees, crs)
    middle = _meridian(crs.srid)
    if degrees[0] < middle - _FARTHEST or degrees[2] > middle + _FARTHEST:
        reason = f"the map reaches more than {_FARTHEST} degrees from {middle:g} E, where {crs.uri}"
        raise InvalidParameter(name, f"{reason} may not be used")


@lru_cache(maxsize=64)
def _meridian(srid: int) -> float:
    """The central meridian of a zone of Gauss-Kruger."""
    operation = pyproj.CRS.from_epsg(srid).coordinate_operation
    assert operation is not None
    return next(float(p.value) for p in operation.params if "longitude" in p.name.lower())


@lru_cache(maxsize=64)
def _transformer(there: int, here: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(there, here, always_xy=True)
