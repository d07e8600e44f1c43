"""What the features of a collection have, and what they are asked by (模式、可查询与可排序属性).

`schema` is what they have, `queryables` what filters may name, `sortables` what they may be sorted
by: OGC API - Common 3 and Features 3 and 8, JSON Schema 2020-12. `/functions` lists what filters
may call beside the functions of CQL2.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking, pages
from api.collections import found
from api.column_types import schema_of
from api.editing import schema as writing
from api.links import link, url
from cim import queryables
from cim.cql2 import FUNCTIONS
from cim.feature_sql import CODE_COLUMNS, readings
from cim.layer import Layer

Json = dict[str, Any]

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TITLES = {
    "code": ("统一识别代码", "Entity code"),
    "region_code": ("行政区划代码", "Division code"),
    "type_code": ("分类代码", "Class code"),
    "beidou_code": ("北斗网格位置码", "BeiDou grid code"),
    "valid_from": ("有效起始时间", "Valid from"),
    "valid_to": ("有效截止时间", "Valid until"),
}
_ROLES = {
    "code": "id",
    "type_code": "type",
    "valid_from": "primary-interval-start",
    "valid_to": "primary-interval-end",
}
_READINGS = {
    "value": {"type": "number"},
    "time": schema_of("timestamptz"),
    "flags": schema_of("text[]"),
}
# JSON has these as its own kinds, and OGC's list of functions has names for them.
_FUNCTION_TYPES = {
    "text": "string",
    "number": "number",
    "geometry": "geometry",
    "date": "datetime",
    "moment": "datetime",
    "local": "datetime",
}


async def schema(request: Request) -> Response:
    layer = await found(request, "vector")
    columns = {name: _of_column(layer, name) for name in queryables.of_layer(layer)}
    owned = {name: columns[name] for name in (*CODE_COLUMNS, *(c.name for c in layer.columns))}
    latest = {name: _READINGS.get(path[1], {"type": "string"}) for name, path in readings(layer)}
    geometry = queryables.geometry_name(layer)
    members = {geometry: columns[geometry], **latest, **owned}
    written = writing.of_layer(layer, members, geometry, asking.base_url(request))
    return _document(request, layer, "schema", written["properties"], written.get("required"))


async def of_queries(request: Request) -> Response:
    layer = await found(request, "vector")
    names = queryables.of_layer(layer)
    return _document(request, layer, "queryables", {n: _of_column(layer, n) for n in names})


async def of_orders(request: Request) -> Response:
    layer = await found(request, "vector")
    names = queryables.sortable(layer)
    return _document(request, layer, "sortables", {n: _of_column(layer, n) for n in names})


def _document(
    request: Request,
    layer: Layer,
    kind: str,
    members: Json,
    required: Sequence[str] | None = None,
) -> Response:
    asking.only(request, ())
    language = asking.language(request)
    media_type = asking.media_type(request, (asking.SCHEMA, asking.JSON, asking.HTML))
    body = {
        "$schema": _DRAFT,
        "$id": url(asking.base_url(request), "collections", layer.name, kind),
        "type": "object",
        "title": layer.title.in_language(language),
        "properties": {
            name: {
                **_described(layer, name, language),
                **member,
                **_governed(layer, name),
                "x-ogc-propertySeq": place,
            }
            for place, (name, member) in enumerate(members.items(), 1)
        },
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }
    if media_type == asking.HTML:
        return pages.page(request, "schema.html", layer=layer, kind=kind, document=body)
    return JSONResponse(body, media_type=media_type, headers={"Content-Language": language})


def _of_column(layer: Layer, name: str) -> Json:
    queryable = queryables.of_layer(layer)[name]
    if queryable.kind == "geometry":
        return {"format": _geometry(layer.geometry_type), "x-ogc-role": "primary-geometry"}
    role = {"x-ogc-role": _ROLES[name]} if name in _ROLES and layer.column(name) is None else {}
    if queryable.type == "jsonb":  # every property has its `type`, which OpenAPI 3.0 cannot write
        return {"type": ["object", "array"], **role}
    return {**schema_of(queryable.type), **role}


def _geometry(kind: str | None) -> str:
    """The format of geometries; a layer that is said to have multiple ones has single ones too.

    >>> _geometry("Polygon"), _geometry("MultiPolygon"), _geometry(None)
    ('geometry-polygon', 'geometry-polygon-or-multipolygon', 'geometry-any')
    """
    name = (kind or "").lower()
    single = name.removeprefix("multi")
    if single not in {"point", "linestring", "polygon"}:
        return "geometry-any"
    return f"geometry-{single}" if name == single else f"geometry-{single}-or-{name}"


def _governed(layer: Layer, name: str) -> Json:
    """The grade of a property, and the table that a fused one comes from."""
    found = layer.fusion.find(name) if layer.fusion else None
    said: Json = {"x-grade": grade} if (grade := layer.grade_of(name)) else {}
    if found is not None:
        table = found[0].table
        said["x-source"] = {"table": table.name, "owner": table.owner}
    return said


def _described(layer: Layer, name: str, language: str) -> Json:
    """Title and unit of a property: of the field that it is bound to, else its own."""
    binding = layer.base.binding if layer.base else layer.binding
    fused = layer.fusion is not None and layer.fusion.find(name) is not None
    bound = binding.columns.get(name) if binding and not fused else None
    if bound is None:
        zh, en = _TITLES.get(name, (name, name))
        return {"title": en if language == "en" else zh}
    title = bound.field.name_en if language == "en" else bound.field.name_zh
    column = layer.column(name)
    number = schema_of(column.type if column else None).get("type") in {"number", "integer"}
    return {"title": title, **({"x-ogc-unit": bound.unit} if bound.unit and number else {})}


async def functions(request: Request) -> Response:
    asking.only(request, ())
    language, base = asking.language(request), asking.base_url(request)
    body = {
        "functions": [
            {
                "name": name,
                "description": function.en if language == "en" else function.zh,
                "arguments": [
                    {"title": title, "type": _types(kinds)} for title, kinds in function.arguments
                ],
                "returns": _types([function.returns]),
            }
            for name, function in FUNCTIONS.items()
        ],
        "links": [
            link("self", url(base, "functions"), asking.JSON),
            link("alternate", url(base, "functions", f="html"), asking.HTML),
        ],
    }
    return pages.document(request, "functions.html", body)


def _types(kinds: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(_FUNCTION_TYPES[kind] for kind in kinds))
