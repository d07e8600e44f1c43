"""Tables as CSV (表格输出): UTF-8 with a mark, so that spreadsheets read Chinese."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

from starlette.responses import Response

from api import asking
from api.links import Link

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def answer(
    columns: Sequence[str], rows: Iterable[Mapping[str, object]], links: Sequence[Link] = ()
) -> Response:
    """The rows; the next page stands in the header Link, since a CSV has no place for it."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([cell(row[column]) for column in columns] for row in rows)
    following = [f'<{each["href"]}>; rel="next"' for each in links if each["rel"] == "next"]
    headers = {"Link": following[0]} if following else None
    body = file.getvalue().encode("utf-8-sig")
    return Response(body, media_type=f"{asking.CSV}; charset=utf-8", headers=headers)


def cell(value: object) -> object:
    """A text that a spreadsheet would work out as a formula is marked as text; no number is.

    >>> cell("=1+1"), cell("-5"), cell(None)
    ("'=1+1", '-5', None)
    """
    if isinstance(value, str) and value.startswith(_FORMULA) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
