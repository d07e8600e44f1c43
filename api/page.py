"""The map page and its files (地图页), served by us: nothing comes from another host.

MapLibre GL is installed by `npm ci` in `api/page`, with versions locked; `make up` does that.
It is read from the checkout: a wheel holds our own pages but not MapLibre, and there `/map`
answers 503 with the command to run, while everything else works.
"""

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Router
from starlette.staticfiles import StaticFiles

from api import asking, pages, swagger
from api.errors import PageNotBuilt
from cim.layer import Layer
from cim.schemes import SCHEMES

_HERE = Path(__file__).parent
_MAPLIBRE = _HERE / "page" / "node_modules" / "maplibre-gl" / "dist"


def static_files() -> Router:
    """`/static/maplibre/…` and `/static/swagger/…` of npm packages, the rest of `api/static`."""
    return Router(
        [
            Mount("/maplibre", StaticFiles(directory=_MAPLIBRE, check_dir=False)),
            Mount("/swagger", swagger.files()),
            Mount("/", StaticFiles(directory=_HERE / "static", check_dir=False)),
        ]
    )


async def map_page(request: Request) -> Response:
    """The map of every layer; PageNotBuilt where MapLibre is not installed."""
    asking.only(request, ())
    if not _MAPLIBRE.is_dir():
        raise PageNotBuilt("npm ci --prefix api/page")
    layers = asking.service(request).registry.visible(asking.caller(request))
    language = asking.language(request)
    shown = [_shown(layer, language) for layer in layers]
    titles = {} if language == "en" else {name: s.title for name, s in SCHEMES.items()}
    return pages.page(request, "map.html", layers=shown, schemes=titles)


def _shown(layer: Layer, language: str) -> dict[str, Any]:
    """What the page has to know of a layer before it draws it."""
    return {
        "name": layer.name,
        "title": layer.title.in_language(language),
        "kind": layer.kind,
        "classCode": layer.class_code,
        "count": layer.feature_count,
        "extent": layer.extent,
        "scenes": [scene.acquired_at.isoformat() for scene in layer.scenes],
    }
