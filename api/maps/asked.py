"""What the parameters of a map ask for (地图请求参数): OGC 20-058 clauses 8 to 16.

The place is a `bbox`, a `subset` or a `center`, each in a CRS of its own, CRS84 without it; the map
is drawn in `crs`, without it in the CRS that the resource is stored in. What is outside of the
world in one of them is refused, and a `subset` that lies there wholly has nothing to show.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from api import asking, filters
from api.errors import InvalidParameter
from api.items_asked import exact_bbox
from api.maps import subsets
from api.maps.subsets import Subset
from cim import moments
from cim.crs import CRS84, CRS84H, Crs
from cim.errors import InvalidMoment
from cim.moments import Interval
from cim.queryables import Filter
from cim.styles.colours import Colour
from tiles.maps import colours
from tiles.maps.frame import MM, Wanted

PARAMETERS = (
    *("bbox", "bbox-crs", "subset", "subset-crs", "center", "center-crs", "crs"),
    *("width", "height", "scale-denominator", "mm-per-pixel"),
    *("bgcolor", "transparent", "void-color", "void-transparent", "datetime"),
)
FINEST_MM, COARSEST_MM = 0.05, 5.0
_PLACES = ("bbox", "subset", "center")
_MOST_DIGITS = 9
_FAR = 1e8  # metres, or degrees: beyond the world in every CRS
_NAMED = {"OGC:CRS84": CRS84, "OGC:CRS84h": CRS84H}


class Box(NamedTuple):
    """A box in a CRS, x before y: in degrees west > east crosses the antimeridian.

    None is an end of the data. `name` is the parameter that gave it.
    """

    name: str
    crs: Crs
    west: float | None
    south: float | None
    east: float | None
    north: float | None


class Middle(NamedTuple):
    """A point in a CRS, x before y."""

    crs: Crs
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen where nothing is; None where nothing is said of it."""

    colour: Colour | None
    transparent: bool
    void_colour: Colour | None
    void_transparent: bool | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A map, but for its layers. Without a place it is of everything."""

    crs: Crs | None
    place: Box | Middle | None
    size: Wanted
    look: Look
    when: Interval | None
    filter: Filter | None


def read(given: Mapping[str, str]) -> Asked:
    """InvalidParameter names the parameter that cannot be read."""
    subset = subsets.read(given["subset"]) if "subset" in given else {}
    size = Wanted(
        width=_pixels("width", given),
        height=_pixels("height", given),
        scale=_number("scale-denominator", given, 1e-3, 1e12),
        mm=_number("mm-per-pixel", given, FINEST_MM, COARSEST_MM) or MM,
    )
    place = _place(given, subset)
    if isinstance(place, Box) and size.scale is not None and (size.width or size.height):
        reason = f"it follows from {place.name} and the size; leave one of them out"
        raise InvalidParameter("scale-denominator", reason)
    return Asked(
        _crs("crs", given.get("crs")) if "crs" in given else None,
        place,
        size,
        _look(given),
        _when(given, subset),
        filters.read(given),
    )


def _place(given: Mapping[str, str], subset: Subset) -> Box | Middle | None:
    crs = {name: _crs(f"{name}-crs", given.get(f"{name}-crs")) for name in _PLACES}
    ends = subsets.ends(subset, crs["subset"])
    names = [name for name in ("bbox", "center") if name in given] + ["subset"] * bool(ends)
    if len(names) > 1:
        raise InvalidParameter(names[1], f"{names[0]} gives the place already")
    if "bbox" in given:
        box = exact_bbox(given["bbox"], crs["bbox"])
        return _sized(Box("bbox", crs["bbox"], box.west, box.south, box.east, box.north))
    if "center" in given:
        return _middle(given["center"], crs["center"])
    if not ends:
        return None
    west, east = ends.get("east", (None, None))
    south, north = ends.get("north", (None, None))
    return _sized(Box("subset", crs["subset"], west, south, east, north))


def _sized(box: Box) -> Box:
    """A box that has an inside; only degrees may go around the world."""
    _, crs, west, south, east, north = box
    if south is not None and north is not None and south >= north:
        raise InvalidParameter(box.name, f"its south {south:g} is not below its north {north:g}")
    check_far(box.name, tuple(each for each in box[2:] if each is not None), crs)
    around = crs.digits == 8
    if west is not None and east is not None and (west == east or (west > east and not around)):
        raise InvalidParameter(box.name, f"its west {west:g} is not west of its east {east:g}")
    return box


def _middle(text: str, crs: Crs) -> Middle:
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        x = y = math.nan
    if not (math.isfinite(x) and math.isfinite(y)):
        raise InvalidParameter("center", f"{text!r} is not two numbers with a comma between them")
    if crs.flipped:
        x, y = y, x
    if crs.digits == 8 and (abs(x) > 180 or abs(y) > 90):
        raise InvalidParameter("center", f"{text!r} is outside of the world")
    check_far("center", (x, y), crs)
    return Middle(crs, x, y)


def _crs(name: str, text: str | None) -> Crs:
    """Also in the short form of the OGC: `[EPSG:4547]`, `[OGC:CRS84]`."""
    known = _NAMED.get((text or "").strip("[]"))
    return known or filters.read_crs(name, text)


def _pixels(name: str, given: Mapping[str, str]) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or int(text[:_MOST_DIGITS]) < 1:
        raise InvalidParameter(name, f"{text!r} is not a whole number of pixels from 1")
    return int(text) if len(text) <= _MOST_DIGITS else 10**_MOST_DIGITS


def _number(name: str, given: Mapping[str, str], least: float, most: float) -> float | None:
    if name not in given:
        return None
    try:
        number = float(given[name])
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise InvalidParameter(name, f"{given[name]!r} is not a number from {least:g} to {most:g}")
    return number


def _look(given: Mapping[str, str]) -> Look:
    transparent = _flag("transparent", given)
    return Look(
        _colour("bgcolor", given),
        transparent if transparent is not None else "bgcolor" not in given,
        _colour("void-color", given),
        _flag("void-transparent", given),
    )


def _flag(name: str, given: Mapping[str, str]) -> bool | None:
    text = given.get(name)
    if text is None:
        return None
    if text.lower() not in {"true", "false"}:
        raise InvalidParameter(name, f"{text!r} is neither true nor false")
    return text.lower() == "true"


def _colour(name: str, given: Mapping[str, str]) -> Colour | None:
    if name not in given:
        return None
    try:
        return colours.of_request(given[name])
    except ValueError as error:
        raise InvalidParameter(name, str(error)) from None


def _when(given: Mapping[str, str], subset: Subset) -> Interval | None:
    if "time" not in subset:
        return asking.past(given)
    if "datetime" in given:
        raise InvalidParameter("subset", "datetime gives the time already")
    ends = [end.replace("*", "..") for end in subset["time"] if end is not None]
    try:
        return moments.parse("/".join(ends))
    except InvalidMoment as error:
        raise InvalidParameter("subset", str(error)) from None


def check_far(name: str, numbers: tuple[float, ...], crs: Crs) -> None:
    """InvalidParameter where a number is beyond what the CRS reaches."""
    if not all(abs(number) < _FAR for number in numbers):  # nor is what is no number
        raise InvalidParameter(name, f"it lies where {crs.uri} may not be used")
