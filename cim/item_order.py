"""Items in an order of their properties (要素排序), paged by key.

The last key is the code, so that no two items are level and a page begins where the one before it
ended, whatever was written in between. Nulls come last, whichever way a key is sorted.

>>> of([Key("area", True)], {"area": Queryable("area", "integer")})
'(area) DESC NULLS LAST, code'
>>> beyond([Key("area", True)], {"area": Queryable("area", "integer")}, (False,), count(4))
'((area) < $4::text::integer OR (area) IS NULL OR (area) = $4::text::integer AND code > $5::text)'
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from cim.cql2 import Queryable
from cim.item_query import Key

__all__ = ["beyond", "count", "of", "values"]


def of(keys: Sequence[Key], sortable: Mapping[str, Queryable]) -> str:
    """The order in SQL."""
    ways = [
        f"({sortable[key.name].sql}){' DESC' if key.descending else ''} NULLS LAST" for key in keys
    ]
    return ", ".join([*ways, "code"])


def values(keys: Sequence[Key], sortable: Mapping[str, Queryable]) -> str:
    """SQL of what a row is sorted by, as texts."""
    return f"ARRAY[{', '.join(f'({sortable[key.name].sql})::text' for key in keys)}]::text[]"


def beyond(
    keys: Sequence[Key],
    sortable: Mapping[str, Queryable],
    nulls: Sequence[bool],
    number: Iterator[int],
) -> str:
    """SQL of what comes after an item: a parameter for each of its values that is not null, and one
    for its code.
    """
    steps: list[tuple[str | None, str]] = []  # beyond it in this key; level with it
    for key, null in zip(keys, nulls, strict=True):
        sql, kind = sortable[key.name].sql, sortable[key.name].type
        if null:
            steps.append((None, f"({sql}) IS NULL"))
            continue
        value = f"${next(number)}::text::{kind}"
        after = f"({sql}) {'<' if key.descending else '>'} {value} OR ({sql}) IS NULL"
        steps.append((after, f"({sql}) = {value}"))
    condition = f"code > ${next(number)}::text"
    for further, level in reversed(steps):
        rest = f"{level} AND {condition}"
        condition = f"({further} OR {rest})" if further else f"({rest})"
    return condition
