"""Records as GeoJSON (元数据记录文档): OGC API - Records 1 clause 7.

Besides the properties of the standard a record has ours: `department`, `owner`, `authoritative`,
`private`, `grade`, `sharing` with its condition, `opening`, `updateCycle`, `element`, `category`,
`domain`, `count`. What is not said is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from api import asking
from api.collections import links_of
from api.links import Link, link, url
from api.records import rights
from api.records.catalogue import LANGUAGES, language_of
from cim.layer import Layer
from cim.records import COLLECTION, ELEMENT, SERVICE

Json = dict[str, Any]
Row = Mapping[str, Any]

RECORD_CORE = "http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"
_HERE = ("collections", COLLECTION)
_FORMATS = {
    "dataset": {
        "GeoJSON": asking.GEOJSON,
        "Mapbox Vector Tiles": "application/vnd.mapbox-vector-tile",
        "HTML": asking.HTML,
    },
    "coverage": {
        "GeoTIFF": "image/tiff; application=geotiff",
        "CoverageJSON": asking.COVERAGE_JSON,
        "PNG": asking.PNG,
        "STAC": asking.GEOJSON,
    },
    "series": {
        "CoverageJSON": asking.COVERAGE_JSON,
        "GeoJSON": asking.GEOJSON,
        "CSV": asking.CSV,
    },
    "featureType": {"JSON": asking.JSON, "HTML": asking.HTML},
    "service": {"OpenAPI 3.0": "application/vnd.oai.openapi+json;version=3.0"},
}
_OURS = {
    "department": "department",
    "owner": "owner",
    "grade": "grade",
    "sharing": "sharing",
    "sharingCondition": "sharing_condition",
    "opening": "opening",
    "updateCycle": "update_cycle",
    "element": "element",
    "category": "category",
    "domain": "domain",
    "authority": "authority",
    "standard": "standard",
}


class Context(NamedTuple):
    """Where and in which language a record is told, and the layers that there are."""

    base: str
    language: str
    layers: Mapping[str, Layer]


def record(row: Row, context: Context) -> Json:
    """The record of a row of `cim.records.source`."""
    extent = row["extent"]
    return {
        "id": row["id"],
        "type": "Feature",
        "conformsTo": [RECORD_CORE],
        "time": time(row),
        "geometry": geometry(extent),
        **({"bbox": extent} if extent else {}),
        "properties": _properties(row, context),
        "links": record_links(row, context),
    }


def time(row: Row) -> Json | None:
    if row["begins"] is None:
        return None
    ends = ".." if row["ends"] == "infinity" else moment(row["ends"])
    return {"interval": [moment(row["begins"]), ends]}


def moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def geometry(extent: list[float] | None) -> Json | None:
    """The box as a polygon, or as a point where it is one."""
    if extent is None:
        return None
    west, south, east, north = extent
    if (west, south) == (east, north):
        return {"type": "Point", "coordinates": [west, south]}
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _properties(row: Row, context: Context) -> Json:
    language = context.language
    contacts = _contacts(row)
    found = {
        "type": row["type"],
        "title": row[f"title_{language}"] or row["id"],
        "description": row[f"description_{language}"],
        "keywords": list(dict.fromkeys(row[f"keywords_{language}"] or ())),
        "language": language_of(language),
        "languages": [language_of(each) for each in LANGUAGES],
        "created": row["created"] and moment(row["created"]),
        "updated": row["updated"] and moment(row["updated"]),
        "contacts": contacts,
        "rights": rights.words(row, language),
        "themes": _themes(row, context),
        "externalIds": [
            {"scheme": scheme, "value": row[name]}
            for scheme, name in (("element", "element"), ("class", "class_code"))
            if row[name]
        ],
        "formats": [
            {"name": name, "mediaType": kind} for name, kind in _FORMATS[row["type"]].items()
        ],
        **{name: row[column] for name, column in _OURS.items()},
        "count": None if row["growing"] and row["type"] == "dataset" else row["count"],
    }
    kept = {name: value for name, value in found.items() if value not in (None, "", [])}
    if row["layer"]:
        kept |= {"authoritative": row["authoritative"], "private": row["private"]}
    return kept


def _contacts(row: Row) -> list[Json]:
    if row["department"]:
        return [{"organization": row["department"], "roles": ["custodian", "publisher"]}]
    return [{"name": row["owner"], "roles": ["owner"]}] if row["private"] else []


def _themes(row: Row, context: Context) -> list[Json]:
    if row["element"] is None:
        return []
    levels = ("element", "category", "domain")
    concepts = [{"id": row[level], "title": row[f"{level}_{context.language}"]} for level in levels]
    concepts[0]["url"] = url(context.base, "catalog", "elements", row["element"])
    return [{"concepts": concepts, "scheme": url(context.base, "catalog")}]


def record_links(row: Row, context: Context) -> list[Link]:
    base, here = context.base, (*_HERE, "items", row["id"])
    links = [
        link("self", url(base, *here), asking.GEOJSON),
        link("alternate", url(base, *here, f="html"), asking.HTML),
        link("alternate", url(base, *here, f="dcat"), asking.LD, "DCAT-AP"),
        link("collection", url(base, *_HERE), asking.JSON),
    ]
    if row["id"].startswith(ELEMENT):
        element = ("catalog", "elements", row["element"])
        links.append(link("describes", url(base, *element), asking.JSON))
        return [*links, link("describes", url(base, *element, f="html"), asking.HTML)]
    if row["id"] == SERVICE:
        kind = _FORMATS["service"]["OpenAPI 3.0"]
        links.append(link("describes", url(base, ""), asking.JSON))
        return [*links, link("service-desc", url(base, "api"), kind)]
    layer = context.layers.get(row["layer"])
    if layer is not None:
        title = layer.title.in_language(context.language)
        links += [_described(each) for each in links_of(layer, base, title)]
    if row["element"]:
        told = url(base, *_HERE, "items", f"{ELEMENT}{row['element']}")
        links.append(link("related", told, asking.GEOJSON, row[f"element_{context.language}"]))
    return links


def _described(told: Link) -> Link:
    """A link of a collection as its record has it, for which the collection is what is told of."""
    rel = "describes" if told["rel"] in {"self", "alternate"} else told["rel"]
    return {**told, "rel": rel}
