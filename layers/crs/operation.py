"""The way from a declared CRS to CGCS2000 (坐标转换), and how accurate it is.

A projection of CGCS2000 is undone exactly. WGS 84 is taken as CGCS2000: their ellipsoids differ by
a tenth of a millimetre and their frames by centimetres, but CGCS2000 is of the epoch 2000.0 and
China has moved by 3 to 4 cm a year since (Cheng et al., Chinese Science Bulletin 54, 2009), so that
a metre is what can be stated. Of other datums the best operation that the EPSG registry has for
the area leads to WGS 84. The registry has none for Xi'an 1980, and for Beijing 1954 some of oil
fields. Where it has none, what PROJ calls ballpark remains: degrees as if the datums were one.

Nothing comes from the network; operations whose grids are not here are named.

>>> from layers.crs.declared import declare
>>> xian = find(declare("EPSG:2361"), (112.0, 32.0, 112.2, 32.2))
>>> xian.kind, xian.accuracy
('ballpark', None)
>>> ordos = find(declare("EPSG:2413"), (108.0, 36.0, 109.0, 37.0))
>>> ordos.name, ordos.code, ordos.accuracy
('Beijing 1954 to WGS 84 (6)', 'EPSG:15936', 2.0)
>>> find(declare("EPSG:4546"), None).kind
'conversion'
"""

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import numpy as np
import pyproj
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.crs import CoordinateOperation  # type: ignore[attr-defined]
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import TransformerGroup

from layers.crs import offset
from layers.crs.declared import CGCS2000, WGS84, Declared
from layers.errors import TransformationUnfit

Kind = Literal["none", "conversion", "null", "offset", "registry", "local", "ballpark"]
Move = Callable[[NDArray[np.float64]], NDArray[np.float64]]
Bounds = tuple[float, float, float, float]  # west, south, east, north in degrees

_MOST_NAMED = 6
NULL_ACCURACY = 1.0  # metres, of WGS 84 taken as CGCS2000
_NULL = "WGS 84 taken as CGCS2000"
_WGS84_CRS = CRS.from_epsg(4326)
_BACK: dict[str, Move] = {"GCJ-02": offset.from_gcj02, "BD-09": offset.from_bd09}


@dataclass(frozen=True, slots=True)
class Operation:
    """A way to CGCS2000.

    name      of the step that changes the datum
    code      of that step in the registry
    accuracy  in metres, None where nobody states it
    move      x, y as the file has them to longitude, latitude; None where they are that already
    area      for which the step was made: west, south, east, north
    missing   better operations of the registry whose grids are not here
    digest    SHA-256 of parameters that a city gave, which are told nowhere
    """

    name: str
    kind: Kind
    accuracy: float | None
    move: Move | None = None
    code: str | None = None
    area: Bounds | None = None
    missing: tuple[str, ...] = ()
    digest: str | None = None


def find(declared: Declared, where: Bounds | None) -> Operation:
    """The best operation for an area; TransformationUnfit where there is no way at all."""
    if declared.offset is not None:
        name = f"{declared.offset} to WGS 84 by the public formula, inverted; {_NULL}"
        accuracy = offset.ACCURACY + NULL_ACCURACY
        return Operation(name, "offset", accuracy, _BACK[declared.offset])
    if declared.datum is None:
        reason = f"{declared.name} is a plane of its own, which a transformation must place"
        raise TransformationUnfit(reason)
    if declared.datum == CGCS2000:
        return _exact(declared)
    if declared.datum.startswith(WGS84):
        return Operation(_NULL, "null", NULL_ACCURACY, to_base(declared))
    return _of_registry(declared, where)


def by_code(declared: Declared, code: str) -> Operation:
    """The operation of the registry that was asked for; TransformationUnfit."""
    step = _registered(code)
    base = declared.crs.geodetic_crs
    ends = [CRS.from_json_dict(step.to_json_dict()[end]) for end in ("source_crs", "target_crs")]
    datums = [_datum(end) for end in ends]
    if base is None or datums[0] != declared.datum:
        raise TransformationUnfit(f"{code} is from {datums[0]}, not from {declared.datum}")
    if datums[1] not in {WGS84, CGCS2000}:
        raise TransformationUnfit(f"{code} leads to {datums[1]}, neither to WGS 84 nor to CGCS2000")
    try:
        shift = Transformer.from_pipeline(code)
    except ProjError as error:
        raise TransformationUnfit(f"{code} cannot be done here: {error}") from error
    first = to_base(declared)

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        lonlat = xy if first is None else first(xy)
        latitude, longitude = shift.transform(lonlat[:, 1], lonlat[:, 0])
        return np.column_stack((longitude, latitude))

    accuracy = _and_null(step.accuracy, datums[1])
    return Operation(step.name, "registry", accuracy, move, code, _area(step))


def to_base(declared: Declared) -> Move | None:
    """To longitude and latitude of the CRS's own datum; None where they are that already."""
    if declared.geographic:
        return _degrees(declared.crs)
    base = declared.crs.geodetic_crs
    return moving(Transformer.from_crs(declared.crs, base, always_xy=True))


def moving(transformer: Transformer) -> Move:
    """A transformer of x and y as one of arrays."""

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return move


def _exact(declared: Declared) -> Operation:
    """Of a CRS on CGCS2000, what undoes its projection."""
    move = to_base(declared)
    if move is None:
        return Operation("none is needed", "none", 0.0)
    return Operation(f"the inverse of {declared.name}", "conversion", 0.0, move)


def _of_registry(declared: Declared, where: Bounds | None) -> Operation:
    """The best operation whose area holds all of the data; without one, ballpark.

    `where` is None of a CRS without data: then it must hold wherever that is used.
    """
    pyproj.network.set_network_enabled(active=False)  # type: ignore[attr-defined]
    group = _group(declared.crs, where)
    missing = tuple(islice(_unavailable(group.unavailable_operations), _MOST_NAMED))
    elsewhere = []
    for transformer in group.transformers:
        found = _of_transformer(transformer, missing)
        if found.accuracy is not None and holds(found.area, where or _area(declared.crs)):
            return found
        elsewhere.append(f"{found.name} ({found.code})")
    name = f"none: {declared.datum} taken as CGCS2000"
    if elsewhere:
        name += f"; elsewhere there are {', '.join(elsewhere[:_MOST_NAMED])}"
    return Operation(name, "ballpark", None, to_base(declared), missing=missing)


def _of_transformer(transformer: Transformer, missing: tuple[str, ...]) -> Operation:
    steps = transformer.operations or ()
    step = next((s for s in steps if "Transformation" in s.type_name), None)
    name = step.name if step else transformer.description
    code = _code(step) if step else None
    accuracy = _and_null(transformer.accuracy, WGS84)
    area = _area(step or transformer)
    return Operation(name, "registry", accuracy, moving(transformer), code, area, missing)


def holds(area: Bounds | None, where: Bounds | None) -> bool:
    """Whether an area has all of a place; one that is not told holds everywhere."""
    if area is None or where is None:
        return area is None
    west, south, east, north = area
    return west <= where[0] and south <= where[1] and east >= where[2] and north >= where[3]


def _group(crs: CRS, where: Bounds | None) -> TransformerGroup:
    area: Any = None if where is None else AreaOfInterest(*where)  # its stub has another class
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # what is missing is told by name
            return TransformerGroup(
                crs, _WGS84_CRS, always_xy=True, area_of_interest=area, allow_ballpark=False
            )
    except (ProjError, CRSError) as error:
        raise TransformationUnfit(f"there is no way from {crs.name}: {error}") from error


def _degrees(crs: CRS) -> Move | None:
    """Of a geographic CRS in other units than degrees, or from Paris, to degrees of Greenwich."""
    unit = np.degrees(crs.axis_info[0].unit_conversion_factor)
    meridian, east = crs.prime_meridian, 0.0
    if meridian is not None:
        east = meridian.longitude * float(np.degrees(meridian.unit_conversion_factor))
    if abs(unit - 1) < 1e-9 and east == 0:
        return None
    return lambda xy: xy * unit + (east, 0.0)


def _unavailable(operations: Iterable[CoordinateOperation]) -> Iterator[str]:
    for each in operations:
        grids = [grid.short_name for grid in each.grids if not grid.available]
        if grids:
            yield f"{each.name} ({', '.join(grids)})"


def _registered(code: str) -> CoordinateOperation:
    authority, _, number = code.partition(":")
    try:
        return CoordinateOperation.from_authority(authority, number)
    except CRSError as error:
        raise TransformationUnfit(f"the registry has no operation {code}") from error


def _and_null(accuracy: float | None, target: str) -> float | None:
    """The accuracy as far as CGCS2000; None where it is not known."""
    if accuracy is None or accuracy < 0:
        return None
    return accuracy if target == CGCS2000 else accuracy + NULL_ACCURACY


def _code(step: CoordinateOperation) -> str | None:
    told = step.to_json_dict().get("id")
    return f"{told['authority']}:{told['code']}" if told else None


def _datum(crs: CRS) -> str:
    base = crs.geodetic_crs or crs
    return base.datum.name.removesuffix(" ensemble") if base.datum else "unknown"


def _area(operation: Any) -> Bounds | None:
    area = operation.area_of_use
    return None if area is None else (area.west, area.south, area.east, area.north)
