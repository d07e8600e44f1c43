"""Columns whose values are codes of a list (代码列): what the codes mean, and their colours.

A column is of a list where it is bound to a field of the catalog that has one. Of a layer that is
bound to nothing, a column counts as the field of its class's element that has such a name. Entries
are those of the catalog that the program brings; a code that has no name there stands for itself.

Colours are of `cim/data/style_colours.csv`. No standard of colours could be read, neither that of
the land and sea use guide (用地用海分类 2023) nor another: `conf` L marks our own proposals, the
hues that planners are used to, and G what we know from memory alone. A list with colours for its
upper classes (07) gives them to all below (0701, 070102).
"""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from cim.catalog import builtin
from cim.catalog.model import Field
from cim.data import rows
from cim.layer import Layer, Text


class Listed(NamedTuple):
    """A column with its list.

    title    of the list
    names    of the codes
    colours  of the codes, upper ones where `digits` is not None; empty where the list has none
    digits   how many digits of a value are its upper code
    """

    column: str
    title: Text
    names: Mapping[str, Text]
    colours: Mapping[str, str]
    digits: int | None

    def name(self, code: str) -> Text:
        return self.names.get(code, Text(code, code))


def of_layer(layer: Layer) -> dict[str, Listed]:
    """By name, the columns of a layer that have a list."""
    binding = layer.base.binding if layer.base else layer.binding
    if binding is not None:
        fields = {name: bound.field for name, bound in binding.columns.items()}
    else:
        fields = _alike(layer)
    names = {column.name for column in layer.columns}
    coded = {n: f for n, f in fields.items() if n in names and f.type == "code" and f.code_list}
    return {name: _listed(name, field.code_list) for name, field in coded.items()}


def coloured(layer: Layer) -> Listed | None:
    """The column whose codes a layer is coloured by, that of the first list in the table."""
    found = [each for each in of_layer(layer).values() if each.colours]
    order = [tuple(colours(code)) for code in _lists()]
    return min(found, key=lambda each: order.index(tuple(each.colours)), default=None)


def _alike(layer: Layer) -> dict[str, Field]:
    """The columns of an unbound layer that have the name of a field of its class's element."""
    catalog = builtin.catalog()
    elements = {
        e.code for e in catalog.elements if e.class_code and e.class_code == layer.class_code
    }
    fields = [field for field in catalog.fields if field.element in elements and field.code_list]
    named = {name: field for field in fields for name in (*field.aliases, field.name_zh)}
    return {c.name: named[c.name] for c in layer.columns if c.name in named}


def _listed(column: str, code_list: str) -> Listed:
    title, names = _entries(code_list)
    found = colours(code_list)
    lengths = {len(code) for code in found}
    upper = len(lengths) == 1 and any(len(code) > max(lengths) for code in names)
    return Listed(column, title, names, found, lengths.pop() if upper else None)


@cache
def _entries(code_list: str) -> tuple[Text, Mapping[str, Text]]:
    catalog = builtin.catalog()
    listed = next((each for each in catalog.code_lists if each.code == code_list), None)
    title = Text(listed.name_zh, listed.name_en) if listed else Text(code_list, code_list)
    english = {row["code"]: row["name_en"] for row in _rows(code_list)}
    names = {
        entry.code: Text(entry.name_zh, entry.name_en or english.get(entry.code) or entry.name_zh)
        for entry in catalog.code_list_entries
        if entry.list == code_list
    }
    return title, names


@cache
def colours(code_list: str) -> Mapping[str, str]:
    """Colours by code of a list.

    >>> colours("land_sea_use_2023")["07"], colours("division")
    ('#ffe26b', {})
    """
    return {row["code"]: row["colour"] for row in _rows(code_list)}


def _rows(code_list: str) -> list[dict[str, str]]:
    return [row for row in rows("style_colours") if row["list"] == code_list]


def _lists() -> list[str]:
    return list(dict.fromkeys(row["list"] for row in rows("style_colours")))
