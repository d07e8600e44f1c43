"""Sheets of labels as PDF (标签版 PDF), by ReportLab.

Symbols are paths, sharp on any printer. The code is in Bitstream Vera, which goes into the file.
Titles are in STSong-Light, a font that PDF readers have for Chinese (the Adobe-GB1 collection) and
that does not go into the file: a reader without any Chinese font leaves the title blank.

A label takes 3 to 4 ms, and 4 kB of memory until the file is written.
"""

from collections.abc import Iterable
from functools import cache
from typing import IO

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from api.labels.label import CODE_LETTERS, CODE_LINES, TITLE_LETTERS, TITLE_LINE, Label
from api.labels.sheet import Sheet

_CODE_FONT, _TITLE_FONT = "Vera", "STSong-Light"


def write_pdf(target: IO[bytes], labels: Iterable[Label], sheet: Sheet) -> None:
    """Write the labels in their order, each row of a sheet from the left.

    Not for two threads at a time: ReportLab has one font file for all.
    """
    _register_fonts()
    width, height = sheet.size
    canvas = Canvas(target, (width * mm, height * mm), pageCompression=1)
    canvas.setTitle("QR labels")
    on_a_page = sheet.columns * sheet.rows
    for number, label in enumerate(labels):
        if number and number % on_a_page == 0:
            canvas.showPage()
        x, y = sheet.place(number % on_a_page, label.size)
        _draw(canvas, label, x * mm, (height - y) * mm)
    canvas.save()


@cache
def _register_fonts() -> None:
    pdfmetrics.registerFont(TTFont(_CODE_FONT, "Vera.ttf"))
    pdfmetrics.registerFont(UnicodeCIDFont(_TITLE_FONT))


def _draw(canvas: Canvas, label: Label, x: float, top: float) -> None:
    """The label whose upper left corner is at (x, top), in points from the lower left."""
    size = label.size * mm
    canvas.saveState()
    canvas.translate(x, top)
    canvas.scale(label.module * mm, -label.module * mm)
    # one path, so that no hairline shows between rows; ReportLab's own takes ten times as long
    rectangles = " ".join(f"{x} {y} {width} 1 re" for x, y, width in label.symbol.runs())
    canvas.addLiteral(f"{rectangles} f")
    canvas.restoreState()
    canvas.setFont(_CODE_FONT, CODE_LETTERS * size)
    for line, at in zip(label.lines, CODE_LINES, strict=True):
        canvas.drawCentredString(x + size / 2, top - at * size, line)
    if title := label.title(_has_basic_letters):
        canvas.setFont(_TITLE_FONT, TITLE_LETTERS * size)
        canvas.drawCentredString(x + size / 2, top - TITLE_LINE * size, title)


def _has_basic_letters(title: str) -> bool:
    """Whether the font may have them all: it has none beyond the basic plane of Unicode."""
    return max(title) <= "\uffff"
