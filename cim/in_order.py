"""Rows of a registered table in the order of their codes (按编码次序读登记表), a page of them.

Two tables meet in a row: the one that has its code, and the one that others write. Which of them
leads is decided here and not by the planner, who knows neither the box nor how long a page is:

* Without a box the codes are walked in their order, and each row is looked for by its key.
* With a box its rows are looked for through the index of the table over geometry, but no more than
  some thousands. Where they are fewer, those are sorted. Where there are more, they are so many
  that the walk soon meets enough of them.

So a page costs little for a small box and for one that holds all, and the last page like the first.
"""

from typing import NamedTuple

from cim.names import quoted
from cim.registry import Layer

_ENOUGH = "2000 + 4 * $1::bigint"  # rows in a box beyond which a walk meets a page of them


class Wanted(NamedTuple):
    """Rows of a view of a layer, `item` or `version`, as SQL.

    where  condition on them
    near   condition that its index serves, None for rows wherever they are
    order  what codes are in order by, an index over the codes
    after  condition on codes: where the page begins
    """

    view: str
    where: str
    near: str | None = None
    order: str = "code"
    after: str = "true"


def in_order(layer: Layer, wanted: Wanted) -> str:
    """Query of the rows in order: a page of `$1`, and one more where there are."""
    name = quoted(layer.name)
    codes = f"SELECT code AS cim_at, {wanted.order} AS cim_place FROM"
    every = f"{codes} layer.{name} WHERE {wanted.after}"
    if wanted.near is None:
        return _page(name, wanted, every, wanted.order)
    few, many = "(SELECT so FROM cim_few)", "NOT (SELECT so FROM cim_few)"
    found = f"SELECT cim_at, cim_place FROM cim_near WHERE {few}"
    return f"""
        WITH cim_near AS MATERIALIZED (
            {codes} {wanted.view}.{name}
            WHERE {wanted.near} AND {wanted.after} LIMIT 1 + {_ENOUGH}),
        cim_few AS MATERIALIZED (SELECT count(*) <= {_ENOUGH} AS so FROM cim_near)
        ({_page(name, wanted, found, "cim_place")})
        UNION ALL
        ({_page(name, wanted, f"{every} AND {many}", wanted.order)})
    """


def _page(name: str, wanted: Wanted, codes: str, order: str) -> str:
    """The rows of codes, one after the other; OFFSET keeps the planner from another way."""
    where = wanted.where if wanted.near is None else f"{wanted.near} AND {wanted.where}"
    return f"""
        SELECT i.* FROM ({codes} ORDER BY {order} OFFSET 0) w
        CROSS JOIN LATERAL (
            SELECT * FROM {wanted.view}.{name} r WHERE r.code = w.cim_at OFFSET 0) i
        WHERE {where}
        ORDER BY cim_place LIMIT $1::bigint + 1"""
