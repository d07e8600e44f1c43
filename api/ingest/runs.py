"""`GET /layers/{name}/runs` (入库日志): what was loaded into a layer, refused, and undone.

Runs of a layer that was removed, or that never came to be, are told as well.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api import asking, pages
from api.entities.parameters import number
from api.links import link, url
from cim.errors import LayerNotFound
from cim.names import is_layer_name
from layers import runs
from layers.runs import Run

DEFAULT_LIMIT, MAX_LIMIT = 50, 1000
_NEWEST = 2**63 - 1


async def of_layer(request: Request) -> Response:
    """The runs, the newest first; LayerNotFound where there is neither a layer nor a run."""
    given = asking.only(request, ("limit", "before"))
    limit = number(given, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    before = number(given, "before", _NEWEST)
    name = request.path_params["name"]
    service = asking.service(request)
    rows = await service.rows(lambda _: runs.page(name, limit + 1, before))
    layers = service.registry.visible(asking.caller(request))
    known = rows or name in {layer.name for layer in layers}
    if not known and ("before" not in given or not is_layer_name(name)):
        raise LayerNotFound(name)
    found = [Run.of(row) for row in rows]
    body = _document(name, found, limit, asking.base_url(request))
    return pages.document(request, "runs.html", body)


def _document(name: str, found: list[Run], limit: int, base: str) -> dict[str, Any]:
    here = ("layers", name, "runs")
    links = [
        link("self", url(base, *here), asking.JSON),
        link("alternate", url(base, *here, f="html"), asking.HTML),
    ]
    if len(found) > limit:
        following = url(base, *here, limit=limit, before=found[limit - 1].id)
        links.append(link("next", following, asking.JSON))
    return {"layer": name, "runs": [run.describe() for run in found[:limit]], "links": links}


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
