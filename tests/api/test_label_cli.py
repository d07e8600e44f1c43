"""``cim label`` as people run it: files that are whole or not there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from cim import entity_code

CODES = [f"420602990101{n:09d}" for n in range(1, 31)]
RETIRED = "420602990101000000100"
EXTERNAL = entity_code.format(CODES[0])


@pytest.fixture(scope="module")
def cim(
    new_database: Callable[[], str],
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the command over a database with a few entities."""
    url = new_database()
    with psycopg.connect(url) as connection:
        connection.cursor().executemany(
            "INSERT INTO cim.entity (code, source_system, source_id, state)"
            " VALUES (%s, 'test', %s, %s)",
            [*((code, code, "active") for code in CODES), (RETIRED, RETIRED, "retired")],
        )

    def run(*words: str | Path, public: str = "") -> subprocess.CompletedProcess[str]:
        settings = {"CIM_DATABASE_URL": url, "CIM_PUBLIC_URL": public, "CIM_PORT": "8123"}
        return subprocess.run(
            [sys.executable, "-m", "api.cli", "label", *map(str, words)],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


Run = Callable[..., subprocess.CompletedProcess[str]]


def test_one_label(cim: Run, tmp_path: Path) -> None:
    png = tmp_path / "label.png"
    done = cim(EXTERNAL.lower(), "--output", png, "--dpi", "203", public="https://cim.example.cn/")
    assert done.returncode == 0, done.stderr
    address = f"https://cim.example.cn/id/{EXTERNAL}"
    assert done.stdout == f"{png}: {address}\n"
    assert done.stderr == ""
    assert [found.text for found in zxingcpp.read_barcodes(Image.open(png))] == [address]

    svg = tmp_path / "label.svg"
    done = cim(CODES[0], "--output", svg)
    assert done.returncode == 0
    own = "http://127.0.0.1:8123"
    assert done.stderr == f"cim: CIM_PUBLIC_URL is not set; {own} is no public address\n"
    assert f"<title>{own}/id/{EXTERNAL}</title>" in svg.read_text()


@pytest.mark.parametrize(("encoding", "column"), [("utf-8-sig", "code"), ("gbk", "统一识别代码")])
def test_sheets_of_a_file(cim: Run, tmp_path: Path, encoding: str, column: str) -> None:
    file, output = tmp_path / "codes.csv", tmp_path / "sheet.pdf"
    lines = [f"名称,{column}", *(f'"路灯, {n}",{code}' for n, code in enumerate(CODES))]
    file.write_text("\n".join(lines), encoding)
    layout = ("--columns", "4", "--rows", "5", "--size", "35")
    done = cim("--file", file, "--column", column, "--output", output, *layout)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{output}: 30 labels on 2 pages\n"
    found = [
        code.text.rpartition("/")[2]
        for page in pypdfium2.PdfDocument(output)
        for code in zxingcpp.read_barcodes(page.render(scale=200 / 72).to_pil())
    ]
    assert sorted(found) == sorted(map(entity_code.format, CODES))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"code\n{CODES[0]}\n{CODES[1][:-1]}\n", "row 2: uic: a code has 21 digits"),
        (f"code\n{CODES[0]}\n420602990101000000999\n", "row 2: no entity has the code"),
        (f"code\n{RETIRED}\n", f"row 1: {RETIRED} is retired"),
        ("name\nx\n", "the column 'code' is not among name"),
        ("code\n", "has no row"),
    ],
)
def test_nothing_is_left_of_what_fails(cim: Run, tmp_path: Path, text: str, words: str) -> None:
    file, output = tmp_path / "codes.csv", tmp_path / "sheet.pdf"
    file.write_text(text)
    output.write_text("the old one")
    done = cim("--file", file, "--output", output)
    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert output.read_text() == "the old one"
    assert {path.name for path in tmp_path.iterdir()} == {"codes.csv", "sheet.pdf"}


def test_a_folder_that_is_not_there_is_told(cim: Run, tmp_path: Path) -> None:
    output = tmp_path / "none" / "label.svg"
    done = cim(CODES[0], "--output", output)
    assert (done.returncode, done.stderr) == (1, f"cim: {output}: No such file or directory\n")


@pytest.mark.parametrize(
    "words", [(), (CODES[0], "--file", "codes.csv"), (CODES[0], "--lang", "fr")]
)
def test_a_misused_command_exits_with_2(cim: Run, words: tuple[str, ...]) -> None:
    assert cim(*words, "--output", "label.svg").returncode == 2
    assert cim(CODES[0], "--output", "label.gif").returncode == 2
