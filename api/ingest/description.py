"""What the OpenAPI description says of ingest (入库接口描述)."""

from __future__ import annotations

from typing import Any

from api.ingest.asked import FLAGS, LONGEST
from api.ingest.form import MULTIPART
from api.ingest.jobs import GEOPACKAGE
from api.ingest.runs import DEFAULT_LIMIT, MAX_LIMIT
from api.openapi_shared import COMMON, DEFAULT, LOCATION, PROBLEM
from cim.ingest_tables import COUNTS
from layers.crs.placing import ACCEPTABLE
from layers.dataset import GEODATABASE, KINDS
from layers.vector_file import MODES, SLIVER_WIDTH

Json = dict[str, Any]

_TEXTS = {
    "layer_load": {
        "zh": "上传文件入库（异步任务）",
        "en": "Send a file to be loaded into a layer, by a job",
    },
    "layer_runs": {"zh": "图层的入库日志", "en": "What was loaded, refused and undone of a layer"},
    "job_show": {"zh": "任务进度与报告", "en": "How far a job is, and its report"},
    "job_refused": {
        "zh": "任务拒绝的行（GeoPackage）",
        "en": "The rows that a job refused, as a GeoPackage",
    },
}
_REASONS = {
    "400": "A parameter or a body that cannot be read",
    "401": "The token is missing or not known",
    "403": "Only this machine may write",
    "404": "There is none of this name or number",
    "413": "More bytes than CIM_UPLOAD_BYTES",
    "415": "Not a multipart form",
    "422": "A field that cannot be what it is, or a file that means harm or is none of those taken",
    "507": "No room on the disk",
}


def paths(language: str) -> Json:
    """The operations, with their parameters, bodies and answers."""

    def operation(name: str, parameters: list[Json], responses: Json) -> Json:
        return {
            "operationId": name,
            "summary": _TEXTS[name][language],
            "parameters": parameters,
            "responses": responses | DEFAULT,
        }

    job = _json(_JOB)
    accepted = {"description": "Accepted", "content": job, "headers": LOCATION}
    post = operation(
        "layer_load",
        [],
        {"202": accepted} | _refused("400", "401", "403", "413", "415", "422", "507"),
    )
    post["requestBody"] = {"required": True, "content": {MULTIPART: {"schema": _FORM}}}
    runs = [_path("name", _NAME), _LIMIT, _BEFORE, *COMMON]
    geopackage = {"200": {"description": "OK", "content": {GEOPACKAGE: _BYTES}}}
    return {
        "/layers": {"post": post},
        "/layers/{name}/runs": {
            "get": operation("layer_runs", runs, _ok(_json(_RUNS) | _HTML) | _refused("400", "404"))
        },
        "/jobs/{id}": {
            "get": operation("job_show", [_ID, *COMMON], _ok(job | _HTML) | _refused("404"))
        },
        "/jobs/{id}/refused": {
            "get": operation("job_refused", [_ID, *COMMON], geopackage | _refused("404"))
        },
    }


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


def _ok(content: Json) -> Json:
    return {"200": {"description": "OK", "content": content}}


def _refused(*statuses: str) -> Json:
    return {s: {"description": _REASONS[s], "content": PROBLEM} for s in statuses}


def _path(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query(name: str, schema: Json, description: str) -> Json:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _nullable(schema: Json) -> Json:
    return {**schema, "nullable": True}


def _list(schema: Json) -> Json:
    return {"type": "array", "items": schema}


_HTML: Json = {"text/html": {}}
_BYTES: Json = {"schema": {"type": "string", "format": "binary"}}
_TEXT: Json = {"type": "string"}
_WORDS: Json = {"type": "string", "maxLength": LONGEST}
_COUNT: Json = {"type": "integer", "minimum": 0}
_MOMENT: Json = {"type": "string", "format": "date-time"}
_NAME: Json = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,47}$"}
_ID = _path("id", {"type": "integer", "minimum": 1})
_LIMIT = _query(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    "So many at the most, the newest first",
)
_BEFORE = _query("before", _COUNT, "The number before which the page begins, from a next link")

_FLAG: Json = {"type": "string", "enum": [name for name in FLAGS if name]}
_LENGTH: Json = {"type": "number", "minimum": 0}
_FIELDS: dict[str, tuple[Json, str]] = {
    "layer": (_NAME, "The layer, made where there is none of this name"),
    "title": (_WORDS, "Title in Chinese; kept when not given"),
    "title_en": (_WORDS, "Title in English; kept when not given"),
    "description": (_WORDS, "What the layer holds; kept when not given"),
    "mode": (
        {"type": "string", "enum": list(MODES), "default": "replace"},
        "replace: the file is the whole layer; append: it adds to it; upsert: it adds and changes; "
        "delete: it names the keys of features to retire",
    ),
    "key": (_WORDS, "Field that names a feature"),
    "name_field": (_WORDS, "Field that names a feature for people"),
    "class": ({"type": "string", "pattern": "^[0-9]{6}$"}, "Entity class of a new layer"),
    "alias": (_list(_WORDS), "SCHEME=FIELD: the field holds the code in that scheme"),
    "division": ({"type": "string", "pattern": "^[0-9]{6}$"}, "Division code of every feature"),
    "source_layer": (
        _WORDS,
        "Layer of a file that has several, Shapefile of a zip, folder of a KML, or lines or "
        "polygons of a DXF",
    ),
    "crs": (_WORDS, "CRS to read the file in, instead of its own; also GCJ-02, BD-09 and LOCAL"),
    "transformation": (
        {"type": "string", "maxLength": LONGEST},
        "To CGCS2000, instead of the best known: EPSG code, PROJ string, or JSON with parameters",
    ),
    "swap_axes": (
        {"type": "string", "enum": [name for name in FLAGS if name], "default": "false"},
        "y (latitude, northing) stands first in the file",
    ),
    "reference": (_NAME, "A layer to compare the places with"),
    "accept": (
        _list({"type": "string", "enum": list(ACCEPTABLE)}),
        "A rule of the CRS that shall not refuse the file",
    ),
    "encoding": (
        _WORDS,
        "Encoding of Shapefile or text file, such as GBK, instead of the one found",
    ),
    "valid_from": (_MOMENT, "Since when it is so in the city, now without it"),
    "why": (_WORDS, "Why, for the log"),
    "document": (_WORDS, "The document it rests on"),
    "skip_refused": (
        {**_FLAG, "default": "false"},
        "Load the good rows and leave out the others",
    ),
    "repair": (
        {**_FLAG, "default": "false"},
        "Repair invalid geometries and tell what that moved; else they refuse their rows",
    ),
    "sliver_width": (
        {**_LENGTH, "default": SLIVER_WIDTH},
        "Tell of areas thinner than so many metres; 0 tells of none",
    ),
    "coverage": (
        _FLAG,
        "Whether the areas of the layer cover their ground without overlaps and gaps; as it was "
        "when not given",
    ),
    "tolerance": (
        _LENGTH,
        "Of a coverage: overlaps and gaps thinner than so many metres count as none",
    ),
    "gap_width": (_LENGTH, "Of a coverage: gaps wider than so many metres are meant"),
}
_KINDS = ", ".join((*KINDS, GEODATABASE))
_FORM: Json = {
    "type": "object",
    "required": ["file", "layer"],
    "properties": {
        "file": _list({"type": "string", "format": "binary"})
        | {
            "description": f"One data set ({_KINDS}), the parts of a Shapefile, or a zip archive "
            "of one data set"
        },
        **{name: {**schema, "description": words} for name, (schema, words) in _FIELDS.items()},
    },
}
_RUN: Json = {
    "type": "object",
    "properties": {
        "id": _COUNT,
        "layer": _TEXT,
        "mode": {"type": "string", "enum": [*MODES, "rollback", "refresh"]},
        "state": {"type": "string", "enum": ["done", "refused", "undone"]},
        "file": _nullable(_TEXT),
        "sha256": _nullable(_TEXT),
        "size": _nullable(_COUNT),
        **dict.fromkeys(COUNTS, _COUNT),
        "extent": _nullable(_list({"type": "number"})),
        "rules": {"type": "object", "description": "Rows that broke each rule"},
        "crs": _nullable(
            {"type": "object", "description": "CRS of the file, the way to CGCS2000, its accuracy"}
        ),
        "reason": _nullable(_TEXT),
        "who": _TEXT,
        "why": _nullable(_TEXT),
        "document": _nullable(_TEXT),
        "started_at": _MOMENT,
        "duration": {"type": "number", "description": "Seconds"},
        "undone_by": _nullable(_COUNT),
        "undoes": _nullable(_COUNT),
    },
}
_FINDING: Json = {
    "type": "object",
    "properties": {
        "row": {**_COUNT, "description": "From 1"},
        "field": _nullable(_TEXT),
        "value": _nullable(_TEXT),
        "rule": _TEXT,
        "zh": _TEXT,
        "en": _TEXT,
        "details": {"type": "object", "description": "What was measured, in metres"},
    },
}
_NOTE: Json = {
    "type": "object",
    "description": "What is to be known of the file as a whole, such as its encoding",
    "properties": dict.fromkeys(("id", "value", "zh", "en"), _TEXT),
}
SCHEMAS: Json = {
    "run": _RUN,
    "note": _NOTE,
    "finding": _FINDING,
    "job": {
        "type": "object",
        "description": "statusInfo of OGC API - Processes, and what is ours",
        "properties": {
            "jobID": _TEXT,
            "processID": _TEXT,
            "type": {"type": "string", "enum": ["process"]},
            "status": {"type": "string", "enum": ["accepted", "running", "successful", "failed"]},
            "message": _nullable(_TEXT),
            "layer": _nullable(_TEXT),
            "who": _TEXT,
            "step": {"type": "string", "enum": ["", "wait", "read", "check", "write"]},
            "rows": _COUNT,
            "total": _nullable(_COUNT),
            "progress": _nullable({"type": "integer", "minimum": 0, "maximum": 100}),
            **{name: _nullable(_MOMENT) for name in ("created", "started", "finished", "updated")},
            "report": _nullable(
                {
                    "type": "object",
                    "properties": {
                        "run": {"$ref": "#/components/schemas/run"},
                        "accepted": _COUNT,
                        "rules": {"type": "object"},
                        "notes": _list({"$ref": "#/components/schemas/note"}),
                        "noted": {"type": "object", "description": "Rows by rule"},
                        "faults": {**_COUNT, "description": "Findings that have a place"},
                        "repaired": _list({"$ref": "#/components/schemas/finding"}),
                        "told": _list({"$ref": "#/components/schemas/finding"}),
                        "refused": _list({"$ref": "#/components/schemas/finding"}),
                    },
                }
            ),
            "links": _list({"type": "object"}),
        },
    },
}
_JOB: Json = {"$ref": "#/components/schemas/job"}
_RUNS: Json = {
    "type": "object",
    "properties": {
        "layer": _TEXT,
        "runs": _list({"$ref": "#/components/schemas/run"}),
        "links": _list({"type": "object"}),
    },
}
