"""The map in a real browser: it draws, and a click or a key shows what the service says."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy
import pytest
import rasterio
from playwright.sync_api import ConsoleMessage, Locator, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
MAPLIBRE = Path(__file__).parents[2] / "api" / "page" / "node_modules" / "maplibre-gl"
ARGUMENTS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS = 60_000  # as long as a busy machine may take to draw
CHOSEN = (230, 0, 126)  # the outline of the chosen thing
FRAME = "requestAnimationFrame"
DESK, PHONE = (1200, 800), (390, 760)

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs a browser: apt-get install chromium"),
    pytest.mark.skipif(not MAPLIBRE.exists(), reason="needs MapLibre: npm ci --prefix api/page"),
    # A screenshot has no place on the earth.
    pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning"),
]


@pytest.fixture
def open_map(city_url: str) -> Iterator[Callable[..., Page]]:
    """Opens the map; the test fails when its scripts complain or it asks another host."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)

        def open_(address: str, size: tuple[int, int] = DESK) -> Page:
            page = browser.new_page(viewport={"width": size[0], "height": size[1]})
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.extend(_complaint(said)))
            page.on("request", lambda asked: complaints.extend(_elsewhere(asked.url, city_url)))
            page.goto(f"{city_url}/map{address}")
            drawn(page)
            return page

        yield open_
        browser.close()
    assert not complaints


@pytest.fixture
def parcel(city_url: str) -> dict[str, Any]:
    items = f"{city_url}/collections/parcels/items"
    found = httpx.get(f"{items}?bbox=112.13,32.005,112.15,32.02&limit=1").json()["features"]
    feature: dict[str, Any] = found[0]
    return feature


def test_a_click_on_a_parcel_shows_its_codes(
    open_map: Callable[..., Page], city_url: str, parcel: dict[str, Any]
) -> None:
    page = open_map(f"?lang=en#code={parcel['id']}")  # brings the parcel to the middle
    panel = close_panel(page)
    assert not like(page, CHOSEN).any()
    switch(page, "Buildings", on=False)  # they stand on the parcel
    page.mouse.click(*middle(page))
    panel.wait_for(state="visible", timeout=SECONDS)

    said = told(panel)
    resolved = httpx.get(f"{city_url}/resolve", params={"code": parcel["id"]}).json()
    properties = parcel["properties"]
    assert said["code"] == parcel["id"]
    assert said["external"] == resolved["external_code"]
    assert said["beidou"] == properties["beidou_code"]
    assert said["alias-parcel"] == properties["parcel_code"]
    assert said["alias-real_estate_unit"] == properties["real_estate_unit"]
    for name, value in properties.items():
        if name not in {"code", "beidou_code"}:
            assert said[name] == ("—" if value is None else str(value))
    drawn(page)
    assert like(page, CHOSEN).any()
    assert page.url.endswith(f"#code={parcel['id']}")
    panel.get_by_role("link", name="Feature page").click()
    assert page.locator("h1").inner_text().endswith(parcel["id"])


def test_the_keyboard_alone_reaches_a_parcel(
    open_map: Callable[..., Page], parcel: dict[str, Any]
) -> None:
    page = open_map(f"?lang=en#code={parcel['id']}")
    panel = close_panel(page)
    assert page.evaluate("document.activeElement.tagName") == "CANVAS"
    switch(page, "Buildings", on=False)
    page.locator("#map canvas").focus()
    page.keyboard.press("Enter")
    panel.wait_for(state="visible", timeout=SECONDS)
    assert told(panel)["code"] == parcel["id"]
    assert page.evaluate("document.activeElement.id") == "panel"


def test_what_is_switched_off_is_not_found(
    open_map: Callable[..., Page], parcel: dict[str, Any]
) -> None:
    page = open_map(f"?lang=en#code={parcel['id']}")
    close_panel(page)
    switch(page, "Buildings", on=False)
    assert cursor(page) == "pointer"
    before = picture(page)
    switch(page, "Parcels", on=False)
    assert cursor(page) == ""
    assert (picture(page) != before).any(axis=0).mean() > 0.3


def test_imagery_is_drawn_for_the_date_chosen(open_map: Callable[..., Page]) -> None:
    page = open_map("?lang=en")
    for title in ("Parcels", "Water surfaces", "Rivers"):
        switch(page, title, on=False)
    bare = picture(page)
    switch(page, "Multispectral imagery", on=True)
    latest = picture(page)
    page.get_by_label("Date").select_option("2024-05-01")
    drawn(page)
    earlier = picture(page)
    assert (latest != bare).any(axis=0).mean() > 0.3
    assert (latest != earlier).any(axis=0).mean() > 0.01


def test_the_map_fits_a_phone(open_map: Callable[..., Page], parcel: dict[str, Any]) -> None:
    page = open_map(f"?lang=zh#code={parcel['id']}", PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    assert page.get_by_text("统一识别代码").is_visible()
    assert not page.get_by_label("宗地", exact=True).is_visible()  # the list is closed at first
    panel = page.locator("#panel").bounding_box()
    assert panel is not None
    rows = numpy.flatnonzero(like(page, CHOSEN).any(axis=1))
    assert rows.max() - rows.min() > 40  # the parcel is seen
    assert rows.max() < panel["y"] - 10  # and all of it above the panel
    page.locator("#legend > summary").click()
    assert page.get_by_label("宗地", exact=True).is_checked()


def test_a_code_that_nothing_has_is_told(open_map: Callable[..., Page]) -> None:
    page = open_map("?lang=en#code=420602990101999999999")
    page.get_by_role("heading", name="Could not be read").wait_for(timeout=SECONDS)
    assert "420602990101999999999" in page.locator("#panel").inner_text()


def _complaint(said: ConsoleMessage) -> list[str]:
    """An error of the console, but for a code that is not there."""
    expected = "/resolve?" in said.location["url"]
    return [said.text] if said.type == "error" and not expected else []


def _elsewhere(address: str, home: str) -> list[str]:
    ours = address.startswith((home, "data:", "blob:"))
    return [] if ours else [f"asked another host: {address}"]


def drawn(page: Page) -> None:
    """Wait until the map has drawn all that it was told to."""
    page.evaluate(f"new Promise(then => {FRAME}(() => {FRAME}(then)))")  # what it was told just now
    page.locator("#page[data-idle]").wait_for(timeout=SECONDS)


def close_panel(page: Page) -> Locator:
    panel = page.locator("#panel")
    panel.wait_for(state="visible", timeout=SECONDS)
    page.keyboard.press("Escape")
    assert panel.is_hidden()
    drawn(page)
    return panel


def switch(page: Page, title: str, on: bool) -> None:
    page.get_by_label(title, exact=True).set_checked(on)
    drawn(page)


def middle(page: Page) -> tuple[float, float]:
    box = page.locator("#map").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def cursor(page: Page) -> str:
    """What the pointer looks like over the middle of the map."""
    x, y = middle(page)
    page.mouse.move(x - 5, y)
    page.mouse.move(x, y)
    return str(page.locator("#map canvas").evaluate("canvas => canvas.style.cursor"))


def told(panel: Locator) -> dict[str, str]:
    return {str(dd.get_attribute("data-name")): dd.inner_text() for dd in panel.locator("dd").all()}


def picture(page: Page) -> numpy.ndarray:
    """The screen as an array of (colour, row, column)."""
    with rasterio.MemoryFile(page.screenshot()) as file, file.open() as png:
        return png.read([1, 2, 3]).astype(int)


def like(page: Page, colour: tuple[int, int, int]) -> numpy.ndarray:
    """Which pixels of the screen, by row and column, are about this colour."""
    return numpy.abs(picture(page) - numpy.reshape(colour, (3, 1, 1))).max(axis=0) < 12
