"""Pages of the items of a layer (要素分页), in the order of codes or of properties.

Pages follow each other in code order. A box reads its index over (geometry, place in that order)
nearest first from zero, so that a page costs the same for a small box and for half the country,
and for the first page and the last, whatever the planner believes of the box. So does a filter that
names a place.

As of a time (历史时刻) what the box and the properties select are the versions that were valid
then.

A page ends early where rows are large (字节预算): with the row with which what the database stores
of them reaches `MOST_BYTES`, so that a page of huge polygons is a short one.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

from cim import item_order
from cim.access import Caller
from cim.cql2 import Clause
from cim.crs import Crs
from cim.feature_sql import property_names, with_latest
from cim.in_order import Wanted, in_order
from cim.item_order import Ordered
from cim.item_query import Key, Query, Shown
from cim.item_shown import shown
from cim.layer import Layer
from cim.names import quoted
from cim.queryables import clause, of_layer, sortable
from cim.row_bytes import stored_bytes
from cim.source_table import near
from cim.statement import Statement
from cim.versions import PLACE, Ends, Part, in_place, valid

MOST_BYTES = 8 << 20


def page(layer: Layer, query: Query, caller: Caller) -> Statement:
    """Rows (code, feature, found) in code order, or with `keys` in the order that is asked for.

    `feature` is UTF-8 JSON without its closing brace, `keys` are what the row is sorted by, `found`
    how many there are of a page and one more: there may be fewer rows than that. Where columns are
    shown, they stand in the place of `feature` (`cim.item_shown`).
    """
    box, then = query.bbox, query.when is not None
    whole = box is not None and box.holds(layer.extent)
    if whole and not then and not layer.source:
        box = None
    corners = () if box is None else tuple(box.parts())
    found = _NO_FILTER if query.filter is None else clause(query.filter, layer, 2, then)
    shape = Shape(
        query.after is not None,
        len(corners),
        box.srid if box else 0,
        tuple(name for name, _ in query.equals),
        query.crs,
        found.sql,
        clause(query.filter, layer, 2).sql if then and query.filter else found.sql,
        len(found.params),
        found.located,
        query.sort,
        tuple(value is None for value in query.at),
        item_order.bucket(query.limit) if query.sort else 0,
        layer.largest is None or query.limit * layer.largest > MOST_BYTES,
        whole and layer.source is not None,
        query.shown,
        query.only,
    )
    values: list[Any] = [query.limit, *found.params, *_after(query, shape)]
    for corner in corners:
        values.extend(corner)
    values.extend(text for _, text in query.equals)
    if query.when is not None:
        values.extend(query.when.ends)
    kept = _page_then_sql if then else _page_sql
    made = kept(layer, shape) if len(found.sql) <= _MOST_KEPT else kept.__wrapped__(layer, shape)
    return Statement(made, tuple(values))


_MOST_KEPT = 8192  # characters of a filter's SQL: a longer one is not kept for the next request
_NO_FILTER = Clause("", ())


class Shape(NamedTuple):
    """What of a query changes the SQL text; the rest are values."""

    after: bool
    boxes: int
    srid: int
    names: tuple[str, ...]
    crs: Crs
    filter: str  # the filter in SQL, empty without one
    now: str  # the same on the rows of the present
    filled: int  # parameters of the filter, from $2 on
    located: bool
    sort: tuple[Key, ...]
    nulls: tuple[bool, ...]
    most: int = 0  # of what is sorted
    large: bool = False  # the rows of a page may be too many bytes
    whole: bool = False  # the box holds a registered layer as it was last seen
    shown: Shown = "geojson"
    only: tuple[str, ...] = ()

    @property
    def placed(self) -> bool:
        """Whether the index over (geometry, place) finds the rows in their order."""
        return not self.sort and bool(self.boxes or self.located)


_FIRST = "0" * 21  # comes before every code


def _after(query: Query, shape: Shape) -> list[Any]:
    """Values of where the page begins."""
    if query.sort:
        return [v for v in (*query.at, query.after) if v is not None]
    if query.when is not None:
        return [query.after or _FIRST]
    if query.after is None:
        return []
    return [_place(query.after) if shape.placed else query.after]


def _place(code: str) -> int:
    return int(code[:6] + code[12:])


@lru_cache(maxsize=1024)
def _page_sql(layer: Layer, shape: Shape) -> str:
    number = count(2 + shape.filled)
    if shape.sort:
        return _sorted_sql(layer, shape, number)
    terms = []
    if shape.after:
        after = f"{PLACE} > ${{}}::bigint" if shape.placed else "code > ${}"
        terms.append(after.format(next(number)))
    if layer.source:
        wanted = _wanted(layer, shape, ("item", terms[0] if terms else "true"), number)
        rows = f"SELECT * FROM ({in_order(layer, wanted)}) w ORDER BY code"
        return _written(layer, shape, rows)
    terms += conditions(layer, shape, number)
    rows = f"""
        SELECT * FROM item.{quoted(layer.name)}
        {"WHERE " + " AND ".join(terms) if terms else ""}
        ORDER BY {f"{PLACE} <-> 0" if shape.placed else "code"}
        LIMIT $1::bigint + 1"""
    return _written(layer, shape, rows)


def _written(layer: Layer, shape: Shape, rows: str, then: str | None = None) -> str:
    """Query of what a page shows of `rows`, which are in order.

    Windows without an order of their own take the rows as they come. They cost a page of small rows
    as much again, and are asked for only where a page can reach the budget.
    """
    keys = ", cim_keys AS keys" if shape.sort else ""
    row = f"code, {shown(layer, shape.shown, shape.crs, shape.only, then)}{keys}"
    if not shape.large:
        return f"SELECT {row}, NULL AS found FROM ({rows}) r"
    before = "OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    return f"""
        SELECT {row}, cim_found AS found
        FROM (SELECT *, count(*) OVER () AS cim_found,
                     sum({stored_bytes(layer.columns)}) {before} AS cim_before
              FROM ({rows}) r) s
        WHERE cim_before IS NULL OR cim_before < {MOST_BYTES}"""


def _sorted_sql(layer: Layer, shape: Shape, number: Iterator[int]) -> str:
    relation = f"item.{quoted(layer.name)}"
    begun = len(shape.nulls) - sum(shape.nulls) + 1 if shape.after else 0
    terms = tuple(conditions(layer, shape, count(2 + shape.filled + begun)))
    nulls = shape.nulls if shape.after else None
    ordered = Ordered(relation, shape.sort, sortable(layer), terms, nulls, shape.most)
    rows = f"""
        WITH {ordered.sql(number)}
        SELECT i.*, {ordered.texts} AS cim_keys
        FROM (SELECT * FROM filled UNION ALL SELECT * FROM empty) o JOIN {relation} i USING (code)
        ORDER BY {ordered.order} LIMIT $1::bigint + 1"""
    return _written(layer, shape, rows)


@lru_cache(maxsize=1024)
def _page_then_sql(layer: Layer, shape: Shape) -> str:
    number = count(2 + shape.filled)
    sorted_by = sortable(layer, then=True)
    keys, order, after = "", "code", ""
    if shape.sort:
        keys = f", {item_order.texts(shape.sort, sorted_by)} AS cim_keys"
        order = item_order.in_order(shape.sort, sorted_by)
        if shape.after:
            after = item_order.beyond(shape.sort, sorted_by, shape.nulls, number)
    else:
        after = f"${next(number)}::text"
    versions, ends = _versions(layer, shape, after, number)
    rows = f"""
        SELECT *{keys} FROM ({versions}) then_ {with_latest(layer)}
        ORDER BY {order} LIMIT $1::bigint + 1"""
    return _written(layer, shape, rows, ends.end)


def _versions(layer: Layer, shape: Shape, after: str, number: Iterator[int]) -> tuple[str, Ends]:
    """Query of the versions that a page is taken from, and the ends of its time."""
    first = next(number)
    terms = conditions(layer, shape, count(first), then=True)
    ends = Ends.of(first + 4 * shape.boxes + len(shape.names))
    if layer.source and not shape.sort:
        wanted = _wanted(layer, shape, ("version", f"code > {after}"), count(first))
        then = f"{wanted.where} AND {valid(layer, ends)}"
        return in_order(layer, wanted._replace(where=then)), ends
    if not shape.placed:
        begun = [] if not after else [after if shape.sort else f"code > {after}"]
        where = " AND ".join([*terms, *begun, valid(layer, ends)])
        return f"SELECT * FROM version.{quoted(layer.name)} v WHERE {where}", ends
    names = [*property_names(layer), "geom"]
    columns = now = ", ".join(quoted(name) for name in names)
    if shape.shown == "jsonfg":
        columns += ", cim_valid_from, cim_valid_to"
        now += ", cim_valid_from, 'infinity'::timestamptz AS cim_valid_to"
    place = f"(substr({after}, 1, 6) || substr({after}, 13))::bigint"
    present = conditions(layer, shape._replace(filter=shape.now), count(first))
    part = Part(columns, " AND ".join(terms), place, after, " AND ".join(present), now)
    return in_place(layer, part, ends), ends


def _wanted(layer: Layer, shape: Shape, view: tuple[str, str], number: Iterator[int]) -> Wanted:
    """Rows of a registered table; `view` is which one, and a condition where the page begins."""
    name, begin = view
    boxes = _boxes(shape, number)
    found = _values(layer, shape, number, then=name == "version")
    if not boxes:
        return Wanted(name, "true", " AND ".join(found) or None, "code", begin)
    exact = " OR ".join(f"ST_Intersects(geom, {box})" for box in boxes)
    around = f"({' OR '.join(near(layer.source, box) for box in boxes)})"
    if shape.whole:
        return Wanted(name, f"{around} AND ({exact})", " AND ".join(found) or None, PLACE, begin)
    return Wanted(name, f"({exact})", " AND ".join([around, *found]), PLACE, begin, boxed=True)


def conditions(
    layer: Layer, shape: Shape, number: Iterator[int], *, then: bool = False
) -> list[str]:
    """Conditions of a page: the filter, place, and properties."""
    boxes = _boxes(shape, number)
    terms = _values(layer, shape, number, then=then)
    if boxes:
        meeting = " OR ".join(_meets(layer, box) for box in boxes)
        terms.insert(1 if shape.filter else 0, f"({meeting})")
    return terms


def _meets(layer: Layer, box: str) -> str:
    exact = f"ST_Intersects(geom, {box})"
    return f"{near(layer.source, box)} AND {exact}" if layer.source else exact


def _boxes(shape: Shape, number: Iterator[int]) -> list[str]:
    return [
        _box([f"${next(number)}::float8" for _ in range(4)], shape.srid) for _ in range(shape.boxes)
    ]


def _values(layer: Layer, shape: Shape, number: Iterator[int], *, then: bool) -> list[str]:
    """Conditions on properties: the filter, and each value that is asked for."""
    terms = [shape.filter] if shape.filter else []
    there = of_layer(layer, then)
    for name in shape.names:
        terms.append(f"{there[name].sql} = ${next(number)}::text::{there[name].type}")
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
