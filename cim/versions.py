"""The versions of a layer's features as SQL (要素历史版本): which of them held at a time.

`version.<name>` has all of them: the present, whose validity ends in infinity, and the history. Of
an interval the last version in it counts. What lies in a box of the present is found through the
index over (geometry, place), in the order of codes and no further than a page; the history has an
index over the geometry alone, and what it has in the box is sorted, which costs with how much
changed, not with how much there is.
"""

from typing import NamedTuple

from cim.layer import Layer
from cim.names import quoted

# Where a feature stands in the code order of its layer, which has one class: division and serial.
# It is a number because GiST finds numbers in order (btree_gist) and texts not.
PLACE = "(substr(code, 1, 6) || substr(code, 13))::bigint"


class Ends(NamedTuple):
    """The first and the last moment, as SQL."""

    start: str
    end: str

    @classmethod
    def of(cls, first: int) -> "Ends":
        """Two parameters that follow each other, whose values are those of `Interval.ends`."""
        return cls(f"${first}::text::timestamptz", f"${first + 1}::text::timestamptz")


class Part(NamedTuple):
    """Of a layer's versions: columns, a condition on the rows `v`, and after which place and code
    in SQL they begin; the condition on the rows of the present, and their columns, where they are
    written otherwise.
    """

    columns: str
    where: str
    place: str
    code: str
    now: str = ""
    now_columns: str = ""


def valid(layer: Layer, ends: Ends) -> str:
    """Condition on the rows `v` of a layer's versions: valid in between, and the last that is.

    A version holds from its beginning until just before its end. One that was replaced as of its
    own beginning never held. The rows of a registered table have one version each.
    """
    if layer.source:
        return f"v.cim_valid_from <= {ends.end} AND v.cim_valid_to > {ends.start}"
    return f"""
        v.cim_valid_from <= {ends.end} AND v.cim_valid_to > {ends.start}
        AND v.cim_valid_to > v.cim_valid_from
        AND NOT EXISTS (
            SELECT FROM version.{quoted(layer.name)} later WHERE later.code = v.code
            AND later.cim_valid_from > v.cim_valid_from AND later.cim_valid_from <= {ends.end})"""


def in_place(layer: Layer, part: Part, ends: Ends) -> str:
    """Query of those that lie in a place and are valid, enough for a page of `$1` and one more."""
    name = quoted(layer.name)
    return f"""
        (SELECT {part.now_columns or part.columns} FROM item.{name} v
         WHERE {part.now or part.where} AND v.cim_valid_from <= {ends.end}
               AND {PLACE} > {part.place}
         ORDER BY {PLACE} <-> 0 LIMIT $1::bigint + 1)
        UNION ALL
        SELECT {part.columns} FROM version.{name} v
        WHERE {part.where} AND v.cim_valid_to < 'infinity' AND code > {part.code}
              AND {valid(layer, ends)}"""
