"""Ranges of files that are sent (范围请求): RFC 9110 clause 14.

What cannot be read as a range is passed over, and the whole file is sent; a range that the file
does not have is a 416 with the size there is.
"""

from __future__ import annotations

import re

from starlette.requests import Request

from api.errors import RangeNotThere

_ONE = r"(?:[0-9]{1,18}-(?:[0-9]{1,18})?|-[0-9]{1,18})"
_RANGES = re.compile(rf"bytes=\s*({_ONE}(?:\s*,\s*{_ONE})*)\s*", re.IGNORECASE)


def check(request: Request, size: int) -> str:
    """The header `Range`; one that is none is taken away. RangeNotThere."""
    text = request.headers.get("range")
    if text is None:
        return ""
    found = _RANGES.fullmatch(text)
    ranges = [_bounds(part.strip(), size) for part in found[1].split(",")] if found else []
    if not ranges or any(first > last for first, last in ranges):
        request.scope["headers"] = [h for h in request.scope["headers"] if h[0] != b"range"]
        return ""
    if "if-range" not in request.headers and any(first >= size for first, _ in ranges):
        raise RangeNotThere(size)
    return text


def _bounds(text: str, size: int) -> tuple[int, int]:
    """The first and the last byte of a range."""
    first, _, last = text.partition("-")
    if not first:
        return size - min(int(last), size), size
    return int(first), int(last) if last else max(int(first), size)
