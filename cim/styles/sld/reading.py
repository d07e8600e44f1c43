"""An SLD document as MapLibre style layers (SLD 读入)."""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from lxml import etree

from cim.styles.branches import joined
from cim.styles.checking.types import Json
from cim.styles.sld import scales
from cim.styles.sld.elements import Element, child, children, name_of, place, text_of
from cim.styles.sld.filters_in import Columns, condition
from cim.styles.sld.notes import Note, Notes, Untranslatable
from cim.styles.sld.parsing import parse
from cim.styles.sld.symbols_in import SYMBOLS, Drawn
from cim.styles.words import DESCRIPTION, TITLE

_RULE = ("Name", "Title", "Abstract", "Description", "Filter", "ElseFilter")
_CLOSEST = 24  # zoom
_SCALED = ("MinScaleDenominator", "MaxScaleDenominator")
_ELSE = (
    "ElseFilter is for what the conditions of the rules before it leave, also where a scale hides "
    "such a rule, and without those that are left out"
)


class Target(NamedTuple):
    """What a layer of the document stands for: a collection, its columns, its geometries.

    `geometry` is their type, such as MultiPolygon, None where that is not known or differs.
    """

    name: str
    numbers: Collection[str] = ()
    texts: Collection[str] = ()
    geometry: str | None = None


class Read(NamedTuple):
    """A document read.

    id, title   of its style, as the first one says them
    layers      style layers, whose source and source-layer are the name of the collection
    """

    id: str | None
    title: str | None
    layers: list[dict[str, Json]]
    metadata: Mapping[str, Json]
    notes: list[Note]


Find = Callable[[str], Target | None]
"""What a name of a layer stands for here, None where there is nothing."""


@dataclass
class _Reading:
    find: Find
    notes: Notes = field(default_factory=Notes)
    layers: list[dict[str, Json]] = field(default_factory=list)
    id: str | None = None
    title: str | None = None
    description: str | None = None


def as_text(data: bytes) -> str:
    """The document as text, whatever encoding it came in; StyleInvalid."""
    text: str = etree.tostring(parse(data), encoding="unicode")
    return text


def read(data: bytes, find: Find = Target) -> Read:
    """The style layers of a document; StyleInvalid."""
    root = parse(data)
    reading = _Reading(find)
    for layer in children(root):
        if name_of(layer) in ("NamedLayer", "UserLayer"):
            _layer(reading, layer)
        elif name_of(layer) not in ("Name", "Title", "Abstract", "Description"):
            reading.notes.add(place(layer), f"{name_of(layer)} is left out")
    said = {DESCRIPTION: reading.description} if reading.description else {}
    return Read(reading.id, reading.title, reading.layers, said, reading.notes.taken)


def _layer(reading: _Reading, layer: Element) -> None:
    styles = list(children(layer, "UserStyle"))
    for other in children(layer):
        if name_of(other) not in ("Name", "Description", "UserStyle"):
            reading.notes.add(place(other), f"{name_of(other)} is left out")
    if not styles:
        return
    chosen = next((s for s in styles if text_of(child(s, "IsDefault")) in ("1", "true")), styles[0])
    for other in styles:
        if other is not chosen:
            reading.notes.add(place(other), "one UserStyle of a layer is taken, the default one")
    _say(reading, chosen)
    name = text_of(child(layer, "Name"))
    for features in children(chosen, "FeatureTypeStyle", "CoverageStyle"):
        named = child(features, "FeatureTypeName")
        own = text_of(named if named is not None else child(features, "CoverageName"))
        candidates = [each for each in (own.rpartition(":")[2], name) if each]
        found = [reading.find(each) for each in candidates]
        target = next((each for each in found if each is not None), None)
        if target is None:
            told = (
                f"there is no collection {(candidates or [''])[0]!r} here; its rules are left out"
            )
            reading.notes.add(place(features), told)
        else:
            _rules(reading, features, target)


def _say(reading: _Reading, style: Element) -> None:
    reading.id = reading.id or text_of(child(style, "Name")) or None
    reading.title = reading.title or _said(style, "Title")
    reading.description = reading.description or _said(style, "Abstract")


def _said(element: Element, name: str) -> str | None:
    """A title or abstract, which Symbology Encoding has in a Description."""
    found = text_of(child(element, name)) or text_of(child(element, "Description", name))
    return found or None


def _rules(reading: _Reading, features: Element, target: Target) -> None:
    for other in children(features):
        known = ("Name", "Title", "Abstract", "Description", "FeatureTypeName", "CoverageName")
        if name_of(other) not in (*known, "Rule"):
            reading.notes.add(place(other), f"{name_of(other)} is left out")
    conditions: list[Json] = []
    seen: set[tuple[str, ...] | None] = set()  # scales of the rules before, None of one left out
    for rule in children(features, "Rule"):
        scale = tuple(text_of(child(rule, name)) for name in _SCALED)
        if child(rule, "ElseFilter") is not None and seen - {scale}:
            reading.notes.add(place(rule), _ELSE)
        seen.add(scale)
        try:
            found = _condition(rule, conditions, target)
        except Untranslatable as reason:
            reading.notes.add(place(rule), f"{reason}; the rule is left out")
            seen.add(None)
            continue
        _rule(reading, rule, found, target)
        if child(rule, "Filter") is not None:
            conditions.append(found)
        elif child(rule, "ElseFilter") is None:
            conditions.append(True)


def _condition(rule: Element, before: list[Json], target: Target) -> Json:
    """The filter of a rule; an ElseFilter is for what the rules before it leave."""
    given = child(rule, "Filter")
    if given is not None:
        return condition(given, Columns(target.numbers, target.texts))
    if child(rule, "ElseFilter") is None or not before:
        return None
    return ["!", before[0] if len(before) == 1 else ["any", *before]]


def _rule(reading: _Reading, rule: Element, found: Json, target: Target) -> None:
    notes = reading.notes
    least, most = (_scale(rule, name, notes) for name in _SCALED)
    low, high = scales.zooms(least, most)
    if most is not None and (low or 0) >= _CLOSEST:
        notes.add(place(rule), "a rule for scales that no map has; it is left out")
        return
    title = _said(rule, "Title") or text_of(child(rule, "Name")) or None
    for element in children(rule):
        name = name_of(element)
        if name not in SYMBOLS:
            if name not in (*_RULE, *_SCALED):
                notes.add(place(element), f"{name} is left out")
            continue
        for drawn in SYMBOLS[name](element, notes):
            if drawn.geometry and target.geometry and drawn.geometry not in target.geometry:
                notes.add(place(element), f"{name} draws nothing of a {target.geometry}")
            made = _style_layer(drawn, found, target, len(reading.layers) + 1)
            made |= {} if low is None else {"minzoom": low}
            made |= {} if high is None else {"maxzoom": max(high, 0)}
            made |= {} if title is None else {"metadata": {TITLE: title}}
            reading.layers.append(made)


def _scale(rule: Element, name: str, notes: Notes) -> float | None:
    given = child(rule, name)
    if given is None:
        return None
    try:
        found = float(text_of(given))
    except ValueError:
        found = math.nan
    if 0 <= found < math.inf:
        return found
    notes.add(place(given), "this is no scale; the rule is for all scales on that side")
    return None


def _style_layer(drawn: Drawn, found: Json, target: Target, number: int) -> dict[str, Json]:
    own = ["==", ["geometry-type"], drawn.geometry] if drawn.geometry else None
    filter_ = joined(own, found)
    made: dict[str, Json] = {
        "id": f"{target.name}-{number}",
        "type": drawn.type,
        "source": target.name,
    }
    if drawn.type != "raster":
        made["source-layer"] = target.name
    if filter_ is not None:
        made["filter"] = filter_
    if drawn.layout:
        made["layout"] = dict(drawn.layout)
    return {**made, "paint": drawn.paint}
