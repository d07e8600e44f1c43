"""Fusions read (融合查询): what they are, how far their rows are linked, business tables."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api import asking, pages
from api.fusion import asked, documents, words
from api.links import link, url
from cim.fusion import told
from cim.fusion.fused import Fusion, Join
from cim.fusion.model import TOLD, parse
from cim.statement import Statement

_TABLES = f"SELECT {TOLD}::text AS document FROM cim.business_table t ORDER BY name"


async def fusions(request: Request) -> Response:
    """Every fusion, without counts."""
    asking.only(request, ())
    registry = await asking.service(request).newest()
    base = asking.base_url(request)
    layers = [la for la in registry.visible(asking.caller(request)) if la.fusion is not None]
    body = {
        "fusions": [documents.fusion(la.fusion, base) for la in layers if la.fusion],
        "links": _links(base, "fusions"),
    }
    return pages.document(request, "fusions.html", body)


async def one(request: Request) -> Response:
    """A fusion with its counts now."""
    asking.only(request, ())
    found = await asked.fusion(request)
    body = documents.fusion(found, asking.base_url(request))
    for shown, join in zip(body["tables"], found.joins, strict=True):
        shown["counts"] = await _counts(request, found, join)
        shown["reasons"] = await _reasons(request, join)
    return pages.document(request, "fusion.html", body, words=words)


async def tables(request: Request) -> Response:
    """Business tables: owner, source, grade, columns, last load."""
    asking.only(request, ())
    rows = await asking.service(request).rows(lambda _: Statement(_TABLES, ()))
    body = {
        "tables": [documents.table(parse(json.loads(row["document"]))) for row in rows],
        "links": _links(asking.base_url(request), "tables"),
    }
    return pages.document(request, "tables.html", body)


async def _counts(request: Request, found: Fusion, join: Join) -> dict[str, Any]:
    (row,) = await asked.rows(request, found, told.counts(found, join))
    return dict(row)


async def _reasons(request: Request, join: Join) -> list[dict[str, Any]]:
    return [dict(row) for row in await asking.service(request).rows(lambda _: told.reasons(join))]


def _links(base: str, *here: str) -> list[Any]:
    return [
        link("self", url(base, *here), asking.JSON),
        link("alternate", url(base, *here, f="html"), asking.HTML),
    ]
