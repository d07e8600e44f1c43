"""Answers that are lists of things (解析列表), as JSON, as GeoJSON, as a page."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api import asking, pages
from api.errors import InvalidParameter
from api.links import Link, address, link, url
from cim import resolve

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000

_KINDS = {asking.JSON: "json", asking.GEOJSON: "geojson", asking.HTML: "html"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing of a list: `feature` is GeoJSON without its closing brace, `more` is told besides."""

    code: str
    layer: str | None
    name: str | None
    state: str = "active"
    feature: bytes | None = None
    more: dict[str, Any] = field(default_factory=dict)


def answer(request: Request, kind: str, entries: Sequence[Entry], **more: Any) -> Response:
    """The list; `more` are members of its own. `token` is where the next page begins."""
    token = more.pop("token", None)
    links = _links(request, kind, token)
    time = request.query_params.get("datetime")
    if kind == asking.GEOJSON:
        return _collection(entries, {**more, "links": links})
    body = {
        **more,
        "numberReturned": len(entries),
        "matches": [_told(request, entry, time) for entry in entries],
        "links": links,
    }
    made = orjson.dumps(body)
    if kind == asking.HTML:
        return pages.page(request, "things.html", document=orjson.loads(made))
    return Response(made, media_type=asking.JSON)


def _collection(entries: Sequence[Entry], more: dict[str, Any]) -> Response:
    features = [orjson.Fragment(e.feature + b"}") for e in entries if e.feature is not None]
    body = {"type": "FeatureCollection", "numberReturned": len(features), **more}
    return Response(orjson.dumps({**body, "features": features}), media_type=asking.GEOJSON)


def _told(request: Request, entry: Entry, time: str | None) -> dict[str, Any]:
    base = asking.base_url(request)
    said = resolve.identity(entry.code, asking.service(request).registry)
    links = [
        link("self", url(base, "resolve", code=entry.code, datetime=time), asking.JSON),
        link("canonical", url(base, "id", said["external_code"]), asking.LD),
    ]
    if entry.feature is not None and entry.layer is not None:
        item = url(base, "collections", entry.layer, "items", entry.code, datetime=time)
        links.append(link("item", item, asking.GEOJSON))
    told = {"state": entry.state, "layer": entry.layer, "name": entry.name, **entry.more}
    body: dict[str, Any] = {**said, **told, "links": links}
    if entry.feature is not None:
        body["feature"] = orjson.Fragment(entry.feature + b"}")
    return body


def _links(request: Request, kind: str, token: str | None) -> list[Link]:
    here, query = f"{asking.base_url(request)}/resolve", asking.query(request)
    made = [link("self", address(here, query), kind)]
    if kind != asking.HTML:
        made.append(link("alternate", address(here, query, f="html"), asking.HTML))
    else:
        made.append(link("alternate", address(here, query, f="json"), asking.JSON))
    if token is not None:
        made.append(link("next", address(here, query, token=token), kind))
    return made


def limit(text: str | None) -> int:
    """How many at the most; InvalidParameter."""
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise InvalidParameter("limit", f"{text!r} is not a whole number from 1 to {MAX_LIMIT}")
    return min(int(text), MAX_LIMIT)


def class_prefix(text: str | None) -> str:
    """The beginning of a class code: major, middle or minor class; InvalidParameter."""
    if text is None:
        return ""
    if not text.isascii() or not text.isdigit() or len(text) not in {2, 4, 6}:
        raise InvalidParameter("class", f"{text!r} is not 2, 4 or 6 digits")
    return text
