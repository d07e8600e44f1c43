"""The map in a real browser: it draws, a click on a parcel shows what the service says of it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

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

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs a browser: apt-get install chromium"),
    pytest.mark.skipif(not MAPLIBRE.exists(), reason="needs MapLibre: npm ci --prefix api/page"),
]


@pytest.fixture
def page() -> Iterator[Page]:
    """A page that fails the test when its scripts complain."""
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        made = browser.new_page(viewport={"width": 1200, "height": 800})
        made.on("pageerror", lambda error: complaints.append(str(error)))
        made.on("console", lambda said: complaints.append(said.text) if said.type == "error" else 0)
        yield made
        browser.close()
    assert not complaints


def test_a_click_on_a_parcel_shows_its_codes(page: Page, city_url: str) -> None:
    items = f"{city_url}/collections/parcels/items"
    west, south, east, north = 112.13, 32.005, 112.15, 32.02
    parcel = httpx.get(f"{items}?bbox={west},{south},{east},{north}&limit=1").json()["features"][0]
    page.goto(f"{city_url}/map?lang=en#code={parcel['id']}")
    panel = page.locator("#panel")
    panel.wait_for(state="visible", timeout=60_000)
    page.keyboard.press("Escape")
    assert panel.is_hidden()
    page.get_by_label("Buildings").uncheck()  # they stand on the parcel
    page.locator("#page[data-idle]").wait_for(timeout=60_000)

    box = page.locator("#map").bounding_box()  # the parcel was brought to the middle of it
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    panel.wait_for(state="visible")
    said = {
        str(part.get_attribute("data-name")): part.inner_text()
        for part in panel.locator("dd").all()
    }
    properties = parcel["properties"]
    assert said["code"] == parcel["id"]
    assert said["external"][:21] == parcel["id"]
    assert said["beidou"] == properties["beidou_code"]
    assert said["alias-parcel"] == properties["parcel_code"]
    for name in ("region_code", "landuse", "name", "use_right", "address"):
        assert said[name] == properties[name]


def test_layers_can_be_switched_off(page: Page, city_url: str) -> None:
    page.goto(f"{city_url}/map?lang=en")
    switch = page.get_by_label("Parcels")
    switch.wait_for(timeout=60_000)
    assert switch.is_checked()
    switch.uncheck()
    assert not switch.is_checked()
    assert page.get_by_text("14 Green space").is_visible()
