"""Symbolizers of SLD as style layers of MapLibre (符号读入): type, layout and paint."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from cim.styles import colours
from cim.styles.checking.types import Json
from cim.styles.sld.elements import Element, child, children, name_of, place, text_of
from cim.styles.sld.notes import Notes
from cim.styles.sld.values_in import Parameters, label, of_child, parameters

_GREY, _BLACK = "#808080", "#000000"
_MARK_SIZE = 6.0  # pixels, of a graphic that does not say its own
_STROKE = ("stroke", "stroke-width", "stroke-opacity", "stroke-dasharray")
_STROKE_ALL = (*_STROKE, "stroke-linecap", "stroke-linejoin")
_CAPS, _JOINS = ("butt", "round", "square"), ("bevel", "round", "miter", "mitre")


class Drawn(NamedTuple):
    """A style layer but for its id and source; `geometry` is the type that it is of alone."""

    type: str
    paint: dict[str, Json]
    layout: Mapping[str, Json] = MappingProxyType({})
    geometry: str | None = None


def polygon(element: Element, notes: Notes) -> list[Drawn]:
    made: list[Drawn] = []
    _leave_out(element, notes, ("Fill", "Stroke"))
    fill, stroke = child(element, "Fill"), child(element, "Stroke")
    if fill is not None:
        found = _fill(fill, notes)
        paint = {"fill-color": found.value("fill", "color", _GREY)}
        opacity = found.value("fill-opacity", "share", 1)
        made.append(Drawn("fill", {**paint, "fill-opacity": opacity}))
    if stroke is not None:
        made.append(_line(stroke, notes)._replace(geometry="Polygon"))
    return made


def line(element: Element, notes: Notes) -> list[Drawn]:
    _leave_out(element, notes, ("Stroke",))
    stroke = child(element, "Stroke")
    return [] if stroke is None else [_line(stroke, notes)]


def _line(stroke: Element, notes: Notes) -> Drawn:
    _leave_out(stroke, notes, ("CssParameter", "SvgParameter"))
    found = parameters(stroke, notes)
    found.others(*_STROKE_ALL)
    width = found.value("stroke-width", "length", 1)
    paint = {
        "line-color": found.value("stroke", "color", _BLACK),
        "line-opacity": found.value("stroke-opacity", "share", 1),
        "line-width": width,
    }
    dash = _dash(found, width, notes)
    if dash:
        paint["line-dasharray"] = dash
    layout = {}
    cap, join = (found.value(f"stroke-line{each}", "string") for each in ("cap", "join"))
    if cap in _CAPS:
        layout["line-cap"] = cap
    if join in _JOINS:
        layout["line-join"] = "miter" if join == "mitre" else join
    return Drawn("line", paint, layout)


def _dash(found: Parameters, width: Json, notes: Notes) -> list[float] | None:
    """Dashes in widths of the line."""
    element = found.given.get("stroke-dasharray")
    if element is None:
        return None
    try:
        lengths = [float(each) for each in text_of(element).replace(",", " ").split()]
        if not all(0 <= each < math.inf for each in lengths):
            raise ValueError
    except ValueError:
        notes.add(place(element), "the dashes are no numbers; the line is drawn whole")
        return None
    if not isinstance(width, int | float) or width <= 0:
        notes.add(place(element), "dashes of a line whose width depends on the data")
        return lengths
    return [round(each / width, 4) for each in lengths]


def point(element: Element, notes: Notes) -> list[Drawn]:
    """A circle, whatever the mark is: MapLibre has no other one without images."""
    _leave_out(element, notes, ("Graphic",))
    graphic = child(element, "Graphic")
    if graphic is None:
        return []
    _leave_out(graphic, notes, ("Mark", "Size", "Opacity"), "a circle is drawn")
    marks = list(children(graphic, "Mark"))
    for mark in marks[1:]:
        notes.add(place(mark), "one mark of a graphic is drawn")
    size = of_child(graphic, "Size", "length", notes, _MARK_SIZE)
    opacity = of_child(graphic, "Opacity", "share", notes, 1)
    radius = size / 2 if isinstance(size, int | float) else ["/", size, 2]
    paint: dict[str, Json] = _mark(marks[0], notes) if marks else {"circle-color": _GREY}
    paint["circle-radius"] = (
        int(radius) if isinstance(radius, float) and radius.is_integer() else radius
    )
    if opacity != 1:
        paint["circle-opacity"] = _times(paint.get("circle-opacity", 1), opacity)
        if "circle-stroke-width" in paint:
            stroked = paint.get("circle-stroke-opacity", 1)
            paint["circle-stroke-opacity"] = _times(stroked, opacity)
    return [Drawn("circle", paint, geometry="Point")]


def _times(one: Json, other: Json) -> Json:
    plain = isinstance(one, int | float) and isinstance(other, int | float)
    return one * other if plain else ["*", one, other]


def _mark(mark: Element, notes: Notes) -> dict[str, Json]:
    _leave_out(mark, notes, ("WellKnownName", "Fill", "Stroke"))
    name = text_of(child(mark, "WellKnownName")) or "square"
    if name != "circle":
        notes.add(place(mark), f"the mark {name!r} is drawn as a circle")
    fill, stroke = child(mark, "Fill"), child(mark, "Stroke")
    paint: dict[str, Json] = {"circle-color": "rgba(0,0,0,0)"}
    if fill is not None:
        found = _fill(fill, notes)
        paint = {
            "circle-color": found.value("fill", "color", _GREY),
            "circle-opacity": found.value("fill-opacity", "share", 1),
        }
    if stroke is not None:
        found = parameters(stroke, notes)
        found.others(*_STROKE[:3])
        paint["circle-stroke-color"] = found.value("stroke", "color", _BLACK)
        paint["circle-stroke-width"] = found.value("stroke-width", "length", 1)
        paint["circle-stroke-opacity"] = found.value("stroke-opacity", "share", 1)
    return paint


def _fill(fill: Element, notes: Notes) -> Parameters:
    _leave_out(fill, notes, ("CssParameter", "SvgParameter"), "a plain colour is drawn")
    found = parameters(fill, notes)
    found.others("fill", "fill-opacity")
    return found


def text(element: Element, notes: Notes) -> list[Drawn]:
    known = ("Label", "Font", "LabelPlacement", "Halo", "Fill")
    _leave_out(element, notes, known)
    said = child(element, "Label")
    field = label(said, notes) if said is not None else ""
    if field == "":
        notes.add(place(element), "a text without a label; it is left out")
        return []
    font = parameters(child(element, "Font"), notes)
    font.others("font-family", "font-size", "font-style", "font-weight")
    size = font.value("font-size", "length", 10)
    layout: dict[str, Json] = {"text-field": field, "text-size": size, **_font(font)}
    layout |= _placement(child(element, "LabelPlacement"), size, notes)
    fill = parameters(child(element, "Fill"), notes)
    paint: dict[str, Json] = {
        "text-color": fill.value("fill", "color", _BLACK),
        "text-opacity": fill.value("fill-opacity", "share", 1),
    }
    halo = child(element, "Halo")
    if halo is not None:
        around = parameters(child(halo, "Fill"), notes)
        colour = around.value("fill", "color", "#ffffff")
        paint["text-halo-color"] = _opaque(colour, around.value("fill-opacity", "share", 1))
        paint["text-halo-width"] = of_child(halo, "Radius", "length", notes, 1)
    return [Drawn("symbol", paint, layout)]


def _opaque(colour: Json, opacity: Json) -> Json:
    """A colour with an opacity of its own, as a halo has it."""
    read = colours.read(colour) if isinstance(colour, str) else None
    if read is None or opacity == 1 or not isinstance(opacity, int | float):
        return colour
    return f"rgba({read.red},{read.green},{read.blue},{opacity:g})"


def _font(font: Parameters) -> dict[str, Json]:
    family = font.value("font-family", "string")
    if not isinstance(family, str) or not family:
        return {}
    named = [family]
    if font.value("font-weight", "string") == "bold":
        named.append("Bold")
    if font.value("font-style", "string") in ("italic", "oblique"):
        named.append("Italic")
    return {"text-font": [" ".join(named)]}


def _placement(given: Element | None, size: Json, notes: Notes) -> dict[str, Json]:
    if given is not None and child(given, "LinePlacement") is not None:
        beside = child(given, "LinePlacement", "PerpendicularOffset")
        if beside is not None and text_of(beside) not in ("", "0"):
            notes.add(place(beside), "a text lies on its line")
        return {"symbol-placement": "line"}
    at = child(given, "PointPlacement") if given is not None else None
    if at is None:
        return {"text-anchor": "left"}  # as SLD has it without a placement
    x = of_child(at, "AnchorPoint/AnchorPointX", "number", notes, 0.0)
    y = of_child(at, "AnchorPoint/AnchorPointY", "number", notes, 0.5)
    layout: dict[str, Json] = {"text-anchor": _anchor(x, y)}
    right = of_child(at, "Displacement/DisplacementX", "number", notes, 0)
    up = of_child(at, "Displacement/DisplacementY", "number", notes, 0)
    plain = all(isinstance(each, int | float) for each in (right, up, size))
    if plain and (right or up) and size:
        layout["text-offset"] = [round(right / size, 4), round(-up / size, 4) + 0.0]
    elif not plain:
        notes.add(place(at), "a text that is moved by what the data say stays in its place")
    rotation = of_child(at, "Rotation", "number", notes, 0)
    return {**layout, **({"text-rotate": rotation} if rotation else {})}


def _anchor(x: Json, y: Json) -> str:
    if not all(isinstance(each, int | float) for each in (x, y)):
        return "center"
    across = "left" if x < 0.25 else "right" if x > 0.75 else ""
    along = "bottom" if y < 0.25 else "top" if y > 0.75 else ""
    return "-".join(each for each in (along, across) if each) or "center"


def raster(element: Element, notes: Notes) -> list[Drawn]:
    _leave_out(element, notes, ("Opacity",), "imagery is drawn as the service renders it")
    return [Drawn("raster", {"raster-opacity": of_child(element, "Opacity", "share", notes, 1)})]


def _leave_out(
    element: Element, notes: Notes, known: tuple[str, ...], instead: str = "it is left out"
) -> None:
    """A note of each child element that is not one of these."""
    for each in children(element):
        if name_of(each) not in known:
            told = f"{name_of(each)} of {name_of(element)} has no counterpart; {instead}"
            notes.add(place(each), told)
    unit = element.get("uom")
    if unit is not None and not unit.endswith("pixel"):
        notes.add(place(element), f"lengths in {unit} are taken as pixels")


SYMBOLS: Mapping[str, Callable[[Element, Notes], list[Drawn]]] = {
    "PolygonSymbolizer": polygon,
    "LineSymbolizer": line,
    "PointSymbolizer": point,
    "TextSymbolizer": text,
    "RasterSymbolizer": raster,
}
