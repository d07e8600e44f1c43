"""A label as SVG 1.1 (矢量标签), one user unit a millimetre.

The text is text: the viewer's font draws it, as wide as the layout says for the lines of the code.
Verdana and DejaVu Sans have digits of the width that the layout counts on.
"""

from xml.sax.saxutils import escape

from api.labels.label import (
    CODE_LETTERS,
    CODE_LINES,
    TITLE_LETTERS,
    TITLE_LINE,
    Label,
)

_FONT = "Verdana, 'DejaVu Sans', sans-serif"
_TITLE_FONT = "'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', SimHei, sans-serif"


def svg(label: Label) -> bytes:
    """The document in UTF-8."""
    width, height = f"{label.size:g}", f"{label.height:.6g}"
    dark = "".join(f"M{x} {y}h{run}v1h-{run}z" for x, y, run in label.symbol.runs())
    texts = [
        _text(line, at * label.size, CODE_LETTERS * label.size, label.size, _FONT)
        for line, at in zip(label.lines, CODE_LINES, strict=True)
    ]
    if title := label.title():
        place = TITLE_LINE * label.size, TITLE_LETTERS * label.size
        texts.append(_text(title, *place, label.size, _TITLE_FONT))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm"'
        f' viewBox="0 0 {width} {height}">\n'
        f"<title>{escape(label.symbol.text)}</title>\n"
        '<rect width="100%" height="100%" fill="#fff"/>\n'
        f'<path transform="scale({label.module:.8g})" shape-rendering="crispEdges" d="{dark}"/>\n'
        f"{''.join(texts)}</svg>\n"
    ).encode()


def _text(text: str, y: float, letters: float, width: float, font: str) -> str:
    return (
        f'<text x="{width / 2:g}" y="{y:.5g}" font-size="{letters:.5g}" font-family="{font}"'
        f' text-anchor="middle">{escape(text)}</text>\n'
    )
