"""A MapLibre style as SLD 1.0 (样式写出为 SLD).

A NamedLayer for each layer of the tiles, in it a FeatureTypeStyle for each style layer, whose rules
are the values that its properties have. What SLD 1.0 has no words for is told in the notes, and in
comments of the document itself.
"""

from collections.abc import Mapping
from typing import NamedTuple

from lxml import etree

from cim.layer import Text
from cim.styles import words
from cim.styles.branches import Zooms, joined, narrowed
from cim.styles.checking.types import Json
from cim.styles.filters import apart
from cim.styles.lists import Listed
from cim.styles.sld import scales
from cim.styles.sld.elements import Element, add, root
from cim.styles.sld.filters_out import filter_of
from cim.styles.sld.notes import Note, Notes, Untranslatable
from cim.styles.sld.parameters import Values, rules_of
from cim.styles.sld.symbols_out import BY_ITSELF, KNOWN, SYMBOLS

_IMPLIED = {"fill": frozenset({"Polygon"}), "circle": frozenset({"Point"})}


class Named(NamedTuple):
    """What a style is called in the document: its id, and its title in a language.

    `lists` are the columns with codes, by layer of the tiles and name, for titles of rules.
    """

    id: str
    title: str
    language: str = "zh"
    lists: Mapping[str, Mapping[str, Listed]] = {}


class Written(NamedTuple):
    data: bytes
    notes: list[Note]


def write(style: Mapping[str, Json], named: Named) -> Written:
    """The document in UTF-8, and what it leaves out."""
    notes, made = Notes(), root()
    add(made, "Name", named.id)
    add(made, "Title", named.title)
    layers: dict[str, Element] = {}
    for at, layer in enumerate(style["layers"]):
        path = f"$.layers[{at}]"
        _layer(_Place(made, layers, named, notes), layer, path)
    for layer in layers.values():
        user = layer.find("{*}UserStyle")
        if user is not None and user.find("{*}FeatureTypeStyle") is None:
            made.remove(layer)
    for number, note in enumerate(notes.taken):
        text = f" not translated: {note.path}: {note.reason} ".replace("--", "- -")
        made.insert(number, etree.Comment(text))
    data = etree.tostring(made, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return Written(data, notes.taken)


class _Place(NamedTuple):
    """Where style layers are written: the document, and its layers so far by name."""

    root: Element
    layers: dict[str, Element]
    named: Named
    notes: Notes

    def style_of(self, name: str) -> Element:
        if name not in self.layers:
            layer = self.layers[name] = add(self.root, "NamedLayer")
            add(layer, "Name", name)
            style = add(layer, "UserStyle")
            add(style, "Name", self.named.id)
            add(style, "Title", self.named.title)
            add(style, "IsDefault", "1")
        found = self.layers[name].find("{*}UserStyle")
        assert found is not None
        return found


def _layer(place: _Place, layer: Mapping[str, Json], path: str) -> None:
    kind, notes = str(layer.get("type")), place.notes
    if kind not in SYMBOLS:
        notes.add(path, f"SLD 1.0 draws nothing like a layer of type {kind!r}; it is left out")
        return
    name = str(layer.get("source-layer") or layer.get("source"))
    rules = [
        rule
        for values in rules_of(layer, (*KNOWN[kind], *_given(layer)), path, notes)
        if (rule := _rule(place, layer, values, name)) is not None
    ]
    if rules:
        made = add(place.style_of(name), "FeatureTypeStyle")
        add(made, "Name", str(layer["id"]))
        if kind != "raster":
            add(made, "FeatureTypeName", name)
        made.extend(rules)


def _given(layer: Mapping[str, Json]) -> list[str]:
    """Properties that SLD need not know of."""
    return [each for each in BY_ITSELF if each in layer.get("layout", {})]


def _rule(place: _Place, layer: Mapping[str, Json], values: Values, name: str) -> Element | None:
    notes, path, kind = place.notes, values.path, layer["type"]
    rest, geometries = apart(layer.get("filter"))
    holder = etree.Element("holder")
    rule = add(holder, "Rule")
    title = _title(place.named, layer, values, name)
    if title is not None:
        add(rule, "Title", title)
    try:
        _unsaid(geometries, kind, path, notes)
        condition = joined(rest, values.condition)
        if condition is not None:
            rule.append(filter_of(condition))
        _scales(rule, narrowed((layer.get("minzoom"), layer.get("maxzoom")), values.zooms))
        SYMBOLS[kind](rule, values, geometries)
    except Untranslatable as reason:
        notes.add(path, f"{reason}; what is drawn so is left out")
        return None
    return rule


def _unsaid(geometries: frozenset[str], kind: str, path: str, notes: Notes) -> None:
    """A note where the type of geometry matters that SLD 1.0 cannot ask for."""
    plain = _IMPLIED.get(kind, geometries)
    lines = kind == "line" and "LineString" in geometries and "Polygon" not in geometries
    if lines or (kind == "symbol" and len(geometries) < 3) or plain - geometries:
        told = f"SLD 1.0 does not ask whether a feature is one of {', '.join(sorted(geometries))}"
        notes.add(f"{path}.filter", told)


def _scales(rule: Element, zooms: Zooms) -> None:
    least, most = scales.limits(*zooms)
    if least is not None:
        add(rule, "MinScaleDenominator", f"{least:.10g}")
    if most is not None:
        add(rule, "MaxScaleDenominator", f"{most:.10g}")


def _title(named: Named, layer: Mapping[str, Json], values: Values, name: str) -> str | None:
    own = words.said(layer.get("metadata"), words.TITLE)
    found: list[Text] = [own] if own is not None else []
    for branch in values.chosen.values():
        text = words.of_branch(branch, named.lists.get(name, {}))
        if text is not None and text not in found:
            found.append(text)
    return ", ".join(text.in_language(named.language) for text in found) or None
