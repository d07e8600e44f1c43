"""Rows of a registered table in the order of their codes (按编码次序读登记表), a page of them.

Two tables meet in a row: the one that has its code, and the one that others write. Which of them
leads is decided here and not by the planner, who knows neither the box nor how long a page is:

* Where nothing is asked of the rows, the codes are walked in their order, and each row is looked
  for by its key.
* Otherwise the rows of a box, or of a value, are looked for through the indexes of the table, and
  sorted. That costs 3 s for a million; so where there are more than some thousands, and of a box
  more than two fifths of all, they are so many that the walk soon meets enough of them. For fewer
  it might not: codes are given from place to place, and the first in a box may be the last of all.

So a page costs with what the box holds, and less again where it holds most of the layer.
"""

from typing import NamedTuple

from cim.layer import Layer
from cim.names import quoted

_ENOUGH, _ENOUGH_IN_BOX, _SHARE = 5_000, 20_000, 0.4  # beyond which the codes are walked


class Wanted(NamedTuple):
    """Rows `v` of a view of a layer, `item` or `version`, as SQL.

    where  condition on them, which no index serves
    near   another one that indexes serve and rare rows are found by, None where there is none
    order  what codes are in order by, an index over the codes
    after  condition on codes: where the page begins
    boxed  whether `near` is of a box
    """

    view: str
    where: str
    near: str | None = None
    order: str = "code"
    after: str = "true"
    boxed: bool = False


def in_order(layer: Layer, wanted: Wanted) -> str:
    """Query of the rows in order: a page of `$1`, and one more where there are."""
    name = quoted(layer.name)
    codes = f"SELECT code AS cim_at, {wanted.order} AS cim_place FROM"
    every = f"{codes} layer.{quoted(layer.stored)} WHERE {wanted.after}"
    if wanted.near is None:
        return _page(name, wanted, every, wanted.order)
    few, many = "(SELECT so FROM cim_few)", "NOT (SELECT so FROM cim_few)"
    found = f"SELECT cim_at, cim_place FROM cim_near WHERE {few}"
    most = max(_ENOUGH_IN_BOX, int(_SHARE * layer.feature_count)) if wanted.boxed else _ENOUGH
    enough = f"{most} + 4 * $1::bigint"
    return f"""
        WITH cim_near AS MATERIALIZED (
            {codes} {wanted.view}.{name} v
            WHERE {wanted.near} AND {wanted.after} LIMIT 1 + {enough}),
        cim_few AS MATERIALIZED (SELECT count(*) <= {enough} AS so FROM cim_near)
        ({_page(name, wanted, found, "cim_place")})
        UNION ALL
        ({_page(name, wanted, f"{every} AND {many}", wanted.order)})
    """


def _page(name: str, wanted: Wanted, codes: str, order: str) -> str:
    """The rows of codes, one after the other.

    OFFSET keeps the planner from another order, and IS TRUE from looking for the row of each code
    through the index of a box, where there may be thousands.
    """
    where = wanted.where if wanted.near is None else f"{wanted.near} AND {wanted.where}"
    only = f"v.code = w.cim_at AND ({where}) IS TRUE"
    return f"""
        SELECT i.* FROM ({codes} ORDER BY {order} OFFSET 0) w
        CROSS JOIN LATERAL (
            SELECT * FROM {wanted.view}.{name} v WHERE {only} OFFSET 0) i
        ORDER BY cim_place LIMIT $1::bigint + 1"""
