"""Collections (数据集): what layers there are. OGC API - Features 1 clause 7.13-7.14."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api import asking, pages
from api.catalog.documents import governance
from api.links import Link, link, url
from cim import crs
from cim.registry import Layer

CRS84 = crs.CRS84.uri
MVT = "application/vnd.mapbox-vector-tile"
PNG = "image/png"
_TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-{}"
_COVERAGE = "http://www.opengis.net/def/rel/ogc/1.0/coverage"


async def collections(request: Request) -> Response:
    asking.only(request, ())
    base, language = asking.base_url(request), asking.language(request)
    layers = asking.service(request).registry.visible(asking.caller(request))
    body = {
        "links": [
            link("self", url(base, "collections"), asking.JSON),
            link("alternate", url(base, "collections", f="html"), asking.HTML),
        ],
        "collections": [describe(layer, base, language) for layer in layers],
    }
    return pages.document(request, "collections.html", body, layers=layers)


async def collection(request: Request) -> Response:
    asking.only(request, ())
    layer = await found(request)
    body = describe(layer, asking.base_url(request), asking.language(request))
    return pages.document(request, "collection.html", body, layer=layer)


async def found(request: Request, kind: str | None = None) -> Layer:
    """The layer that the path names, for this caller; LayerNotFound."""
    service, caller = asking.service(request), asking.caller(request)
    name = request.path_params["collection"]
    if name not in service.registry.layers:
        await service.reload()
    return service.registry.layer(name, caller, kind)


def describe(layer: Layer, base: str, language: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": layer.name,
        "title": layer.title.in_language(language),
        "description": layer.description.in_language(language),
        "governance": governance(layer, language),
        "links": _links(layer, base, layer.title.in_language(language)),
    }
    if layer.extent:
        body["extent"] = {"spatial": {"bbox": [list(layer.extent)], "crs": CRS84}}
    if layer.kind == "vector":
        body |= {"itemType": "feature", "crs": list(crs.offered()), "storageCrs": crs.STORAGE}
    else:  # so that clients of Features pass it by; GDAL looks at the second one
        body |= {"itemType": "coverage", "layerDataType": "Coverage"}
    if layer.scenes:
        times = [_utc(scene.acquired_at) for scene in layer.scenes]
        body.setdefault("extent", {})["temporal"] = {"interval": [[times[0], times[-1]]]}
    return body


def _utc(moment: Any) -> str:
    return str(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


def _links(layer: Layer, base: str, title: str) -> list[Link]:
    here = ("collections", layer.name)
    links = [
        link("self", url(base, *here), asking.JSON, title),
        link("alternate", url(base, *here, f="html"), asking.HTML, title),
    ]
    if layer.binding:
        links.append(link("related", url(base, *here, "binding"), asking.JSON, title))
    if layer.kind == "vector":
        return [
            *links,
            link("items", url(base, *here, "items"), asking.GEOJSON, title),
            link("items", url(base, *here, "items", f="html"), asking.HTML, title),
            link(_TILESETS.format("vector"), url(base, *here, "tiles"), asking.JSON, title),
        ]
    return [
        *links,
        link(_TILESETS.format("map"), url(base, *here, "map", "tiles"), asking.JSON, title),
        link(_COVERAGE, url(base, *here, "coverage"), "image/tiff; application=geotiff", title),
    ]
