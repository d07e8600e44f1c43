"""Resolution over HTTP (解析服务): `GET /resolve`, which is asked in one of four ways.

=============  ==================================================================
code           the thing that a code of any scheme names
lon and lat    what is at a place
grid           what lies in a cell of a grid
q              things by their names
=============  ==================================================================
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from api import asking, pages
from api.errors import InvalidParameter
from api.resolving import by_code, by_name, here, in_cell

_WAYS: dict[str, Callable[[Request], Awaitable[Response]]] = {
    "code": by_code.answer,
    "lon": here.answer,
    "lat": here.answer,
    "grid": in_cell.answer,
    "q": by_name.answer,
}
_WANTED = "one of code, lon with lat, grid and q says what is looked for"


async def resolve(request: Request) -> Response:
    """Whatever is asked; people who ask nothing get the forms."""
    asked = {_WAYS[name]: name for name, _ in asking.parameters(request) if name in _WAYS}
    if len(asked) == 1:
        (answer,) = asked
        return await answer(request)
    if asked:
        raise InvalidParameter(" and ".join(asked.values()), _WANTED)
    asking.only(request, ())
    if asking.media_type(request) == asking.HTML:
        return pages.page(request, "resolve.html")
    raise InvalidParameter("code", f"it is missing: {_WANTED}")
