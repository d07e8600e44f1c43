"""Every example of the OpenAPI description works in the sample city; and what else it promises."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from api.app import ROUTES, create_app
from api.cli.sample import load_sample_city
from cim.database.connect import engine_of
from cim.settings import Settings

Json = dict[str, Any]

# Begin with what is made while a city lives; links lead there. What a layer takes differs. Exports
# are jobs, of which there may be a few at once.
BY_LINKS = re.compile(
    r"/(fusions|reviews|reservations|jobs)/|/items(/\{|$)|/locations/\{|/position|/layers$|/exports$"
)
METHODS = ("get", "put", "post", "patch", "delete")
CHINESE = re.compile("[\u4e00-\u9fff]")


class Shown(NamedTuple):
    """A request of the description: its operation, the name of its example, and all of it."""

    operation: str
    name: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    kind: str | None


@pytest.fixture(scope="module")
def living(new_database: Callable[[], str], open_folder: Path) -> Iterator[TestClient]:
    """A sample city that may be written to."""
    settings = Settings(home=open_folder / "living", database_url=new_database())
    engine = engine_of(str(settings.database_url))
    load_sample_city(engine, settings.rasters)
    engine.dispose()
    here = ("127.0.0.1", 50000)
    with TestClient(create_app(settings), raise_server_exceptions=False, client=here) as client:
        yield client


def described(client: TestClient, language: str = "en") -> Json:
    return client.get(f"/api?lang={language}").raise_for_status().json()  # type: ignore[no-any-return]


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def whole(document: Json, found: Json) -> Json:
    name = found.get("$ref", "").rpartition("/")[2]
    return document["components"]["parameters"][name] if name else found  # type: ignore[no-any-return]


def shown(document: Json) -> Iterator[Shown]:
    for path, method, operation in operations(document):
        parameters = [whole(document, each) for each in operation["parameters"]]
        base = {p["name"]: _first(p) for p in parameters if p.get("required") and _first(p)}
        named: dict[str, Json] = {}
        for parameter in parameters:
            for name, example in parameter.get("examples", {}).items():
                named.setdefault(name, {})[parameter["name"]] = example["value"]
        for parameter in parameters:
            if "example" in parameter and not parameter.get("required"):
                named[parameter["name"]] = {parameter["name"]: parameter["example"]}
        needed = {p["name"] for p in parameters if p.get("required")}
        for name, values in (named or {"": {}}).items():
            given = base | values
            if needed <= given.keys():
                for what, body, kind in bodies(operation):
                    yield request(
                        path, method, f"{name} {what}".strip(), given, (body, kind), operation
                    )
            else:
                assert BY_LINKS.search(path), (
                    f"{method} {path}: no examples of {needed - given.keys()}"
                )


def _first(parameter: Json) -> Any:
    examples = [each["value"] for each in parameter.get("examples", {}).values()]
    return next(iter(examples), parameter.get("example"))


def bodies(operation: Json) -> Iterator[tuple[str, Any, str | None]]:
    if "requestBody" not in operation:
        yield "", None, None
    for kind, media in operation.get("requestBody", {}).get("content", {}).items():
        for name, each in media.get("examples", {}).items():
            yield name, each["value"], kind
        if "example" in media:
            yield kind, media["example"], kind


def request(
    path: str, method: str, name: str, given: Json, body: tuple[Any, str | None], operation: Json
) -> Shown:
    written = {
        key: ",".join(map(str, value)) if isinstance(value, list) else str(value)
        for key, value in given.items()
        if f"{{{key}}}" not in path
    }
    named = {each.get("name") for each in operation["parameters"] if each.get("in") == "header"}
    query = {key: value for key, value in written.items() if key not in named}
    headers = {key: value for key, value in written.items() if key in named}
    for key, value in given.items():
        path = path.replace(f"{{{key}}}", str(value))
    return Shown(operation["operationId"], name, method, path, query, headers, *body)


def test_every_example_works(living: TestClient) -> None:
    document = described(living)
    asked, wrong = set(), []
    for each in shown(document):
        content = {"json": each.body} if isinstance(each.body, dict) else {"content": each.body}
        headers = each.headers | ({"Content-Type": each.kind} if each.kind else {})
        answer = living.request(
            each.method.upper(),
            each.path,
            params=each.query,
            headers=headers,
            follow_redirects=False,
            **content,
        )
        asked.add(each.operation)
        if answer.status_code >= 400:
            wrong.append((each.operation, each.name, answer.status_code, answer.text[:200]))
    assert not wrong, "\n".join(map(str, wrong))
    there = {operation["operationId"] for _, _, operation in operations(document)}
    without = {
        operation["operationId"]
        for path, _, operation in operations(document)
        if BY_LINKS.search(path)
    }
    assert there - asked <= without


def test_every_route_is_described(client: TestClient) -> None:
    document = described(client)
    there = {(method, _shape(path)) for path, method, _ in operations(document)}
    for route in ROUTES:
        if isinstance(route, Route):
            if route.endpoint.__module__ == "api.editing.routes":
                continue  # it refuses by itself what is for the other of its two paths
            for method in (route.methods or set()) - {"HEAD"}:
                shape = _shape(route.path)
                assert any(m == method.lower() and _same(shape, s) for m, s in there), route.path


def _shape(path: str) -> tuple[str, ...]:
    return tuple("*" if part.startswith("{") else part for part in path.split("/"))


def _same(route: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return len(route) == len(path) and all(a in {b, "*"} for a, b in zip(route, path, strict=True))


def test_every_text_is_in_both_languages(client: TestClient) -> None:
    english = set(_texts(described(client, "en")))
    chinese = set(_texts(described(client, "zh")))
    names = {"OpenAPI 3.0", "OpenAPI 3.1"}
    assert {text for text in chinese if not CHINESE.search(text)} - names == set()
    layers = {text for text in english if CHINESE.search(text)}
    assert layers == set()


def _texts(tree: Any) -> Iterator[str]:
    if isinstance(tree, list):
        for each in tree:
            yield from _texts(each)
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name in {"summary", "description"} and isinstance(value, str):
                yield value
            elif name == "properties":
                yield from _texts(list(value.values()))
            elif name not in {"example", "default", "enum", "value"}:
                yield from _texts(value)


def test_every_parameter_has_limits_and_every_refusal_is_told(client: TestClient) -> None:
    document = described(client)
    for path, method, operation in operations(document):
        for parameter in (whole(document, each) for each in operation["parameters"]):
            if parameter["in"] == "header":
                continue  # the server has bounds for all of them
            schema, where = parameter["schema"], f"{method} {path} {parameter['name']}"
            match schema.get("type"):
                case "string":
                    assert schema.keys() & {"maxLength", "enum", "format"}, where
                case "integer" | "number":
                    assert {"minimum", "maximum"} <= schema.keys(), where
                case "array":
                    assert "maxItems" in schema or "oneOf" in schema, where
        assert {"400", "default"} <= operation["responses"].keys(), path
        for status, answer in operation["responses"].items():
            if status.startswith("4") and "$ref" not in answer and status != "410":
                assert list(answer["content"]) == ["application/problem+json"], (path, status)
