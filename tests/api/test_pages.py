"""HTML pages: well formed, in the language asked for, every link leading somewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api import page
from cim import entity_code

PAGES = (
    "/",
    "/conformance",
    "/collections",
    "/collections/parcels",
    "/collections/parcels/schema",
    "/collections/parcels/queryables",
    "/collections/hydro_stations/sortables",
    "/functions",
    "/collections/imagery",
    "/collections/hydro_stations",
    "/collections/parcels/items",
    "/collections/buildings/items/{first}",
    "/resolve",
    "/resolve?code={first}",
    "/resolve?grid=N49I80081&limit=20",
    "/resolve?lon=112.14&lat=32.02",
    "/id/{external}",
    "/id/{external}/history",
    "/classes",
    "/classes/990101",
    "/classes/990101/history",
    "/catalog",
    "/catalog/elements/parcel",
    "/catalog/elements/orthoimage",
    "/catalog/fields/parcel.land_use",
    "/catalog/lists/division_level",
    "/catalog/versions",
    "/catalog/diff?from=cim&to=cim@1",
    "/collections/parcels/binding",
    "/collections/parcels/binding/suggestions",
    "/collections/parcels/binding/history",
    "/collections/imagery/items",
    "/collections/imagery/items/imagery_2024-05-01_20240501T030500Z",
    "/collections/catalog",
    "/collections/catalog/queryables",
    "/collections/imagery/queryables",
    "/queryables",
    "/collections/catalog/items",
    "/collections/catalog/items?q=宗地&type=dataset&limit=1",
    "/collections/catalog/items/parcels",
    "/collections/catalog/items/imagery",
    "/collections/catalog/items/element.parcel",
    "/collections/catalog/items/service.api",
    "/reviews",
    "/api",
)
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}


class Outline(HTMLParser):
    """Follows the tags of a page and refuses what is not closed, twice named or unlabelled."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> at {self.getpos()} closes another tag"

    def values(self, name: str) -> list[str | None]:
        return [value for key, value in self.attributes if key == name]


def read(client: TestClient, path: str, language: str = "zh") -> str:
    """The page at a path; `{first}` stands for the first building, `{external}` for its label."""
    first = client.get("/collections/buildings/items?limit=1").json()["features"][0]["id"]
    path = path.format(first=first, external=entity_code.format(first))
    query = f"{'&' if '?' in path else '?'}f=html&lang={language}"
    return client.get(path + query).raise_for_status().text


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_are_well_formed(client: TestClient, path: str, language: str) -> None:
    outline = Outline(read(client, path, language))
    for tag in ("html", "title", "header", "nav", "main", "h1"):
        assert outline.seen.count(tag) == 1, tag
    ids = outline.values("id")
    assert len(ids) == len(set(ids))
    assert outline.seen.count("input") == len(outline.values("for"))
    assert set(outline.values("for")) <= set(ids)


@pytest.mark.parametrize("path", PAGES)
def test_links_of_a_page_lead_somewhere(client: TestClient, path: str) -> None:
    body = read(client, path)
    followed = 0
    for href in set(re.findall(r'(?:href|src|action)="([^"]+)"', body)):
        address = href.replace("&amp;", "&").removeprefix("http://testserver")
        if not address.startswith(("data:", "#")) and address != "/resolve":
            assert leads(client, address), address
            followed += 1
    assert followed > 4


def leads(client: TestClient, address: str) -> bool:
    """Whether there is something at an address, be it how to install it."""
    answer = client.get(address)
    told_how = answer.status_code == 503 and "npm ci" in answer.json()["detail"]
    return answer.status_code in {200, 204} or told_how


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_in_the_language_asked_for(client: TestClient, path: str) -> None:
    assert '<html lang="zh-CN">' in read(client, path)
    assert '<html lang="en">' in read(client, path, "en")


def test_people_walk_from_an_element_to_the_history_of_an_item_and_back(
    client: TestClient,
) -> None:
    """By links alone: record, element, layer, items, item, history, each leading back."""
    steps = (
        (
            "/collections/catalog/items?f=html&q=建筑",
            r"/collections/catalog/items/element\.building",
        ),
        (None, r"/catalog/elements/building"),
        (None, r"/collections/buildings(?=\?)"),
        (None, r"/collections/buildings/items(?=\?)"),
        (None, r"/collections/buildings/items/\d{21}"),
        (None, r"/id/\w+/history"),
    )
    seen: list[str] = []
    for address, following in steps:
        here = address or seen[-1]
        body = client.get(here).raise_for_status().text
        [href, *_] = re.findall(rf'href="(http://testserver{following}[^"]*)"', body)
        seen.append(href.replace("&amp;", "&"))
    for address, back in zip(
        seen[1:], ("record", "element", "layer", "items", "layer"), strict=True
    ):
        body = client.get(address).raise_for_status().text
        leads_back = {
            "record": "/collections/catalog/items/element.building",
            "element": "/catalog/elements/building",
            "layer": "/collections/buildings?",
            "items": "/collections/buildings/items?",
        }[back]
        assert f'href="http://testserver{leads_back}' in body, (address, back)


def test_browsers_get_pages_and_programs_get_json(client: TestClient) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    for accept, kind in [(browser, "text/html"), ("*/*", "application/json")]:
        answer = client.get("/", headers={"Accept": accept})
        assert answer.headers["content-type"].startswith(kind)


def test_pages_of_items_are_walked_by_their_next_links(client: TestClient) -> None:
    address, rows, pages = "/collections/hydro_stations/items?f=html&limit=2", 0, 0
    while address:
        body = client.get(address).raise_for_status().text
        rows += body.count('<th scope="row">')
        pages += 1
        following = re.search(r'rel="next" href="([^"]+)"', body)
        address = following[1].replace("&amp;", "&") if following else ""
    count = client.get("/collections/hydro_stations/items").json()["numberMatched"]
    assert (rows, pages) == (count, -(-count // 2))


def test_the_page_of_a_feature_shows_its_codes_and_fields(client: TestClient) -> None:
    feature = client.get("/collections/buildings/items?limit=1").json()["features"][0]
    body = read(client, f"/collections/buildings/items/{feature['id']}")
    said = re.findall(r"<dd>(?:<code>)?([^<]*)", body)
    named = re.findall(r"<dt>[^<]*<code>([^<]*)", body)
    assert set(named) == set(feature["properties"])
    for value in feature["properties"].values():
        assert ("—" if value is None else str(value)) in said
    resolved = client.get("/resolve", params={"code": feature["id"]}).json()
    assert resolved["external_code"] in said


def test_markup_in_data_is_shown_as_text(client: TestClient) -> None:
    answer = client.get("/", params={"f": "html", "lang": '"><script>'})
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_map_says_what_to_run_where_maplibre_is_missing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(page, "_MAPLIBRE", tmp_path / "missing")
    answer = client.get("/map?f=html")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "npm ci --prefix api/page" in answer.json()["detail"]


def test_the_lock_of_the_map_page_names_no_registry() -> None:
    lock = (Path(page.__file__).parent / "page" / "package-lock.json").read_text()
    assert '"integrity"' in lock
    assert '"resolved"' not in lock
