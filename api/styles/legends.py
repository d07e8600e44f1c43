"""Legends as pictures (图例绘制): rows of a title or of a symbol with its name, as SVG and PNG.

The text of an SVG is drawn by the viewer's fonts. A PNG needs a font here: Chinese letters are
those of a font of this machine (`_FONTS`); where there is none the PNG is in English, with
Bitstream Vera, which comes with ReportLab, and says so (Content-Language).
"""

import io
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import reportlab
from PIL import Image, ImageColor, ImageDraw, ImageFont

from api.styles.found import Found
from cim.layer import Layer, Text
from cim.styles import legend
from cim.styles.legend import Entry, Group, Symbol
from cim.styles.sld.elements import legal

_ROW, _TITLE_ROW, _MARGIN = 22, 28, 8  # pixels
_SWATCH, _SWATCH_HEIGHT, _GAP = 30, 16, 10
_LETTERS, _TITLE_LETTERS = 13, 15
_MOST_ROWS = 1000
_SVG_FONT = "'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', SimHei, sans-serif"
_LATIN = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
_IMAGERY = ("#4b5d43", "#a7a48a", "#3c6a8f")
_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/System/Library/Fonts",
    "C:/Windows/Fonts",
)
_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf",
    "wqy-microhei.ttc",
    "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf",
    "PingFang.ttc",
    "msyh.ttc",
    "simhei.ttf",
)


class Told(NamedTuple):
    """A legend: its title, and a group for each collection."""

    title: Text
    groups: list[Group]


class _Row(NamedTuple):
    """A line of the picture: the name of a group, or a symbol with its own."""

    text: str
    symbol: Symbol | None
    top: int

    @property
    def middle(self) -> float:
        return self.top + (_ROW if self.symbol else _TITLE_ROW) / 2


def of_style(style: Found, layers: Mapping[str, Layer]) -> Told:
    return Told(style.title, legend.of_style(style.document, layers.get))


def _rows(told: Told, language: str) -> list[_Row]:
    """A group of one entry is that entry; the others begin with their title."""
    found: list[_Row] = []
    top = _MARGIN
    for text, symbol in _lines(told, language):
        found.append(_Row(text, symbol, top))
        top += _ROW if symbol else _TITLE_ROW
    return found[:_MOST_ROWS]


def _lines(told: Told, language: str) -> Iterator[tuple[str, Symbol | None]]:
    for group in told.groups:
        if len(group.entries) == 1:
            yield _entry(group.entries[0], language)
            continue
        by = f" · {group.by.in_language(language)}" if group.by else ""
        yield group.title.in_language(language) + by, None
        for each in group.entries:
            yield _entry(each, language)


def _entry(entry: Entry, language: str) -> tuple[str, Symbol]:
    return entry.title.in_language(language), entry.symbol


def _size(rows: list[_Row]) -> tuple[int, int]:
    """Width and height, as wide as letters usually are."""
    widths = [_wide(r.text) + (_SWATCH + _GAP if r.symbol else 0) for r in rows]
    height = rows[-1].top + (_ROW if rows[-1].symbol else _TITLE_ROW) if rows else _MARGIN
    return round(max(widths, default=60)) + 2 * _MARGIN, height + _MARGIN


def _wide(text: str) -> float:
    return sum(1.1 if letter > "\u2e7f" else 0.62 for letter in text) * _TITLE_LETTERS


def svg(told: Told, language: str) -> bytes:
    """The document in UTF-8, one user unit a pixel."""
    rows = _rows(told, language)
    width, height = _size(rows)
    parts = [part for row in rows for part in _svg_row(row)]
    title = escape(legal(told.title.in_language(language)))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="{_SVG_FONT}">\n'
        f"<title>{title}</title>\n"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n'
        f"{''.join(parts)}</svg>\n"
    ).encode()


def _svg_row(row: _Row) -> Iterator[str]:
    letters = _LETTERS if row.symbol else _TITLE_LETTERS
    x = _MARGIN + (_SWATCH + _GAP if row.symbol else 0)
    weight = "" if row.symbol else ' font-weight="bold"'
    if row.symbol:
        yield _svg_symbol(row.symbol, row.middle)
    yield (
        f'<text x="{x}" y="{row.middle + letters * 0.36:.4g}" font-size="{letters}"{weight}'
        f' fill="#1d252c">{escape(legal(row.text))}</text>\n'
    )


def _svg_symbol(symbol: Symbol, middle: float) -> str:
    stroke = _svg_stroke(symbol)
    if symbol.kind == "line":
        x2 = _MARGIN + _SWATCH
        return f'<line x1="{_MARGIN}" y1="{middle}" x2="{x2}" y2="{middle}" fill="none"{stroke}/>\n'
    fill = f' fill="{symbol.fill or "none"}" fill-opacity="{symbol.opacity:.4g}"'
    if symbol.kind == "point":
        x, radius = _MARGIN + _SWATCH / 2, min(symbol.radius, 8)
        return f'<circle cx="{x}" cy="{middle}" r="{radius:.4g}"{fill}{stroke}/>\n'
    top = middle - _SWATCH_HEIGHT / 2
    box = f'x="{{}}" y="{top}" width="{{}}" height="{_SWATCH_HEIGHT}"'
    if symbol.kind == "raster":
        third = _SWATCH / 3
        return "".join(
            f'<rect {box.format(f"{_MARGIN + at * third:.4g}", f"{third:.4g}")} fill="{colour}"/>\n'
            for at, colour in enumerate(_IMAGERY)
        )
    return f"<rect {box.format(_MARGIN, _SWATCH)}{fill}{stroke}/>\n"


def _svg_stroke(symbol: Symbol) -> str:
    if symbol.line is None or symbol.width <= 0:
        return ""
    width = min(symbol.width, 6)
    dash = " ".join(f"{each * width:.4g}" for each in symbol.dash)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f' stroke="{symbol.line}" stroke-width="{width:.4g}"{dashed}'


def png(told: Told, language: str) -> tuple[bytes, str]:
    """The picture at twice the size of the SVG, and the language that it is in."""
    chinese = cjk_font()
    if chinese is None:
        language = "en"
    rows, scale = _rows(told, language), 2
    width, height = _size(rows)
    image = Image.new("RGB", (width * scale, height * scale), "#ffffff")
    draw = ImageDraw.Draw(image, "RGBA")
    for row in rows:
        letters = (_LETTERS if row.symbol else _TITLE_LETTERS) * scale
        font = ImageFont.truetype(chinese or _LATIN, letters)
        x = _MARGIN + (_SWATCH + _GAP if row.symbol else 0)
        text = row.text if chinese else row.text.encode("latin-1", "replace").decode("latin-1")
        draw.text((x * scale, row.middle * scale), text, fill="#1d252c", font=font, anchor="lm")
        if row.symbol:
            _draw(draw, row.symbol, row.middle, scale)
    target = io.BytesIO()
    image.save(target, "PNG", optimize=True)
    return target.getvalue(), language


def _draw(draw: ImageDraw.ImageDraw, symbol: Symbol, middle: float, scale: int) -> None:
    left, right = _MARGIN * scale, (_MARGIN + _SWATCH) * scale
    at, half = middle * scale, _SWATCH_HEIGHT * scale / 2
    drawn = symbol.line is not None and symbol.width > 0
    width = max(1, round(min(symbol.width, 6) * scale)) if drawn else 0
    line = symbol.line if drawn else None
    if symbol.kind == "line":
        _dashed(draw, symbol, (left, right, at), width)
    elif symbol.kind == "raster":
        third = (right - left) / 3
        for number, colour in enumerate(_IMAGERY):
            x = left + number * third
            draw.rectangle((x, at - half, x + third, at + half), fill=colour)
    elif symbol.kind == "point":
        x, radius = (left + right) / 2, min(symbol.radius, 8) * scale
        box = (x - radius, at - radius, x + radius, at + radius)
        draw.ellipse(box, _rgba(symbol), line, width)
    else:
        draw.rectangle((left, at - half, right, at + half), _rgba(symbol), line, width)


def _dashed(
    draw: ImageDraw.ImageDraw, symbol: Symbol, where: tuple[float, float, float], width: int
) -> None:
    """A line from left to right, of its dashes where it has some."""
    left, right, at = where
    lengths = [max(1.0, each * width) for each in symbol.dash] or [right - left]
    if len(lengths) % 2 and symbol.dash:
        lengths *= 2
    x, number = left, 0
    while x < right:
        end = min(right, x + lengths[number % len(lengths)])
        if number % 2 == 0:
            draw.line((x, at, end, at), fill=symbol.line, width=max(1, width))
        x, number = end, number + 1


def _rgba(symbol: Symbol) -> tuple[int, int, int, int] | None:
    if symbol.fill is None:
        return None
    red, green, blue, *_ = ImageColor.getrgb(symbol.fill)
    return red, green, blue, round(255 * min(1.0, symbol.opacity))


@cache
def cjk_font() -> Path | None:
    """A font of this machine with Chinese letters, None where there is none."""
    folders = [*map(Path, _FOLDERS), Path.home() / ".fonts", Path.home() / ".local/share/fonts"]
    found = {
        p.name: p for folder in folders if folder.is_dir() for p in folder.rglob("*.[ot]t[cf]")
    }
    return next((found[name] for name in _FONTS if name in found), None)
