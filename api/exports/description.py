"""What the OpenAPI description says of exports (导出接口描述)."""

from __future__ import annotations

from typing import Any

from api.exports.asked import LEVELS, NAMES
from api.items_asked import filterable
from api.openapi_shared import COMMON, DEFAULT, LOCATION, PROBLEM
from cim.layer import Layer
from layers.writing.forms import FORMS, PMTILES, Form
from tiles.archive import FINEST, Levels

__all__ = ["PAGES", "PARAMETERS", "of_layer", "paths"]

Json = dict[str, Any]

_TEXTS = {
    "export": {
        "zh": "整层数据流：边读边发",
        "en": "The whole layer, sent as it is read",
    },
    "formats": {"zh": "导出格式", "en": "In which formats the layer is given"},
    "make": {
        "zh": "由任务生成文件，可断点续传",
        "en": "Have a file made by a job, whose download can be resumed",
    },
    "job_file": {
        "zh": "导出任务的文件，支持 Range",
        "en": "The file that a job of an export made, whole or in ranges",
    },
}
_REASONS = {
    "400": "A parameter, a filter or a body that cannot be read",
    "404": "No such collection, or no file any more",
    "406": "No format that the request accepts",
    "409": "The job has not ended",
    "413": "The body is too large",
    "415": "The body is neither JSON nor a form",
    "416": "The file has no such range",
    "422": "A member of the body that cannot be what it is",
    "429": "Too many exports at once; try again in a minute",
}
_BYTES: Json = {"schema": {"type": "string", "format": "binary"}}
_TEXT: Json = {"type": "string"}
_PLAIN: Json = {"oneOf": [_TEXT, {"type": "number"}, {"type": "boolean"}]}
_FEATURES: Json = {"schema": {"$ref": "#/components/schemas/geojson"}}
_STREAMED = [form for form in FORMS.values() if form.encode is not None]
PAGES: Json = {
    form.media_type: _FEATURES if form.name == "jsonfg" else _BYTES
    for form in FORMS.values()
    if form.name != "geojson"
}
"""Content of a page of items besides GeoJSON and HTML."""

PARAMETERS: Json = {
    "properties": {
        "name": "properties",
        "in": "query",
        "description": "Properties that are wanted, all without it; the code is always there",
        "schema": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
        "style": "form",
        "explode": False,
    },
    "itemsFormat": {
        "name": "f",
        "in": "query",
        "description": "Format, in place of the Accept header",
        "schema": {"type": "string", "enum": ["json", "html", *FORMS]},
    },
    "exportFormat": {
        "name": "f",
        "in": "query",
        "description": "Format, in place of the Accept header; GeoJSON without both",
        "schema": {"type": "string", "enum": [form.name for form in _STREAMED]},
    },
}


def paths(language: str) -> Json:
    """The operations that belong to no layer."""
    file: Json = {
        "operationId": "job_file",
        "summary": _TEXTS["job_file"][language],
        "parameters": [_JOB, _RANGE, _IF_RANGE, _IF_NONE_MATCH],
        "responses": {
            "200": {"description": "The file", "headers": _OF_FILE, "content": _FILES},
            "206": {"description": "A range of it", "headers": _OF_FILE, "content": _FILES},
            "304": {"description": "The client has it"},
            **_refused("404", "409"),
            **_refused("416"),
            **DEFAULT,
        },
    }
    named = {**file, "operationId": "job_file_named", "parameters": [*file["parameters"], _NAME]}
    return {"/jobs/{id}/file": {"get": file}, "/jobs/{id}/file/{name}": {"get": named}}


def of_layer(layer: Layer, language: str, properties: list[Json]) -> Json:
    """The operations of a layer; `properties` are the parameters that filter it."""
    here, name = f"/collections/{layer.name}", layer.name
    title = layer.title.in_language(language)
    stream = {
        "operationId": f"export_{name}",
        "summary": f"{title}: {_TEXTS['export'][language]}",
        "parameters": [*(_ref(each) for each in NAMES), *properties, _ref("exportFormat")],
        "responses": {
            "200": {"description": "OK", "headers": _OF_STREAM, "content": _STREAMS},
            **_refused("400", "404", "406", "429"),
            **DEFAULT,
        },
    }
    listed = {
        "operationId": f"formats_{name}",
        "summary": f"{title}: {_TEXTS['formats'][language]}",
        "parameters": COMMON,
        "responses": {
            "200": {"description": "OK", "content": {**_json({"type": "object"}), "text/html": {}}},
            **_refused("404"),
            **DEFAULT,
        },
    }
    accepted = {"description": "Accepted", "headers": LOCATION, "content": _json(_JOB_SCHEMA)}
    make = {
        "operationId": f"make_{name}",
        "summary": f"{title}: {_TEXTS['make'][language]}",
        "parameters": [],
        "requestBody": {"required": True, "content": _body(layer)},
        "responses": {
            "202": accepted,
            "303": {"description": "The page of the job, for a form", "headers": LOCATION},
            **_refused("400", "404", "413", "415", "422", "429"),
            **DEFAULT,
        },
    }
    return {f"{here}/export": {"get": stream}, f"{here}/exports": {"get": listed, "post": make}}


def _body(layer: Layer) -> Json:
    texts = dict.fromkeys((*NAMES, *sorted(filterable(layer))), _PLAIN)
    level = {"type": "integer", "minimum": 0, "maximum": FINEST}
    first, last = ({**level, "default": usual} for usual in Levels())
    lists: Json = {"oneOf": [_TEXT, {"type": "array", "items": {}}]}
    schema: Json = {
        "type": "object",
        "required": ["f"],
        "properties": {
            "f": {"type": "string", "enum": [*FORMS, PMTILES.name]},
            **texts,
            "filter": {"oneOf": [_TEXT, {"type": "object"}]},
            **dict.fromkeys(("bbox", "properties", "sortby"), lists),
            **dict(zip(LEVELS, (first, last), strict=True)),
        },
    }
    example: Json = {"f": "gpkg", "filter": "region_code = '420602'"}
    return {
        "application/json": {"schema": schema, "example": example},
        "application/x-www-form-urlencoded": {"schema": {"type": "object", "required": ["f"]}},
    }


def _content(form: Form) -> Json:
    return _FEATURES if form.name in {"geojson", "jsonfg"} else _BYTES


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _refused(*statuses: str) -> Json:
    return {s: {"description": _REASONS[s], "content": PROBLEM} for s in statuses}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/parameters/{name}"}


def _header(description: str) -> Json:
    return {"description": description, "schema": _TEXT}


def _asked(name: str, description: str) -> Json:
    return {"name": name, "in": "header", "description": description, "schema": _TEXT}


_STREAMS: Json = {form.media_type: _content(form) for form in _STREAMED}
_FILES: Json = {form.media_type: _content(form) for form in (*FORMS.values(), PMTILES)}
_JOB: Json = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
_NAME: Json = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "Name of the file, as the job has it in `report`",
    "schema": {"type": "string", "minLength": 1, "maxLength": 100},
}
_JOB_SCHEMA: Json = {"$ref": "#/components/schemas/job"}
_RANGE = _asked("Range", "`bytes=…`, to go on with a download")
_IF_RANGE = _asked("If-Range", "The ETag of the file that the range is of")
_IF_NONE_MATCH = _asked("If-None-Match", "The ETag of the file that the client has")
_OF_FILE: Json = {
    "ETag": _header("SHA-256 of the file, in hexadecimal digits"),
    "Repr-Digest": _header("The same, of RFC 9530"),
    "Accept-Ranges": _header("bytes"),
}
_OF_STREAM: Json = {
    "Content-Crs": _header("CRS of the coordinates"),
    "OGC-NumberMatched": _header("How many rows there are, of formats without an end of their own"),
}
