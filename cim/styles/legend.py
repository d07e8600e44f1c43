"""Legends of styles (图例): what is drawn how, told from the style document itself.

A group for each collection, an entry for each look in it. Codes are named as their lists name them
(`cim.styles.lists`), rules as the style names its layers (`cim:title` in their metadata).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from cim.layer import Layer, Text
from cim.styles import branches, colours, lists, words
from cim.styles.branches import Branch
from cim.styles.checking.types import Json
from cim.styles.filters import apart

MOST_ENTRIES = 200  # of a group
_DRAWN = ("fill", "line", "circle", "raster")
_OF_KIND = {"fill": "polygon", "line": "line", "circle": "point", "raster": "raster"}


@dataclass(frozen=True, slots=True)
class Symbol:
    """How something is drawn: colours as `#rrggbb`, None where nothing is; sizes in pixels."""

    kind: str
    fill: str | None = None
    opacity: float = 1.0
    line: str | None = None
    width: float = 0.0
    dash: tuple[float, ...] = ()
    radius: float = 0.0

    def document(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in self.__slots__}
        return {k: v for k, v in found.items() if v not in (None, (), 0.0) or k == "kind"}


class Entry(NamedTuple):
    title: Text
    symbol: Symbol


class Group(NamedTuple):
    """The entries of a collection; `by` is the title of the list that it is coloured by."""

    collection: str
    title: Text
    by: Text | None
    entries: tuple[Entry, ...]


def of_style(style: Mapping[str, Json], find: Callable[[str], Layer | None]) -> list[Group]:
    """The groups of a style, the uppermost first; `find` gives the layer of a collection."""
    drawn: dict[str, list[Json]] = {}
    for each in style["layers"]:
        if each.get("type") in _DRAWN:
            name = str(each.get("source-layer") or each.get("source"))
            drawn.setdefault(name, []).append(each)
    return [_group(name, layers, find(name)) for name, layers in reversed(drawn.items())]


def _group(name: str, drawn: Sequence[Json], layer: Layer | None) -> Group:
    title = layer.title if layer else Text(name, name)
    listed = lists.of_layer(layer) if layer and layer.kind == "vector" else {}
    entries: list[Entry] = []
    for alike in _by_filter(drawn):
        entries += [each for each in _entries(alike, title, listed) if each not in entries]
    by = next((listed[column].title for column in _columns(drawn) if column in listed), None)
    return Group(name, title, by, tuple(entries[:MOST_ENTRIES]))


def _by_filter(drawn: Sequence[Json]) -> list[list[Json]]:
    """Style layers that draw the same things, such as the fill and the outline of areas."""
    found: dict[str, list[Json]] = {}
    for each in drawn:
        condition, _ = apart(each.get("filter"))
        found.setdefault(repr((condition, each.get("metadata"))), []).append(each)
    return list(found.values())


def _columns(drawn: Sequence[Json]) -> list[str]:
    inputs = (b.input for each in drawn for b in branches.of(_colour(each)) if b.labels)
    return [name for name in map(words.column_of, inputs) if name]


def _colour(layer: Json) -> Json:
    kind = layer["type"]
    return layer.get("paint", {}).get(f"{kind}-color") if kind != "raster" else None


def _entries(alike: list[Json], title: Text, listed: Mapping[str, lists.Listed]) -> list[Entry]:
    """An entry for each branch of the colour; the title is that of the style layer, if there is."""
    own = words.said(alike[0].get("metadata"), words.TITLE)
    plain = _symbol(alike)
    varied = next((each for each in alike if len(_kept(branches.of(_colour(each)))) > 1), None)
    if varied is None:
        return [Entry(own or title, plain)]
    found = []
    for branch in _kept(branches.of(_colour(varied))):
        said = words.of_branch(branch, listed) or own or title
        found.append(Entry(said, _coloured(plain, varied["type"], branch.value)))
    return found


def _kept(found: list[Branch]) -> list[Branch]:
    """Branches that differ in what is drawn, not in the zoom alone."""
    return [b for b in found if b.condition is not None or len(found) == 1] or found[-1:]


def _symbol(alike: list[Json]) -> Symbol:
    """The look of style layers together, each property as it is where nothing else is said."""
    kinds = [_OF_KIND[each["type"]] for each in alike]
    found = Symbol(next(k for k in ("polygon", "line", "point", "raster") if k in kinds))
    for each in alike:
        found = _with(found, each, each.get("paint", {}))
    return found


def _with(found: Symbol, layer: Json, paint: Json) -> Symbol:
    kind = layer["type"]
    if kind == "fill":
        fill, opacity = _read(paint.get("fill-color", "#000000"))
        found = replace(found, fill=fill, opacity=opacity * _number(paint.get("fill-opacity"), 1))
        outline = paint.get("fill-outline-color")
        return replace(found, line=_read(outline)[0], width=1.0) if outline else found
    if kind == "line":
        line, _ = _read(paint.get("line-color", "#000000"))
        dash = paint.get("line-dasharray")
        dashes = tuple(float(each) for each in dash) if _numbers(dash) else ()
        width = _number(paint.get("line-width"), 1)
        return replace(found, line=line, width=width, dash=dashes)
    if kind == "circle" and found.kind == "point":
        fill, opacity = _read(paint.get("circle-color", "#000000"))
        width = _number(paint.get("circle-stroke-width"), 0)
        line = _read(paint.get("circle-stroke-color", "#000000"))[0] if width else None
        radius = _number(paint.get("circle-radius"), 5)
        opacity *= _number(paint.get("circle-opacity"), 1)
        return replace(found, fill=fill, opacity=opacity, line=line, width=width, radius=radius)
    return found


def _coloured(plain: Symbol, kind: str, value: Json) -> Symbol:
    colour, opacity = _read(value)
    if kind == "line":
        return replace(plain, line=colour)
    return replace(plain, fill=colour, opacity=plain.opacity * opacity)


def _plain(value: Json) -> Json:
    """The value where nothing else is said: that of the last branch."""
    return branches.of(value)[-1].value


def _read(value: Json) -> tuple[str | None, float]:
    given = _plain(value)
    found = colours.read(given) if isinstance(given, str) else None
    return (found.hex, found.opacity) if found else (None, 1.0)


def _number(value: Json, default: float) -> float:
    given = _plain(value) if value is not None else default
    numeric = isinstance(given, int | float) and not isinstance(given, bool)
    return float(given) if numeric else float(default)


def _numbers(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(each, int | float) for each in value)
