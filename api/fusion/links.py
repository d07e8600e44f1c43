"""Links of rows to features (关联清单): listed, unmatched on either side, decided by people.

`GET /fusions/{name}/links?state=review` has what waits for a decision, with candidates; a POST
there accepts or rejects one row. `GET /fusions/{name}/unmatched?side=table|layer` has what nothing
matches. Both are paged by `next` links, and come as JSON, CSV or a page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking, pages
from api.entities import bodies
from api.entities.bodies import Body, Text
from api.errors import InvalidParameter
from api.fusion import asked, csv_text, documents, words
from api.fusion.asked import Page
from api.links import Link, link, url
from api.writing import write, writer
from cim.actions import Action
from cim.fusion import told
from cim.fusion.fused import Fusion
from cim.statement import Statement
from layers import fusing

_KINDS = (asking.JSON, asking.HTML, asking.CSV)
_FORMATS = {asking.JSON: "json", asking.HTML: "html", asking.CSV: "csv"}
_COLUMNS = ("row", "state", "code", "how", "score", "reason", "basis", "who", "why", "decided_at")


class LinkDecision(Body):
    """Whether a row of a table is of a feature: by default its best candidate, or `code`."""

    table: Text | None = None
    row: str = Field(min_length=1, max_length=1_000)
    decision: Literal["accept", "reject"]
    code: Text | None = None
    why: Text | None = None
    document: Text | None = None


async def listed(request: Request) -> Response:
    """Links in one state, by default those that wait for review."""
    given = asking.only(request, ("table", "state", "after", "limit"))
    kind = asking.media_type(request, _KINDS)
    found = await asked.fusion(request)
    join, page = asked.join(found, given), asked.page(given)
    state = asked.choice(given, "state", ("review", "linked", "unmatched"))
    rows = await _rows(request, told.links(join, state, *page))
    base = asking.base_url(request)
    shown = [_link(row, found, base) for row in rows[: page.limit]]
    here = {"table": given.get("table"), "state": given.get("state")}
    links = _links(request, found, ("links", here), (kind, page, rows, "row_key"))
    body = {"fusion": found.name, "table": join.table.name, "state": state}
    return _answer(request, kind, {**body, "links": links}, ("links", _COLUMNS, shown))


async def unmatched(request: Request) -> Response:
    """Rows without a feature and why, or features without a row."""
    given = asking.only(request, ("table", "side", "after", "limit"))
    kind = asking.media_type(request, _KINDS)
    found = await asked.fusion(request)
    join, page = asked.join(found, given), asked.page(given)
    side = asked.choice(given, "side", ("table", "layer"))
    base = asking.base_url(request)
    here = {"table": given.get("table"), "side": given.get("side")}
    columns: tuple[str, ...]
    if side == "table":
        rows = await _rows(request, told.links(join, "unmatched", *page))
        shown = [_row(row) for row in rows[: page.limit]]
        key, columns = "row_key", ("row", "reason", "basis")
    else:
        rows = await asked.rows(request, found, told.features(found, join, *page))
        shown = [_feature(row["code"], found, base) for row in rows[: page.limit]]
        key, columns = "code", ("code",)
    links = _links(request, found, ("unmatched", here), (kind, page, rows, key))
    body = {"fusion": found.name, "table": join.table.name, "side": side, "links": links}
    return _answer(request, kind, body, ("unmatched", columns, shown))


async def decide(request: Request) -> Response:
    """The link as it is after a decision."""
    who = writer(request).name
    asking.only(request, ())
    said = await bodies.read(request, LinkDecision)
    found = await asked.fusion(request)
    table = asked.join(found, {"table": said.table} if said.table else {}).table.name
    place, by = (table, said.row), Action(who, said.why, said.document)
    if said.decision == "reject" and said.code is not None:
        raise InvalidParameter("code", "it is for accept; a reject is of all candidates")

    if said.decision == "accept":
        link = await write(request, lambda c, _: fusing.accept(c, found.name, place, said.code, by))
    else:
        link = await write(request, lambda c, _: fusing.reject(c, found.name, place, by))
    told_of = link._asdict()
    told_of["row"] = told_of.pop("row_key")
    return JSONResponse({"fusion": found.name, "table": table, **told_of})


async def _rows(request: Request, statement: Statement) -> Sequence[Mapping[str, Any]]:
    return await asking.service(request).rows(lambda _: statement)


def _link(row: Mapping[str, Any], found: Fusion, base: str) -> dict[str, Any]:
    code = row["code"]
    return {
        "row": row["row_key"],
        **{name: row[name] for name in ("state", "code", "how", "score")},
        "reason": row["reason"] or None,
        "basis": row["basis"],
        "candidates": [
            each | {"href": _item(found, each["code"], base)}
            for each in json.loads(row["candidates"])
        ],
        "who": row["who"],
        "why": row["why"],
        "decided_at": documents.when(row["decided_at"]),
        "href": _item(found, code, base) if code else None,
    }


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "row": row["row_key"],
        "reason": row["reason"],
        "reason_zh": words.of(words.REASONS, row["reason"], "zh"),
        "reason_en": words.of(words.REASONS, row["reason"], "en"),
        "basis": row["basis"],
    }


def _feature(code: str, found: Fusion, base: str) -> dict[str, Any]:
    return {"code": code, "href": _item(found, code, base)}


def _item(found: Fusion, code: str, base: str) -> str:
    return url(base, "collections", found.base, "items", code)


def _links(
    request: Request,
    found: Fusion,
    place: tuple[str, Mapping[str, str | None]],
    paged: tuple[str, Page, Sequence[Mapping[str, Any]], str],
) -> list[Link]:
    (name, query), (kind, page, rows, key) = place, paged
    base, here = asking.base_url(request), ("fusions", found.name, name)
    given = {**query, "after": page.after or None, "limit": page.limit}
    other = asking.JSON if kind == asking.HTML else asking.HTML
    links = [
        link("self", url(base, *here, **given, f=_FORMATS[kind]), kind),
        link("alternate", url(base, *here, **given, f=_FORMATS[other]), other),
        link("up", url(base, "fusions", found.name), asking.JSON),
    ]
    if len(rows) > page.limit:
        following = {**given, "after": rows[page.limit - 1][key]}
        links.append(link("next", url(base, *here, **following, f=_FORMATS[kind]), kind))
    return links


def _answer(
    request: Request,
    kind: str,
    body: dict[str, Any],
    shown: tuple[str, Sequence[str], Sequence[Mapping[str, Any]]],
) -> Response:
    name, columns, rows = shown
    if kind == asking.CSV:
        return csv_text.answer(columns, rows, body["links"])
    member = "rows" if name == "links" else name
    document = {**body, "numberReturned": len(rows), member: rows}
    if kind == asking.HTML:
        return pages.page(request, f"fusion_{name}.html", document=document, words=words)
    return JSONResponse(document)
