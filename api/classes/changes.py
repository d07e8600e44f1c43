"""Changes of the class table (分类变更): a class is added, changed, deprecated, restored, removed.

The body of POST and PATCH has the columns of the class, as GET shows them, and `why`; that of
PATCH is a merge patch (RFC 7396): what it does not name stays, and null takes a value away. `state`
deprecates a class (`deprecated`, with `replaced_by` or without) or restores it (`active`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking
from api.classes.documents import describe
from api.links import url
from api.writing import json_object, write, writer
from cim import class_table
from cim.class_rules import STATES
from cim.classes import EntityClass
from cim.errors import ClassInvalid

MERGE_PATCH = "application/merge-patch+json"
LONGEST_REASON = 1_000
_OF_STATE = ("state", "replaced_by")


async def add(request: Request) -> Response:
    """201 with the class that is there now."""
    who = writer(request).name
    asking.only(request, ())
    fields = await json_object(request)
    why = _why(fields.pop("why", None))
    added = await write(request, lambda c, _: class_table.add(c, fields, who, why))
    base = asking.base_url(request)
    headers = {"Location": url(base, "classes", added.code)}
    return JSONResponse(describe(added, base), 201, headers)


async def change(request: Request) -> Response:
    """The class as it is now."""
    who = writer(request).name
    asking.only(request, ())
    fields = await json_object(request, (MERGE_PATCH, asking.JSON))
    why = _why(fields.pop("why", None))
    code = request.path_params["code"]
    changed = await write(request, lambda c, _: _change(c, code, fields, (who, why)))
    return JSONResponse(describe(changed, asking.base_url(request)))


def _change(
    connection: Connection, code: str, fields: Mapping[str, Any], by: tuple[str, str | None]
) -> EntityClass:
    plain = {name: value for name, value in fields.items() if name not in _OF_STATE}
    found = class_table.change(connection, code, plain, *by)
    if not any(name in fields for name in _OF_STATE):
        return found
    state = fields.get("state", found.state)
    if state not in STATES:
        raise ClassInvalid("state", f"is one of {', '.join(STATES)}, not {state!r}")
    replaced_by = fields.get("replaced_by", found.replaced_by)
    if state == "deprecated":
        return class_table.deprecate(connection, code, replaced_by, *by)
    if fields.get("replaced_by") is not None:
        raise ClassInvalid("replaced_by", "is for a class whose state is deprecated")
    return class_table.restore(connection, code, *by)


async def remove(request: Request) -> Response:
    """204. Why stands in the query, since a DELETE has no body."""
    who = writer(request).name
    why = _why(asking.only(request, ("why",)).get("why"))
    code = request.path_params["code"]
    await write(request, lambda c, _: class_table.remove(c, code, who, why))
    return Response(status_code=204)


def _why(given: object) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str) or "\0" in given or len(given) > LONGEST_REASON:
        raise ClassInvalid("why", f"is a text of at most {LONGEST_REASON} characters")
    return given.strip() or None
