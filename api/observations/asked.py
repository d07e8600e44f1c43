"""What a request asks of observations (观测查询参数): parameters, times, positions, pages."""

import re
from collections.abc import Mapping
from math import isfinite

from starlette.requests import Request

from api import asking
from api.errors import InvalidParameter, NotObserved
from api.items_asked import read_bbox, read_token
from api.observations.parameters import CRS84, FLAGS, names
from cim.access import Caller
from cim.errors import LayerNotFound
from cim.layer import Layer
from cim.registry import Registry
from cim.series import Asked, Page

DEFAULT_LOCATIONS, MOST_LOCATIONS = 1_000, 10_000
PARAMETERS = ("parameter-name", "datetime", "crs")

_POINT = re.compile(r"\s*POINT\s*Z?\s*\(\s*(\S+)\s+(\S+?)(?:\s+\S+?)?\s*\)\s*", re.IGNORECASE)


async def stations(request: Request) -> Layer:
    """The layer that the path names, if it has observations; LayerNotFound, NotObserved."""
    service, caller = asking.service(request), asking.caller(request)
    name = request.path_params["collection"]
    try:
        return observed(service.registry, name, caller)
    except (LayerNotFound, NotObserved):  # this worker may not have heard of it yet
        return observed(await service.newest(), name, caller)


def observed(registry: Registry, name: str, caller: Caller) -> Layer:
    """The layer of that name, if it has observations; LayerNotFound, NotObserved."""
    layer = registry.layer(name, caller, "vector")
    if not layer.observed:
        raise NotObserved(name)
    return layer


def read_names(layer: Layer, given: Mapping[str, str]) -> tuple[str, ...]:
    """The parameter names that are asked for, all of them by default; InvalidParameter."""
    if "parameter-name" not in given:
        return tuple(names(layer))
    wanted = tuple(dict.fromkeys(given["parameter-name"].split(",")))
    for name in wanted:
        if name not in names(layer):
            reason = f"{name!r} is none of {', '.join(names(layer))}"
            raise InvalidParameter("parameter-name", reason)
    return wanted


def read(layer: Layer, given: Mapping[str, str]) -> Asked:
    """Parameters and times; InvalidParameter. The one CRS that can be asked for is CRS84."""
    if given.get("crs", CRS84[0]) not in CRS84:
        raise InvalidParameter("crs", f"{given['crs']!r} is not offered here; CRS84 is")
    wanted = read_names(layer, given)
    codes = tuple(dict.fromkeys(name.removesuffix(FLAGS) for name in wanted))
    every = "parameter-name" not in given
    return Asked(None if every else codes, asking.interval(given))


def read_point(given: Mapping[str, str]) -> tuple[float, float]:
    """Longitude and latitude of `coords`; InvalidParameter."""
    if "coords" not in given:
        raise InvalidParameter("coords", "missing; give POINT(longitude latitude)")
    text = given["coords"]
    found = _POINT.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        x, y = float(found[1]), float(found[2])
    except ValueError:
        raise InvalidParameter("coords", f"{text!r} is not POINT(longitude latitude)") from None
    if not (isfinite(x) and isfinite(y) and abs(x) <= 180 and abs(y) <= 90):
        raise InvalidParameter("coords", f"{text!r} is no longitude and latitude in degrees")
    return x, y


def read_page(given: Mapping[str, str]) -> Page:
    """Which locations; InvalidParameter."""
    text = given.get("limit", str(DEFAULT_LOCATIONS))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        reason = f"{text!r} is not a whole number from 1 to {MOST_LOCATIONS}"
        raise InvalidParameter("limit", reason)
    box = read_bbox(given["bbox"]) if "bbox" in given else None
    return Page(min(int(text), MOST_LOCATIONS), box, read_token(given.get("token")))
