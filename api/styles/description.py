"""What the OpenAPI description says of styles and legends (样式接口描述)."""

from typing import Any

from api import asking
from api.openapi_shared import DEFAULT, LOCATION, PROBLEM
from api.styles.given import MOST_BYTES
from cim.layer import Layer
from cim.styles import default

Json = dict[str, Any]

_TEXTS = {
    "styles": {"zh": "样式列表", "en": "The styles"},
    "style_add": {
        "zh": "新增样式（MapLibre 或 SLD 1.0）",
        "en": "Add a style (MapLibre or SLD 1.0)",
    },
    "style": {
        "zh": "样式文档：MapLibre（f=mapbox）或 SLD 1.0（f=sld10）",
        "en": "A stylesheet, as MapLibre (f=mapbox) or SLD 1.0 (f=sld10)",
    },
    "style_put": {
        "zh": "替换或新建样式；以图层名为标识时替换该图层的样式",
        "en": "Replace or add a style; under the name of a collection, in place of its own",
    },
    "style_remove": {"zh": "删除样式", "en": "Remove a style"},
    "style_metadata": {
        "zh": "样式元数据，含未能转换的内容",
        "en": "About a style, and what its translations leave out",
    },
    "style_describe": {"zh": "修改样式标题与说明", "en": "Change title and description of a style"},
    "style_legend": {"zh": "图例", "en": "The legend of a style"},
}
_REASONS = {
    "304": "The client has it",
    "400": "A style that breaks the rules of its encoding: each fault with its place",
    "401": "The token is missing or not known",
    "403": "Only this machine may write",
    "404": "No such style",
    "409": "The id is taken, or the program makes the style",
    "412": "The style is another one than If-Match or If-None-Match says",
    "413": f"More than {MOST_BYTES:,} bytes",
    "415": "A type of body that is not read here",
}
_OBJECT: Json = {"type": "object"}
_STYLE: Json = {
    "name": "styleId",
    "in": "path",
    "required": True,
    "description": "Id of a style: the name of a collection, one-map, or that of a stored one",
    "schema": {"type": "string", "minLength": 1, "maxLength": 64},
    "example": default.ALL,
}
_DRY: Json = {
    "name": "dry-run",
    "in": "query",
    "description": "Do all but write: 204 where nothing is wrong",
    "schema": {"type": "boolean", "default": False},
}
_PREFER: Json = {
    "name": "Prefer",
    "in": "header",
    "description": "handling=strict refuses an SLD of which something cannot be translated; "
    "without it that is told in the answer",
    "schema": {"type": "string"},
    "example": "handling=strict",
}
_MATCH: list[Json] = [
    {"name": name, "in": "header", "description": told, "schema": {"type": "string"}}
    for name, told in (
        ("If-Match", "Write where the style is still the one of this ETag alone"),
        ("If-None-Match", "With *: write where there is no such style alone"),
    )
]
_LANG: Json = {"$ref": "#/components/parameters/lang"}
_EXAMPLE: Json = {
    "version": 8,
    "name": "parcels-plain",
    "sources": {
        "parcels": {
            "type": "vector",
            "tiles": [
                "http://127.0.0.1:8000/collections/parcels/tiles/WebMercatorQuad/{z}/{y}/{x}"
            ],
        }
    },
    "layers": [
        {
            "id": "parcels-fill",
            "type": "fill",
            "source": "parcels",
            "source-layer": "parcels",
            "paint": {"fill-color": "#ffe26b"},
        }
    ],
}
_BODY: Json = {
    "required": True,
    "content": {
        asking.MAPBOX: {"schema": _OBJECT, "example": _EXAMPLE},
        asking.JSON: {"schema": _OBJECT, "example": {**_EXAMPLE, "name": "parcels-yellow"}},
        asking.SLD: {"schema": {"type": "string"}},
    },
}
_JSON: Json = {asking.JSON: {"schema": _OBJECT}}
_PAGES: Json = {**_JSON, asking.HTML: {}}
_SHEETS: Json = {asking.MAPBOX: {"schema": _OBJECT}, asking.SLD: {}, asking.HTML: {}}
_PICTURES: Json = {asking.SVG: {}, asking.PNG: {}, asking.JSON: {"schema": _OBJECT}}
_PATCH: Json = {
    "type": "object",
    "properties": {
        name: {"oneOf": [{"type": "string"}, {"type": "object"}], "nullable": True}
        for name in ("title", "description")
    },
    "example": {"title": {"zh": "居住用地专题", "en": "Residential land"}},
}


def paths(language: str) -> Json:
    """The operations on the styles of the dataset."""
    written = {"200": _ok(_JSON), "201": {**_ok(_JSON), "headers": LOCATION}, **_nothing()}
    refused = _refused("400", "401", "403", "409", "412", "413", "415")
    asked = [_DRY, _PREFER]
    return {
        "/styles": {
            "get": _operation(
                "styles", language, [_f("json", "html"), _LANG], {"200": _ok(_PAGES)}
            ),
            "post": {
                **_operation("style_add", language, asked, written | refused),
                "requestBody": _BODY,
            },
        },
        "/styles/{styleId}": {
            "get": _sheet("style", language, [_STYLE]),
            "put": {
                **_operation("style_put", language, [_STYLE, *asked, *_MATCH], written | refused),
                "requestBody": _BODY,
            },
            "delete": _operation(
                "style_remove",
                language,
                [_STYLE, _MATCH[0]],
                _nothing() | _refused("401", "403", "404", "409", "412"),
            ),
        },
        "/styles/{styleId}/metadata": {
            "get": _operation(
                "style_metadata", language, [_STYLE, _f("json"), _LANG], _found(_JSON)
            ),
            "patch": {
                **_operation(
                    "style_describe",
                    language,
                    [_STYLE, _MATCH[0]],
                    {"200": _ok(_JSON)} | _refused("400", "401", "403", "404", "409", "412", "415"),
                ),
                "requestBody": {
                    "required": True,
                    "content": {"application/merge-patch+json": {"schema": _PATCH}},
                },
            },
        },
        "/styles/{styleId}/legend": {"get": _legend("style_legend", language, [_STYLE])},
    }


def of_layer(layer: Layer, language: str) -> Json:
    """The operations on the styles of a collection."""
    here, name = f"/collections/{layer.name}", layer.name
    style = {**_STYLE, "example": name}
    listed = _operation("styles", language, [_f("json", "html"), _LANG], {"200": _ok(_PAGES)}, name)
    return {
        f"{here}/styles": {"get": listed},
        f"{here}/styles/{{styleId}}": {"get": _sheet("style", language, [style], name)},
        f"{here}/styles/{{styleId}}/legend": {
            "get": _legend("style_legend", language, [style], name)
        },
        f"{here}/legend": {"get": _legend("style_legend", language, [], f"of_{name}")},
    }


def _sheet(name: str, language: str, parameters: list[Json], of: str = "") -> Json:
    asked = [*parameters, _f("mapbox", "sld10", "json", "html"), _LANG]
    same = {"304": {"description": _REASONS["304"]}}
    return _operation(name, language, asked, _found(_SHEETS) | same, of)


def _legend(name: str, language: str, parameters: list[Json], of: str = "") -> Json:
    asked = [*parameters, _f("svg", "png", "json"), _LANG]
    return _operation(name, language, asked, _found(_PICTURES), of)


def _operation(
    name: str, language: str, parameters: list[Json], responses: Json, of: str = ""
) -> Json:
    return {
        "operationId": f"{name}_{of}" if of else name,
        "summary": _TEXTS[name][language],
        "parameters": parameters,
        "responses": responses | DEFAULT,
    }


def _f(*names: str) -> Json:
    told = "Format, in place of the Accept header"
    schema = {"type": "string", "enum": list(names)}
    return {"name": "f", "in": "query", "description": told, "schema": schema}


def _ok(content: Json) -> Json:
    return {"description": "OK", "content": content}


def _found(content: Json) -> Json:
    return {"200": _ok(content)} | _refused("404")


def _nothing() -> Json:
    return {"204": {"description": "Done; of a dry run, that nothing is wrong"}}


def _refused(*statuses: str) -> Json:
    return {s: {"description": _REASONS[s], "content": PROBLEM} for s in statuses}
