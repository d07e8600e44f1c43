"""Statements that read the features of a layer (要素), each with its result already a body.

PostGIS writes the GeoJSON; Python passes the bytes on. Values are bound as `$1`, `$2`…;
identifiers come from the registry alone. Coordinates come in the CRS that is asked for, degrees
with 8 decimals and metres with 4, so that nothing is lost above a millimetre.

Pages follow each other in code order. A box reads its index over (geometry, place in that order)
nearest first from zero, so that a page costs the same for a small box and for half the country,
and for the first page and the last, whatever the planner believes of the box.

As of a time (历史时刻) a feature is the version that was valid then: of an interval the last one in
it. What the box and the properties select are those versions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from cim.access import Caller
from cim.crs import CRS84, Crs
from cim.feature_sql import (
    CODE_COLUMNS,
    column_type,
    feature,
    name_sql,
    property_names,
    with_latest,
)
from cim.in_order import Wanted, in_order
from cim.moments import Interval
from cim.names import quoted
from cim.registry import Layer
from cim.source_table import near
from cim.versions import PLACE, Ends, Part, in_place, valid

__all__ = [
    "CODE_COLUMNS",
    "NOTHING",
    "PLACE",
    "BBox",
    "Query",
    "Statement",
    "beginnings",
    "column_type",
    "many",
    "one",
    "one_sql",
    "page",
    "property_names",
]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with `$n` parameters, and their values in order."""

    sql: str
    values: tuple[Any, ...]


NOTHING = Statement("SELECT WHERE false", ())
"""No rows: what is asked of no layers."""


@dataclass(frozen=True, slots=True)
class BBox:
    """A box in a CRS, x before y: in degrees west > east crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float
    srid: int = 4490

    def parts(self) -> list[tuple[float, float, float, float]]:
        if self.west <= self.east:
            return [(self.west, self.south, self.east, self.north)]
        return [
            (self.west, self.south, 180.0, self.north),
            (-180.0, self.south, self.east, self.north),
        ]

    def holds(self, extent: tuple[float, float, float, float] | None) -> bool:
        """Whether nothing of the extent lies outside."""
        if extent is None or self.west > self.east or self.srid != 4490:
            return False
        west, south, east, north = extent
        return (
            self.west <= west and self.south <= south and self.east >= east and self.north >= north
        )


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a layer: place, property values (as text), time, and a page of it.

    Without `when` it is the present.
    """

    limit: int
    bbox: BBox | None = None
    equals: tuple[tuple[str, str], ...] = ()
    after: str | None = None
    crs: Crs = CRS84
    when: Interval | None = None


def page(layer: Layer, query: Query, caller: Caller) -> Statement:  # noqa: ARG001
    """Rows (code, feature) in code order: a page, and one more where another page follows.

    `feature` is UTF-8 JSON without its closing brace.
    """
    box = query.bbox
    whole = box is not None and box.holds(layer.extent)
    if whole and query.when is None and not layer.source:
        box = None
    corners = () if box is None else tuple(box.parts())
    values: list[Any] = [query.limit]
    if query.when is not None:
        values.append(query.after or _FIRST)
    elif query.after is not None:
        values.append(_place(query.after) if corners else query.after)
    for corner in corners:
        values.extend(corner)
    values.extend(text for _, text in query.equals)
    if query.when is not None:
        values.extend(query.when.ends)
    shape = _Shape(
        query.after is not None,
        len(corners),
        box.srid if box else 0,
        tuple(name for name, _ in query.equals),
        query.crs,
        whole and layer.source is not None,
    )
    sql = _page_sql if query.when is None else _page_then_sql
    return Statement(sql(layer, shape), tuple(values))


class _Shape(NamedTuple):
    """What of a query changes the SQL text; the rest are values."""

    after: bool
    boxes: int
    srid: int
    names: tuple[str, ...]
    crs: Crs
    whole: bool = False  # the box holds the layer as it was last seen


_FIRST = "0" * 21  # comes before every code


def _place(code: str) -> int:
    return int(code[:6] + code[12:])


@lru_cache(maxsize=1024)
def _page_sql(layer: Layer, shape: _Shape) -> str:
    order = f"{PLACE} <-> 0" if shape.boxes else "code"
    number = count(2)
    after = f"{PLACE} > ${{}}::bigint" if shape.boxes else "code > ${}"
    terms = [after.format(next(number))] if shape.after else []
    begin = terms[0] if terms else "true"
    boxes = _boxes(shape, number)
    own = _terms(layer, shape, boxes, number)
    terms += own
    if layer.source:
        rows = in_order(layer, _wanted(layer, shape, ("item", begin), own, boxes))
        shown = f"convert_to({feature(layer, shape.crs)}, 'UTF8') AS feature"
        return f"SELECT code, {shown} FROM ({rows}) r ORDER BY code"
    return f"""
        SELECT code, convert_to({feature(layer, shape.crs)}, 'UTF8') AS feature
        FROM item.{quoted(layer.name)}
        {"WHERE " + " AND ".join(terms) if terms else ""}
        ORDER BY {order}
        LIMIT $1::bigint + 1
    """


@lru_cache(maxsize=1024)
def _page_then_sql(layer: Layer, shape: _Shape) -> str:
    number = count(2)
    after = f"${next(number)}::text"
    boxes = _boxes(shape, number)
    terms = _terms(layer, shape, boxes, number)
    ends = Ends.of(next(number))
    return f"""
        SELECT code, convert_to({feature(layer, shape.crs, ends.end)}, 'UTF8') AS feature
        FROM ({_versions(layer, shape, terms, (after, boxes), ends)}) then_
        {with_latest(layer)}
        ORDER BY code
        LIMIT $1::bigint + 1
    """


def _wanted(
    layer: Layer, shape: _Shape, view: tuple[str, str], terms: list[str], boxes: list[str]
) -> Wanted:
    """Rows of a registered table; `view` is which one, and a condition where the page begins."""
    name, begin = view
    if not boxes:
        return Wanted(name, "true", " AND ".join(terms) or None, "code", begin)
    exact, *found = terms
    around = "(" + " OR ".join(near(layer.source, box) for box in boxes) + ")"
    if shape.whole:
        return Wanted(name, f"{around} AND {exact}", " AND ".join(found) or None, PLACE, begin)
    return Wanted(name, exact, " AND ".join([around, *found]), PLACE, begin, boxed=True)


def _versions(
    layer: Layer, shape: _Shape, terms: list[str], place: tuple[str, list[str]], ends: Ends
) -> str:
    after, boxes = place
    if layer.source:
        wanted = _wanted(layer, shape, ("version", f"code > {after}"), terms, boxes)
        return in_order(layer, wanted._replace(where=f"{wanted.where} AND {valid(layer, ends)}"))
    if not boxes:
        where = " AND ".join([*terms, f"code > {after}", valid(layer, ends)])
        return f"SELECT * FROM version.{quoted(layer.name)} v WHERE {where}"
    columns = ", ".join(quoted(name) for name in [*property_names(layer), "geom"])
    begin = f"(substr({after}, 1, 6) || substr({after}, 13))::bigint"
    part = Part(columns, " AND ".join(terms), begin, after)
    return in_place(layer, part, ends)


def one(
    layer: Layer,
    code: str,
    caller: Caller,  # noqa: ARG001
    crs: Crs = CRS84,
    when: Interval | None = None,
) -> Statement:
    """One feature by its 21-digit code: row (feature); no row when there is none.

    `feature` is UTF-8 JSON without its closing brace, so that links can follow.
    """
    if when is None:
        return Statement(_one_sql(layer, crs), (code,))
    return Statement(_one_then_sql(layer, crs), (code, *when.ends))


def many(
    wanted: Mapping[Layer, Sequence[str]],
    caller: Caller,  # noqa: ARG001
    when: Interval | None = None,
) -> Statement:
    """Features by their codes, of several layers: rows (code, name, feature), in no order."""
    if not wanted:
        return NOTHING
    values: list[Any] = [list(codes) for codes in wanted.values()]
    if when is not None:
        values.extend(when.ends)
    return Statement(_many_sql(tuple(wanted), when is not None), tuple(values))


@lru_cache(maxsize=256)
def _many_sql(layers: tuple[Layer, ...], then: bool) -> str:
    ends = Ends.of(len(layers) + 1)

    def part(layer: Layer, place: int) -> str:
        view = f"{'version' if then else 'item'}.{quoted(layer.name)} v"
        view += with_latest(layer) if then else ""
        time = f"AND {valid(layer, ends)}" if then else ""
        return f"""
            SELECT v.code, {name_sql(layer)} AS name,
                   convert_to({feature(layer, then=ends.end if then else None)}, 'UTF8')
                       AS feature
            FROM {view} WHERE v.code = ANY(${place}::text[]) {time}"""

    return " UNION ALL ".join(part(layer, place) for place, layer in enumerate(layers, 1))


def beginnings(layers: Sequence[Layer]) -> Statement:
    """When the oldest version of each vector layer begins: rows (name, first), first None if empty.

    It reads the layers whole, so that its answer is worth keeping.
    """
    parts = ["SELECT NULL AS name, NULL::timestamptz AS first WHERE false"]
    parts += [
        f"SELECT ($1::text[])[{place}], min(cim_valid_from)"
        f" FROM {'layer' if layer.source else 'version'}.{quoted(layer.name)}"
        for place, layer in enumerate(layers, 1)
    ]
    return Statement(" UNION ALL ".join(parts), ([layer.name for layer in layers],))


def one_sql(layer: Layer, code: str, crs: Crs = CRS84) -> str:
    """Query of one column, the feature without its closing brace, for a code or an SQL name."""
    return f"""
        SELECT convert_to({feature(layer, crs)}, 'UTF8') AS feature
        FROM item.{quoted(layer.name)} i
        WHERE i.code = {code}
    """


@lru_cache(maxsize=1024)
def _one_sql(layer: Layer, crs: Crs) -> str:
    return one_sql(layer, "$1", crs)


@lru_cache(maxsize=1024)
def _one_then_sql(layer: Layer, crs: Crs) -> str:
    return f"""
        SELECT convert_to({feature(layer, crs, Ends.of(2).end)}, 'UTF8') AS feature
        FROM version.{quoted(layer.name)} v {with_latest(layer)}
        WHERE code = $1 AND {valid(layer, Ends.of(2))}
    """


def _boxes(shape: _Shape, number: Iterator[int]) -> list[str]:
    return [
        _box([f"${next(number)}::float8" for _ in range(4)], shape.srid) for _ in range(shape.boxes)
    ]


def _terms(layer: Layer, shape: _Shape, boxes: Sequence[str], number: Iterator[int]) -> list[str]:
    """Conditions of a page on place and properties."""
    terms = []
    if boxes:
        terms.append("(" + " OR ".join(f"ST_Intersects(geom, {box})" for box in boxes) + ")")
    for name in shape.names:
        terms.append(f"{quoted(name)} = ${next(number)}::text::{column_type(layer, name)}")
    return terms


def _box(numbers: list[str], srid: int) -> str:
    """A box, made once a statement and not once a row, as a sub-select is.

    One of another CRS has bent sides in ours: 64 points a side follow them.
    """
    west, south, east, north = numbers
    envelope = f"ST_MakeEnvelope({', '.join(numbers)}, {srid})"
    if srid == 4490:
        return f"(SELECT {envelope})"
    step = f"greatest({east} - {west}, {north} - {south}, 1e-9) / 64"
    return f"(SELECT ST_Transform(ST_Segmentize({envelope}, {step}), 4490))"
