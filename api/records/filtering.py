"""The parameters filter, filter-lang and filter-crs (过滤参数): OGC API - Features 3 clause 8.

Records and scenes are filtered by the same compiler as features, `cim.cql2`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api import filters
from api.errors import InvalidParameter
from cim import cql2
from cim.cql2 import Queryable
from cim.keyset import Values

PARAMETERS = filters.PARAMETERS


def read(
    given: Mapping[str, Any], known: Mapping[str, Queryable], lang: str = cql2.TEXT
) -> Callable[[Values], str] | None:
    """What makes the condition with the values of a statement; InvalidParameter, FilterInvalid.

    `lang` is the language where none is named.
    """
    told, named = given.get("filter"), given.get("filter-lang") or lang
    if named not in filters.LANGUAGES:
        known_ones = ", ".join(filters.LANGUAGES)
        raise InvalidParameter("filter-lang", f"{named!r} is not one of {known_ones}")
    crs = filters.read_crs("filter-crs", given.get("filter-crs") or None)
    if told is None or told == "":
        return None
    if not isinstance(told, str | dict | bool):
        raise InvalidParameter("filter", "is a text or an object")

    def condition(values: Values) -> str:
        first = len(values) + 1
        made = cql2.compile(told, named, queryables=known, crs=crs, first=first)
        values.extend(made.params)
        return f"({made.sql})"

    condition(Values())  # what is wrong is told before anything is read
    return condition
