"""What makes collections and the landing page those of STAC (STAC 集合与目录): STAC 1.1.

The licence of the data is not known: STAC wants a word, and `other` says that it is none of a list.
A layer without an extent is somewhere on Earth.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api import asking
from api.links import Link, link, url
from cim import scene_search, stac
from cim.layer import Layer

Json = dict[str, Any]

VERSION = "1.1.0"
_EXTENSIONS = (
    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
)
_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_TITLES = {
    "id": ("标识", "Identifier"),
    "collection": ("集合", "Collection"),
    "datetime": ("获取时间", "Acquired"),
    "created": ("登记时间", "Registered"),
    "geometry": ("范围", "Footprint"),
    "gsd": ("地面分辨率，米", "Ground sample distance in metres"),
    "eo:cloud_cover": ("云量，百分比", "Cloud cover in per cent"),
    "platform": ("平台", "Platform"),
    "proj:code": ("坐标参考系", "CRS"),
}
_SCHEMAS: dict[str, Json] = {
    "text": {"type": "string"},
    "timestamptz": {"type": "string", "format": "date-time"},
    "float8": {"type": "number"},
    "geometry": {"format": "geometry-polygon"},
}


def of_layer(layer: Layer, body: Json, base: str) -> Json:
    """The members that a collection takes on, over those that it has."""
    extent = body.get("extent", {})
    world = {"bbox": [[-180.0, -90.0, 180.0, 90.0]]}
    found: Json = {
        "type": "Collection",
        "stac_version": VERSION,
        "license": "other",
        "description": body["description"] or body["title"],
        "extent": {
            "spatial": extent.get("spatial", world),
            "temporal": extent.get("temporal", {"interval": [[None, None]]}),
        },
        "links": [*body["links"], *_links(layer, base)],
    }
    if layer.binding:
        element = layer.binding.element
        found["keywords"] = list(dict.fromkeys((element.name_zh, element.name_en)))
    return found | (_of_scenes(layer) if layer.kind == "raster" else {})


def _links(layer: Layer, base: str) -> list[Link]:
    found = [link("root", url(base, ""), asking.JSON), link("parent", url(base, ""), asking.JSON)]
    if layer.kind == "raster":
        here = ("collections", layer.name)
        found.append(link(_REL, url(base, *here, "queryables"), asking.SCHEMA))
    return found


def _of_scenes(layer: Layer) -> Json:
    bands = {band.name: band.common for scene in layer.scenes for band in scene.bands}
    told = [{"name": n, **({"common_name": c} if c else {})} for n, c in bands.items()]
    codes = sorted({scene.crs for scene in layer.scenes if scene.crs.startswith("EPSG:")})
    summaries = {"proj:code": codes, "eo:bands": told}
    return {
        "stac_extensions": list(_EXTENSIONS),
        "summaries": {name: each for name, each in summaries.items() if each},
        "item_assets": {
            stac.ASSET: {"type": stac.COG, "roles": ["data"], "title": "Cloud Optimised GeoTIFF"}
        },
    }


def catalog(base: str, layers: Iterable[Layer], language: str) -> Json:
    """What the landing page takes on, with the collections of scenes as children."""
    search = url(base, "search")
    links: list[Link] = [
        link("root", url(base, ""), asking.JSON),
        {**link("search", search, asking.GEOJSON, "STAC search"), "method": "GET"},
        {**link("search", search, asking.GEOJSON, "STAC search"), "method": "POST"},
        link(_REL, url(base, "queryables"), asking.SCHEMA, "Queryables"),
        *(
            link(
                "child",
                url(base, "collections", layer.name),
                asking.JSON,
                layer.title.in_language(language),
            )
            for layer in layers
            if layer.kind == "raster"
        ),
    ]
    return {"type": "Catalog", "stac_version": VERSION, "id": "cim", "links": links}


def queryables(language: str) -> Json:
    return {
        name: {"title": _TITLES[name][language == "en"], **_SCHEMAS[each.type]}
        for name, each in scene_search.QUERYABLES.items()
    }
