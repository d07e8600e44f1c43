"""What clients have to know to write features (可写属性): OGC API - Common 3, Features 4.

The schema of a collection marks what the service gives (`readOnly`), names what has to be there
(`required`), and has the limits of the fields that properties are bound to: what meets it is taken,
but for what only the other features, or a code list, can tell.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from api.links import url
from cim import layer_table
from cim.catalog import rules
from cim.catalog.model import Field
from cim.feature_sql import CODE_COLUMNS, readings
from cim.layer import Layer
from layers.editing.writing import is_writable

Json = dict[str, Any]


def of_layer(layer: Layer, members: Mapping[str, Json], geometry: str, base: str) -> Json:
    """Members of the schema document: `properties` with marks and limits, and `required`."""
    if not is_writable(layer):
        return {"properties": {name: {**m, "readOnly": True} for name, m in members.items()}}
    given = {*CODE_COLUMNS, *(name for name, _ in readings(layer))}
    properties = {}
    for name, member in members.items():
        own = layer.column(name) is not None
        mark = {"readOnly": True} if name in given and not own else {}
        properties[name] = {**member, **mark, **_limits(layer, name, base)}
    return {"properties": properties, "required": [geometry, *_required(layer)]}


def _required(layer: Layer) -> list[str]:
    """The key, and what the catalog has as mandatory."""
    key = [layer_table.property_name(layer.key_field)] if layer.key_field else []
    bound = layer.binding.columns.values() if layer.binding else ()
    mandatory = [each.name for each in bound if each.field.mandatory == "M"]
    return list(dict.fromkeys([*key, *mandatory]))


def _limits(layer: Layer, name: str, base: str) -> Json:
    bound = layer.binding.columns.get(name) if layer.binding else None
    return {} if bound is None else _of_field(bound.field, layer, name, base)


def _of_field(field: Field, layer: Layer, name: str, base: str) -> Json:
    column = layer.column(name)
    kind = column.type if column else "text"
    said: Json = {}
    if kind == "text":
        if field.pattern:
            said["pattern"] = rules.whole(field.pattern)
        if field.length:
            said["maxLength"] = field.length
    for member, bound in zip(("minimum", "maximum"), rules.bounds(field), strict=True):
        if isinstance(bound, (int, float)) and math.isfinite(bound):
            said[member] = bound
    if field.code_list:
        said["x-ogc-codelistUri"] = url(base, "catalog", "lists", field.code_list)
    return said
