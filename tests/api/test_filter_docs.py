"""The filters of docs/filter.md, over the sample city; both languages have the same ones."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

DOCS = Path(__file__).parents[2] / "docs"


def filters(name: str) -> list[str]:
    """The lines of the first block of code without a language that is not of errors."""
    return re.findall(r"```\n(landuse.*?)```", (DOCS / name).read_text(), re.DOTALL)[0].splitlines()


@pytest.mark.parametrize("text", filters("filter.md"))
def test_examples_select_some_of_the_parcels(client: TestClient, text: str) -> None:
    asked = {"filter": text, "limit": 10_000, "sortby": "-area_m2,name"}
    page = client.get("/collections/parcels/items", params=asked)
    assert page.status_code == 200, page.json()
    assert 0 < page.json()["numberReturned"] < 7000


def test_both_languages_have_the_same_examples() -> None:
    assert filters("filter.md") == filters("filter.zh.md")
