"""Style layers of MapLibre as symbolizers of SLD 1.0 (符号写出)."""

from collections.abc import Callable, Mapping

from cim.styles.checking.types import Json
from cim.styles.sld.elements import Element, add, ogc
from cim.styles.sld.filters_out import expression
from cim.styles.sld.notes import Untranslatable
from cim.styles.sld.parameters import Values

KNOWN: Mapping[str, tuple[str, ...]] = {
    "fill": ("fill-color", "fill-opacity", "fill-outline-color"),
    "line": (
        "line-color",
        "line-opacity",
        "line-width",
        "line-dasharray",
        "line-cap",
        "line-join",
    ),
    "circle": (
        "circle-color",
        "circle-opacity",
        "circle-radius",
        "circle-stroke-color",
        "circle-stroke-opacity",
        "circle-stroke-width",
    ),
    "symbol": (
        "text-field",
        "text-font",
        "text-size",
        "text-anchor",
        "text-offset",
        "text-rotate",
        "symbol-placement",
        "text-color",
        "text-opacity",
        "text-halo-color",
        "text-halo-width",
    ),
    "raster": ("raster-opacity",),
}
# What a client does by itself, and SLD does not speak of.
BY_ITSELF = ("text-padding", "text-max-width", "symbol-sort-key", "text-allow-overlap")

_ANCHORS = {"left": 0.0, "right": 1.0, "bottom": 0.0, "top": 1.0}
_ITALIC, _BOLD = ("italic", "oblique"), ("bold",)


def fill(rule: Element, values: Values, _geometries: frozenset[str]) -> None:
    made = add(rule, "PolygonSymbolizer")
    colour, opacity = values.colour("fill-color")
    inside = add(made, "Fill")
    _css(inside, "fill", colour)
    _css(inside, "fill-opacity", opacity * values.number("fill-opacity"))
    if values.raw("fill-outline-color") is not None:
        outline, opacity = values.colour("fill-outline-color")
        stroke = add(made, "Stroke")
        _css(stroke, "stroke", outline)
        _css(stroke, "stroke-opacity", opacity)


def line(rule: Element, values: Values, geometries: frozenset[str]) -> None:
    """Outlines of areas alone are a PolygonSymbolizer without a fill."""
    areas = geometries == {"Polygon"}
    made = add(rule, "PolygonSymbolizer" if areas else "LineSymbolizer")
    stroke = add(made, "Stroke")
    colour, opacity = values.colour("line-color")
    width = values.number("line-width")
    _css(stroke, "stroke", colour)
    _css(stroke, "stroke-width", width)
    _css(stroke, "stroke-opacity", opacity * values.number("line-opacity"))
    dash = values.raw("line-dasharray")
    if isinstance(dash, list) and all(isinstance(each, int | float) for each in dash):
        _css(stroke, "stroke-dasharray", " ".join(f"{each * width:.6g}" for each in dash))
    cap, join = values.raw("line-cap"), values.raw("line-join")
    if cap in ("round", "square"):
        _css(stroke, "stroke-linecap", cap)
    if join in ("round", "bevel"):
        _css(stroke, "stroke-linejoin", join)


def circle(rule: Element, values: Values, _geometries: frozenset[str]) -> None:
    graphic = add(add(rule, "PointSymbolizer"), "Graphic")
    mark = add(graphic, "Mark")
    add(mark, "WellKnownName", "circle")
    colour, opacity = values.colour("circle-color")
    inside = add(mark, "Fill")
    _css(inside, "fill", colour)
    _css(inside, "fill-opacity", opacity * values.number("circle-opacity"))
    width = values.number("circle-stroke-width")
    if width > 0:
        colour, opacity = values.colour("circle-stroke-color")
        stroke = add(mark, "Stroke")
        _css(stroke, "stroke", colour)
        _css(stroke, "stroke-width", width)
        _css(stroke, "stroke-opacity", opacity * values.number("circle-stroke-opacity"))
    add(graphic, "Size", f"{2 * values.number('circle-radius'):.6g}")


def symbol(rule: Element, values: Values, _geometries: frozenset[str]) -> None:
    text = values.raw("text-field")
    if text in (None, ""):
        raise Untranslatable("a symbol without a text; icons are not translated")
    made = add(rule, "TextSymbolizer")
    _label(add(made, "Label"), text, values)
    size = values.number("text-size")
    _font(add(made, "Font"), values.raw("text-font"), size)
    _placement(add(made, "LabelPlacement"), values, size)
    halo = values.number("text-halo-width")
    if halo > 0:
        colour, opacity = values.colour("text-halo-color")
        around = add(made, "Halo")
        add(around, "Radius", f"{halo:.6g}")
        inside = add(around, "Fill")
        _css(inside, "fill", colour)
        _css(inside, "fill-opacity", opacity)
    colour, opacity = values.colour("text-color")
    inside = add(made, "Fill")
    _css(inside, "fill", colour)
    _css(inside, "fill-opacity", opacity * values.number("text-opacity"))


def raster(rule: Element, values: Values, _geometries: frozenset[str]) -> None:
    add(add(rule, "RasterSymbolizer"), "Opacity", f"{values.number('raster-opacity'):.6g}")


def _css(parent: Element, name: str, value: str | float) -> None:
    text = value if isinstance(value, str) else f"{value:.6g}"
    add(parent, "CssParameter", text).set("name", name)


def _label(label: Element, text: Json, values: Values) -> None:
    for part in _parts(text, values):
        made = expression(part)
        if made.tag.endswith("Literal"):
            made = ogc("Literal", text=part)
        label.append(made)


def _parts(text: Json, values: Values) -> list[Json]:
    """The properties and texts that a label is made of."""
    if isinstance(text, str):
        pieces = text.replace("}", "{").split("{")
        parts = [["get", p] if at % 2 else p for at, p in enumerate(pieces)]
        return [each for each in parts if each != ""]
    name = text[0]
    if name == "concat":
        return [part for each in text[1:] for part in _parts(each, values)]
    if name == "format":
        values.notes.add(f"{values.path}.text-field", "parts of a text have no look of their own")
        return [p for each in text[1:] if not isinstance(each, dict) for p in _parts(each, values)]
    if name == "coalesce":
        told = "of several properties for a text the last one is taken"
        values.notes.add(f"{values.path}.text-field", told)
        return _parts(text[-1], values)
    return [text]


def _font(font: Element, given: Json, size: float) -> None:
    names = given if isinstance(given, list) else []
    family = str(names[0]) if names and isinstance(names[0], str) else "sans-serif"
    words = family.lower().split()
    kept = [w for w in family.split() if w.lower() not in (*_ITALIC, *_BOLD, "regular")]
    _css(font, "font-family", " ".join(kept) or "sans-serif")
    _css(font, "font-size", size)
    if any(word in words for word in _ITALIC):
        _css(font, "font-style", "italic")
    if any(word in words for word in _BOLD):
        _css(font, "font-weight", "bold")


def _placement(placement: Element, values: Values, size: float) -> None:
    if values.raw("symbol-placement") in ("line", "line-center"):
        add(placement, "LinePlacement")
        return
    made = add(placement, "PointPlacement")
    words = str(values.raw("text-anchor")).split("-")
    at = add(made, "AnchorPoint")
    add(at, "AnchorPointX", _place(words, ("left", "right")))
    add(at, "AnchorPointY", _place(words, ("bottom", "top")))
    offset = values.raw("text-offset")
    plain = isinstance(offset, list) and all(isinstance(each, int | float) for each in offset)
    if plain and any(offset):
        moved = add(made, "Displacement")
        add(moved, "DisplacementX", f"{offset[0] * size:.6g}")
        add(moved, "DisplacementY", f"{-offset[1] * size:.6g}")
    rotation = values.number("text-rotate")
    if rotation:
        add(made, "Rotation", f"{rotation:.6g}")


def _place(words: list[str], known: tuple[str, str]) -> str:
    return f"{next((_ANCHORS[word] for word in words if word in known), 0.5):g}"


SYMBOLS: Mapping[str, Callable[[Element, Values, frozenset[str]], None]] = {
    "fill": fill,
    "line": line,
    "circle": circle,
    "symbol": symbol,
    "raster": raster,
}
