"""Catalogs, elements, fields, versions and bindings as JSON documents (目录文档).

What is not said is null; `unknown` names what a standard or department would still have to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from api import asking
from api.links import Link, link, url
from cim.catalog import model
from cim.catalog.bound import Binding
from cim.catalog.compare import Difference
from cim.catalog.model import Catalog, Element, Field, Head
from cim.catalog.reading import FoundElement, FoundList, Outline
from cim.catalog.suggest import Suggestion
from cim.layer import Layer

Json = dict[str, Any]

_ASKED = ("standard", "clause", "owner", "authority", "update_cycle", "sharing", "opening")
PRIVATE = {
    "zh": "未绑定目录要素：仅属其所有者，不对外；访问规则建立之前任何人仍可见",
    "en": "bound to no element of the catalog: private to its owner; "
    "everybody still sees it until there are rules of access",
}


def links(base: str, *here: str, **query: object) -> list[Link]:
    """A document's links to itself, as JSON and as a page."""
    return [
        link("self", url(base, *here, **query), asking.JSON),
        link("alternate", url(base, *here, **query, f="html"), asking.HTML),
    ]


def moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def outline(found: Outline, layers: Sequence[Layer], base: str) -> Json:
    """A catalog: its domains, categories and elements, one inside the other."""
    held = [(_element(e, n, layers, base), e) for e, n in found.elements]
    categories = [
        {**model.plain(c), "elements": [shown for shown, e in held if e.category == c.code]}
        for c in found.categories
    ]
    return {
        **model.plain(found.head),
        "domains": [
            {**model.plain(d), "categories": [c for c in categories if c["domain"] == d.code]}
            for d in found.domains
        ],
        "code_lists": [
            {**model.plain(each), "href": url(base, "catalog", "lists", each.code)}
            for each in found.code_lists
        ],
    }


def _element(element: Element, fields: int, layers: Sequence[Layer], base: str) -> Json:
    return {
        "code": element.code,
        "name_zh": element.name_zh,
        "name_en": element.name_en,
        "grade": element.grade,
        "source": element.source,
        "certainty": element.certainty,
        "fields": fields,
        "layers": [layer.name for layer in _of(layers, element.code)],
        "href": url(base, "catalog", "elements", element.code),
    }


def element(found: FoundElement, layers: Sequence[Layer], base: str) -> Json:
    """An element with its fields, each with what it takes from the element, and its layers."""
    return {
        **_governed(found.element),
        "catalog": found.head.reference,
        "domain": model.plain(found.domain),
        "category": model.plain(found.category),
        "layers": [_layer(layer, base) for layer in _of(layers, found.element.code)],
        "fields": [
            {**_governed(each), "href": url(base, "catalog", "fields", each.code)}
            for each in found.fields
        ],
        "links": [
            *links(base, "catalog", "elements", found.element.code),
            link("collection", url(base, "catalog"), asking.JSON),
        ],
    }


def field(found: FoundElement, layers: Sequence[Layer], base: str) -> Json:
    """A field, where it stands, and the columns that are it."""
    (one,) = found.fields
    more = [link("up", url(base, "catalog", "elements", one.element), asking.JSON)]
    if one.code_list:
        more.append(link("related", url(base, "catalog", "lists", one.code_list), asking.JSON))
    return {
        **_governed(one),
        "catalog": found.head.reference,
        "element_zh": found.element.name_zh,
        "element_en": found.element.name_en,
        "columns": list(_columns(one, layers, base)),
        "links": [*links(base, "catalog", "fields", one.code), *more],
    }


def code_list(found: FoundList, base: str) -> Json:
    return {
        **model.plain(found.code_list),
        "catalog": found.head.reference,
        "entries": [
            {name: value for name, value in model.plain(entry).items() if name != "list"}
            for entry in found.entries
        ],
        "links": [
            *links(base, "catalog", "lists", found.code_list.code),
            link("collection", url(base, "catalog"), asking.JSON),
        ],
    }


def _governed(row: Element | Field) -> Json:
    said = model.plain(row)
    return {**said, "unknown": [name for name in _ASKED if said[name] is None]}


def _of(layers: Iterable[Layer], code: str) -> list[Layer]:
    return [layer for layer in layers if layer.binding and layer.binding.element.code == code]


def _layer(layer: Layer, base: str) -> Json:
    assert layer.binding is not None
    return {
        "layer": layer.name,
        "kind": layer.kind,
        "department": layer.binding.department,
        "authoritative": layer.binding.authoritative,
        "grade": layer.grade,
        "href": url(base, "collections", layer.name),
    }


def _columns(field: Field, layers: Iterable[Layer], base: str) -> Iterable[Json]:
    for layer in layers:
        for column in layer.binding.columns.values() if layer.binding else ():
            if column.field.code == field.code:
                yield {**_layer(layer, base), "column": column.name}


def version(row: Any, base: str) -> Json:
    """A version as a row of `versions.listed` tells it."""
    head = Head(*(row[name] for name in Head._fields))
    return {
        **model.plain(head),
        "reference": head.reference,
        "current": row["current"],
        "elements": row["elements"],
        "fields": row["fields"],
        "loaded_by": row["who"],
        "loaded_at": moment(row["recorded_at"]),
        "why": row["why"],
        "href": url(base, "catalog", "versions", head.reference),
    }


def differences(before: Catalog, after: Catalog, found: Sequence[Difference], base: str) -> Json:
    named = {"from": before.head.reference, "to": after.head.reference}
    return {
        **named,
        "differences": [difference(each) for each in found],
        "layers": sorted({layer for each in found for layer in each.layers}),
        "links": links(base, "catalog", "diff", **named),
    }


def difference(found: Difference) -> Json:
    return {
        "kind": found.kind,
        "table": found.table,
        "code": found.code,
        "name_zh": found.name_zh,
        "name_en": found.name_en,
        "element": found.element or None,
        "changed": {name: [_json(v) for v in pair] for name, pair in found.changed.items()},
        "layers": list(found.layers),
    }


def _json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value if value != "" else None


def governance(layer: Layer, language: str) -> Json:
    """What the document of a collection says of its layer; one that is fused has no binding."""
    if layer.base is not None:
        return {**governance(layer.base, language), "owner": layer.owner, "grade": layer.grade}
    if layer.binding is None:
        return {
            "bound": False,
            "private": True,
            "owner": layer.owner,
            "grade": None,
            "note": PRIVATE[language],
        }
    binding = layer.binding
    return {
        "bound": True,
        "private": False,
        "owner": layer.owner,
        "element": binding.element.code,
        "element_zh": binding.element.name_zh,
        "element_en": binding.element.name_en,
        "department": binding.department,
        "authoritative": binding.authoritative,
        "grade": binding.grade,
    }


def bound(layer: Layer, binding: Binding, base: str) -> Json:
    """The binding of a layer, column by column."""
    here = ("collections", layer.name, "binding")
    return {
        "layer": layer.name,
        "element": binding.element.code,
        "element_zh": binding.element.name_zh,
        "element_en": binding.element.name_en,
        "department": binding.department,
        "authoritative": binding.authoritative,
        "declared_grade": binding.declared,
        "grade": binding.grade,
        "confirmed_by": binding.confirmed_by,
        "confirmed_at": moment(binding.confirmed_at),
        "columns": [_column(layer, binding, column.name) for column in layer.columns],
        "missing": list(binding.missing),
        "links": [
            *links(base, *here),
            link("collection", url(base, "collections", layer.name), asking.JSON),
            link("describedby", url(base, "catalog", "elements", binding.element.code)),
            link("version-history", url(base, *here, "history"), asking.JSON),
        ],
    }


def _column(layer: Layer, binding: Binding, name: str) -> Json:
    """A column with its field, if it is one, and its grade in any case."""
    column = binding.columns.get(name)
    shown: Json = {"column": name, "grade": layer.grade_of(name), "field": None}
    if column is None:
        return shown
    one = column.field
    said = {"name_zh": one.name_zh, "name_en": one.name_en, "unit": column.unit or None}
    shared = {"sharing": one.sharing or None, "opening": one.opening or None}
    return {**shown, "field": one.code, **said, "mandatory": one.mandatory, **shared}


def suggestion(found: Suggestion, layer: Layer, base: str) -> Json:
    paired = {pair.column for pair in found.pairs}
    return {
        "element": found.found.element.code,
        "name_zh": found.found.element.name_zh,
        "name_en": found.found.element.name_en,
        "grade": found.found.element.grade,
        "score": found.score,
        "why_zh": found.why_zh,
        "why_en": found.why_en,
        "fields": [
            {
                "column": pair.column,
                "field": pair.field.code,
                "name_zh": pair.field.name_zh,
                "name_en": pair.field.name_en,
                "score": pair.score,
                "why_zh": pair.why_zh,
                "why_en": pair.why_en,
            }
            for pair in found.pairs
        ],
        "unpaired": [column.name for column in layer.columns if column.name not in paired],
        "href": url(base, "catalog", "elements", found.found.element.code),
    }


def change(row: Any) -> Json:
    """One entry of a history, as a row of `history.told`."""
    return {
        "kind": row["kind"],
        "who": row["who"],
        "why": row["why"],
        "document": row["document"],
        "recorded_at": moment(row["recorded_at"]),
        "row": json.loads(row["row"]),
    }
