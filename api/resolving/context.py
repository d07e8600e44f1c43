"""What the terms of our JSON-LD mean (JSON-LD 词汇): `GET /context.jsonld`, JSON-LD 1.1.

Names and other codes are those of schema.org, what came before and after those of Dublin Core, the
feature those of geojson-ld. The rest are our own, in the document itself: `…/context.jsonld#state`.
Fields of a layer are named likewise, after their columns.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking
from api.links import url

_DATE = "http://www.w3.org/2001/XMLSchema#dateTime"
_GEOMETRIES = (
    *("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"),
    "GeometryCollection",
)
_OWN = (
    *("code", "external_code", "region_code", "type_code", "state", "layer", "why", "project"),
    *("department", "Entity"),
)
_DATES = ("since", "until", "reserved", "expires")


async def context(request: Request) -> Response:
    """The context that documents of `/id` name."""
    asking.only(request, ())
    asking.media_type(request, (asking.LD, asking.JSON))
    own = url(asking.base_url(request), "context.jsonld") + "#"
    headers = {"Cache-Control": "public, max-age=86400"}
    return JSONResponse({"@context": _terms(own)}, headers=headers, media_type=asking.LD)


def _terms(own: str) -> dict[str, Any]:
    return {
        "@version": 1.1,
        "cim": own,
        "schema": "https://schema.org/",
        "dcterms": "http://purl.org/dc/terms/",
        "geojson": "https://purl.org/geojson/vocab#",
        **{name: f"cim:{name}" for name in _OWN},
        **{name: {"@id": f"cim:{name}", "@type": _DATE} for name in _DATES},
        "name": "schema:name",
        "href": "@id",
        "document": "dcterms:source",
        "type_name": {"@id": "cim:type_name", "@container": "@language"},
        "successors": "dcterms:isReplacedBy",
        "predecessors": "dcterms:replaces",
        "reservation": "cim:reservation",
        "aliases": {"@id": "schema:identifier", "@context": _ALIAS},
        "feature": {"@id": "cim:feature", "@context": _feature(own)},
        "links": None,
    }


_ALIAS = {
    "scheme": "schema:propertyID",
    "value": "schema:value",
    "ended": {"@id": "schema:validThrough", "@type": _DATE},
}


def _feature(own: str) -> dict[str, Any]:
    """Terms of geojson-ld (https://geojson.org/geojson-ld), and fields named after columns."""
    return {
        "id": "dcterms:identifier",
        "type": "@type",
        "Feature": "geojson:Feature",
        **{name: f"geojson:{name}" for name in _GEOMETRIES},
        "geometry": "geojson:geometry",
        "geometries": "geojson:geometries",
        "coordinates": {"@id": "geojson:coordinates", "@container": "@list"},
        "properties": {"@id": "geojson:properties", "@context": _fields(own)},
    }


def _fields(own: str) -> list[Any]:
    """Whatever a layer calls its fields is a field here, also where a term above is called so."""
    return [None, {"@version": 1.1, "@vocab": own, "name": "https://schema.org/name"}]
