"""The catalogue as a collection (数据资源目录集合): OGC API - Records 1 clause 7.4.

It is a STAC collection without items of its own as well, as the other collections are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request

from api import asking
from api.links import link, url
from cim.crs import CRS84
from cim.layer import Layer
from cim.records import COLLECTION

Json = dict[str, Any]

LANGUAGES = {"zh": "中文", "en": "English"}
TITLE = {"zh": "数据资源目录", "en": "Catalogue of data"}
DESCRIPTION = {
    "zh": "本服务的图层、影像、监测数据、目录要素的元数据记录",
    "en": "Records of the layers, imagery, observations and catalog elements of this service",
}
_HERE = ("collections", COLLECTION)
_REL = "http://www.opengis.net/def/rel/ogc/1.0/{}"


def language_of(code: str) -> Json:
    return {"code": code, "name": LANGUAGES[code]}


def document(request: Request, layers: Iterable[Layer]) -> Json:
    """The collection of the records."""
    boxes = [layer.extent for layer in layers if layer.extent]
    return _collection(asking.base_url(request), asking.language(request), _around(boxes))


def _around(boxes: list[Any]) -> list[float]:
    if not boxes:
        return [-180.0, -90.0, 180.0, 90.0]
    west, south, east, north = zip(*boxes, strict=True)
    return [min(west), min(south), max(east), max(north)]


def _collection(base: str, language: str, extent: list[float]) -> Json:
    links = [
        link("self", url(base, *_HERE), asking.JSON),
        link("alternate", url(base, *_HERE, f="html"), asking.HTML),
        link("root", url(base, ""), asking.JSON),
        link("parent", url(base, ""), asking.JSON),
        link("items", url(base, *_HERE, "items"), asking.GEOJSON, TITLE[language]),
        link("items", url(base, *_HERE, "items", f="html"), asking.HTML, TITLE[language]),
        link("alternate", url(base, "catalog.jsonld"), asking.LD, "DCAT-AP"),
        link(_REL.format("queryables"), url(base, *_HERE, "queryables"), asking.SCHEMA),
        link(_REL.format("sortables"), url(base, *_HERE, "sortables"), asking.SCHEMA),
    ]
    return {
        "id": COLLECTION,
        "type": "Collection",
        "stac_version": "1.1.0",
        "itemType": "record",
        "title": TITLE[language],
        "description": DESCRIPTION[language],
        "language": language_of(language),
        "languages": [language_of(each) for each in LANGUAGES],
        "recordLanguages": [language_of(each) for each in LANGUAGES],
        "defaultSortOrder": [{"field": "updated", "direction": "desc"}],
        "license": "other",
        "extent": {
            "spatial": {"bbox": [extent], "crs": CRS84.uri},
            "temporal": {"interval": [[None, None]]},
        },
        "crs": [CRS84.uri],
        "links": links,
    }
