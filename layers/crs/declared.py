"""The CRS that a file is read in (声明的坐标参考系): what the file says, or its sender instead.

Understood are EPSG codes, names and WKT of PROJ and of ESRI (`.prj`), PROJJSON and PROJ strings.
What the registry has under another name is recognised by its parameters. GCJ-02 and BD-09 have no
code anywhere and are known by these names; LOCAL is a plane without a place on the earth, which a
transformation gives it. Only the horizontal part counts: heights stay as they are.

>>> declare("EPSG:2361").name, declare("EPSG:2361").datum
('Xian 1980 / 3-degree Gauss-Kruger zone 37', 'Xian 1980')
>>> declare("gcj02").name
'GCJ-02'
>>> declare("EPSG:4547+5737").code
'EPSG:4547'
>>> declare("EPSG:5737")
Traceback (most recent call last):
layers.errors.CrsUnknown: 'EPSG:5737' cannot be read: a Vertical CRS, neither degrees nor plane
"""

import contextlib
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from pyproj import CRS
from pyproj.exceptions import CRSError

from cim.assignment.rules import Broken, broken
from layers.errors import CrsUnknown

Offset = Literal["GCJ-02", "BD-09"]

CGCS2000, WGS84 = "China 2000", "World Geodetic System 1984"  # as the registry calls the datums
_SURE = 70  # of 100: the parameters are the same, whatever the name
_NAMED = 25  # a name alone

_LOCAL_WKT = (
    'ENGCRS["Local plane",EDATUM["Local plane"],CS[Cartesian,2],'
    'AXIS["(E)",east,ORDER[1],LENGTHUNIT["metre",1]],'
    'AXIS["(N)",north,ORDER[2],LENGTHUNIT["metre",1]]]'
)
_OFFSETS: dict[str, Offset] = {
    "GCJ02": "GCJ-02",
    "GCJ02LL": "GCJ-02",
    "BD09": "BD-09",
    "BD09LL": "BD-09",
}
_IN_METRES = {"BD09MC", "BD09METER", "BD09MERCATOR"}
_NO_METRES = (
    "BD-09 in metres has no published definition; ask the map service for degrees and declare BD-09"
)


@dataclass(frozen=True, slots=True)
class Declared:
    """A CRS that was declared.

    crs     its horizontal part, as PROJ has it; WGS 84 of an offset
    code    in the registry, None where it is custom
    datum   name in the registry; None of a local plane
    offset  what was added to the coordinates of it
    notes   what is to be told of it
    """

    crs: CRS
    name: str
    code: str | None
    datum: str | None
    offset: Offset | None = None
    notes: tuple[Broken, ...] = ()

    @property
    def epsg(self) -> int | None:
        return int(self.code[5:]) if self.code and self.code.startswith("EPSG:") else None

    @property
    def geographic(self) -> bool:
        return bool(self.crs.is_geographic)


def declare(text: str) -> Declared:
    """What a text declares; CrsUnknown."""
    plain = re.sub(r"[\s_-]", "", text).upper()
    if plain in _IN_METRES:
        raise CrsUnknown(text, _NO_METRES)
    if plain in _OFFSETS:
        offset = _OFFSETS[plain]
        return Declared(CRS.from_epsg(4326), offset, None, WGS84, offset)
    if plain == "LOCAL":
        text = _LOCAL_WKT
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # +init= still says which is meant
            return of_crs(CRS.from_user_input(text))
    except CRSError as error:
        raise CrsUnknown(text) from error


def of(told: CRS | str) -> Declared:
    """What a file says, in words of GDAL or as PROJ has read it; CrsUnknown."""
    return declare(told) if isinstance(told, str) else of_crs(told)


def as_told(asked: Declared, told: CRS | str | None) -> Declared:
    """What was asked for, with a note where the file says another CRS."""
    if not told:
        return asked
    try:
        said = of(told)
    except CrsUnknown:
        return asked
    if said.name == asked.name or (said.code or 0) == asked.code:
        return asked
    note = broken("crs.overridden", said.name, crs=asked.name)
    return replace(asked, notes=(note, *asked.notes))


def of_crs(told: CRS) -> Declared:
    """What PROJ has read, as a declared CRS; CrsUnknown."""
    crs, notes = _horizontal(told)
    if crs.is_engineering:
        return Declared(crs, crs.name, None, None, notes=tuple(notes))
    if crs.is_geocentric or not (crs.is_geographic or crs.is_projected):
        reason = f"a {crs.type_name}, neither degrees nor plane"
        raise CrsUnknown(_called(told), reason)
    authority = crs.to_authority(min_confidence=100) or _recognised(crs)
    if authority:
        crs = CRS.from_authority(*authority)
    else:
        notes += _custom(crs)
    code = ":".join(authority) if authority else None
    return Declared(crs, crs.name, code, _datum(crs), notes=tuple(notes))


def _horizontal(told: CRS) -> tuple[CRS, list[Broken]]:
    """The CRS without heights, and without parameters that it has of its own."""
    if told.is_compound:
        return _horizontal(told.sub_crs_list[0])
    if told.is_bound:
        assert told.source_crs is not None
        crs, notes = _horizontal(told.source_crs)
        return crs, [*notes, broken("crs.bound", crs=crs.name)]
    flat = len(told.axis_info) == 3 and not told.is_geocentric
    return (told.to_2d() if flat else told), []


def _recognised(crs: CRS) -> tuple[str, str] | None:
    """The code whose parameters it has; the order of axes that WKT leaves open counts for none."""
    epsg = crs.to_epsg(min_confidence=_SURE)
    if epsg is None:
        with contextlib.suppress(CRSError):
            plain = CRS.from_wkt(crs.to_wkt("WKT1_GDAL"))
            epsg = plain.to_epsg(min_confidence=_SURE)
    return ("EPSG", str(epsg)) if epsg else None


def _custom(crs: CRS) -> list[Broken]:
    """What is to be told of a CRS that no registry has."""
    parameters = "; ".join(_parameters(crs)) or crs.name
    said = [broken("crs.custom", crs.name, parameters=parameters, datum=_datum(crs))]
    near = crs.to_epsg(min_confidence=_NAMED)
    if near and CRS.from_epsg(near).name == crs.name:
        said.append(broken("crs.misnamed", crs.name, code=f"EPSG:{near}", parameters=parameters))
    return said


def _parameters(crs: CRS) -> Iterator[str]:
    operation = crs.coordinate_operation
    if operation is not None:
        yield operation.method_name
        for each in operation.params:
            yield f"{each.name} {each.value:.10g}"


def _datum(crs: CRS) -> str:
    base = crs.geodetic_crs
    datum = base.datum if base is not None else crs.datum
    return datum.name.removesuffix(" ensemble") if datum is not None else "unknown"


def _called(crs: CRS) -> str:
    authority = crs.to_authority(min_confidence=100)
    return ":".join(authority) if authority else crs.name
