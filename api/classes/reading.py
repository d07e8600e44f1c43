"""The class table and its history, read (分类查询).

A class is read from the registry as the database has it now, so that whoever changed one sees it.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from api import asking, pages
from api.classes.documents import describe, describe_changes
from api.errors import InvalidParameter
from api.links import link, url
from cim import class_table
from cim.class_rules import STATES
from cim.class_table import Change
from cim.classes import EntityClass, MiddleClass, middles
from cim.errors import UnknownClass


async def classes(request: Request) -> Response:
    """All classes, or those of one `state`."""
    state = asking.only(request, ("state",)).get("state")
    if state not in {None, *STATES}:
        raise InvalidParameter("state", f"{state!r} is not one of {', '.join(STATES)}")
    registry = await asking.service(request).newest()
    found = [c for c in registry.classes.values() if state in {None, c.state}]
    base = asking.base_url(request)
    body = {
        "links": [
            link("self", url(base, "classes", state=state), asking.JSON),
            link("alternate", url(base, "classes", state=state, f="html"), asking.HTML),
        ],
        "middles": [middle._asdict() for middle in middles().values()],
        "classes": [describe(each, base) for each in found],
    }
    return pages.document(request, "classes.html", body, groups=_groups(found))


def _groups(found: Iterable[EntityClass]) -> list[tuple[MiddleClass, list[EntityClass]]]:
    """The classes by their middle class, which only our own have a name for."""
    by_middle = groupby(found, lambda c: c.code[:4])
    return [(middles().get(m, MiddleClass(m, "", "")), list(group)) for m, group in by_middle]


async def one(request: Request) -> Response:
    asking.only(request, ())
    code = request.path_params["code"]
    registry = await asking.service(request).newest()
    if code not in registry.classes:
        raise UnknownClass(code)
    layers = registry.visible(asking.caller(request))
    body = describe(registry.classes[code], asking.base_url(request), layers)
    of_it = [layer for layer in layers if layer.class_code == code]
    return pages.document(request, "class.html", body, layers=of_it, classes=registry.classes)


async def history(request: Request) -> Response:
    """What became of a class from its first day, also of one that was removed."""
    asking.only(request, ())
    code = request.path_params["code"]
    rows = await asking.service(request).rows(lambda _: class_table.history(code))
    if not rows:
        raise UnknownClass(code)
    changes = [Change.read(row) for row in rows]
    base, here = asking.base_url(request), ("classes", code)
    body = {
        "code": code,
        "links": [
            link("self", url(base, *here, "history"), asking.JSON),
            link("alternate", url(base, *here, "history", f="html"), asking.HTML),
        ],
        "changes": describe_changes(changes),
    }
    if changes[-1].kind != "removed":
        body["links"].append(link("latest-version", url(base, *here), asking.JSON))
    moved = class_table.differences(changes)
    return pages.document(request, "class_history.html", body, moved=moved)
