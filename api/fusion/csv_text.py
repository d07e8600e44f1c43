"""Tables as CSV (表格输出): UTF-8 with a mark, so that spreadsheets read Chinese."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from starlette.responses import Response

from api import asking
from api.links import Link

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def answer(
    columns: Sequence[str], rows: Iterable[Mapping[str, object]], links: Sequence[Link] = ()
) -> Response:
    """The rows; the next page stands in the header Link, since a CSV has no place for it."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    following = [f'<{each["href"]}>; rel="next"' for each in links if each["rel"] == "next"]
    headers = {"Link": following[0]} if following else None
    body = file.getvalue().encode("utf-8-sig")
    return Response(body, media_type=f"{asking.CSV}; charset=utf-8", headers=headers)


def _cell(value: object) -> object:
    """A text that a spreadsheet would work out as a formula is marked as text."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
