"""What parameters ask of the records (检索参数): OGC API - Records 1 clauses 8.4 and 8.6.

A parameter of the standard that is empty counts as not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request

from api import asking, items_asked
from api.errors import InvalidParameter
from api.records import filtering
from cim import keyset
from cim.catalog.grades import GRADES
from cim.catalog.model import OPENING, SHARING
from cim.keyset import Place
from cim.records import TYPES, search
from cim.records.search import EQUAL, Query

DEFAULT_LIMIT, MAX_LIMIT = 10, 1_000
MOST_LISTED = 1_000
STANDARD = ("bbox", "datetime", "limit", "q", "type", "ids", "externalIds", "sortby")
CHOICES = {"grade": GRADES, "sharing": SHARING, "opening": OPENING}
PARAMETERS = (*STANDARD, *filtering.PARAMETERS, "token", *EQUAL)


def read(request: Request, default: int = DEFAULT_LIMIT) -> Query:
    """The query of a request; InvalidParameter names the parameter that cannot be read."""
    given = asking.only(request, PARAMETERS)
    given = {name: v for name, v in given.items() if v or name not in STANDARD}
    language = asking.language(request)
    query = Query(
        limit=limit(given.get("limit"), MAX_LIMIT, default),
        language=language,
        bbox=items_asked.read_bbox(given["bbox"]) if "bbox" in given else None,
        when=asking.past(given),
        words=_words(given.get("q")),
        types=listed(given, "type"),
        ids=listed(given, "ids"),
        external=_external(listed(given, "externalIds")),
        equals=[(name, _one_of(name, given[name])) for name in EQUAL if name in given],
        sorted_by=sorted_by(given.get("sortby"), search.sortables(language)),
        filtered=filtering.read(given, search.queryables(language)),
    )
    place = _place(given.get("token"), query)
    return query if place is None else replace(query, place=place)


def limit(text: str | None, most: int, default: int = DEFAULT_LIMIT) -> int:
    """How many at the most; more than there may be are that many."""
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise InvalidParameter("limit", f"{text!r} is not a whole number from 1 to {most}")
    return min(int(text), most)


def sorted_by(text: str | None, known: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Sortables with whether they go down, as `-updated,title` has them."""
    found = []
    for part in text.split(",") if text else ():
        name = part.lstrip("+- ")  # a plus sign that is not encoded is a space
        if name not in known or len(part) - len(name) > 1:
            raise InvalidParameter("sortby", f"{part!r}: known are {', '.join(known)}")
        found.append((name, part.startswith("-")))
    return found


def order(query: Query) -> str:
    """The order of a query as tokens name it."""
    parts = [f"{'-' if descending else ''}{name}" for name, descending in query.sorted_by]
    return f"{query.language} {','.join(parts)}{' by words' if query.words else ''}"


def _one_of(name: str, value: str) -> str:
    if value not in CHOICES.get(name, (value,)):
        raise InvalidParameter(name, f"{value!r} is none of {', '.join(CHOICES[name])}")
    return value


def _place(text: str | None, query: Query) -> Place | None:
    if text is None:
        return None
    found = keyset.read(text, order(query), len(search.keys(query)))
    if found is None:
        raise InvalidParameter("token", f"{text!r} was not given out by this service")
    return found


def _words(text: str | None) -> list[tuple[str, ...]]:
    if text is None:
        return []
    found = search.alternatives(text)
    if not found:
        raise InvalidParameter("q", f"{text!r} has no word")
    return found


def listed(given: Mapping[str, str], name: str) -> list[str] | None:
    """What stands between the commas of a parameter; InvalidParameter."""
    if name not in given:
        return None
    found = [part.strip() for part in given[name].split(",")]
    if len(found) > MOST_LISTED:
        raise InvalidParameter(name, f"it has more than {MOST_LISTED:,} members")
    if name == "type" and (unknown := set(found) - set(TYPES)):
        raise InvalidParameter(name, f"{unknown.pop()!r} is none of {', '.join(TYPES)}")
    return found


def _external(texts: list[str] | None) -> list[tuple[str | None, str]] | None:
    if texts is None:
        return None
    parts = [text.rpartition(":") for text in texts]
    return [(scheme or None, value) for scheme, _, value in parts]
