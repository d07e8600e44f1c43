"""What the OpenAPI description says of items that are written (要素编辑接口描述)."""

from __future__ import annotations

from typing import Any

from api.editing.bodies import MOST
from api.editing.routes import GEOJSON, PATCH
from api.entities.bodies import LONGEST
from api.openapi_shared import DEFAULT, LOCATION, PROBLEM
from cim import crs
from cim.layer import Layer
from layers.editing.writing import is_writable

Json = dict[str, Any]

_TEXTS = {
    "create": {
        "zh": f"新建要素：一个 Feature，或 FeatureCollection（至多 {MOST:,} 个，全部或全不）",
        "en": f"Make a feature, or all of a FeatureCollection (at most {MOST:,}) or none",
    },
    "replace": {
        "zh": "替换要素：未写的属性置空",
        "en": "Replace a feature: what is not said is null",
    },
    "update": {"zh": "修改要素的部分内容", "en": "Change parts of a feature"},
    "delete": {
        "zh": "注销要素：永久地址答 410",
        "en": "Retire a feature: its permanent address answers 410",
    },
}
_REASONS = {
    "400": "A header, parameter or body that cannot be read",
    "401": "The token is missing or not known",
    "403": "Only this machine may write",
    "404": "There is no such feature",
    "409": "Another feature has the key or code, or another writer was faster",
    "412": "The feature is not as If-Match or If-None-Match has it; ETag tells what it is",
    "413": "More at once than are taken",
    "415": "A body of another type",
    "422": "A feature that breaks a rule; `errors` names each place as a JSONPath",
    "503": "A file is being loaded into the collection",
}
_COMMON = ("400", "401", "403", "409", "503")
_ETAG: Json = {"ETag": {"description": "Strong", "schema": {"type": "string"}}}


def of_items(layer: Layer, language: str) -> Json:
    """Operations beside `get` of the items of a layer; none where they are not written."""
    if not is_writable(layer):
        return {}
    made = {
        "description": "Made; of a collection with all ids, and with the features where preferred",
        "headers": LOCATION | _ETAG,
        "content": _answer(),
    }
    refused = (*_COMMON, "413", "415", "422")
    operation = _operation("create", layer, language, {"201": made}, refused)
    operation["parameters"] += [_CONTENT_CRS, _PREFER]
    return {"post": operation | {"requestBody": _body(layer, together=True)}}


def of_item(layer: Layer, language: str) -> Json:
    """Operations beside `get` of one item."""
    if not is_writable(layer):
        return {}
    done: Json = {
        "204": {"description": "Done", "headers": _ETAG},
        "200": {"description": "Done; the feature as it is now", "content": _answer()},
    }
    refused = (*_COMMON, "404", "412", "415", "422")
    replace = _operation("replace", layer, language, done, refused)
    update = _operation("update", layer, language, done, refused)
    gone = {"204": {"description": "Retired"}}
    delete = _operation("delete", layer, language, gone, (*_COMMON, "404", "412"))
    for each in (replace, update, delete):
        each["parameters"] = [_FEATURE, *each["parameters"], _IF_MATCH, _IF_NONE_MATCH]
    for each in (replace, update):
        each["parameters"] += [_CONTENT_CRS, _PREFER]
    replace["requestBody"] = _body(layer, together=False)
    update["requestBody"] = _required({PATCH[0]: {"schema": _PATCH_SCHEMA}})
    return {"put": replace, "patch": update, "delete": delete}


def _operation(
    verb: str, layer: Layer, language: str, answers: Json, refused: tuple[str, ...]
) -> Json:
    title = layer.title.in_language(language)
    return {
        "operationId": f"{verb}_{layer.name}",
        "summary": f"{title}: {_TEXTS[verb][language]}",
        "parameters": [dict(each) for each in _WHY],
        "responses": answers
        | {each: {"description": _REASONS[each], "content": PROBLEM} for each in sorted(refused)}
        | DEFAULT,
    }


def _body(layer: Layer, *, together: bool) -> Json:
    one: Json = {
        "type": "object",
        "description": f"Properties as /collections/{layer.name}/schema has them",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "geometry": {"$ref": "#/components/schemas/geojson"},
            "properties": {"type": "object", "nullable": True},
        },
    }
    many: Json = {
        "type": "object",
        "required": ["type", "features"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "features": {"type": "array", "minItems": 1, "maxItems": MOST, "items": one},
        },
    }
    schema = {"oneOf": [one, many]} if together else one
    return _required({kind: {"schema": schema} for kind in GEOJSON})


def _required(content: Json) -> Json:
    return {"required": True, "content": content}


def _answer() -> Json:
    return {GEOJSON[0]: {"schema": {"$ref": "#/components/schemas/geojson"}}}


def _header(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "header", "description": description, "schema": schema}


_TEXT: Json = {"type": "string"}
_FEATURE: Json = {"$ref": "#/components/parameters/featureId"}
_CONTENT_CRS = _header(
    "Content-Crs",
    "CRS of the coordinates in the body, in the axis order registered for it; CRS84 without it",
    {"type": "string", "enum": [f"<{uri}>" for uri in crs.offered()]},
)
_PREFER = _header(
    "Prefer",
    "What is answered (RFC 7240)",
    {"type": "string", "enum": ["return=minimal", "return=representation"]},
)
_IF_MATCH = _header("If-Match", "Entity tags that GET gave; a lost update is a 412", _TEXT)
_IF_NONE_MATCH = _header("If-None-Match", "Entity tags that the feature must not have", _TEXT)
_WHY: list[Json] = [
    {
        "name": name,
        "in": "query",
        "description": description,
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
    }
    for name, description in (
        ("why", "Why, for the feed of changes"),
        ("document", "The paper that it rests on"),
    )
]
_PATCH_SCHEMA: Json = {
    "type": "object",
    "description": "JSON Merge Patch (RFC 7396): null takes a property away",
    "properties": {
        "geometry": {"type": "object"},
        "properties": {"type": "object"},
    },
}
