"""``cim label``: QR labels of things, one or sheets of them (二维码标签)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from api.cli.database import reading
from api.cli.server import own_address
from api.cli.terminal import answer, progress, step
from api.errors import BadTable
from api.labels import subjects
from api.labels.label import DEFAULT_SIZE, LARGEST, SMALLEST
from api.labels.label import label as make_label
from api.labels.pdf import write_pdf
from api.labels.png import DEFAULT_DPI, HIGHEST_DPI, LOWEST_DPI, png
from api.labels.sheet import (
    DEFAULT_COLUMNS,
    DEFAULT_MARGIN,
    DEFAULT_PAPER,
    DEFAULT_ROWS,
    MOST_CELLS,
    Sheet,
)
from api.labels.subjects import Subject
from api.labels.svg import svg
from api.output import whole
from cim import entity_code
from cim.database.sql import run
from cim.settings import Settings

__all__ = ["label"]

Code = Annotated[str | None, typer.Argument(help="An entity code, of 21 or 22 characters.")]
Output = Annotated[
    Path, typer.Option(help="File to write: .svg or .png of a code, .pdf of a --file.")
]
File = Annotated[Path | None, typer.Option(help="CSV file with a column of codes.")]
Column = Annotated[str, typer.Option(help="Name of that column.")]
Size = Annotated[
    float | None,
    typer.Option(
        help=f"Width of a label in mm; {DEFAULT_SIZE:g}, on sheets as large as the cells allow.",
        min=SMALLEST,
        max=LARGEST,
    ),
]
Dpi = Annotated[
    int, typer.Option(help="Pixels per inch of a PNG.", min=LOWEST_DPI, max=HIGHEST_DPI)
]
Paper = Annotated[str, typer.Option("--sheet", help="A3, A4 or A5.")]
Columns = Annotated[int, typer.Option(help="Labels beside each other.", min=1, max=MOST_CELLS)]
Rows = Annotated[int, typer.Option(help="Labels below each other.", min=1, max=MOST_CELLS)]
Margin = Annotated[
    float, typer.Option(help="Margin of a sheet on all sides, in mm.", min=0, max=100)
]
Lang = Annotated[str, typer.Option(help="Language of the class name: zh or en.")]


def label(
    output: Output,
    code: Code = None,
    file: File = None,
    column: Column = "code",
    size: Size = None,
    dpi: Dpi = DEFAULT_DPI,
    paper: Paper = DEFAULT_PAPER,
    columns: Columns = DEFAULT_COLUMNS,
    rows: Rows = DEFAULT_ROWS,
    margin: Margin = DEFAULT_MARGIN,
    lang: Lang = "zh",
) -> None:
    """Make the QR label of a thing, or sheets of labels for the codes of a file.

    A label leads to CIM_PUBLIC_URL/id/CODE. Only what is active or reserved gets one. A bad code,
    wherever it stands in the file, ends it and nothing is written.
    """
    if (code is None) == (file is None):
        raise typer.BadParameter("name a CODE or a --file, one of them")
    allowed = (".svg", ".png") if file is None else (".pdf",)
    if output.suffix.lower() not in allowed:
        raise typer.BadParameter(f"--output must end in {' or '.join(allowed)}")
    if lang not in {"zh", "en"}:
        raise typer.BadParameter("--lang is zh or en")
    settings = Settings.from_environment()
    base = settings.public_url or own_address(settings)
    with whole(output) as target:
        if code is not None:
            (subject,) = _subjects(settings, [entity_code.validate(code)], lang, listed=False)
            told = _write_one(base, subject, size or DEFAULT_SIZE, dpi, target)
        elif file is not None:
            sheet = Sheet(paper, columns, rows, (margin,) * 4)
            fitted = sheet.fitted(size)
            found = _subjects(settings, subjects.codes(_column(file, column)), lang, listed=True)
            told = _write_sheets(base, found, sheet, fitted, target)
    answer.print(f"{output}: {told}", soft_wrap=True, markup=False, highlight=False)
    if settings.public_url is None:
        warning = f"cim: CIM_PUBLIC_URL is not set; {base} is no public address"
        progress.print(warning, soft_wrap=True, markup=False)


def _write_one(base: str, subject: Subject, size: float, dpi: int, target: Path) -> str:
    made = make_label(base, *subject, size)
    target.write_bytes(svg(made) if target.suffix.lower() == ".svg" else png(made, dpi))
    return made.symbol.text


def _write_sheets(
    base: str, found: Sequence[Subject], sheet: Sheet, size: float, target: Path
) -> str:
    labels = (make_label(base, *subject, size) for subject in found)
    with step(f"Making {len(found):,} labels"), target.open("wb") as file:
        write_pdf(file, labels, sheet)
    return f"{len(found):,} labels on {sheet.pages(len(found)):,} pages"


def _subjects(settings: Settings, codes: list[str], lang: str, *, listed: bool) -> list[Subject]:
    statement = subjects.find(codes)
    with reading(settings) as connection:
        rows = run(connection, statement.sql, *statement.values)
    return subjects.read(rows, lang, listed=listed)


def _column(path: Path, name: str) -> list[str]:
    """A column of a CSV file in UTF-8 or GB 18030; BadTable."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030", "replace")  # a code that this spoils is refused as one
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise BadTable(f"{path} is not CSV: {error}") from None
    header = rows[0] if rows else []
    if header.count(name) != 1:
        there = "is there twice" if name in header else f"is not among {', '.join(header)}"
        raise BadTable(f"{path}: the column {name!r} {there}")
    at = header.index(name)
    codes = [row[at] if at < len(row) else "" for row in rows[1:]]
    if not codes:
        raise BadTable(f"{path} has no row")
    return codes
