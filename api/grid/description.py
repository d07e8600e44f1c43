"""What the OpenAPI description says of the grid routes (网格接口描述)."""

from __future__ import annotations

from typing import Any

from api.grid.bulk import TABLES
from api.grid.covers import DEFAULT_LIMIT, MAX_LIMIT
from api.grid.systems import SYSTEMS
from api.openapi_shared import COMMON, DEFAULT, PROBLEM
from gridcode.cover.result import MODES

Json = dict[str, Any]

_TEXTS = {
    "grids": {"zh": "网格体系", "en": "Grids that codes can be of"},
    "grid_encode": {"zh": "由经纬度得到网格码", "en": "Grid code of a place"},
    "grid_encode_table": {
        "zh": "为一张表的每一行加上网格码",
        "en": "A table of places with a column of grid codes",
    },
    "grid_cell": {"zh": "网格单元及其相邻、上下级", "en": "A cell of a grid, and its kin"},
    "grid_cover": {"zh": "覆盖几何图形的网格", "en": "Cells that cover a geometry"},
}


def paths(language: str) -> Json:
    """The operations, with their parameters and bodies."""

    def operation(
        name: str, parameters: list[Json], answers: Json, refused: Json | None = None, **more: Json
    ) -> Json:
        responses = {
            "200": {"description": "OK", "content": answers},
            **(refused or {}),
            **DEFAULT,
        }
        return {
            "operationId": name,
            "summary": _TEXTS[name][language],
            "parameters": [*parameters, *COMMON],
            "responses": responses,
            **more,
        }

    encode = [_SYSTEM, *_PLACE, _LEVEL, *_HEIGHT]
    table = [
        _SYSTEM,
        _LEVEL,
        *(_query(name, {"type": "string"}) for name in ("lon", "lat", "column")),
    ]
    cover = [_SYSTEM, {**_LEVEL, "required": True}, _MODE, _LIMIT]
    return {
        "/grid": {"get": operation("grids", [], _JSON)},
        "/grid/{system}/encode": {
            "get": operation("grid_encode", encode, _JSON),
            "post": operation("grid_encode_table", table, _TABLE, requestBody=_body(_TABLE)),
        },
        "/grid/{system}/cells/{code}": {
            "get": operation("grid_cell", [_SYSTEM, _CODE], _GEOJSON, _NO_CODE),
        },
        "/grid/{system}/cover": {
            "post": operation("grid_cover", cover, _JSON, requestBody=_body(_GEOJSON)),
        },
    }


def _query(name: str, schema: Json, **more: Any) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema, **more}


def _body(content: Json) -> Json:
    return {"required": True, "content": content}


_TEXT: Json = {"type": "string", "minLength": 1}
_DEEPEST = max(system.levels[-1] for system in SYSTEMS.values())
_SYSTEM: Json = {
    "name": "system",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "enum": list(SYSTEMS)},
}
_CODE: Json = {"name": "code", "in": "path", "required": True, "schema": _TEXT}
_PLACE = [
    _query(name, _TEXT, description=f"{words}, decimal or as {example}") | {"required": True}
    for name, words, example in (
        ("lon", "Longitude in degrees", "112°8'24\"E"),
        ("lat", "Latitude in degrees", "32°1'12\"N"),
    )
]
_LEVEL = _query("level", {"type": "integer", "minimum": 0, "maximum": _DEEPEST})
_HEIGHT = [
    _query("height", {"type": "number"}, description="Ellipsoidal metres"),
    _query(
        "reading",
        {"type": "string", "enum": [r for system in SYSTEMS.values() for r in system.readings]},
        description="How the digits of a height are read",
    ),
]
_NO_CODE: Json = {"422": {"description": "Not a code", "content": PROBLEM}}
_MODE = _query("mode", {"type": "string", "enum": list(MODES), "default": MODES[0]})
_LIMIT = _query(
    "limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
)
_JSON: Json = {"application/json": {"schema": {"type": "object"}}}
_GEOJSON: Json = {"application/geo+json": {"schema": {"$ref": "#/components/schemas/geojson"}}}
_TABLE: Json = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in TABLES}
