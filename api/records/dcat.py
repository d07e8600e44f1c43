"""Records as DCAT-AP (数据目录词汇): DCAT 3 of the W3C after the profile DCAT-AP 3.0, in JSON-LD.

=====================  ============================================================================
record                 becomes
=====================  ============================================================================
dataset, coverage,     ``dcat:Dataset`` with distributions, each served by the ``dcat:DataService``
series
service                ``dcat:DataService``
featureType            ``dcat:Resource``; and the concept (``skos:Concept``) that is the theme of
                       datasets
page of records        ``dcat:Catalog``; ``hydra:view`` leads to the next page
=====================  ============================================================================

Titles are in Chinese and English. Rhythm, access and language are terms of the authority tables of
the EU, as the profile wants them. Access is PUBLIC where the element is open to the public without
a condition, NON_PUBLIC where it is not shared or the layer is bound to nothing, else RESTRICTED;
where neither is said, nothing is. Coordinates are CGCS2000, longitude first, which DCAT takes for
WGS 84 (docs/crs.md).
"""

from __future__ import annotations

from typing import Any

from api.landing import DESCRIPTION as SERVICE_DESCRIPTION
from api.landing import TITLE as SERVICE_TITLE
from api.links import Link, url
from api.records import documents, rights
from api.records.catalogue import DESCRIPTION, LANGUAGES, TITLE
from api.records.distributions import distributions
from api.records.documents import Context, Json, Row
from cim.records import COLLECTION, SERVICE

_EU = "http://publications.europa.eu/resource/authority"
_FREQUENCIES = {
    "realtime": "CONT",
    "daily": "DAILY",
    "weekly": "WEEKLY",
    "monthly": "MONTHLY",
    "quarterly": "QUARTERLY",
    "half_yearly": "ANNUAL_2",
    "yearly": "ANNUAL",
    "irregular": "IRREG",
}
_CONTEXT: Json = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "locn": "http://www.w3.org/ns/locn#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def catalog(rows: list[dict[str, Any]], context: Context, matched: int, links: list[Link]) -> Json:
    """A page of records as a catalogue."""
    made = [_resource(row, context) for row in rows]
    members: dict[str, list[Json]] = {"dcat:dataset": [], "dcat:service": [], "dcat:resource": []}
    for row, resource in zip(rows, made, strict=True):
        members[_member(row)].append(resource)
    if not any(row["id"] == SERVICE for row in rows):
        members["dcat:service"].append(_service(context))
    return {
        "@context": _CONTEXT,
        "@id": _catalog_id(context),
        "@type": "dcat:Catalog",
        "dct:title": _texts(TITLE),
        "dct:description": _texts(DESCRIPTION),
        "dct:publisher": _ourselves(context),
        "dct:language": _languages(),
        "foaf:homepage": _page(url(context.base, "collections", COLLECTION, "items", f="html")),
        "dcat:themeTaxonomy": {
            "@id": url(context.base, "catalog"),
            "@type": "skos:ConceptScheme",
            "dct:title": _texts({"zh": "数据要素目录", "en": "Data element catalog"}),
        },
        **{name: each for name, each in members.items() if each},
        "hydra:totalItems": matched,
        "hydra:view": _view(links),
    }


def alone(row: Row, context: Context) -> Json:
    """One record."""
    return {"@context": _CONTEXT, **_resource(row, context)}


def _view(links: list[Link]) -> Json:
    names = {"next": "hydra:next", "prev": "hydra:previous"}
    here = next(each["href"] for each in links if each["rel"] == "self")
    return {
        "@id": here,
        "@type": "hydra:PartialCollectionView",
        **{names[each["rel"]]: _id(each["href"]) for each in links if each["rel"] in names},
    }


def _member(row: Row) -> str:
    return {"service": "dcat:service", "featureType": "dcat:resource"}.get(
        row["type"], "dcat:dataset"
    )


def _resource(row: Row, context: Context) -> Json:
    if row["type"] == "service":
        return _service(context)
    if row["type"] == "featureType":
        return _common(row, context, "dcat:Resource") | {
            "dcat:landingPage": _page(
                url(context.base, "catalog", "elements", row["element"], f="html")
            ),
        }
    layer = context.layers.get(row["layer"])
    found = _common(row, context, "dcat:Dataset") | {
        "dct:accrualPeriodicity": _eu("frequency", _FREQUENCIES.get(row["update_cycle"])),
        "dct:spatial": _spatial(row["extent"]),
        "dct:temporal": _temporal(row),
        "dcat:landingPage": _page(url(context.base, "collections", row["layer"], f="html")),
        "dcat:distribution": distributions(row, layer, context.base) if layer else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _common(row: Row, context: Context, kind: str) -> Json:
    titles = {each: row[f"title_{each}"] or row["id"] for each in LANGUAGES}
    told = {each: row[f"description_{each}"] or titles[each] for each in LANGUAGES}
    keywords = [
        {"@value": word, "@language": each}
        for each in LANGUAGES
        for word in dict.fromkeys(row[f"keywords_{each}"] or ())
        if word.isascii() == (each == "en")
    ]
    access = _eu("access-right", _access(row))
    if access is not None:
        access["@type"] = "dct:RightsStatement"
    found = {
        "@id": url(context.base, "collections", COLLECTION, "items", row["id"]),
        "@type": kind,
        "dct:identifier": row["id"],
        "dct:title": _texts(titles),
        "dct:description": _texts(told),
        "dct:issued": _time(row["created"]),
        "dct:modified": _time(row["updated"]),
        "dct:publisher": _publisher(row),
        "dcat:keyword": keywords or None,
        "dcat:theme": _theme(row, context),
        "dct:accessRights": access,
        "dct:rights": _rights(row),
        "dct:language": _languages(),
    }
    return {name: value for name, value in found.items() if value is not None}


def _service(context: Context) -> Json:
    return {
        "@id": url(context.base, "collections", COLLECTION, "items", SERVICE),
        "@type": "dcat:DataService",
        "dct:identifier": SERVICE,
        "dct:title": _texts(SERVICE_TITLE),
        "dcat:endpointURL": _id(url(context.base, "")),
        "dcat:endpointDescription": _id(url(context.base, "api")),
        "dct:publisher": _ourselves(context),
        "dct:description": _texts(SERVICE_DESCRIPTION),
    }


def _access(row: Row) -> str | None:
    if row["private"] or row["sharing"] == "none":
        return "NON_PUBLIC"
    if row["opening"] == "open":
        return "PUBLIC"
    return "RESTRICTED" if row["sharing"] or row["opening"] else None


def _rights(row: Row) -> Json | None:
    told = {each: rights.words(row, each) for each in LANGUAGES}
    if told["zh"] is None:
        return None
    return {"@type": "dct:RightsStatement", "rdfs:label": _texts(told)}


def _publisher(row: Row) -> Json | None:
    name = row["department"] or row["owner"]
    return _agent(name) if name else None


def _theme(row: Row, context: Context) -> Json | None:
    if row["element"] is None:
        return None
    return {
        "@id": url(context.base, "catalog", "elements", row["element"]),
        "@type": "skos:Concept",
        "skos:prefLabel": _texts({each: row[f"element_{each}"] for each in LANGUAGES}),
        "skos:inScheme": _id(url(context.base, "catalog")),
    }


def _spatial(extent: list[float] | None) -> Json | None:
    if extent is None:
        return None
    west, south, east, north = (f"{number:.8f}".rstrip("0").rstrip(".") for number in extent)
    ring = ",".join(
        f"{x} {y}"
        for x, y in ((west, south), (east, south), (east, north), (west, north), (west, south))
    )
    box = {"@value": f"POLYGON(({ring}))", "@type": "geo:wktLiteral"}
    return {"@type": "dct:Location", "dcat:bbox": box, "locn:geometry": box}


def _temporal(row: Row) -> Json | None:
    if row["begins"] is None:
        return None
    ends = None if row["ends"] == "infinity" else _time(row["ends"])
    return {
        "@type": "dct:PeriodOfTime",
        "dcat:startDate": _time(row["begins"]),
        **({"dcat:endDate": ends} if ends else {}),
    }


def _time(text: str | None) -> Json | None:
    return {"@value": documents.moment(text), "@type": "xsd:dateTime"} if text else None


def _texts(told: Any) -> list[Json]:
    return [{"@value": text, "@language": language} for language, text in told.items() if text]


def _agent(name: str) -> Json:
    return {"@type": "foaf:Agent", "foaf:name": name}


def _ourselves(context: Context) -> Json:
    """Who runs this service: one agent on all pages, so that they can be put together."""
    here = url(context.base, "") + "#publisher"
    return {"@id": here, "@type": "foaf:Agent", "foaf:name": _texts(SERVICE_TITLE)}


def _languages() -> list[Json]:
    return [
        {**_id(f"{_EU}/language/{code}"), "@type": "dct:LinguisticSystem"}
        for code in ("ZHO", "ENG")
    ]


def _eu(table: str, code: str | None) -> Json | None:
    return _id(f"{_EU}/{table}/{code}") if code else None


def _page(href: str) -> Json:
    return {"@id": href, "@type": "foaf:Document"}


def _catalog_id(context: Context) -> str:
    return url(context.base, "collections", COLLECTION)


def _id(href: str) -> Json:
    return {"@id": href}
