"""Business tables, fusions and provenance as JSON documents (融合文档)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from api import asking
from api.catalog.documents import moment
from api.links import Link, link, url
from cim.feature_sql import column_type, property_names
from cim.fusion.fused import FusedField, Fusion, Join
from cim.fusion.model import BusinessTable
from cim.layer import Layer

Json = dict[str, Any]


def when(at: datetime | None) -> str | None:
    return moment(at) if at else None


def table(found: BusinessTable) -> Json:
    """A business table: owner, source, grade, where it stands, what brought its rows."""
    return {
        "name": found.name,
        "title_zh": found.title_zh,
        "title_en": found.title_en,
        "relation": found.relation,
        "loaded": found.loaded,
        "owner": found.owner,
        "source": found.source or None,
        "grade": found.grade,
        "key": found.key_field,
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "grade": found.grade_of(column.name),
                "item": column.item or None,
            }
            for column in found.columns
        ],
        "load": load(found),
        "said_by": found.said_by,
        "updated_at": moment(found.updated_at),
    }


def load(found: BusinessTable) -> Json | None:
    """The last load of a table; None of one that stands in the database by itself."""
    last = found.load
    if last is None:
        return None
    return {
        "file": last.file,
        "sha256": last.sha256,
        "mode": last.mode,
        "rows": last.read,
        "loaded_by": last.who,
        "loaded_at": moment(last.at),
    }


def fusion(found: Fusion, base: str) -> Json:
    """A fusion: its layer, its tables, how their rows are linked, which fields they give."""
    here = ("fusions", found.name)
    return {
        "name": found.name,
        "layer": found.base,
        "defined_by": found.defined_by,
        "defined_at": moment(found.defined_at),
        "why": found.why,
        "tables": [join(each) for each in found.joins],
        "links": [
            link("self", url(base, *here), asking.JSON),
            link("alternate", url(base, *here, f="html"), asking.HTML),
            link("collection", url(base, "collections", found.name), asking.JSON),
            link("related", url(base, *here, "links"), asking.JSON),
            link("related", url(base, *here, "unmatched", side="table"), asking.JSON),
            link("related", url(base, *here, "unmatched", side="layer"), asking.JSON),
            link("describedby", url(base, "collections", found.name, "provenance"), asking.JSON),
        ],
    }


def join(found: Join) -> Json:
    return {
        "table": found.table.name,
        "title_zh": found.table.title_zh,
        "title_en": found.table.title_en,
        "owner": found.table.owner,
        "ways": [str(way) for way in found.ways],
        "accept": found.accept,
        "review": found.review,
        "margin": found.margin,
        "several": found.several,
        "several_field": found.several_field or None,
        "fields": [
            {
                "name": field.name,
                "column": field.column or None,
                "take": field.take or None,
                "type": found.type_of(field),
                "grade": found.grade_of(field),
            }
            for field in found.fields
        ],
        "refreshed_at": when(found.refreshed_at),
    }


def provenance(layer: Layer, run: Mapping[str, Any] | None, base: str) -> Json:
    """Where each property of a collection comes from; `run` is the last load of its layer."""
    here = ("collections", layer.name, "provenance")
    return {
        "collection": layer.name,
        "grade": layer.grade,
        "fields": list(fields(layer, run)),
        "links": [
            link("self", url(base, *here), asking.JSON),
            link("alternate", url(base, *here, f="html"), asking.HTML),
            link("collection", url(base, "collections", layer.name), asking.JSON),
        ],
    }


def fields(layer: Layer, run: Mapping[str, Any] | None) -> Iterator[Json]:
    """Each property with its grade, its data item where it is one, and its source."""
    own = layer.base or layer
    for name in property_names(layer):
        shown: Json = {"name": name, "type": column_type(layer, name)}
        shown["grade"] = layer.grade_of(name)
        found = layer.fusion.find(name) if layer.fusion else None
        if found is None:
            column = own.binding.columns.get(name) if own.binding else None
            said = {"item": column.field.code if column else None, "column": name, "take": None}
            yield {**shown, **said, "source": _own(own, run), "linked": [], "linked_at": None}
        else:
            yield {**shown, **_of_table(*found)}


def _own(layer: Layer, run: Mapping[str, Any] | None) -> Json:
    return {
        "kind": "layer",
        "name": layer.name,
        "title_zh": layer.title.zh,
        "title_en": layer.title.en,
        "owner": layer.binding.department if layer.binding else layer.owner,
        "element": layer.binding.element.code if layer.binding else None,
        "origin": None,
        "relation": None,
        "file": run["file"] if run else None,
        "sha256": run["sha256"] if run else None,
        "loaded_by": run["who"] if run else None,
        "loaded_at": moment(run["started_at"]) if run else None,
    }


def _of_table(join: Join, field: FusedField) -> Json:
    source = join.table
    item = source.item_of(field.column) if field.column else None
    last = load(source) or {}
    return {
        "item": item.code if item else None,
        "column": field.column or None,
        "take": field.take or None,
        "source": {
            "kind": "table",
            "name": source.name,
            "title_zh": source.title_zh,
            "title_en": source.title_en,
            "owner": source.owner,
            "element": item.element if item else None,
            "origin": source.source or None,
            "relation": source.relation,
            **{n: last.get(n) for n in ("file", "sha256", "loaded_by", "loaded_at")},
        },
        "linked": [str(way) for way in join.ways],
        "linked_at": when(join.refreshed_at),
    }


def summary(layer: Layer, base: str) -> Json:
    """What the document of a fused collection says of its fusion."""
    assert layer.fusion is not None
    return {
        "layer": layer.fusion.base,
        "tables": [each.table.name for each in layer.fusion.joins],
        "fields": {
            field.name: {
                "table": join.table.name,
                "owner": join.table.owner,
                "grade": join.grade_of(field),
                "item": item.code if (item := _item(join, field)) else None,
            }
            for join, field in layer.fusion.fields()
        },
        "href": url(base, "fusions", layer.name),
    }


def _item(join: Join, field: FusedField) -> Any:
    return join.table.item_of(field.column) if field.column else None


def links_of(layer: Layer, base: str) -> list[Link]:
    """Links of a fused collection to its layer and its fusion."""
    if layer.fusion is None:
        return []
    return [
        link("related", url(base, "collections", layer.fusion.base), asking.JSON),
        link("related", url(base, "fusions", layer.name), asking.JSON),
    ]
