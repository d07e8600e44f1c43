"""A label as PNG (位图标签): grey, with its resolution, so that it prints at its size.

A module is a whole number of pixels, or scanners would see it uneven; the few pixels that are left
over widen the quiet zone. Letters are those of Bitstream Vera, which comes with ReportLab: Latin,
so that a Chinese title is left out.
"""

import io
from pathlib import Path

import reportlab
from PIL import Image, ImageDraw, ImageFont

from api.errors import InvalidParameter
from api.labels.label import CODE_LETTERS, CODE_LINES, TITLE_LETTERS, TITLE_LINE, Label
from api.labels.symbol import QUIET

DEFAULT_DPI, LOWEST_DPI, HIGHEST_DPI = 300, 72, 1200
_MOST_PIXELS = 16_000_000
_FEWEST_PER_MODULE = 2
_FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
_MM_PER_INCH = 25.4


def png(label: Label, dpi: int) -> bytes:
    """The image; InvalidParameter where the pixels are too coarse for the modules, or too many."""
    scale = dpi / _MM_PER_INCH
    width, height = round(label.size * scale), round(label.height * scale)
    module = width // label.symbol.side
    if module < _FEWEST_PER_MODULE:
        raise InvalidParameter("dpi", f"{dpi} is too coarse for a label of {label.size:g} mm")
    if width * height > _MOST_PIXELS:
        raise InvalidParameter("dpi", f"{dpi} is too fine for a label of {label.size:g} mm")
    image = Image.new("L", (width, height), 255)
    start = (width - module * label.symbol.side) // 2 + module * QUIET
    image.paste(_symbol(label, module), (start, start))
    _write(ImageDraw.Draw(image), label, width)
    target = io.BytesIO()
    image.save(target, "PNG", dpi=(dpi, dpi), optimize=True)
    return target.getvalue()


def _symbol(label: Label, module: int) -> Image.Image:
    rows = label.symbol.rows
    side = len(rows)
    shades = bytes(0 if dark else 255 for row in rows for dark in row)
    small = Image.frombytes("L", (side, side), shades)
    return small.resize((side * module, side * module), Image.Resampling.NEAREST)


def _write(draw: ImageDraw.ImageDraw, label: Label, width: int) -> None:
    code = ImageFont.truetype(_FONT, CODE_LETTERS * width)
    for line, at in zip(label.lines, CODE_LINES, strict=True):
        draw.text((width / 2, at * width), line, fill=0, font=code, anchor="ms")
    if title := label.title(str.isascii):
        small = ImageFont.truetype(_FONT, TITLE_LETTERS * width)
        draw.text((width / 2, TITLE_LINE * width), title, fill=0, font=small, anchor="ms")
