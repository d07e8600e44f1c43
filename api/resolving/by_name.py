"""Things by their names (按名称查找): `GET /resolve?q=`, with typing errors."""

from starlette.requests import Request
from starlette.responses import Response

from api import asking
from api.errors import InvalidParameter
from api.resolving import lists
from api.resolving.lists import Entry
from api.resolving.thing import features
from cim import by_name
from cim.by_name import MOST_TEXT, Named

PARAMETERS = ("q", "class", "limit")


async def answer(request: Request) -> Response:
    """The things whose names contain the text, then those whose names resemble it."""
    given = asking.only(request, PARAMETERS)
    kind = asking.media_type(request, (asking.JSON, asking.GEOJSON, asking.HTML))
    text = " ".join(given["q"].split())
    if not 1 <= len(text) <= MOST_TEXT:
        raise InvalidParameter("q", f"it has {len(text)} characters, not 1 to {MOST_TEXT}")
    asked = Named(text, lists.class_prefix(given.get("class")), lists.limit(given.get("limit")))
    service = asking.service(request)
    rows = await service.rows(lambda _: by_name.containing(asked))
    if len(rows) < asked.limit:
        known = {row.code for row in rows}
        whole = any(row.score == 1 for row in rows)
        alike = await service.rows(lambda _: by_name.resembling(asked, not rows, not whole))
        rows = [*rows, *(row for row in alike if row.code not in known)][: asked.limit]
    wanted: dict[str, list[str]] = {}
    for row in rows:
        if row.layer is not None and row.state == "active":
            wanted.setdefault(row.layer, []).append(row.code)
    seen = {row.code: row.feature for row in await features(request, wanted)}
    entries = [
        Entry(row.code, row.layer, row.name, row.state, seen.get(row.code), _score(row.score))
        for row in rows
    ]
    return lists.answer(request, kind, entries)


def _score(score: float) -> dict[str, float]:
    return {"score": round(score, 4)}
