"""Style layers as Mapnik draws them (符号): each becomes one rule, and values that it reads.

==========  =====================================================================================
type        properties that are drawn
==========  =====================================================================================
fill        color, opacity, outline-color
line        color, width, opacity, dasharray, cap, join, miter-limit, offset
circle      radius, color, opacity, stroke-color, stroke-width, stroke-opacity; of points
symbol      text-field, -size, -color, -opacity, -halo-color, -halo-width, -anchor, -offset,
            -max-width, -letter-spacing, -allow-overlap, -padding, -transform, -justify;
            symbol-placement, -spacing. Letters are those of Noto Sans SC, whatever text-font says.
raster      opacity
background  color, opacity
==========  =====================================================================================

Anything else is refused by its name: a map that leaves something out would pass for the style.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from cim.styles import filters
from cim.styles.colours import Colour
from tiles.errors import StyleUnfit
from tiles.maps import colours, expressions
from tiles.maps.expressions import Function
from tiles.maps.values import Given, Values

StyleLayer = Mapping[str, Any]

FACE = "Noto Sans SC Regular"
_NOTHING = "none"
_TOKEN = re.compile(r"\{([^{}]+)\}")
_NO_EFFECT = {  # on a map that nobody turns, tilts or waits for
    *("fill-antialias", "circle-pitch-alignment", "circle-pitch-scale", "raster-fade-duration"),
    *("text-font", "text-keep-upright", "text-rotation-alignment", "text-pitch-alignment"),
    *("text-optional", "symbol-z-order"),
}
_JUSTIFIED = {"center": "middle", "left": "left", "right": "right", "auto": "auto"}
_ANCHORS = {
    "center": ("middle", "middle"),
    "left": ("right", "middle"),
    "right": ("left", "middle"),
    "top": ("middle", "bottom"),
    "bottom": ("middle", "top"),
    "top-left": ("right", "bottom"),
    "top-right": ("left", "bottom"),
    "bottom-left": ("right", "top"),
    "bottom-right": ("left", "top"),
}


@dataclass(frozen=True, slots=True)
class Symbol:
    """A style layer: its rule, what makes the values that the rule reads, which features it takes.

    `reads` are properties of features. A layer of imagery has an `opacity` alone.
    """

    name: str
    kind: str
    rule: str = ""
    values: tuple[tuple[str, Function], ...] = ()
    takes: Function | None = None
    reads: frozenset[str] = frozenset()
    opacity: float = 1.0


def background(layers: Iterable[StyleLayer], zoom: float) -> Colour | None:
    """The colour that a style has below everything; None where it has none."""
    found = None
    for layer in layers:
        if layer.get("type") == "background" and _is_seen(layer, zoom):
            values = Values(layer, zoom)
            colour = colours.parse(values.fixed(values.colour("background-color", "#000")))
            opacity = values.fixed(values.number("background-opacity", 1.0))
            values.all_read()
            found = colour._replace(opacity=colour.opacity * opacity)
    return found


def symbols(layers: Sequence[StyleLayer], zoom: float) -> list[Symbol]:
    """What is drawn of style layers at a scale, the lowest first; StyleUnfit."""
    return [
        _symbol(layer, f"s{place}", zoom)
        for place, layer in enumerate(layers)
        if layer.get("type") != "background" and _is_seen(layer, zoom)
    ]


def _is_seen(layer: StyleLayer, zoom: float) -> bool:
    if layer.get("layout", {}).get("visibility") == _NOTHING:
        return False
    return bool(layer.get("minzoom", -99) <= zoom < layer.get("maxzoom", 99))


def _symbol(layer: StyleLayer, name: str, zoom: float) -> Symbol:
    layer = _without_tokens(layer)
    kind, values = layer.get("type"), Values(layer, zoom)
    if kind == "raster":
        opacity = values.fixed(values.number("raster-opacity", 1.0))
        values.all_read(_NO_EFFECT)
        return Symbol(name, kind, opacity=opacity)
    make = _KINDS.get(str(kind))
    if make is None:
        raise StyleUnfit(values.name, f"layers of type {kind!r} are not drawn in maps")
    rule = _Rule(name)
    make(values, rule)
    values.all_read(_NO_EFFECT)
    condition = filters.modern(layer.get("filter"))
    if kind == "circle":
        points = ["==", ["geometry-type"], "Point"]
        condition = points if condition is None else ["all", points, condition]
    try:
        takes = None if condition is None else expressions.compile(condition)
    except ValueError as error:
        raise StyleUnfit(values.name, f"'filter': {error}") from None
    reads = expressions.depends_on(condition)
    for part in (*layer.get("paint", {}).values(), *layer.get("layout", {}).values()):
        reads |= expressions.depends_on(part)
    return Symbol(name, str(kind), rule.text, tuple(rule.values), takes, frozenset(reads))


class _Rule:
    """A rule of Mapnik that is being written: what depends on features is an attribute."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.values: list[tuple[str, Function]] = []
        self._parts: list[str] = []

    def put(self, symbolizer: str, *text: Given, **attributes: Any) -> None:
        given = {name.replace("_", "-"): self._value(each) for name, each in attributes.items()}
        told = " ".join(f"{name}={quoteattr(each)}" for name, each in given.items())
        inside = "".join(escape(self._value(each, quote=True)) for each in text)
        self._parts.append(f"<{symbolizer} {told}>{inside}</{symbolizer}>")

    def _value(self, given: Any, *, quote: bool = False) -> str:
        if not isinstance(given, Given):
            return f"{given:.6g}" if isinstance(given, float) else str(given)
        if given.constant and not quote:
            return self._value(given.of(expressions.Seen({}, "", 0.0)))
        name = f"{self.name}_{len(self.values)}"
        self.values.append((name, given.of))
        return f"[{name}]"

    @property
    def text(self) -> str:
        condition = f"<Filter>[{self.name}] = 1</Filter>"
        return f'<Style name="{self.name}"><Rule>{condition}{"".join(self._parts)}</Rule></Style>'


def _fill(values: Values, rule: _Rule) -> None:
    opacity = values.number("fill-opacity", 1.0)
    rule.put("PolygonSymbolizer", fill=values.colour("fill-color", "#000000"), fill_opacity=opacity)
    if values.has("fill-outline-color"):
        colour = values.colour("fill-outline-color", "#000000")
        rule.put("LineSymbolizer", stroke=colour, stroke_width=1, stroke_opacity=opacity)


def _line(values: Values, rule: _Rule) -> None:
    width = values.number("line-width", 1.0)
    more: dict[str, Any] = {}
    if values.has("line-dasharray"):
        if not width.constant:
            raise StyleUnfit(values.name, "a dashed line has one width for all features in maps")
        dashes = [each * values.fixed(width) for each in values.numbers("line-dasharray", [])]
        if any(dashes):
            dashes = dashes * (1 + len(dashes) % 2)
            more["stroke_dasharray"] = ",".join(f"{each:g}" for each in dashes)
    if values.has("line-offset"):
        more["offset"] = _made(lambda offset: -offset, values.number("line-offset", 0.0))
    rule.put(
        "LineSymbolizer",
        stroke=values.colour("line-color", "#000000"),
        stroke_width=width,
        stroke_opacity=values.number("line-opacity", 1.0),
        stroke_linecap=values.word("line-cap", "butt", "round", "square"),
        stroke_linejoin=values.word("line-join", "miter", "bevel", "round"),
        stroke_miterlimit=values.number("line-miter-limit", 2.0),
        **more,
    )


def _circle(values: Values, rule: _Rule) -> None:
    """The stroke lies outside of the radius; Mapnik's has its middle on the edge."""
    stroke = values.number("circle-stroke-width", 0.0)
    size = _made(lambda radius, s: 2 * radius + s, values.number("circle-radius", 5.0), stroke)
    opacity = values.number("circle-opacity", 1.0)
    rule.put(
        "MarkersSymbolizer",
        marker_type="ellipse",
        placement="point",
        allow_overlap="true",
        ignore_placement="true",
        width=size,
        height=size,
        fill=values.colour("circle-color", "#000000"),
        fill_opacity=opacity,
        stroke=values.colour("circle-stroke-color", "#000000"),
        stroke_width=stroke,
        stroke_opacity=values.number("circle-stroke-opacity", 1.0),
    )


def _text(values: Values, rule: _Rule) -> None:
    """Letters; where their widths are told in letters, those of the size at this scale."""
    size, line = values.number("text-size", 16.0), values.word("symbol-placement", "point", "line")
    letter = values.fixed(size) if size.constant else 16.0
    across, down = _ANCHORS[values.word("text-anchor", *_ANCHORS)]
    dx, dy = (each * letter for each in values.numbers("text-offset", [0.0, 0.0], 2))
    wrap, spacing = values.number("text-max-width", 10.0), values.number("text-letter-spacing", 0)
    more: dict[str, Any] = {"placement": "interior"}
    if line == "line":
        more = {"placement": "line", "spacing": values.number("symbol-spacing", 250.0)}
    else:
        more["wrap_width"] = _made(lambda each: each * letter, wrap)
    transforms = ("none", "uppercase", "lowercase")
    rule.put(
        "TextSymbolizer",
        values.text("text-field"),
        face_name=FACE,
        size=size,
        fill=values.colour("text-color", "#000000"),
        opacity=values.number("text-opacity", 1.0),
        halo_fill=values.colour("text-halo-color", "rgba(0, 0, 0, 0)"),
        halo_radius=values.number("text-halo-width", 0.0),
        halo_opacity=values.number("text-opacity", 1.0),
        horizontal_alignment=across,
        vertical_alignment=down,
        dx=dx,
        dy=dy,
        character_spacing=_made(lambda each: each * letter, spacing),
        allow_overlap=str(values.flag("text-allow-overlap")).lower(),
        margin=values.number("text-padding", 2.0),
        justify_alignment=_JUSTIFIED[values.word("text-justify", *_JUSTIFIED)],
        text_transform=values.word("text-transform", *transforms),
        **more,
    )


def _made(function: Callable[..., Any], *of: Given) -> Given:
    """A value that is made of others."""
    return Given(
        lambda seen: function(*(each.of(seen) for each in of)), all(each.constant for each in of)
    )


def _without_tokens(layer: StyleLayer) -> StyleLayer:
    """`{name}` in a text is the property of that name, as styles of old have it."""
    text = layer.get("layout", {}).get("text-field")
    if not isinstance(text, str) or not _TOKEN.search(text):
        return layer
    parts = _TOKEN.split(text)
    made = ["concat", *(["get", p] if i % 2 else p for i, p in enumerate(parts) if i % 2 or p)]
    return {**layer, "layout": {**layer["layout"], "text-field": made}}


_KINDS: dict[str, Callable[[Values, _Rule], None]] = {
    "fill": _fill,
    "line": _line,
    "circle": _circle,
    "symbol": _text,
}
