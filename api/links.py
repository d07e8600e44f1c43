"""Links of documents (链接): absolute, with the host that the client used."""

from typing import TypedDict
from urllib.parse import quote, unquote, urlencode

GEOJSON_SCHEMA = "https://geojson.org/schema"


class Link(TypedDict, total=False):
    rel: str
    href: str
    type: str
    title: str
    templated: bool
    method: str
    body: dict[str, str]
    merge: bool
    hreflang: str


def link(rel: str, href: str, kind: str | None = None, title: str | None = None) -> Link:
    made: Link = {"rel": rel, "href": href}
    if kind:
        made["type"] = kind
    if title:
        made["title"] = title
    return made


def url(base: str, *segments: str, **query: object) -> str:
    """Address of a resource below the service; None values of the query are left out."""
    path = "/".join([base, *(quote(segment, safe="") for segment in segments)])
    given = {name: str(value) for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given, safe=',:/')}" if given else path


def address(path: str, query: str, **changed: str) -> str:
    """A path with a query as it came, but for the parameters that are changed."""
    parts = [p for p in query.split("&") if p and unquote(p.partition("=")[0]) not in changed]
    parts += [f"{name}={value}" for name, value in changed.items()]
    return f"{path}?{'&'.join(parts)}" if parts else path
