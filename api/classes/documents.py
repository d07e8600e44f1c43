"""A class and its changes as JSON documents (分类文档). What a class has not is null."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from api import asking
from api.links import link, url
from cim import class_table
from cim.class_table import Change
from cim.classes import EntityClass
from cim.layer import Layer


def columns(entity_class: EntityClass) -> dict[str, Any]:
    """The columns of the class, in the order of the table."""
    return {n: None if v == "" else v for n, v in entity_class._asdict().items()}


def describe(entity_class: EntityClass, base: str, layers: Sequence[Layer] = ()) -> dict[str, Any]:
    """The class with its links: its history, and the layers whose things are in it."""
    here = ("classes", entity_class.code)
    links = [
        link("self", url(base, *here), asking.JSON),
        link("alternate", url(base, *here, f="html"), asking.HTML),
        link("collection", url(base, "classes"), asking.JSON),
        link("version-history", url(base, *here, "history"), asking.JSON),
    ]
    for layer in layers:
        if layer.class_code == entity_class.code:
            links.append(link("data", url(base, "collections", layer.name), asking.JSON))
    return {**columns(entity_class), "links": links}


def describe_changes(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """The changes, oldest first; `changed` names the columns that a change moved."""
    moved = class_table.differences(changes)
    return [
        {
            "kind": change.kind,
            "who": change.who,
            "why": change.why,
            "recorded_at": change.recorded_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "version": change.found.version,
            "changed": list(columns_moved),
            "class": columns(change.found),
        }
        for change, columns_moved in zip(changes, moved, strict=True)
    ]
