"""The parameter `subset` (子集参数): `Lat(31:32),Lon(112:113),time("2024-05-01")`. OGC 20-058 13.

Axes have the names that are registered for the CRS, in small or large letters; `Lat` and `Lon` go
with degrees, `E` and `N` with metres. The X of a Gauss-Kruger zone is its northing, as surveyors in
China have it. An end `*` is that of the data.

>>> read("Lat(31:32),Lon(112:*)")
{'lat': ('31', '32'), 'lon': ('112', '*')}
>>> read('time("2024-05-01T00:00:00Z":"..")')
{'time': ('2024-05-01T00:00:00Z', '..')}
>>> from cim.crs import by_uri
>>> axes(by_uri("[EPSG:4547]"))["x"], axes(by_uri("[EPSG:3857]"))["x"]
('north', 'east')
>>> read("Lat(31:32")
Traceback (most recent call last):
api.errors.InvalidParameter: parameter 'subset': 'Lat(31:32' is not AXIS(LOW:HIGH) between commas
"""

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, TypeAlias

import pyproj

from api.errors import InvalidParameter
from cim.crs import EPSG, Crs

Side = Literal["east", "north"]
Subset: TypeAlias = Mapping[str, tuple[str, str | None]]
"""Ends by the name of the axis in small letters; the second is None for a single value."""

_QUOTED = r"\"[^\"]*\"|'[^']*'"
_END = rf"(?:{_QUOTED}|[^\s:(),\"']+)"
_ONE = re.compile(rf"\s*([A-Za-z_]\w*)\(({_END})(?::({_END}))?\)\s*(?:,|$)")


def read(text: str) -> Subset:
    """InvalidParameter."""
    found: dict[str, tuple[str, str | None]] = {}
    at = 0
    while at < len(text):
        one = _ONE.match(text, at)
        if one is None:
            reason = f"{text[at:]!r} is not AXIS(LOW:HIGH) between commas"
            raise InvalidParameter("subset", reason)
        name, low, high = one.groups()
        if name.lower() in found:
            raise InvalidParameter("subset", f"the axis {name!r} is given twice")
        found[name.lower()] = (low.strip("\"'"), high.strip("\"'") if high else None)
        at = one.end()
    return found


@cache
def axes(crs: Crs) -> Mapping[str, Side]:
    """Which way the axes of a CRS go, by their names in small letters."""
    if crs.digits == 8:
        return {"lat": "north", "lon": "east", "long": "east"}
    registered = pyproj.CRS.from_epsg(int(crs.uri.removeprefix(EPSG))).axis_info
    found: dict[str, Side] = {"e": "east", "n": "north"}
    for axis in registered:
        found[axis.abbrev.lower()] = "north" if axis.direction == "north" else "east"
    return found


def ends(given: Subset, crs: Crs) -> dict[Side, tuple[float | None, float | None]]:
    """Numbers by side, None for an end of the data; InvalidParameter."""
    found: dict[Side, tuple[float | None, float | None]] = {}
    known = axes(crs)
    for name, (low, high) in given.items():
        if name == "time":
            continue
        if name not in known:
            reason = f"the CRS has no axis {name!r}; it has {', '.join(known)}, and there is time"
            raise InvalidParameter("subset", reason)
        if known[name] in found:
            raise InvalidParameter("subset", f"the axis {name!r} goes the way of another one")
        if high is None:
            raise InvalidParameter("subset", f"{name} needs LOW:HIGH; a map has no single value")
        found[known[name]] = (_number(name, low), _number(name, high))
    return found


def _number(name: str, text: str) -> float | None:
    if text == "*":
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidParameter("subset", f"{text!r} of {name} is no number")
    return number
