"""What an export asks for (导出参数): the format, and what of a layer.

The parameters are those of items but for pages. A job has them as members of a JSON object, where
lists may be arrays, and numbers and CQL2 JSON need not be texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from api.errors import BodyUnfit, InvalidParameter
from api.exports.pages import check_crs
from api.items_asked import PARAMETERS, filterable, read_query
from cim.access import Caller
from cim.layer import Layer
from layers.export import Export
from layers.writing.forms import ALIASES, FORMS, PMTILES, Form
from tiles.archive import FINEST, Levels

__all__ = ["LEVELS", "NAMES", "Wanted", "form_of", "of_body", "of_parameters"]

NAMES = tuple(name for name in PARAMETERS if name not in {"limit", "token"})
LEVELS = ("minzoom", "maxzoom")
_USUAL = Levels()
_OF_TILES = {"properties", "sortby", "crs"}  # what tiles have no choice of


class Wanted(NamedTuple):
    """An export, and of which levels where it is of tiles."""

    export: Export
    levels: Levels


def form_of(name: str) -> Form:
    """The format of that name; InvalidParameter."""
    forms = {**FORMS, PMTILES.name: PMTILES}
    found = forms.get(ALIASES.get(name, name))
    if found is None:
        raise InvalidParameter("f", f"{name!r} is not one of {', '.join(forms)}")
    return found


def of_parameters(
    layer: Layer, form: Form, given: Mapping[str, str], caller: Caller, levels: Levels = _USUAL
) -> Wanted:
    """The export that parameters ask for; InvalidParameter, FilterInvalid."""
    if form is PMTILES:
        for name in _OF_TILES & given.keys():
            raise InvalidParameter(name, "tiles have no choice of it")
    query = read_query(layer, {k: v for k, v in given.items() if k not in {"f", "lang"}})
    check_crs(form, query)
    return Wanted(Export(layer, replace(query, shown=form.shown), form, caller), levels)


def of_body(layer: Layer, body: Mapping[str, Any], caller: Caller) -> Wanted:
    """The export that a body asks for; BodyUnfit names every member that cannot be what it is."""
    known = {"f", *NAMES, *filterable(layer)}
    faults = []
    given: dict[str, str] = {}
    for name, value in body.items():
        if name in LEVELS:
            continue
        text = _text(name, value)
        if name not in known:
            faults.append((f"$.{name}", "it is not known here"))
        elif text is None:
            faults.append((f"$.{name}", "it is no text"))
        else:
            given[name] = text
    if "f" not in body:
        faults.append(("$.f", "it must be given"))
    form = form_of(given["f"]) if "f" in given else None
    levels = _levels(body, faults, form)
    if faults or form is None:
        raise BodyUnfit(faults)
    return of_parameters(layer, form, given, caller, levels)


def _text(name: str, value: Any) -> str | None:
    """A member as the parameter would have it."""
    if isinstance(value, str):
        return None if "\0" in value else value
    if name == "filter" and isinstance(value, dict):
        return orjson.dumps(value).decode()
    if name in {"bbox", "properties", "sortby"} and isinstance(value, list):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def _levels(body: Mapping[str, Any], faults: list[tuple[str, str]], form: Form | None) -> Levels:
    found = dict(zip(LEVELS, Levels(), strict=True))
    for name in LEVELS:
        if name not in body:
            continue
        value = body[name]
        if form is not None and form is not PMTILES:
            faults.append((f"$.{name}", f"it is for {PMTILES.name} alone"))
        elif isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if type(value) is not int or not 0 <= value <= FINEST:
            faults.append((f"$.{name}", f"it is no whole number from 0 to {FINEST}"))
        else:
            found[name] = value
    levels = Levels(*found.values())
    if levels.first > levels.last:
        faults.append(("$.minzoom", "it is larger than maxzoom"))
    return levels
