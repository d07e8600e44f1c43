"""What the OpenAPI description says of resolution and identity (解析与永久地址接口描述)."""

from __future__ import annotations

from typing import Any

from api.filters_description import FILTER
from api.openapi_shared import DEFAULT, PROBLEM
from api.resolving.here import MAX_WITHIN
from api.resolving.lists import DEFAULT_LIMIT, MAX_LIMIT
from cim.by_name import MOST_TEXT
from cim.schemes import SCHEMES

Json = dict[str, Any]

_TEXTS = {
    "resolve": {
        "zh": "由编码、地点、网格或名称解析实体",
        "en": "Things by a code, a place, a cell of a grid or a name",
    },
    "id": {"zh": "实体的永久地址", "en": "Permanent address of a thing"},
    "id_history": {"zh": "实体的变更史", "en": "History of a thing"},
    "context": {"zh": "JSON-LD 词汇", "en": "Terms of the JSON-LD"},
}


def paths(language: str) -> Json:
    """The operations, with their parameters and answers."""

    def get(name: str, parameters: list[Json], answers: Json) -> Json:
        operation = {
            "operationId": name,
            "summary": _TEXTS[name][language],
            "parameters": parameters,
            "responses": answers | DEFAULT,
        }
        return {"get": operation}

    return {
        "/resolve": get("resolve", [*_ASKED, *_SHARED, *_COMMON], _RESOLVED),
        "/id/{code}": get("id", [_CODE, _FOLLOW, _LD_FORMAT, _LANG], _IDENTIFIED),
        "/id/{code}/history": get(
            "id_history", [_CODE, _LIMIT, _token("^[0-9]+[.][0-9]+$"), *_COMMON], _TOLD
        ),
        "/context.jsonld": get("context", [], {"200": _said("OK", _LD)}),
    }


def _query(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _said(description: str, content: Json) -> Json:
    return {"description": description, "content": content}


def _token(pattern: str) -> Json:
    schema = {"type": "string", "pattern": pattern}
    return _query("token", schema, "Place of the page, taken from a next link")


_TEXT: Json = {"type": "string", "minLength": 1}
_NUMBER: Json = {"type": "number"}
_OBJECT: Json = {"schema": {"type": "object"}}
_JSON: Json = {"application/json": _OBJECT, "text/html": {}}
_LD: Json = {"application/ld+json": _OBJECT}
_GEO: Json = {"application/geo+json": {"schema": {"$ref": "#/components/schemas/geojson"}}}
_LANG: Json = {"$ref": "#/components/parameters/lang"}
_COMMON = [{"$ref": "#/components/parameters/f"}, _LANG]

_ASKED = [
    _query(
        "code",
        _TEXT,
        "21 or 22 characters of CJ/T 553-2024 in any writing, or a code of another scheme",
    ),
    _query("lon", {"type": "number", "minimum": -180, "maximum": 180}, "Degrees, CGCS2000"),
    _query("lat", {"type": "number", "minimum": -90, "maximum": 90}, "Degrees, CGCS2000"),
    _query("height", _NUMBER, "Metres above the 1985 datum, with lon and lat"),
    _query(
        "within",
        {"type": "number", "minimum": 0, "maximum": MAX_WITHIN, "default": 1},
        "Metres from lon and lat in which points and lines are; areas hold the place",
    ),
    _query("grid", _TEXT, "Cell of a grid: BeiDou, GeoSOT or h3, also with height"),
    _query("separation", _NUMBER, "Metres of the geoid above the ellipsoid, for cells with height"),
    _query(
        "reading",
        {"type": "string", "enum": ["radix", "bits", "nested", "packed"]},
        "How the digits of height of a cell are read",
    ),
    _query(
        "q",
        {"type": "string", "minLength": 1, "maxLength": MOST_TEXT},
        "Name or part of one; a typing error is forgiven",
    ),
]
_LIMIT = _query(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    "At the most so many",
)
_SHARED = [
    _query(
        "scheme",
        {"type": "string", "enum": [*SCHEMES, "h3"]},
        "Scheme of code, or grid of grid, where the text could be of several",
    ),
    _query(
        "class",
        {"type": "string", "pattern": "^([0-9]{2}){1,3}$"},
        "Major, middle or minor class, with a place, a cell or a name",
    ),
    _query(
        "datetime",
        _TEXT,
        "RFC 3339 instant, day or interval: as it was then, of an interval in its end; "
        "with a code, a place or a cell",
    ),
    _LIMIT,
    _token("^[0-9]{21}$"),
    *FILTER,  # with a place or a cell
]
_RESOLVED: Json = {
    "200": _said("The thing that the code names, or the list of what was found", _JSON | _GEO),
    "300": _said("The code names several things: their list", _JSON),
    "400": _said("None or several of code, lon with lat, grid and q; a bad parameter", PROBLEM),
    "404": _said("Nobody has the code, or not yet", PROBLEM),
    "422": _said("No code of any scheme, or no cell", PROBLEM),
}

_CODE: Json = {
    "name": "code",
    "in": "path",
    "required": True,
    "schema": _TEXT,
    "description": "Code in its external form, 22 characters; other writings are led to it",
}
_FOLLOW = _query(
    "follow", {"type": "string", "enum": ["0", "1"], "default": "0"}, "1: go to the live successor"
)
_LD_FORMAT = _query(
    "f",
    {"type": "string", "enum": ["jsonld", "json", "geojson", "html"]},
    "Format, in place of the Accept header",
)
_FORMS = _LD | _JSON | _GEO
_IDENTIFIED: Json = {
    "200": _said("An active thing, or a reserved code", _FORMS),
    "300": _said("Ended, with several live successors to follow", _FORMS),
    "301": {"description": "The canonical writing of the code"},
    "307": {"description": "Ended; the one live successor"},
    "404": _said("Nobody has the code", PROBLEM),
    "410": _said("Ended: state, date, reason, and successors with their states", _FORMS),
    "422": _said("Not a code", PROBLEM),
}
_TOLD: Json = {
    "200": _said("Events and versions, newest first", _JSON),
    "301": {"description": "The canonical writing of the code"},
    "404": _said("Nobody has the code", PROBLEM),
    "422": _said("Not a code", PROBLEM),
}
