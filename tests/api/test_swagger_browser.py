"""The description in a real browser: it is shown, and a request is tried from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from api import swagger

CHROMIUM = Path("/usr/bin/chromium")
SECONDS = 60_000  # as long as a busy machine may take

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs a browser: apt-get install chromium"),
    pytest.mark.skipif(
        not (swagger._FOLDER / swagger.FILES[0]).exists(),
        reason="needs Swagger UI: npm ci --prefix api/page",
    ),
]


def test_a_request_is_tried_from_the_page(city_url: str) -> None:
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(SECONDS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text))
        page.on("request", lambda asked: complaints.extend(_elsewhere(asked.url, city_url)))
        page.goto(f"{city_url}/api?f=html&lang=en")
        page.locator(
            "#operations-tag-service .expand-operation, #operations-tag-service"
        ).first.click()
        page.locator("#operations-service-getLandingPage .opblock-summary-control").click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        answer = page.locator(".live-responses-table tbody td.response-col_status")
        answer.wait_for()
        assert answer.inner_text().startswith("200")
        browser.close()
    assert not complaints


def _elsewhere(url: str, ours: str) -> list[str]:
    return [] if url.startswith((ours, "data:")) else [url]
