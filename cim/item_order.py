"""Items in an order of their properties (要素排序), paged by key.

The code is the last key, in the direction of the one before it, so that no two items are level and
a page begins where the one before it ended, whatever was written in between. Nulls come last,
whichever way a key is sorted: they are looked for only where the others do not fill the page.

An index over (column, code), which `cim layer index` makes, gives the first key in its order, both
ways; the others are sorted among what is level. Without one a page costs a look at every row.

>>> area = {"area": Queryable("area", "integer")}
>>> in_order([Key("area", True)], area)
'(area) DESC NULLS LAST, code DESC'
>>> beyond([Key("area")], area, (False,), count(4))
'((area) > $4::text::integer OR (area) IS NULL OR (area) = $4::text::integer AND code > $5::text)'
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from cim.cql2 import Queryable
from cim.item_query import Key

__all__ = ["Ordered", "beyond", "bucket", "count", "in_order", "texts"]

Sortable = Mapping[str, Queryable]


def in_order(keys: Sequence[Key], sortable: Sortable) -> str:
    """The order in SQL."""
    ways = [f"({sortable[key.name].sql}){_down(key)} NULLS LAST" for key in keys]
    return ", ".join([*ways, f"code{_down(keys[-1])}"])


def texts(keys: Sequence[Key], sortable: Sortable) -> str:
    """SQL of what a row is sorted by, as texts."""
    return f"ARRAY[{', '.join(f'({sortable[key.name].sql})::text' for key in keys)}]::text[]"


def beyond(
    keys: Sequence[Key], sortable: Sortable, nulls: Sequence[bool], number: Iterator[int]
) -> str:
    """SQL of what comes after an item: a parameter for each of its values that is not null, and one
    for its code.
    """
    steps: list[tuple[str | None, str]] = []  # beyond it in this key; level with it
    for key, null in zip(keys, nulls, strict=True):
        sql = f"({sortable[key.name].sql})"
        if null:
            steps.append((None, f"{sql} IS NULL"))
            continue
        value = f"${next(number)}::text::{sortable[key.name].type}"
        further = f"{sql} {_than(key)} {value} OR {sql} IS NULL"
        steps.append((further, f"{sql} = {value}"))
    return _joined(steps, f"code {_than(keys[-1])} ${next(number)}::text")


def _joined(steps: Sequence[tuple[str | None, str]], condition: str) -> str:
    for further, level in reversed(steps):
        rest = f"{level} AND {condition}"
        condition = f"({further} OR {rest})" if further else f"({rest})"
    return condition


def _down(key: Key) -> str:
    return " DESC" if key.descending else ""


def _than(key: Key) -> str:
    return "<" if key.descending else ">"


def bucket(limit: int) -> int:
    """A number of rows that is enough for a page, one of few, since the planner should see it.

    >>> bucket(10), bucket(15), bucket(10_000)
    (16, 16, 16384)
    """
    return next(size for size in (16, 128, 1024, 16384) if size > limit)


@dataclass(frozen=True, slots=True)
class Ordered:
    """Codes of a relation in an order, those of a page of `$1` and one more.

    `nulls` tell of the item that the page begins after which of its values are null; None begins
    at the first. `most` is a `bucket` of the page.
    """

    relation: str
    keys: tuple[Key, ...]
    sortable: Sortable
    terms: tuple[str, ...]
    nulls: tuple[bool, ...] | None
    most: int

    def sql(self, number: Iterator[int]) -> str:
        """CTEs `filled` and `empty`: rows with the first key, and those without, if they show."""
        first, *rest = self.keys
        key = f"({self.sortable[first.name].sql})"
        after, after_empty = self._after(key, number)
        others = [f"({self.sortable[k.name].sql}){_down(k)} NULLS LAST" for k in rest]
        last = f"code{_down(self.keys[-1])}"
        filled = self._part([f"{key} IS NOT NULL", *after], [f"{key}{_down(first)}", *others, last])
        need = "(SELECT count(*) FROM filled) <= $1::bigint"
        empty = self._part([f"{key} IS NULL", need, *after_empty], [*others, last])
        return f"filled AS MATERIALIZED ({filled}), empty AS ({empty})"

    def _part(self, terms: list[str], order: list[str]) -> str:
        columns = ", ".join(
            f"({self.sortable[key.name].sql}) AS cim_s{n}" for n, key in enumerate(self.keys)
        )
        return f"""
            SELECT code, {columns} FROM {self.relation}
            WHERE {" AND ".join([*self.terms, *terms])}
            ORDER BY {", ".join(order)} LIMIT {self.most}"""

    def _after(self, key: str, number: Iterator[int]) -> tuple[list[str], list[str]]:
        """Conditions on rows with the first key and on those without, of what comes after."""
        if self.nulls is None:
            return [], []
        first, *rest = self.keys
        if self.nulls[0]:
            return ["false"], [self._level(rest, number)]
        value = f"${next(number)}::text::{self.sortable[first.name].type}"
        than = _than(first)
        level = f"{key} = {value} AND {self._level(rest, number)}"
        return [f"{key} {than}= {value}", f"({key} {than} {value} OR {level})"], []

    def _level(self, rest: Sequence[Key], number: Iterator[int]) -> str:
        """Beyond an item in the keys after the first."""
        assert self.nulls is not None
        if rest:
            return beyond(rest, self.sortable, self.nulls[1:], number)
        return f"code {_than(self.keys[-1])} ${next(number)}::text"

    @property
    def order(self) -> str:
        """The order of what the CTEs have, in SQL."""
        ways = [f"cim_s{n}{_down(key)} NULLS LAST" for n, key in enumerate(self.keys)]
        return ", ".join([*ways, f"code{_down(self.keys[-1])}"])

    @property
    def texts(self) -> str:
        """SQL of what the rows of the CTEs are sorted by, as texts."""
        return f"ARRAY[{', '.join(f'cim_s{n}::text' for n in range(len(self.keys)))}]::text[]"
