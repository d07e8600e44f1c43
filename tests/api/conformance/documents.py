"""What the classes look at together: documents in their languages, links, features, the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from typing import Any

from starlette.testclient import TestClient

Json = dict[str, Any]
HTML = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}
OGC = "http://www.opengis.net/def/rel/ogc/1.0/"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def get(client: TestClient, path: str, **query: Any) -> Json:
    body: Json = client.get(path, params=query or None).raise_for_status().json()
    return body


def hrefs(body: Json, rel: str, kind: str | None = None) -> list[str]:
    """Where links of a document lead, below the service."""
    return [
        link["href"].removeprefix("http://testserver")
        for link in body["links"]
        if link["rel"] == rel and kind in {None, link.get("type")}
    ]


def collections(client: TestClient, item_type: str | None = "feature") -> list[Json]:
    found = get(client, "/collections")["collections"]
    return [each for each in found if item_type is None or each.get("itemType") == item_type]


def pages(client: TestClient, path: str, **query: Any) -> Iterator[Json]:
    """The pages that `next` links lead to."""
    page = get(client, path, **query)
    yield page
    while following := hrefs(page, "next"):
        page = get(client, following[0])
        yield page


def walk(client: TestClient, path: str, **query: Any) -> list[Json]:
    return [feature for page in pages(client, path, **query) for feature in page["features"]]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.hrefs: set[str] = set()
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "link", "br", "img", "input", "hr", "source"}:
            self.open.append(tag)
        self.hrefs |= {value or "" for name, value in attrs if name == "href" and tag == "a"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def html(client: TestClient, path: str) -> tuple[set[str], str]:
    """Addresses that a page has links to, and its words; it is well formed."""
    answer = client.get(path, headers=HTML).raise_for_status()
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.text.startswith("<!doctype html>") or answer.text.startswith("<!DOCTYPE html>")
    page = _Page()
    page.feed(answer.text)
    assert page.open == []
    return page.hrefs, " ".join(page.words)


@cache
def api(client: TestClient) -> Json:
    return get(client, "/api")


def parameters(client: TestClient, path: str) -> dict[str, Json]:
    """The parameters of GET of a path, by name, references followed."""
    document = api(client)
    found = {}
    for each in document["paths"][path]["get"]["parameters"]:
        shared = document["components"]["parameters"]
        one = shared[each["$ref"].rpartition("/")[2]] if "$ref" in each else each
        found[one["name"]] = one
    return found


def described(client: TestClient, path: str) -> bool:
    """Whether a path of the API fits an address."""
    path = path.partition("?")[0]
    return any(
        re.fullmatch(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(each)), path)
        for each in api(client)["paths"]
    )
