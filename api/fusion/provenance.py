"""Where the properties of a collection come from (字段来源): of all features, or of one.

Of each property the source - layer or table, department, file with its SHA-256, when it was loaded,
by whom -, the data item it is in the catalog, and its grade. With `item`, for one feature of a
fused collection, also the rows that are linked to it: how, with what score, who decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api import asking, pages
from api.errors import FeatureNotFound
from api.fusion import documents, words
from cim import items
from cim.fusion import told
from cim.fusion.fused import Join
from cim.layer import Layer
from cim.statement import Statement

_LAST_RUN = """
    SELECT r.file, r.sha256, a.who, r.started_at FROM cim.ingest_run r
    JOIN cim.action a ON a.id = r.action_id
    WHERE r.layer = $1 AND r.state = 'done' AND r.mode NOT IN ('rollback', 'delete')
    ORDER BY r.id DESC LIMIT 1
"""


async def of_collection(request: Request) -> Response:
    """The fields with their sources, and of one `item` its rows."""
    given = asking.only(request, ("item",))
    registry = await asking.service(request).newest()
    name, caller = request.path_params["collection"], asking.caller(request)
    layer = registry.layer(name, caller, "vector")
    run = await asking.service(request).row(
        lambda _: Statement(_LAST_RUN, ((layer.base or layer).name,))
    )
    body = documents.provenance(layer, run, asking.base_url(request))
    if "item" in given:
        await _check_item(request, layer, given["item"])
        body["item"] = given["item"]
        joins = layer.fusion.joins if layer.fusion else ()
        body["rows"] = [row for j in joins for row in await _rows(request, j, given["item"])]
    return pages.document(request, "provenance.html", body, layer=layer, words=words)


async def _check_item(request: Request, layer: Layer, code: str) -> None:
    """FeatureNotFound."""
    caller = asking.caller(request)
    row = await asking.service(request).row(
        lambda registry: items.one(registry.layer(layer.name, caller), code, caller)
    )
    if row is None:
        raise FeatureNotFound(layer.name, code)


async def _rows(request: Request, join: Join, code: str) -> list[dict[str, Any]]:
    rows = await asking.service(request).rows(lambda _: told.of_feature(join, code))
    return [_row(join, row) for row in rows]


def _row(join: Join, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "table": join.table.name,
        "row": row["row_key"],
        "how": row["how"],
        "score": row["score"],
        "basis": row["basis"],
        "file": row["file"],
        "sha256": row["sha256"],
        "loaded_by": row["loaded_by"],
        "loaded_at": documents.when(row["loaded_at"]),
        "decided_by": row["who"],
        "why": row["why"],
        "document": row["document"],
        "decided_at": documents.when(row["decided_at"]),
    }
