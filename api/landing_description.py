"""What the OpenAPI description says of the first documents (首页等文档的接口描述).

Landing page, conformance, collections, this description itself, and health.
"""

from typing import Any

from api.collections_page import DEFAULT_LIMIT, MAX_LIMIT
from api.openapi_shared import COMMON, DEFAULT

Json = dict[str, Any]

_WORDS = {
    "getLandingPage": {"zh": "服务首页", "en": "Landing page"},
    "getConformance": {"zh": "符合性声明", "en": "Conformance"},
    "getCollectionsList": {"zh": "数据集列表", "en": "Collections"},
    "getAPI": {"zh": "本接口描述", "en": "This description"},
    "alive": {"zh": "进程存活", "en": "Process health"},
    "ready": {"zh": "数据库就绪", "en": "Database readiness"},
}


def paths(language: str) -> Json:
    def get(name: str, content: Json, *parameters: Json) -> Json:
        return {
            "get": {
                "operationId": name,
                "summary": _WORDS[name][language],
                "parameters": list(parameters),
                "responses": {"200": {"description": "OK", "content": content}, **DEFAULT},
            }
        }

    return {
        "/": get("getLandingPage", _shown("landing"), *COMMON),
        "/conformance": get("getConformance", _shown("conformance"), *COMMON),
        "/api": get("getAPI", _DESCRIPTIONS, _FORMAT, {"$ref": "#/components/parameters/lang"}),
        "/collections": get("getCollectionsList", _shown("collections"), _LIMIT, _TOKEN, *COMMON),
        "/healthz": get("alive", _json("health")),
        "/readyz": get("ready", _json("health")),
    }


def _json(name: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _shown(name: str) -> Json:
    return {**_json(name), "text/html": {}}


def _object(required: list[str], **properties: Json) -> Json:
    needed = {"required": required} if required else {}
    return {"type": "object", **needed, "properties": properties}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


_TEXT: Json = {"type": "string"}
_OBJECT: Json = {"type": "object"}
_DESCRIPTIONS: Json = {
    "application/vnd.oai.openapi+json;version=3.0": {"schema": _OBJECT},
    "application/vnd.oai.openapi+json;version=3.1": {"schema": _OBJECT},
    "application/json": {"schema": _OBJECT},
    "text/html": {},
}
_FORMAT: Json = {
    "name": "f",
    "in": "query",
    "description": "Format, in place of the Accept header: OpenAPI 3.0 as openapi or json, OpenAPI "
    "3.1 as openapi31, or a page to read and try it",
    "schema": {"type": "string", "enum": ["openapi", "openapi31", "json", "html"]},
}
_LIMIT: Json = {
    "name": "limit",
    "in": "query",
    "description": "So many collections at the most",
    "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
}
_TOKEN: Json = {
    "name": "token",
    "in": "query",
    "description": "Place of the page, taken from a next link",
    "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
}
_LINKS: Json = _list({"$ref": "#/components/schemas/link"})
SCHEMAS: Json = {
    "link": _object(
        ["href", "rel"],
        href={"type": "string"},
        rel=_TEXT,
        type=_TEXT,
        title=_TEXT,
        hreflang=_TEXT,
        templated={"type": "boolean"},
        method=_TEXT,
    ),
    "landing": _object(
        ["title", "description", "links", "conformsTo"],
        title=_TEXT,
        description=_TEXT,
        conformsTo=_list(_TEXT),
        links=_LINKS,
    ),
    "conformance": _object(["conformsTo"], conformsTo=_list(_TEXT)),
    "collections": _object(
        ["collections", "links", "numberMatched", "numberReturned"],
        collections=_list({"$ref": "#/components/schemas/collection"}),
        links=_LINKS,
        numberMatched={"type": "integer", "minimum": 0},
        numberReturned={"type": "integer", "minimum": 0},
    ),
    "collection": _object(
        ["id", "title", "description", "extent", "links"],
        id=_TEXT,
        title=_TEXT,
        description=_TEXT,
        itemType={"type": "string", "enum": ["feature", "record", "coverage"]},
        crs=_list(_TEXT),
        storageCrs=_TEXT,
        extent=_object(
            [],
            spatial=_object(["bbox"], bbox=_list(_list({"type": "number"}))),
            temporal=_object(["interval"], interval=_list(_list({**_TEXT, "nullable": True}))),
        ),
        links=_LINKS,
    ),
    "health": _object(
        ["status"],
        status={"type": "string", "enum": ["ok"]},
        registryVersion={"type": "integer"},
        unreadable=_list(_TEXT),
    ),
}
