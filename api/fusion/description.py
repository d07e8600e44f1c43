"""What the OpenAPI description says of fusions, provenance and indicators (融合接口描述)."""

from __future__ import annotations

from datetime import date
from typing import Any

from api.fusion.asked import DEFAULT_LIMIT, MAX_LIMIT
from api.fusion.links import LinkDecision
from api.openapi_shared import DEFAULT, PROBLEM

Json = dict[str, Any]

_TEXTS = {
    "tables": {"zh": "业务表", "en": "Business tables"},
    "fusions": {"zh": "融合关联", "en": "Fusions of tables with layers"},
    "fusion": {"zh": "一个融合及其关联情况", "en": "A fusion, and how far its rows are linked"},
    "fusion_links": {
        "zh": "行与实体的关联，默认为待审核者",
        "en": "Links of rows to features, by default those that wait for review",
    },
    "fusion_decide": {
        "zh": "审核一行的关联：接受或否决",
        "en": "Accept or reject the link of one row",
    },
    "fusion_unmatched": {
        "zh": "未关联的行或实体",
        "en": "Rows without a feature, or features without a row",
    },
    "provenance": {"zh": "字段来源", "en": "Where the properties of a collection come from"},
    "kpis": {
        "zh": "治理指标：赋码率、治理率、上图率",
        "en": "Indicators: shares with code, governed, on the map",
    },
}
_REASONS = {
    "400": "A parameter or the body cannot be read",
    "401": "The token is missing or not known",
    "403": "Only this machine may write",
    "404": "There is no such thing",
    "409": "The row waits for no decision",
    "422": "The body does not fit, or the layer has no such feature",
}


def paths(language: str) -> Json:
    """The operations, with their parameters, bodies and examples."""

    def one(name: str, parameters: list[Json], answers: Json, *refused: str, **more: Json) -> Json:
        return {
            "operationId": name,
            "summary": _TEXTS[name][language],
            "parameters": parameters,
            "responses": answers | _refused(*refused),
            **more,
        }

    here = "/fusions/{name}"
    paged = [_NAME, _TABLE, _AFTER, _LIMIT, _CSV, _LANG]
    link = {"requestBody": _body()}
    return {
        "/tables": {"get": one("tables", [_F, _LANG], _ok())},
        "/fusions": {"get": one("fusions", [_F, _LANG], _ok())},
        here: {"get": one("fusion", [_NAME, _F, _LANG], _ok(), "404")},
        f"{here}/links": {
            "get": one("fusion_links", [*paged, _STATE], _ok(csv=True), "400", "404"),
            "post": one("fusion_decide", [_NAME], _ok(), *list(_REASONS), **link),
        },
        f"{here}/unmatched": {
            "get": one("fusion_unmatched", [*paged, _SIDE], _ok(csv=True), "400", "404")
        },
        "/collections/{collectionId}/provenance": {
            "get": one("provenance", [_COLLECTION, _ITEM, _F, _LANG], _ok(), "404")
        },
        "/kpis": {"get": one("kpis", [*_KPIS, _CSV, _LANG], _ok(csv=True), "400")},
    }


def _ok(*, csv: bool = False) -> Json:
    content: Json = {"application/json": {"schema": {"type": "object"}}, "text/html": {}}
    if csv:
        content["text/csv"] = {"schema": {"type": "string"}}
    return {"200": {"description": "OK", "content": content}}


def _refused(*statuses: str) -> Json:
    return {s: {"description": _REASONS[s], "content": PROBLEM} for s in statuses} | DEFAULT


def _body() -> Json:
    examples = {
        "accept": {"summary": "It is the best candidate", "value": {**_ROW, "decision": "accept"}},
        "reject": {"summary": "It is none of them", "value": {**_ROW, "decision": "reject"}},
    }
    schema = {"$ref": "#/components/schemas/LinkDecision"}
    return {"required": True, "content": {"application/json": _content(schema, examples)}}


def _content(schema: Json, examples: Json) -> Json:
    return {"schema": schema, "examples": examples}


def _path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _query(name: str, words: str, **schema: Any) -> Json:
    shape = {"type": "string", **schema}
    return {"name": name, "in": "query", "required": False, "description": words, "schema": shape}


_ROW: Json = {"table": "taxes", "row": "T00001", "why": "窗口核实"}
_NAME, _COLLECTION = _path("name"), _path("collectionId")
_F, _LANG = ({"$ref": f"#/components/parameters/{name}"} for name in ("f", "lang"))
_CSV = _query("f", "Format, in place of the Accept header", enum=["json", "html", "csv"])
_TABLE = _query("table", "A table of the fusion; not needed where it has one")
_AFTER = _query("after", "Key of the last row or feature of the page before")
_LIMIT = _query(
    "limit",
    "So many at the most",
    type="integer",
    minimum=1,
    maximum=MAX_LIMIT,
    default=DEFAULT_LIMIT,
)
_STATE = _query("state", "Which links", enum=["review", "linked", "unmatched"], default="review")
_SIDE = _query(
    "side",
    "Rows of the table without a feature, or features of the layer without a row",
    enum=["table", "layer"],
    default="table",
)
_ITEM = _query("item", "Code of a feature, whose rows are told, too", pattern="^[0-9]{21}$")
_KPIS = [
    _query("kind", "Layers or tables alone", enum=["layer", "table"]),
    _query("name", "One layer or table"),
    _query("department", "What one department answers for"),
    {
        **_query("since", "First day of the curve; a year ago without it", format="date"),
        "example": date(2026, 1, 1).isoformat(),
    },
]

SCHEMAS: Json = {
    "LinkDecision": {
        "type": "object",
        "description": LinkDecision.__doc__,
        "required": ["row", "decision"],
        "additionalProperties": False,
        "properties": {
            "table": {"type": "string"},
            "row": {"type": "string", "minLength": 1, "maxLength": 1000},
            "decision": {"type": "string", "enum": ["accept", "reject"]},
            "code": {"type": "string", "description": "Of the feature; the best candidate without"},
            "why": {"type": "string"},
            "document": {"type": "string"},
        },
    }
}
