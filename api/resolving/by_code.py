"""The thing that a text names (按编码解析): `GET /resolve?code=`, of whatever scheme."""

from collections.abc import Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api import asking, pages
from api.errors import CodeNotFound, InvalidParameter, NotACode, NotYet
from api.links import link, url
from api.resolving import thing
from api.resolving.thing import Json, Thing
from cim import schemes
from cim.moments import Interval
from cim.schemes import SCHEMES, Match

PARAMETERS = ("code", "scheme", "datetime")


async def answer(request: Request) -> Response:
    """The thing that the text names; 300 with the list where it names several."""
    given = asking.only(request, PARAMETERS)
    kind = asking.media_type(request)
    when = asking.past(given)
    matches = identified(given)
    found = await _found(request, matches, when)
    if when is not None:
        found = _begun(found, given["code"], when)
    if not found:
        raise CodeNotFound(given["code"])
    bodies = [_body(request, each, given) for each in found]
    status = 200 if len(bodies) == 1 else 300
    body = bodies[0] if len(bodies) == 1 else {"code": given["code"], "matches": bodies}
    made = orjson.dumps(body)
    if kind == asking.HTML:
        template = "thing.html" if status == 200 else "things.html"
        return pages.page(request, template, status, document=orjson.loads(made))
    return Response(made, status, media_type=asking.JSON)


async def _found(request: Request, matches: list[Match], when: Interval | None) -> list[Thing]:
    """The common case is quick: one scheme, now."""
    if len(matches) == 1 and when is None:
        only = await thing.one(request, matches[0])
        if only is not None:
            return [only]
        if matches[0].scheme == "uic":
            return []
    return await thing.find(request, matches, when)


def identified(given: Mapping[str, str]) -> list[Match]:
    """The schemes that the text fits, or the one that is named; NotACode where it fits none."""
    text, scheme = given["code"], given.get("scheme")
    if not text:
        raise InvalidParameter("code", "it is missing")
    if scheme is not None and scheme not in SCHEMES:
        raise InvalidParameter("scheme", f"{scheme!r} is not one of {', '.join(SCHEMES)}")
    matches = schemes.identify(text, scheme)
    if not matches:
        raise NotACode(text, scheme)
    return matches


def _begun(found: list[Thing], text: str, when: Interval) -> list[Thing]:
    """Those that were there; NotYet where all began later."""
    begun = [each for each in found if each.life and each.life.state is not None]
    if found and not begun:
        raise NotYet(text, str(when), min(each.life.begins for each in found if each.life))
    return begun


def _body(request: Request, each: Thing, given: Mapping[str, str]) -> Json:
    base, time = asking.base_url(request), given.get("datetime")
    here = f"{base}/resolve?code={each.entity.code}"
    here = here if time is None else url(f"{base}/resolve", code=each.entity.code, datetime=time)
    body = thing.described(request, each)
    if time is not None:
        body["datetime"] = time
    body["links"] = [link("self", here, asking.JSON), *thing.links(base, each, time)]
    if each.feature is not None:
        body["feature"] = each.fragment()
    return body
