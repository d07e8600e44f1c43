"""The examples of docs/editing.md run as they stand; both languages have the same ones."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from editing import two_counties
from starlette.testclient import TestClient

from api.editing.bodies import MOST
from cim.layer import Text
from layers.editing import writing as editing
from layers.load import VectorFile, load

DOCS = Path(__file__).parents[2] / "docs"
HERE = "http://127.0.0.1:8000"


@pytest.fixture
def trees(writing: TestClient, tmp_path: Path) -> TestClient:
    """One tree, as the README loads them."""
    made = two_counties(writing, tmp_path)
    frame = gpd.GeoDataFrame(
        {"NUMBER": ["T-1"], "kind": "槐", "height": 9.5},
        geometry=shapely.points([[112.05, 32.05]]),
        crs=4490,
    )
    frame.to_file(tmp_path / "trees.gpkg")
    file = VectorFile(
        *(tmp_path / "trees.gpkg", "trees", Text("行道树", "Trees")),
        key="NUMBER",
        class_code="990702",
        division="420602",
    )
    with made.engine.begin() as connection:
        load(connection, made.engine, file)
    return writing


def block(page: str, language: str) -> str:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)[0]


def commands(page: str) -> list[tuple[list[str], int]]:
    """The words of each command, and the status that is shown."""
    parts = re.findall(r"\$ (curl .*?)\nHTTP/1.1 (\d+)", block(page, "console"), re.DOTALL)
    return [(shlex.split(text.replace("\\\n", " ")), int(status)) for text, status in parts]


def send(client: TestClient, words: list[str], tags: list[str]) -> Any:
    """What the service answers to a command of curl; `"1-…"` is the first tag that was seen."""
    method, headers, content, address = None, {}, None, ""
    rest = iter(words[1:])
    for word in rest:
        if word == "-X":
            method = next(rest)
        elif word == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name] = re.sub(r'"\d-…"', lambda _: tags[0], value)
        elif word == "-d":
            content = next(rest)
        elif word not in ("-i", "-L"):
            address = word.removeprefix(HERE)
    method = method or ("GET" if content is None else "POST")
    body = None if content is None else content.encode()
    return client.request(method, address, headers=headers, content=body, follow_redirects=True)


@pytest.mark.parametrize("page", ["editing.md", "editing.zh.md"])
def test_the_examples_run(trees: TestClient, page: str) -> None:
    # Coordinates in the county of this test, and metres near it.
    tags: list[str] = []
    found = commands(page)
    assert len(found) == 7
    for words, status in found:
        moved = [word.replace("[112.14, 32.02]", "[112.05, 32.02]") for word in words]
        answer = send(trees, moved, tags)
        assert answer.status_code == status, (words, answer.text)
        tags += [answer.headers["etag"]] if "etag" in answer.headers else []
    assert trees.get("/changes").json()["changes"][-1]["why"] == "枯死"
    code = block(page, "python").replace("httpx.Client(base_url=", "client_of(")
    made: dict[str, Any] = {"client_of": lambda _: _Open(trees)}
    exec(code, made)
    assert made["answer"].status_code == 204
    height = trees.get("/collections/trees/items?NUMBER=T-1").json()["features"][0]
    assert height["properties"]["height"] == 10


class _Open:
    """A client that is open already, and stays so."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def __enter__(self) -> TestClient:
        return self._client

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("page", ["editing.md", "editing.zh.md"])
def test_numbers_are_as_they_are_told(page: str) -> None:
    text = (DOCS / page).read_text()
    assert f"{MOST:,}" in text
    assert editing._WAIT.removesuffix("s") in re.findall(r"(\d+) (?:s|秒)", text)


def test_both_languages_have_the_same_examples() -> None:
    assert block("editing.md", "console") == block("editing.zh.md", "console")
