"""Labels: what a scanner that is not ours reads in them, what is printed, what is refused."""

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import sync_playwright
from starlette.testclient import TestClient

from api.app import create_app
from cim import entity_code
from cim.settings import Settings

CHROMIUM = Path("/usr/bin/chromium")
NAMED, RESERVED, UNKNOWN = (f"42060299010100000{n:04d}" for n in (1, 2, 999))
PAST = {
    state: f"420602990101000001{n:03d}"
    for n, state in enumerate(("retired", "merged", "split", "void"))
}
MANY = [f"420606990101{n:09d}" for n in range(1, 101)]
ADDRESS = "http://testserver/id/"


@pytest.fixture
def things(writing: TestClient, database: str) -> TestClient:
    """The service over entities of every state, of a class with a name."""
    with psycopg.connect(database) as connection:
        put = connection.cursor().executemany
        put(
            "INSERT INTO cim.entity (code, source_system, source_id, state)"
            " VALUES (%s, 'test', %s, %s)",
            [
                *((code, code, state) for state, code in PAST.items()),
                *((code, code, "active") for code in (NAMED, *MANY)),
            ],
        )
        put("INSERT INTO cim.entity (code, state) VALUES (%s, 'reserved')", [(RESERVED,)])
        put("INSERT INTO cim.name (code, name) VALUES (%s, %s)", [(NAMED, "<长虹路>&\n12号")])
        put(
            "INSERT INTO cim.entity_class (code, name_zh, name_en, geometry, source, conf)"
            " VALUES ('990101', '宗地', 'Land parcel', 'polygon', 'local99', 'L')"
            " ON CONFLICT (code) DO UPDATE SET name_zh = '宗地', name_en = 'Land parcel'",
            [()],
        )
    return writing


@pytest.fixture(scope="module")
def draw() -> Iterator[Callable[[bytes], Image.Image]]:
    """Draws an SVG with a browser."""
    if not CHROMIUM.exists():
        pytest.skip("needs a browser: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 400, "height": 500}, device_scale_factor=2)

        def picture(svg: bytes) -> Image.Image:
            page.set_content(svg.decode())
            return Image.open(io.BytesIO(page.screenshot()))

        yield picture
        browser.close()


def picture(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


def read(image: Image.Image) -> str:
    """What the one symbol of the image says; it is of level Q or better."""
    (found,) = zxingcpp.read_barcodes(image)
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    assert found.ec_level in {"Q", "H"}
    return str(found.text)


def pages(pdf: bytes, columns: int = 4) -> list[tuple[list[str], str]]:
    """Of each page what its symbols say, row by row from the left, and its text."""
    told = []
    for page in pypdfium2.PdfDocument(pdf):
        found = zxingcpp.read_barcodes(page.render(scale=200 / 72).to_pil())
        down = sorted(found, key=lambda each: each.position.top_left.y)
        rows = (down[n : n + columns] for n in range(0, len(down), columns))
        texts = [
            each.text
            for row in rows
            for each in sorted(row, key=lambda each: each.position.top_left.x)
        ]
        told.append((texts, page.get_textpage().get_text_range()))
    return told


def printed(text: str) -> list[str]:
    """External codes that stand in a text in their groups."""
    groups = re.findall(r"(\d{6}) (\d{6})\s+(\d{9}) ([0-9A-Z])", text)
    return ["".join(each) for each in groups]


def texts(svg: bytes) -> list[str]:
    return re.findall("<text[^>]*>([^<]*)</text>", svg.decode())


@pytest.mark.parametrize("size", [20, 30, 70])
def test_a_png_says_the_address_and_has_its_size(client: TestClient, size: int) -> None:
    code = client.get("/collections/parcels/items?limit=1").json()["features"][0]["id"]
    answer = client.get(f"/id/{code}/label?f=png&size={size}").raise_for_status()
    image = picture(answer.content)
    assert read(image) == ADDRESS + entity_code.format(code)
    assert answer.headers["content-type"] == "image/png"
    width, height = image.size
    assert width == round(size / 25.4 * 300)
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)

    upper = image.crop((0, 0, width, width)).point(lambda shade: 255 - shade)
    left, top, right, bottom = upper.getbbox() or ()
    (found,) = zxingcpp.read_barcodes(image)
    module, rest = divmod(right - left, 17 + 4 * int(found.extra["Version"]))
    assert (module > 1, rest) == (True, 0)
    assert min(left, top, width - right, width - bottom) >= 4 * module  # the quiet zone
    under = image.crop((0, width, width, height)).point(lambda shade: 255 - shade)
    assert under.getbbox() is not None  # the code


def test_an_svg_says_the_address_and_the_code(
    things: TestClient, draw: Callable[[bytes], Image.Image]
) -> None:
    for code, title in ((NAMED, ["宗地 &lt;长虹路&gt;&amp; 12号"]), (RESERVED, ["宗地"])):
        answer = things.get(f"/id/{code}/label?size=45").raise_for_status()
        assert answer.headers["content-type"] == "image/svg+xml"
        assert 'width="45mm"' in answer.text
        assert read(draw(answer.content)) == ADDRESS + entity_code.format(code)
        first, second, *more = texts(answer.content)
        assert printed(f"{first} {second}") == [entity_code.format(code)]
        assert more == title
    english = things.get(f"/id/{RESERVED}/label?lang=en")
    assert texts(english.content)[-1] == "Land parcel"


def test_a_png_has_the_title_that_its_font_can_write(things: TestClient) -> None:
    chinese, english = (
        picture(things.get(f"/id/{RESERVED}/label?f=png&lang={lang}").content)
        for lang in ("zh", "en")
    )
    foot = (0, round(chinese.height * 0.91), *chinese.size)
    assert chinese.crop(foot).getextrema() == (255, 255)
    assert english.crop(foot).getextrema() == (0, 255)


def test_any_writing_of_a_code_gets_the_same_label(things: TestClient) -> None:
    external = entity_code.format(NAMED)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in NAMED)
    labels = {
        things.get(f"/id/{text}/label").raise_for_status().content
        for text in (
            NAMED,
            external,
            external.lower(),
            f"{NAMED[:6]}-{NAMED[6:12]} {NAMED[12:]}",
            wide,
        )
    }
    assert len(labels) == 1


def test_the_public_address_goes_before_that_of_the_request(city: Settings) -> None:
    settings = replace(city, public_url="https://cim.example.gov.cn/city")
    with TestClient(create_app(settings)) as client:
        code = client.get("/collections/parcels/items?limit=1").json()["features"][0]["id"]
        expected = f"https://cim.example.gov.cn/city/id/{entity_code.format(code)}"
        assert read(picture(client.get(f"/id/{code}/label?f=png").content)) == expected
        ((found, _),) = pages(client.post("/labels", json={"codes": [code]}).content)
        assert found == [expected]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (f"/id/{UNKNOWN}/label", 404, UNKNOWN),
        (f"/id/{NAMED}X/label", 422, "check character"),
        ("/id/hello/label", 422, "21 digits"),
        *((f"/id/{code}/label", 409, f"{code} is {state}") for state, code in PAST.items()),
        (f"/id/{NAMED}/label?f=pdf", 400, "svg, png"),
        (f"/id/{NAMED}/label?size=9", 400, "from 10 to 150"),
        (f"/id/{NAMED}/label?size=nan", 400, "from 10 to 150"),
        (f"/id/{NAMED}/label?f=png&size=11&dpi=72", 400, "too coarse"),
        (f"/id/{NAMED}/label?f=png&size=150&dpi=1200", 400, "too fine"),
        (f"/id/{NAMED}/label?dpi=99.5", 400, "whole number"),
        (f"/id/{NAMED}/label?colour=red", 400, "colour"),
    ],
)
def test_what_gets_no_label(things: TestClient, path: str, status: int, words: str) -> None:
    answer = things.get(path)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("column", ["expires_at", "ended_at"])
def test_a_reservation_that_is_over_gives_no_labels(
    things: TestClient, database: str, column: str
) -> None:
    body = {"project": "p", "division": "420602", "class": "990703", "size": 1}
    held = things.post("/reservations", json={**body, "expires_at": "2099-01-01T00:00:00Z"}).json()
    path = f"/id/{held['first_code']}/label"
    assert things.get(path).status_code == 200
    with psycopg.connect(database) as connection:
        connection.execute(
            "UPDATE cim.reservation SET reserved_at = now() - interval '1 day',"
            f" {column} = now() - interval '1 hour'"
        )
    answer = things.get(path)
    assert (answer.status_code, answer.json()["detail"].split(";")[0]) == (
        409,
        f"{held['first_code']} is void",
    )
    assert things.post("/labels", json={"codes": [held["first_code"]]}).status_code == 409


@pytest.mark.parametrize(
    ("length", "words"), [(300, "has room for 200"), (150, "15 mm is too small; this takes 1")]
)
def test_an_address_too_long_for_a_label_is_refused(
    things: TestClient, length: int, words: str
) -> None:
    host = {"Host": "a" * length}
    for answer in (
        things.get(f"/id/{NAMED}/label?size=15", headers=host),
        things.post("/labels", json={"codes": [NAMED], "size": 15}, headers=host),
    ):
        assert answer.status_code == 400
        assert words in answer.json()["detail"]


def test_sheets_have_every_label_once_and_in_order(things: TestClient) -> None:
    answer = things.post("/labels", json={"codes": MANY}).raise_for_status()
    assert answer.headers["content-type"] == "application/pdf"
    told = pages(answer.content)
    assert [len(found) for found, _ in told] == [24, 24, 24, 24, 4]
    external = [entity_code.format(code) for code in MANY]
    assert [text for found, _ in told for text in found] == [ADDRESS + each for each in external]
    assert [code for _, text in told for code in printed(text)] == external
    assert told[0][1].count("宗地") == 24


def test_a_sheet_is_as_it_is_asked_for(things: TestClient) -> None:
    sheet = {"sheet": "A5", "columns": 2, "rows": 3, "margins": [5, 10, 15, 20], "lang": "en"}
    answer = things.post("/labels", json={"codes": [NAMED, *MANY[:6]], "size": 30, **sheet})
    document = pypdfium2.PdfDocument(answer.raise_for_status().content)
    assert document[0].get_size() == pytest.approx((148 / 25.4 * 72, 210 / 25.4 * 72), abs=0.1)
    told = pages(answer.content, columns=2)
    assert [len(found) for found, _ in told] == [6, 1]
    assert "Land parcel <长虹路>& 12号" not in told[0][1]  # it is too long
    assert "<长虹路>& 12号" in told[0][1]
    assert "Land parcel" in told[0][1]
    assert b"FontFile2" in answer.content  # the letters of the code go with the file


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"codes": [NAMED, RESERVED, "4206"]}, 422, "row 3: uic: a code has 21 digits"),
        ({"codes": [NAMED, 7]}, 422, "row 2: a code is a text"),
        ({"codes": [NAMED, UNKNOWN]}, 404, f"row 2: no entity has the code '{UNKNOWN}'"),
        ({"codes": [NAMED, PAST["split"]]}, 409, f"row 2: {PAST['split']} is split"),
        ({"codes": []}, 400, "a list of codes"),
        ({"codes": NAMED}, 400, "a list of codes"),
        ({"codes": [NAMED] * 10_001}, 400, "10,001 codes"),
        ({"size": True}, 400, "from 10 to 150"),
        ({"size": 40, "columns": 4, "rows": 8}, 400, "a cell of this sheet is 47.5 x 34.6 mm"),
        ({"columns": 30}, 400, "a cell of this sheet is 6.33"),
        ({"columns": 0}, 400, "from 1 to 40"),
        ({"margins": [1, 2]}, 400, "neither one number nor four"),
        ({"margins": 100, "sheet": "A5"}, 400, "size"),
        ({"sheet": "B5"}, 400, "A3, A4, A5"),
        ({"lang": "fr"}, 400, "lang"),
        ({"paper": "A4"}, 400, "paper"),
    ],
)
def test_a_batch_with_a_fault_is_refused_whole(
    things: TestClient, change: dict[str, Any], status: int, words: str
) -> None:
    answer = things.post("/labels", json={"codes": [NAMED], **change})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_labels_stand_in_the_api(client: TestClient) -> None:
    paths = client.get("/api?lang=zh").json()["paths"]
    assert paths["/id/{code}/label"]["get"]["summary"] == "实体的二维码标签"
    assert "codes" in str(paths["/labels"]["post"]["requestBody"])
