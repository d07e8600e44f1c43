"""Values of SLD parameters as values of MapLibre (参数值读入): numbers, colours, expressions."""

from collections.abc import Mapping
from typing import NamedTuple

from cim.styles import colours
from cim.styles.checking.types import Json
from cim.styles.sld.elements import Element, child, children, name_of, place, text_of
from cim.styles.sld.filters_in import expression, is_number, number
from cim.styles.sld.notes import Notes, Untranslatable

_PARAMETERS = ("CssParameter", "SvgParameter")
_LONG = 1e9
_LIMITS = {"number": (-_LONG, _LONG), "length": (0.0, _LONG), "share": (0.0, 1.0)}


class Parameters(NamedTuple):
    """The parameters of a Fill, Stroke or Font by name."""

    given: Mapping[str, Element]
    notes: Notes

    def value(self, name: str, kind: str, default: Json = None) -> Json:
        """The value of a parameter: "number", "length" (not below 0), "share" (0 to 1), "color"
        or "string"."""
        if name not in self.given:
            return default
        return value(self.given[name], kind, self.notes, default)

    def others(self, *known: str) -> None:
        """A note of each parameter that is not one of these."""
        for name, element in self.given.items():
            if name not in known:
                self.notes.add(place(element), f"the parameter {name!r} is left out")


def parameters(element: Element | None, notes: Notes) -> Parameters:
    if element is None:
        return Parameters({}, notes)
    found = {each.get("name", ""): each for each in children(element, *_PARAMETERS)}
    return Parameters(found, notes)


def of_child(parent: Element, path: str, kind: str, notes: Notes, default: Json = None) -> Json:
    """The value of a child element; the default where there is none."""
    found = child(parent, *path.split("/"))
    return default if found is None else value(found, kind, notes, default)


def value(element: Element, kind: str, notes: Notes, default: Json = None) -> Json:
    """The value of an element: its text, a literal in it, or an expression."""
    try:
        return _value(element, kind)
    except Untranslatable as reason:
        told = f"{reason}; {default!r} is drawn" if default is not None else f"{reason}"
        notes.add(place(element), told)
        return default


def _value(element: Element, kind: str) -> Json:
    inside = list(children(element))
    if len(inside) > 1 or (inside and text_of(element)):
        raise Untranslatable(f"{name_of(element)} of several parts")
    found = expression(inside[0]) if inside else text_of(element)
    if isinstance(found, list):
        wanted = {"string": None, "color": "to-color"}.get(kind, "to-number")
        return [wanted, found] if wanted and found[0] == "get" else found
    if kind in _LIMITS:
        least, most = _LIMITS[kind]
        if not is_number(found) or not least <= number(found) <= most:
            raise Untranslatable(f"{found!r} is no number that can stand here")
        return number(found)
    if kind == "color" and colours.read(found) is None:
        raise Untranslatable(f"{found!r} is no colour")
    return found


def label(element: Element, notes: Notes) -> Json:
    """The text of a Label: properties and texts one after another."""
    parts: list[Json] = [element.text or ""]
    for each in element:
        if name_of(each):
            try:
                literal = name_of(each) == "Literal" and not len(each)
                parts.append((each.text or "") if literal else expression(each))
            except Untranslatable as reason:
                notes.add(place(each), f"{reason}; that part of the label is left out")
        parts.append(each.tail or "")
    plain = [part for part in parts if not (isinstance(part, str) and not part.strip())]
    texts = [["to-string", p] if isinstance(p, list) else _braces(p) for p in plain]
    if len(texts) == 1:
        return texts[0]
    return ["concat", *texts] if texts else ""


def _braces(text: str) -> Json:
    """A text of its own, in which braces are no names of properties."""
    return ["literal", text] if "{" in text else text
