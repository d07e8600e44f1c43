"""All items that a query selects (整层导出), in one statement without pages.

The rows come as they are found, or in the order of properties. Nothing of them is kept here: a
million come as one stream (`cim.database.arrow`).
"""

from itertools import count
from typing import Any

from cim.access import Caller
from cim.cql2 import Clause
from cim.feature_sql import with_latest
from cim.item_order import in_order
from cim.item_page import Shape, conditions
from cim.item_query import Query
from cim.item_shown import shown
from cim.layer import Layer
from cim.names import quoted
from cim.queryables import clause, sortable
from cim.statement import Statement
from cim.versions import Ends, valid

__all__ = ["how_far", "how_many", "whole"]


def whole(layer: Layer, query: Query, caller: Caller) -> Statement:
    """Rows (code, …) as `cim.item_page` has them, of every page; `limit` and `after` do nothing."""
    then = query.when is not None
    rows, values, ends = _rows(layer, query)
    row = shown(layer, query.shown, query.crs, query.only, ends.end if then else None)
    order = f"ORDER BY {in_order(query.sort, sortable(layer, then))}" if query.sort else ""
    return Statement(f"SELECT code, {row} {rows} {order}", values)


def how_many(layer: Layer, query: Query, caller: Caller) -> Statement:
    """One row (n, high, flat): how many there are, with height and without."""
    rows, values, _ = _rows(layer, query)
    high = "count(*) FILTER (WHERE ST_Zmflag(geom) >= 2)"
    return Statement(
        f"SELECT count(*) AS n, {high} AS high, count(*) - {high} AS flat {rows}", values
    )


def how_far(layer: Layer, query: Query, caller: Caller) -> Statement:
    """One row (west, south, east, north): their box in degrees, nulls where there are none."""
    rows, values, _ = _rows(layer, query)
    corners = "ST_XMin(b) AS west, ST_YMin(b) AS south, ST_XMax(b) AS east, ST_YMax(b) AS north"
    return Statement(f"SELECT {corners} FROM (SELECT ST_Extent(geom) AS b {rows}) e", values)


def _rows(layer: Layer, query: Query) -> tuple[str, tuple[Any, ...], Ends]:
    """What follows SELECT, its values, and the ends of the time that is asked for."""
    then = query.when is not None
    box = query.bbox
    if box is not None and box.holds(layer.extent) and not (then or layer.source or layer.growing):
        box = None
    corners = () if box is None else tuple(box.parts())
    found = Clause("", ()) if query.filter is None else clause(query.filter, layer, 1, then)
    values: list[Any] = [*found.params, *(number for corner in corners for number in corner)]
    values.extend(text for _, text in query.equals)
    shape = Shape(
        after=False,
        boxes=len(corners),
        srid=box.srid if box else 0,
        names=tuple(name for name, _ in query.equals),
        crs=query.crs,
        filter=found.sql,
        now=found.sql,
        filled=len(found.params),
        located=found.located,
        sort=query.sort,
        nulls=(),
    )
    terms = conditions(layer, shape, count(1 + len(found.params)), then=then)
    ends = Ends.of(len(values) + 1)
    view = f"{'version' if then else 'item'}.{quoted(layer.name)} v"
    if query.when is not None:
        view += with_latest(layer)
        terms.append(valid(layer, ends))
        values.extend(query.when.ends)
    where = f"WHERE {' AND '.join(terms)}" if terms else ""
    return f"FROM {view} {where}", tuple(values), ends
