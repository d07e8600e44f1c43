"""What the OpenAPI description says of observations (观测接口描述)."""

from typing import Any

from api.observations.asked import DEFAULT_LOCATIONS, MOST_LOCATIONS
from api.observations.parameters import names
from api.openapi_shared import DEFAULT, PROBLEM
from cim.layer import Layer
from cim.series import MOST_VALUES, NEAR

Json = dict[str, Any]

_LANG: Json = {"$ref": "#/components/parameters/lang"}
_GEOJSON: Json = {
    "application/geo+json": {"schema": {"$ref": "#/components/schemas/geojson"}},
}
_DATA: Json = {
    "application/prs.coverage+json": {"schema": {"type": "object"}},
    **_GEOJSON,
    "text/csv": {"schema": {"type": "string"}},
}
_LOCATION: Json = {
    "name": "locationId",
    "in": "path",
    "required": True,
    "description": "21-digit code of the station (CJ/T 553-2024)",
    "schema": {"type": "string"},
}
_COORDS: Json = {
    "name": "coords",
    "in": "query",
    "required": True,
    "description": f"POINT(longitude latitude) in CRS84; the nearest station within {NEAR:,.0f} m "
    "stands for it",
    "schema": {"type": "string"},
}
_TIME: Json = {
    "name": "datetime",
    "in": "query",
    "description": "RFC 3339 instant, day (of UTC) or interval; all times without it",
    "schema": {"type": "string"},
}
_CRS: Json = {
    "name": "crs",
    "in": "query",
    "description": "CRS of coords and answer",
    "schema": {"type": "string", "enum": ["CRS84"], "default": "CRS84"},
}
_LIMIT: Json = {
    "name": "limit",
    "in": "query",
    "schema": {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST_LOCATIONS,
        "default": DEFAULT_LOCATIONS,
    },
}


def _format(*named: str) -> Json:
    return {
        "name": "f",
        "in": "query",
        "description": "Format, in place of the Accept header",
        "schema": {"type": "string", "enum": list(named)},
    }


def paths(layer: Layer, here: str, title: str) -> Json:
    """The operations of a collection of stations; none where it has no observations."""
    if not layer.observed:
        return {}
    name: Json = {
        "name": "parameter-name",
        "in": "query",
        "description": "Only these parameters",
        "schema": {"type": "array", "items": {"type": "string", "enum": names(layer)}},
        "style": "form",
        "explode": False,
    }
    common = [name, _TIME, _CRS, _LANG]
    data = [*common, _format("CoverageJSON", "GeoJSON", "CSV", "json", "geojson", "csv")]
    listed: list[Json] = [
        {"$ref": "#/components/parameters/bbox"},
        _LIMIT,
        {"$ref": "#/components/parameters/token"},
        _format("GeoJSON", "geojson", "json"),
    ]
    one, at = f"location_{layer.name}", f"position_{layer.name}"
    return {
        f"{here}/locations": _get(f"locations_{layer.name}", title, [*common, *listed], _GEOJSON),
        f"{here}/locations/{{locationId}}": _get(one, title, [_LOCATION, *data], _DATA),
        f"{here}/position": _get(at, title, [_COORDS, *data], _DATA),
    }


def _get(name: str, title: str, parameters: list[Json], content: Json) -> Json:
    responses: Json = {
        "200": {"description": "OK", "content": content},
        **DEFAULT,
    }
    if content is _DATA:
        told = {"404": "No such station, or none near", "413": f"More than {MOST_VALUES:,} values"}
        for status, words in told.items():
            responses[status] = {"description": words, "content": PROBLEM}
    return {
        "get": {
            "operationId": name,
            "summary": title,
            "parameters": parameters,
            "responses": responses,
        }
    }
