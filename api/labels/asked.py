"""What a request may say of labels (标签请求参数): numbers within bounds, and a list of codes."""

import math
from collections.abc import Mapping
from typing import Any

from api.errors import InvalidBody, InvalidParameter
from api.labels.label import LARGEST, SMALLEST
from api.labels.sheet import (
    DEFAULT_COLUMNS,
    DEFAULT_MARGIN,
    DEFAULT_PAPER,
    DEFAULT_ROWS,
    MOST_CELLS,
    Sheet,
)

MOST_CODES = 10_000
MEMBERS = ("codes", "size", "sheet", "columns", "rows", "margins", "lang")


def number(name: str, value: Any, least: float, most: float) -> float:
    """A number of a query (text) or of JSON, within its bounds; InvalidParameter."""
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not least <= found <= most:
        raise InvalidParameter(name, f"{value!r} is not a number from {least:g} to {most:g}")
    return found


def whole(name: str, value: object, least: int, most: int) -> int:
    """A whole number within its bounds; InvalidParameter."""
    found = number(name, value, least, most)
    if found != int(found):
        raise InvalidParameter(name, f"{value!r} is not a whole number")
    return int(found)


def size(given: Mapping[str, Any]) -> float | None:
    """The size that is given, in millimetres."""
    value = given.get("size")
    return None if value is None else number("size", value, SMALLEST, LARGEST)


def language(given: Mapping[str, Any]) -> str | None:
    """`zh` or `en` where the body says one."""
    value = given.get("lang")
    if value in (None, "zh", "en"):
        return value
    raise InvalidParameter("lang", f"{value!r} is neither 'zh' nor 'en'")


def sheet(given: Mapping[str, Any]) -> Sheet:
    """The sheet that a body describes."""
    paper = given.get("sheet", DEFAULT_PAPER)
    if not isinstance(paper, str):
        raise InvalidParameter("sheet", "it is not a text")
    columns = whole("columns", given.get("columns", DEFAULT_COLUMNS), 1, MOST_CELLS)
    rows = whole("rows", given.get("rows", DEFAULT_ROWS), 1, MOST_CELLS)
    return Sheet(paper, columns, rows, _margins(given.get("margins", DEFAULT_MARGIN)))


def _margins(value: object) -> tuple[float, float, float, float]:
    """One for all sides, or those above, right, below and left."""
    sides = value if isinstance(value, list) else [value] * 4
    if len(sides) != 4:
        raise InvalidParameter("margins", "it is neither one number nor four")
    above, right, below, left = (number("margins", side, 0, 100) for side in sides)
    return above, right, below, left


def listed(document: Mapping[str, Any]) -> list[object]:
    """The list of codes in a body that has no member unknown here; InvalidBody."""
    unknown = sorted(set(document) - set(MEMBERS))
    if unknown:
        raise InvalidParameter(unknown[0], f"not known here; known are {', '.join(MEMBERS)}")
    found = document.get("codes")
    if not isinstance(found, list) or not found:
        raise InvalidBody('it needs "codes", a list of codes')
    if len(found) > MOST_CODES:
        raise InvalidBody(f"it has {len(found):,} codes; a request may have {MOST_CODES:,}")
    return found
