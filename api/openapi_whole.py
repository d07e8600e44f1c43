"""What holds for every operation of the OpenAPI description (接口描述的通则).

Families say what is theirs; this adds what the house does everywhere, once and alike: an unknown
parameter is a 400, a name in a path that is not there a 404, a format that is not offered a 406;
who writes is known by a token, and a body is read up to so many bytes and as one of its types. All
of these are problem details (RFC 9457). Texts without a limit get the one that is kept for every
parameter, operations their group, answers the operations that follow on them, and all texts the
language that is asked for.
"""

from __future__ import annotations

import sys
from typing import Any

from api import openapi_examples, openapi_links, openapi_words
from api.asking import FORMATS, LONG, LONGER, LONGEST
from api.filters_description import PARAMETERS as OF_FILTERS
from api.maps.description import PARAMETERS as OF_MAPS
from api.openapi_shared import PARAMETERS as SHARED
from api.openapi_shared import PROBLEM

Json = dict[str, Any]

PARAMETERS = SHARED | OF_FILTERS | OF_MAPS
_WRITES = {"post", "put", "patch", "delete"}
_READ_BY_POST = {
    "resolve_table",
    "search_body",
    "grid_encode_table",
    "grid_cover",
    "label_sheets",
}
_REFUSED = {
    "400": "A parameter that is not known, is given twice or has a value that it may not have; "
    "or a body that cannot be read",
    "401": "The token is missing or not known",
    "403": "Only this machine may write",
    "404": "There is nothing of this name, code or number",
    "406": "No format that is accepted can be given",
    "409": "The state of things does not allow it",
    "413": "More than is read or given at once",
    "415": "A body of another type",
    "422": "A body, or a code in the path, that does not fit; `errors` names each place",
    "503": "The database cannot be reached, or the query took too long",
}
RESPONSES: Json = {
    f"refused{status}": {"description": words, "content": PROBLEM}
    for status, words in _REFUSED.items()
}
_DETAIL_OF_ALL = ("400", "503")
SECURITY: Json = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of CIM_TOKENS; where none are set, this machine itself may write",
    }
}
_F = {"$ref": "#/components/parameters/f"}
_FORMAT = "Format, in place of the Accept header"
_MOST_ITEMS = 1000
_LARGEST = {"integer": 2**63 - 1, "number": sys.float_info.max}


def paths(found: Json, language: str) -> Json:
    """The same path items with what holds everywhere."""
    made = {
        path: {
            method: _operation(path, method, operation) for method, operation in operations.items()
        }
        for path, operations in found.items()
    }
    return _said(made, language)


def head(found: Json, language: str) -> Json:
    """The same description, without paths, with what operations refer to."""
    components = found["components"]
    parameters = {name: _parameter(each) for name, each in components["parameters"].items()}
    more = {"parameters": parameters, "responses": RESPONSES, "securitySchemes": SECURITY}
    return _said({**found, "components": components | more}, language)


def _said(tree: Json, language: str) -> Json:
    said: Json = openapi_words.in_language(tree, language)
    return said


def _operation(path: str, method: str, found: Json) -> Json:
    name = found["operationId"]
    writes = method in _WRITES and name not in _READ_BY_POST
    shown = openapi_examples.written(
        _with_formats(method, found), PARAMETERS, openapi_examples.requests(name)
    )
    made: Json = {
        "tags": [_tag(path)],
        **found,
        "parameters": [_parameter(each) for each in shown],
        "responses": _responses(path, found, writes),
    }
    if "requestBody" in found:
        body, bodies = found["requestBody"], openapi_examples.bodies(name)
        content = {
            kind: {**each, "example": bodies[kind]} if kind in bodies else each
            for kind, each in _content(body["content"]).items()
        }
        made["requestBody"] = {**body, "content": content}
    return made | ({"security": [{"bearer": []}, {}]} if writes else {})


def _with_formats(method: str, found: Json) -> list[Json]:
    """The parameters, `f` with the names of what is read; what is sent is answered in kind."""
    parameters: list[Json] = found.get("parameters", [])
    if _F not in parameters:
        return parameters
    kinds = {kind for each in found["responses"].values() for kind in each.get("content", ())}
    names = [name for name, those in FORMATS.items() if kinds & set(those)]
    schema = {"type": "string", "enum": names}
    of_f = {"name": "f", "in": "query", "description": _FORMAT, "schema": schema}
    own = [of_f] if names and method == "get" else []
    return [*(each for each in parameters if each != _F), *own]


def _responses(path: str, found: Json, writes: bool) -> Json:
    told = found["responses"]
    statuses = [*_DETAIL_OF_ALL]
    statuses += ["404"] * ("{" in path or path.startswith(("/collections/", "/map", "/tiles")))
    statuses += ["406"] * any("content" in each for status, each in told.items() if status < "3")
    statuses += ["401", "403"] * writes
    statuses += ["413", "415", "422"] * ("requestBody" in found)
    links = openapi_links.of(found["operationId"])
    made = {
        status: {**each, "content": _content(each["content"])} if "content" in each else each
        for status, each in told.items()
    }
    for status, following in links.items():
        if status in made:
            made[status] = {**made[status], "links": following}
    refused = {s: {"$ref": f"#/components/responses/refused{s}"} for s in statuses}
    return dict(sorted((refused | made).items()))


def _content(found: Json) -> Json:
    """Media types, each with a schema: what has none is a text or bytes."""
    return {
        kind: each if each.get("schema") else _unread(kind, each) for kind, each in found.items()
    }


def _unread(kind: str, found: Json) -> Json:
    text = kind.startswith("text/") or "svg" in kind
    return {
        **found,
        "schema": {"type": "string"} if text else {"type": "string", "format": "binary"},
    }


def _tag(path: str) -> str:
    parts = path.strip("/").split("/")
    if parts[0] == "collections" and len(parts) > 1:
        return parts[1].strip("{}")
    return parts[0].partition(".")[0] or "service"


def _parameter(found: Json) -> Json:
    if "schema" not in found:
        return found
    if found["in"] == "header":
        return found  # all headers together have the bounds of the server
    longest = LONGER if found["name"] in LONG else LONGEST
    return {**found, "schema": _bounded(found["schema"], longest)}


def _bounded(schema: Json, longest: int) -> Json:
    kind = schema.get("type")
    if kind == "string" and not schema.keys() & {"maxLength", "enum", "format"}:
        return {**schema, "maxLength": longest}
    if kind == "array":
        few = {} if "oneOf" in schema else {"maxItems": _MOST_ITEMS}
        return {**few, **schema}
    if kind in _LARGEST:
        return {"minimum": -_LARGEST[kind], "maximum": _LARGEST[kind], **schema}
    return schema
