"""Landing page and conformance (服务首页、符合性声明): OGC API - Common 1, Features 1 clause 7."""

import importlib.resources
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking, pages
from api.links import link, url
from api.stac import face
from api.tilesets import extent_of
from cim import crs
from cim.records import COLLECTION, TYPES

TITLE = {"zh": "城市信息模型基础平台空间服务", "en": "Spatial services of the CIM base platform"}
DESCRIPTION = {
    "zh": "宗地、规划、水利等图层，城市实体身份编码与北斗网格位置码",
    "en": "Layers of land, planning and water; entity codes and BeiDou grid codes",
}
CATALOG = "http://www.opengis.net/def/rel/ogc/1.0/ogc-catalog"
MAP = "http://www.opengis.net/def/rel/ogc/1.0/map"
MOST_SHOWN = 100  # layers on the page for people; the list of layers has the others


@cache
def conformance_classes() -> list[str]:
    """The classes that the tests prove, one a line in `conformance.txt`."""
    text = importlib.resources.files("api").joinpath("conformance.txt").read_text()
    return text.split()


async def landing(request: Request) -> Response:
    asking.only(request, ())
    base, language = asking.base_url(request), asking.language(request)
    title, description = TITLE[language], DESCRIPTION[language]
    body: dict[str, Any] = {
        "title": title,
        "description": description,
        "conformsTo": conformance_classes(),
        "crs": list(crs.offered()),  # of maps of the dataset; they are in the first one
        "links": [
            link("self", url(base, ""), asking.JSON, title),
            link("alternate", url(base, "", f="html"), asking.HTML, title),
            link("service-desc", url(base, "api"), asking.OPENAPI, "OpenAPI 3.0"),
            link("service-desc", url(base, "api", f="openapi31"), asking.OPENAPI31, "OpenAPI 3.1"),
            link("service-doc", url(base, "api", f="html"), asking.HTML, "API"),
            link("conformance", url(base, "conformance"), asking.JSON, "Conformance"),
            link("data", url(base, "collections"), asking.JSON, "Collections"),
            link(
                "http://www.opengis.net/def/rel/ogc/1.0/conformance",
                url(base, "conformance"),
                asking.JSON,
                "Conformance",
            ),
            link(
                "http://www.opengis.net/def/rel/ogc/1.0/data",
                url(base, "collections"),
                asking.JSON,
                "Collections",
            ),
            *(
                link(MAP, url(base, "map", f=kind.rpartition("/")[2]), kind, title)
                for kind in (asking.PNG, asking.JPEG, asking.HTML)
            ),
            link(CATALOG, url(base, "collections", COLLECTION, "items"), asking.GEOJSON, "Records"),
            *(
                link(f"http://www.opengis.net/def/rel/ogc/1.0/{rel}", url(base, path), asking.JSON)
                for rel, path in (
                    ("tilesets-vector", "tiles"),
                    ("tiling-schemes", "tileMatrixSets"),
                    ("styles", "styles"),
                )
            ),
        ],
    }
    layers = asking.service(request).registry.visible(asking.caller(request))
    if extent := extent_of(layers):
        body["extent"] = {"spatial": {"bbox": [list(extent)], "crs": crs.CRS84.uri}}
    catalog = face.catalog(base, layers, language)
    body |= {**catalog, "links": [*body["links"], *catalog["links"]]}
    shown = layers[:MOST_SHOWN]
    return pages.document(
        request, "landing.html", body, layers=shown, more=len(layers) - len(shown), types=TYPES
    )


async def conformance(request: Request) -> Response:
    asking.only(request, ())
    return pages.document(request, "conformance.html", {"conformsTo": conformance_classes()})


async def alive(_request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> Response:
    """The database answers, and this worker knows the registry as it is there.

    `unreadable` names layers whose registered tables cannot be read; the others are.
    """
    service = asking.service(request)
    await service.reload()
    faults = await service.sources.look(service.connections, service.registry)
    body = {"status": "ok", "registryVersion": service.registry.version}
    return JSONResponse(body | {"unreadable": sorted(faults)})
