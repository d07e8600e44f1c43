"""What requests about fusions ask for (融合请求): the fusion, its table, a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.requests import Request

from api import asking
from api.entities.parameters import number
from api.errors import InvalidParameter
from cim.errors import UnknownFusion
from cim.fusion.fused import Fusion, Join
from cim.registry import Registry
from cim.statement import Statement

DEFAULT_LIMIT, MAX_LIMIT = 50, 10_000


class Page(NamedTuple):
    """A page: those after a key, so many of them."""

    after: str
    limit: int


async def fusion(request: Request) -> Fusion:
    """The fusion that the path names, as the database has it now; UnknownFusion."""
    registry = await asking.service(request).newest()
    return of(registry, request.path_params["name"])


def of(registry: Registry, name: str) -> Fusion:
    """UnknownFusion."""
    layer = registry.layers.get(name)
    if layer is None or layer.fusion is None:
        raise UnknownFusion(name)
    return layer.fusion


async def rows(request: Request, found: Fusion, statement: Statement) -> list[Any]:
    """The rows of a statement that reads the layer of a fusion; LayerUnreadable."""
    caller = asking.caller(request)

    def build(registry: Registry) -> Statement:
        registry.layer(found.name, caller)
        return statement

    return await asking.service(request).rows(build)


def join(found: Fusion, given: Mapping[str, str]) -> Join:
    """The table that is asked for, which needs no name where it is the only one."""
    name = given.get("table")
    if name is None and len(found.joins) == 1:
        return found.joins[0]
    one = found.join_of(name or "")
    if one is None:
        names = ", ".join(each.table.name for each in found.joins)
        what = f"{name!r} is not one of" if name else "it is missing: name one of"
        raise InvalidParameter("table", f"{what} {names}")
    return one


def page(given: Mapping[str, str]) -> Page:
    return Page(given.get("after", ""), number(given, "limit", DEFAULT_LIMIT, MAX_LIMIT))


def choice(given: Mapping[str, str], name: str, known: tuple[str, ...]) -> str:
    """One of the words that a parameter may have, the first without it; InvalidParameter."""
    value = given.get(name, known[0])
    if value not in known:
        raise InvalidParameter(name, f"{value!r} is not one of {', '.join(known)}")
    return value
