"""Parameters of the query that several routes read (查询参数)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from starlette.requests import Request

from api import asking
from api.entities.bodies import LONGEST
from api.errors import InvalidParameter

_MOST_ID = 2**63 - 1


def of_json(request: Request, names: Collection[str] = ()) -> Mapping[str, str]:
    """The parameters of a route that answers JSON alone; InvalidParameter, NotAcceptable."""
    given = asking.only(request, names)
    asking.media_type(request, (asking.JSON,))
    return given


def number(given: Mapping[str, str], name: str, default: int, most: int = _MOST_ID) -> int:
    """The whole number of a parameter: a `limit` from 1, an id from 0; InvalidParameter."""
    text = given.get(name, str(default))
    least = 1 if name == "limit" else 0
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        reason = f"{text!r} is not a whole number from {least} to {most:,}"
        raise InvalidParameter(name, reason)
    return int(text)


def in_path(request: Request, unknown: type[Exception]) -> int:
    """The id that the path names; `unknown` where it is larger than any id can be."""
    found: int = request.path_params["id"]
    if found > _MOST_ID:
        raise unknown(str(found))
    return found


def reason(given: Mapping[str, str], name: str) -> str | None:
    """A text that is written down; InvalidParameter."""
    text = given.get(name, "").strip()
    if "\0" in text or len(text) > LONGEST:
        raise InvalidParameter(name, f"it has a NUL character or more than {LONGEST} characters")
    return text or None
