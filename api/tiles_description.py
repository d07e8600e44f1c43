"""Tiles of the dataset and tile matrix sets in the OpenAPI description (瓦片描述).

Operations are named as OGC API - Tiles 1 names them: `….vector.getTile` is how they are found.
"""

from typing import Any

from api.filters_description import FILTER
from api.openapi_shared import COMMON, DEFAULT, PROBLEM
from tiles.matrix_sets import EVERYBODYS

Json = dict[str, Any]


def _number(name: str) -> Json:
    schema = {"type": "integer", "minimum": 0}
    return {"name": name, "in": "path", "required": True, "schema": schema}


SET: Json = {
    "name": "tileMatrixSetId",
    "in": "path",
    "required": True,
    "description": "Tile matrix set, of those in /tileMatrixSets",
    "schema": {"type": "string"},
    "example": next(iter(EVERYBODYS)),
}
TILE = [SET, _number("tileMatrix"), _number("tileRow"), _number("tileCol")]
_COLLECTIONS: Json = {
    "name": "collections",
    "in": "query",
    "description": "Collections that are drawn, separated by commas; all without it",
    "schema": {"type": "array", "items": {"type": "string"}, "maxItems": 100},
    "style": "form",
    "explode": False,
}
TIME: list[Json] = [
    {"$ref": "#/components/parameters/datetime"},
    {
        "name": "subset",
        "in": "query",
        "description": 'The time as datetime("TIME") or datetime("FROM":"TO")',
        "schema": {"type": "string", "pattern": "^datetime\\("},
        "example": 'datetime("2024-05-01T00:00:00Z")',
    },
]
_WORDS = {
    "getTileMatrixSetsList": {"zh": "瓦片矩阵集列表", "en": "Tile matrix sets"},
    "getTileMatrixSet": {"zh": "瓦片矩阵集", "en": "Tile matrix set"},
    "putTileMatrixSet": {"zh": "登记瓦片矩阵集", "en": "Register a tile matrix set"},
    "removeTileMatrixSet": {"zh": "删除瓦片矩阵集", "en": "Remove a tile matrix set"},
    "all.dataset.vector.getTileSetsList": {"zh": "全库瓦片集列表", "en": "Tilesets of the dataset"},
    "all.dataset.vector.getTileSet": {"zh": "全库瓦片集", "en": "A tileset of the dataset"},
    "all.dataset.vector.getTile": {
        "zh": "多图层矢量瓦片",
        "en": "A vector tile of several collections",
    },
}


def paths(language: str) -> Json:
    of_tile = [*TILE, *TIME, _COLLECTIONS, *FILTER]
    of_set = [SET, _COLLECTIONS, *COMMON]
    offered = {
        "200": {"description": "Replaced", "content": _JSON},
        "201": {"description": "Registered", "content": _JSON},
    }
    put = _operation("putTileMatrixSet", language, [SET], offered)
    put["requestBody"] = {"required": True, "content": _JSON}
    removed = {
        "204": {"description": "Removed"},
        "422": {"description": "No name of a tile matrix set", "content": PROBLEM},
    }
    nothing = {"204": {"description": "Nothing to draw"}}
    return {
        "/tileMatrixSets": {"get": _operation("getTileMatrixSetsList", language, COMMON)},
        "/tileMatrixSets/{tileMatrixSetId}": {
            "get": _operation("getTileMatrixSet", language, [SET, *COMMON]),
            "put": put,
            "delete": _operation("removeTileMatrixSet", language, [SET], removed),
        },
        "/tiles": {"get": _operation("all.dataset.vector.getTileSetsList", language, of_set[1:])},
        "/tiles/{tileMatrixSetId}": {
            "get": _operation("all.dataset.vector.getTileSet", language, of_set)
        },
        "/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}": {
            "get": _operation(
                "all.dataset.vector.getTile", language, [*of_tile, *COMMON], _MVT | nothing
            )
        },
    }


def _operation(name: str, language: str, parameters: list[Json], good: Json | None = None) -> Json:
    return {
        "operationId": name,
        "summary": _WORDS[name][language],
        "parameters": parameters,
        "responses": {
            **(good or {"200": {"description": "OK", "content": _JSON}}),
            **DEFAULT,
        },
    }


_JSON: Json = {"application/json": {"schema": {"type": "object"}}}
_MVT: Json = {
    "200": {"description": "OK", "content": {"application/vnd.mapbox-vector-tile": {}}},
}
