"""The map page and its files (地图页), served by us: nothing comes from another host.

MapLibre GL is installed by `npm ci` in `api/page`, with versions locked; `make up` does that.
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Router
from starlette.staticfiles import StaticFiles

from api import asking, pages
from api.errors import PageNotBuilt

_HERE = Path(__file__).parent
_MAPLIBRE = _HERE / "page" / "node_modules" / "maplibre-gl" / "dist"


def static_files() -> Router:
    """`/static/maplibre/…` from the npm package, the rest from `api/static`."""
    return Router(
        [
            Mount("/maplibre", StaticFiles(directory=_MAPLIBRE, check_dir=False)),
            Mount("/", StaticFiles(directory=_HERE / "static", check_dir=False)),
        ]
    )


async def map_page(request: Request) -> Response:
    """The map of every layer; PageNotBuilt where MapLibre is not installed."""
    asking.only(request, ())
    if not _MAPLIBRE.is_dir():
        raise PageNotBuilt("npm ci --prefix api/page")
    return pages.page(request, "map.html")
