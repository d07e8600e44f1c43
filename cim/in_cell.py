"""What lies in a cell of a grid (网格内有什么): things that share ground with it, in code order.

The text tells the grid: BeiDou codes begin with N or S, GeoSOT codes with G, h3 codes with a digit,
so that no text is of two grids. A thing lies in a cell where it shares inner points with it; a
line also where it stands on a side that the cell owns, which are those towards the equator and
Greenwich. A point lies in the cell that its grid code names, as `gridcode` reads doubles, so that
it is found by the code it has. An area that merely touches a cell belongs to its neighbours.

A cell with height (BeiDou of two digits more, GeoSOT with GZ) reaches over ellipsoidal metres, and
heights of things are of the 1985 datum. There is no geoid model here: how far the geoid is above
the ellipsoid there (高程异常) must be given. A geometry with heights lies in the cell where they
meet; one without lies at every height. The standards leave open how the digits of height are read;
where the readings of a text differ, one must be chosen.

>>> cell = read(Written("n49i 80-081"))
>>> cell.system, cell.code, cell.outline.bounds[:2]
('beidou', 'N49I80081', (112.13333333333334, 32.016666666666666))
>>> read(Written("8940a37aa9bffff")).system, read(Written("G001310322-230")).system
('h3', 'geosot')
>>> read(Written("N049I0080000810", None, -20.0, "radix")).heights
HeightRange(bottom=20.0, top=1859.5852749814967)
>>> read(Written("XYZ"))
Traceback (most recent call last):
...
gridcode.errors.CodeError: a cell begins with N or S (BeiDou), G (GeoSOT) or a digit (h3) in 'XYZ'
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple, cast

import shapely

from cim import code_text
from cim.in_order import Wanted, in_order
from cim.layer import Layer
from cim.moments import Interval
from cim.names import quoted
from cim.queryables import Filter, clause, clauses
from cim.source_table import near
from cim.statement import NOTHING, Statement
from cim.versions import PLACE, Ends, Part, in_place, valid
from gridcode import beidou, geosot, h3grid
from gridcode.beidou.levels import LENGTHS_3D
from gridcode.cell import Bounds, Cell, box
from gridcode.cell3d import Cell3D, HeightRange
from gridcode.coordinates import UNITS_PER_DEGREE
from gridcode.errors import CodeError, GridCodeError, MixedSystemsError
from gridcode.geosot import solid as geosot_solid

SYSTEMS = {"beidou": beidou, "geosot": geosot, "h3": h3grid}
_INSIDE = 1e-11  # degrees, a micrometre: how far from a side that belongs to the neighbour


class Written(NamedTuple):
    """The text of a cell; the grid where it is named; what a cell with height needs besides.

    `separation` is metres of the geoid above the ellipsoid, `reading` one of the grid's two.
    """

    text: str
    system: str | None = None
    separation: float | None = None
    reading: str | None = None


@dataclass(frozen=True, slots=True)
class Sought:
    """A cell as it is looked for: `outline` without the sides that it does not own.

    `units` are the first and the last 1/2048 second of longitude and of latitude that it owns,
    counted down from -1 in the west and the south; h3 has none. `heights` are metres above the 1985
    datum, None for a cell that reaches over all of them.
    """

    system: str
    code: str
    outline: shapely.Geometry
    units: tuple[int, int, int, int] | None = None
    heights: HeightRange | None = None


class Page(NamedTuple):
    """A page of what lies in a cell: after a code, so many, now or then, what a filter has."""

    limit: int
    after: str | None = None
    when: Interval | None = None
    filter: Filter | None = None


def read(written: Written) -> Sought:
    """The cell of a text; a GridCodeError where it is none, or not of the grid that is named."""
    text = code_text.compact(written.text).replace(".", "")
    system = written.system or _system(text)
    if system not in SYSTEMS:
        raise MixedSystemsError("there is no such grid", system, None, ", ".join(SYSTEMS))
    if system == "h3":
        cell = h3grid.decode(text)
        return Sought("h3", cell.code, cell.polygon())
    if system == "geosot" and text.startswith("GZ"):
        return _with_height(written, text, geosot_solid.decode_3d, geosot_solid.READINGS)
    if system == "beidou" and len(text) in LENGTHS_3D and not beidou.is_valid(text):
        return _with_height(written, text, beidou.decode_3d, beidou.readings_3d(text))
    cell = cast("Any", SYSTEMS[system]).decode(text)
    return Sought(system, cell.code, _owned(cell), _units(cell))


def _system(text: str) -> str:
    first = text[:1]
    if first in {"N", "S"}:
        return "beidou"
    if first == "G":
        return "geosot"
    if first.isdigit() and first.isascii():
        return "h3"
    raise CodeError("a cell begins with N or S (BeiDou), G (GeoSOT) or a digit (h3)", text)


def _with_height(
    written: Written, text: str, decode: Callable[..., Cell3D], readings: tuple[str, ...]
) -> Sought:
    chosen = (written.reading,) if written.reading else readings
    cells = {}
    for reading in chosen:
        try:
            cells[reading] = decode(text, reading)
        except CodeError:
            if len(chosen) == 1 or (reading == chosen[-1] and not cells):
                raise
    if len({(cell.bottom, cell.top) for cell in cells.values()}) > 1:
        allowed = " or ".join(f"reading={name}" for name in cells)
        raise GridCodeError("its digits of height can be read in two ways", text, None, allowed)
    if written.separation is None:
        allowed = "separation=, metres of the geoid above the ellipsoid there"
        raise GridCodeError("a cell with height is over the ellipsoid", text, None, allowed)
    cell = next(iter(cells.values()))
    heights = cell.normal_heights(written.separation)
    return Sought(cell.system, cell.code, _owned(cell.base), _units(cell.base), heights)


def _owned(cell: Cell) -> shapely.Geometry:
    """The outline of a BeiDou or GeoSOT cell, less the sides away from equator and Greenwich."""
    west, south, east, north = cell.bounds
    return box(
        Bounds(
            west + _INSIDE if -180 < west < 0 >= east else west,
            south + _INSIDE if -90 < south < 0 >= north else south,
            east - _INSIDE if 180 > east > 0 <= west else east,
            north - _INSIDE if 90 > north > 0 <= south else north,
        )
    )


def _units(cell: Cell) -> tuple[int, int, int, int]:
    """The ends of the earth, which begin no cell of their own, belong to the last one."""
    west, south, east, north = (int(side * UNITS_PER_DEGREE) for side in cell.exact_bounds)
    return (
        west - (west == -180 * UNITS_PER_DEGREE),
        east - (east != 180 * UNITS_PER_DEGREE),
        south - (south == -90 * UNITS_PER_DEGREE),
        north - (north != 90 * UNITS_PER_DEGREE),
    )


def page(sought: Sought, layers: list[Layer], asked: Page) -> Statement:
    """Rows (code, layer) in code order, and one more where another page follows.

    Each layer is read in its own order of codes and no further than the page goes. Those without a
    property that the filter names are passed by, PropertyUnknown where that leaves none.
    """
    if not layers:
        return NOTHING
    then = asked.when is not None
    found = clauses(asked.filter, layers, 10 if then else 7, then)
    layers = list(found)
    bottom, top = sought.heights or (None, None)
    units = list(sought.units) if sought.units else None
    values: list[Any] = [asked.limit, shapely.to_wkb(sought.outline), bottom, top, units]
    after = asked.after
    values.append([_place_after(layer, after) if after else -1 for layer in layers])
    if asked.when is not None:
        values += [after or "", *asked.when.ends]
    conditions, first = [], len(values) + 1
    for layer, one in found.items():
        now = clause(asked.filter, layer, first).sql if asked.filter and then else one.sql
        conditions.append((one.sql, now))
        values += one.params
        first += len(one.params)
    long = sum(len(one.sql) for one in found.values()) > _MOST_KEPT
    made = _page_sql.__wrapped__ if long else _page_sql
    return Statement(made(tuple(layers), tuple(conditions), then), tuple(values))


_MOST_KEPT = 8192  # characters of filters in SQL: longer ones are not kept for the next request


def _place_after(layer: Layer, code: str) -> int:
    """The last place of a layer (`cim.versions.PLACE`) whose code does not come after this one."""
    division, class_code, serial = int(code[:6]), code[6:12], int(code[12:])
    if layer.class_code is None or layer.class_code == class_code:
        return division * 10**9 + serial
    return division * 10**9 - 1 if layer.class_code > class_code else (division + 1) * 10**9 - 1


_CELL = "(SELECT ST_GeomFromWKB($2::bytea, 4490))"
_AROUND = f"(SELECT ST_Expand({_CELL}, {2 * _INSIDE}))"


def _unit(degrees: str) -> str:
    """The 1/2048 second of a coordinate, in the doubles of `gridcode`."""
    return f"""
        CASE WHEN {degrees} < 0 THEN -1 - floor(-{degrees} * {UNITS_PER_DEGREE}::float8)
             ELSE floor({degrees} * {UNITS_PER_DEGREE}::float8) END"""


_LIES_IN = f"""
    geom && {_AROUND}
    AND CASE WHEN $5::bigint[] IS NOT NULL AND GeometryType(geom) LIKE 'POINT%'
             THEN {_unit("ST_X(geom)")} BETWEEN ($5::bigint[])[1] AND ($5::bigint[])[2]
                  AND {_unit("ST_Y(geom)")} BETWEEN ($5::bigint[])[3] AND ($5::bigint[])[4]
             ELSE ST_Intersects(geom, {_CELL})
                  AND (ST_Dimension(geom) < 2 OR NOT ST_Touches(geom, {_CELL})) END
    AND ($3::float8 IS NULL OR ST_Zmflag(geom) < 2
         OR ST_ZMax(geom) >= $3::float8 AND ST_ZMin(geom) < $4::float8)"""


def _and(condition: str) -> str:
    return f"{_LIES_IN} AND {condition}" if condition else _LIES_IN


@lru_cache(maxsize=256)
def _page_sql(
    layers: tuple[Layer, ...], conditions: tuple[tuple[str, str], ...], then: bool
) -> str:
    """`conditions` are those of filters on versions and on what is now, empty without one."""
    number = count(1)

    def registered(layer: Layer, view: str, where: str) -> str:
        begin = f"{PLACE} > ($6::bigint[])[{next(number)}]"
        wanted = Wanted(view, where, near(layer.source, _AROUND), PLACE, begin, boxed=True)
        return f"(SELECT code, '{layer.name}' AS layer FROM ({in_order(layer, wanted)}) r)"

    def present(layer: Layer, both: tuple[str, str]) -> str:
        if layer.source:
            return registered(layer, "item", _and(both[1]))
        return f"""
            (SELECT code, '{layer.name}' AS layer FROM item.{quoted(layer.name)}
             WHERE {_and(both[1])} AND {PLACE} > ($6::bigint[])[{next(number)}]
             ORDER BY {PLACE} <-> 0 LIMIT $1::bigint + 1)"""

    def past(layer: Layer, both: tuple[str, str]) -> str:
        if layer.source:
            where = f"{_and(both[0])} AND {valid(layer, Ends.of(8))}"
            return registered(layer, "version", where)
        place = f"($6::bigint[])[{next(number)}]"
        then_, now = (_and(condition) for condition in both)
        part = Part(f"code, '{layer.name}' AS layer", then_, place, "$7::text", now)
        return in_place(layer, part, Ends.of(8))

    parts = " UNION ALL ".join(map(past if then else present, layers, conditions))
    return f"SELECT code, layer FROM ({parts}) found ORDER BY code LIMIT $1::bigint + 1"
