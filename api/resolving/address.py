"""The permanent address of a thing (实体永久地址): `GET /id/{code}`, which labels carry.

The code stands in its external form of 22 characters; every other writing of it leads there. What
is live answers 200, what has ended 410 with what came of it, and what is reserved 200 that says so.
"""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api import asking, pages
from api.errors import CodeNotFound, InvalidParameter
from api.items import item_body
from api.links import address, link, url
from api.resolving import thing
from api.resolving.thing import Json, Thing
from cim import entity_code
from cim.schemes import Match

KINDS = (asking.LD, asking.JSON, asking.HTML, asking.GEOJSON)


async def by_id(request: Request) -> Response:
    """The thing; 301 to the canonical address, 307 to the one live successor where it is asked."""
    kind = asking.media_type(request, KINDS)
    follow = _follow(asking.only(request, ("follow",)).get("follow"))
    text, base = request.path_params["code"], asking.base_url(request)
    external = entity_code.format(text)
    if text != external:
        return _redirect(request, 301, url(base, "id", external))
    found = await thing.find(request, [Match("uic", external[:21])], whole=True)
    if not found:
        raise CodeNotFound(text)
    (only,) = found
    status = 200
    if only.life and only.life.is_gone:
        heirs = only.life.live if follow else ()
        if len(heirs) == 1:
            heir = entity_code.format(heirs[0]["code"])
            return _redirect(request, 307, url(base, "id", heir))
        status = 300 if heirs else 410
    return _answer(request, only, kind, status)


def _follow(text: str | None) -> bool:
    if text not in {None, "0", "1"}:
        raise InvalidParameter("follow", f"{text!r} is neither 0 nor 1")
    return text == "1"


def _redirect(request: Request, status: int, place: str) -> Response:
    return RedirectResponse(address(place, asking.query(request)), status)


def _answer(request: Request, only: Thing, kind: str, status: int) -> Response:
    layer, feature = only.entity.layer, only.feature
    if kind == asking.GEOJSON:
        held = asking.service(request).registry.layers.get(layer or "")
        if feature is not None and held is not None:
            body = item_body(request, held, only.entity.code, feature)
        else:
            body = orjson.dumps(_placeless(request, only))
        return Response(body, status, media_type=kind)
    body = orjson.dumps(_document(request, only))
    if kind == asking.HTML:
        return pages.page(request, "thing.html", status, document=orjson.loads(body))
    return Response(body, status, media_type=kind)


def _document(request: Request, only: Thing) -> Json:
    """JSON-LD, whose terms are those of `api.resolving.context`."""
    base = asking.base_url(request)
    said = thing.described(request, only)
    said.pop("matched")
    here = url(base, "id", only.external)
    body: dict[str, Any] = {
        "@context": url(base, "context.jsonld"),
        "@id": here,
        "@type": "Entity",
        **said,
        "links": _links(request, only),
    }
    if only.feature is not None:
        body["feature"] = only.fragment()
    return body


def _placeless(request: Request, only: Thing) -> Json:
    """A GeoJSON feature of what has no place: reserved, or ended."""
    said = thing.described(request, only)
    said.pop("matched")
    return {
        "type": "Feature",
        "id": only.entity.code,
        "geometry": None,
        "properties": said,
        "links": _links(request, only),
    }


def _links(request: Request, only: Thing) -> list[Any]:
    base = asking.base_url(request)
    here = url(base, "id", only.external)
    forms = {"jsonld": asking.LD, "html": asking.HTML, "geojson": asking.GEOJSON}
    made = [link("self", here, asking.LD)]
    made += [link("alternate", url(here, f=name), kind) for name, kind in forms.items()]
    made.append(link("version-history", url(here, "history"), asking.JSON))
    return [*made, *(each for each in thing.links(base, only) if each["rel"] != "canonical")]
