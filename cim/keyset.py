"""Pages of a list in any order (分页): what comes after a row, whatever the list is sorted by.

A page begins after the last row of the page before, whose sorted values are its place: rows that
come or go meanwhile shift nothing. The keys of a list end with one that no two rows share.

>>> values = Values()
>>> keys = [Key("title", "text"), Key("updated", "timestamptz", descending=True)]
>>> order(keys), order(keys, backwards=True)
('title ASC, updated DESC', 'title DESC, updated ASC')
>>> beyond(keys, ["a", "2024-05-01"], values)  # doctest: +NORMALIZE_WHITESPACE
'(title > $1::text::text OR (title = $1::text::text AND updated < $2::text::timestamptz))'
>>> read(token("-updated", ["2024-05-01", "a"], backwards=False), "-updated", 2)
Place(values=['2024-05-01', 'a'], backwards=False)
>>> read("nonsense", "-updated", 2) is None
True
"""

import base64
import json
from collections.abc import Sequence
from typing import Any, NamedTuple


class Values(list[Any]):
    """The parameters of a statement in the making."""

    def add(self, value: Any, kind: str = "") -> str:
        """The placeholder of a value, with its PostgreSQL type."""
        self.append(value)
        return f"${len(self)}{'::' if kind else ''}{kind}"


class Key(NamedTuple):
    """What a list is sorted by: an SQL expression that is never null, and its type."""

    sql: str
    type: str
    descending: bool = False


class Place(NamedTuple):
    """Where a page begins: after these values, or before them and backwards."""

    values: list[str]
    backwards: bool


def order(keys: Sequence[Key], *, backwards: bool = False) -> str:
    """The keys as ORDER BY has them."""
    return ", ".join(f"{k.sql} {'DESC' if k.descending != backwards else 'ASC'}" for k in keys)


def beyond(
    keys: Sequence[Key], place: Sequence[str], values: Values, *, backwards: bool = False
) -> str:
    """The condition of rows that come after a place."""
    bound = [values.add(text, f"text::{k.type}") for k, text in zip(keys, place, strict=True)]
    condition = ""
    for key, value in reversed(list(zip(keys, bound, strict=True))):
        further = f"{key.sql} {'<' if key.descending != backwards else '>'} {value}"
        tied = f" OR ({key.sql} = {value} AND {condition})" if condition else ""
        condition = f"({further}{tied})" if tied else further
    return condition


def token(sorted_by: str, place: Sequence[str], *, backwards: bool) -> str:
    """A place as an address carries it, with the order that it belongs to."""
    text = json.dumps([sorted_by, backwards, *place], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(text: str, sorted_by: str, length: int) -> Place | None:
    """The place that a token names; None where it is not one of this order."""
    try:
        found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except ValueError:
        return None
    if not isinstance(found, list) or len(found) != length + 2 or found[0] != sorted_by:
        return None
    _, backwards, *place = found
    if not isinstance(backwards, bool) or not all(isinstance(v, str) for v in place):
        return None
    return None if any("\0" in v for v in place) else Place(place, backwards)
