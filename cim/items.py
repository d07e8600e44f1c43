"""Statements that read the features of a layer (要素), each with its result already a body.

PostGIS writes the GeoJSON; Python passes the bytes on. Values are bound as `$1`, `$2`…;
identifiers come from the registry alone. Coordinates come in the CRS that is asked for, degrees
with 8 decimals and metres with 4, so that nothing is lost above a millimetre.
"""

import json
from dataclasses import dataclass
from typing import Any

from cim.access import Caller
from cim.crs import CRS84, Crs
from cim.names import quoted
from cim.registry import Layer

# Properties that every feature has, named as the city's own exchange tables name them.
CODE_COLUMNS = ("code", "region_code", "type_code", "beidou_code")


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with `$n` parameters, and their values in order."""

    sql: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class BBox:
    """A box in a CRS, x before y: in degrees west > east crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float
    srid: int = 4490

    def parts(self) -> list[tuple[float, float, float, float]]:
        if self.west <= self.east:
            return [(self.west, self.south, self.east, self.north)]
        return [
            (self.west, self.south, 180.0, self.north),
            (-180.0, self.south, self.east, self.north),
        ]

    def holds(self, extent: tuple[float, float, float, float] | None) -> bool:
        """Whether nothing of the extent lies outside."""
        if extent is None or self.west > self.east or self.srid != 4490:
            return False
        west, south, east, north = extent
        return (
            self.west <= west and self.south <= south and self.east >= east and self.north >= north
        )


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a layer: place, property values (as text), and a page of it."""

    limit: int
    bbox: BBox | None = None
    equals: tuple[tuple[str, str], ...] = ()
    after: str | None = None
    crs: Crs = CRS84


def property_names(layer: Layer) -> list[str]:
    return [*CODE_COLUMNS, *(column.name for column in layer.columns)]


def column_type(layer: Layer, name: str) -> str | None:
    """PostgreSQL type of a property, None where the layer has no such property."""
    if name in CODE_COLUMNS:
        return "text"
    column = layer.column(name)
    return column.type if column else None


def page(layer: Layer, query: Query, caller: Caller) -> Statement:  # noqa: ARG001
    """One page in code order: row (features, returned, last_code, more).

    `features` is UTF-8 JSON without the brackets, NULL on an empty page.
    """
    values: list[Any] = []
    where = _where(layer, query, values)
    values.append(query.limit)
    limit = f"${len(values)}"
    sql = f"""
        SELECT convert_to(string_agg(feature, ',') FILTER (WHERE n <= {limit}), 'UTF8') AS features,
               count(*) FILTER (WHERE n <= {limit}) AS returned,
               max(code) FILTER (WHERE n <= {limit}) AS last_code,
               count(*) > {limit} AS more
        FROM (
            SELECT code, row_number() OVER (ORDER BY code) AS n,
                   {feature(layer, query.crs)} AS feature
            FROM item.{quoted(layer.name)}
            {where}
            ORDER BY code
            LIMIT {limit}::bigint + 1
        ) page
    """
    return Statement(sql, tuple(values))


def one(
    layer: Layer,
    code: str,
    caller: Caller,  # noqa: ARG001
    crs: Crs = CRS84,
) -> Statement:
    """One feature by its 21-digit code: row (feature, cim_version); no row when there is none.

    `feature` is UTF-8 JSON without its closing brace, so that links can follow.
    """
    sql = f"""
        SELECT convert_to(left({feature(layer, crs)}, -1), 'UTF8') AS feature, cim_version
        FROM item.{quoted(layer.name)}
        WHERE code = $1
    """
    return Statement(sql, (code,))


def _where(layer: Layer, query: Query, values: list[Any]) -> str:
    terms: list[str] = []
    if query.after is not None:
        values.append(query.after)
        terms.append(f"code > ${len(values)}")
    if query.bbox is not None and not query.bbox.holds(layer.extent):
        terms.append(_in_bbox(query.bbox, values))
    for name, text in query.equals:
        values.append(text)
        terms.append(f"{quoted(name)} = ${len(values)}::text::{column_type(layer, name)}")
    return "WHERE " + " AND ".join(terms) if terms else ""


def _in_bbox(bbox: BBox, values: list[Any]) -> str:
    boxes = []
    for part in bbox.parts():
        first = len(values) + 1
        values.extend(part)
        numbers = ", ".join(f"${n}::float8" for n in range(first, first + 4))
        boxes.append(f"ST_Intersects(geom, {_box(numbers, bbox.srid)})")
    return "(" + " OR ".join(boxes) + ")"


def _box(numbers: str, srid: int) -> str:
    """A box of another CRS has bent sides in ours: 64 points a side follow them."""
    if srid == 4490:
        return f"ST_MakeEnvelope({numbers}, 4490)"
    west, south, east, north = numbers.split(", ")
    step = f"greatest({east} - {west}, {north} - {south}, 1e-9) / 64"
    return f"ST_Transform(ST_Segmentize(ST_MakeEnvelope({numbers}, {srid}), {step}), 4490)"


def feature(layer: Layer, crs: Crs = CRS84) -> str:
    """SQL expression of a row's GeoJSON Feature as text; concatenation is the fastest way."""
    properties = " || ',' || ".join(_member(name, layer) for name in property_names(layer))
    return (
        """'{"type":"Feature","id":"' || code || '","geometry":' || """
        f"ST_AsGeoJSON({_out(crs)}, {crs.digits}, 0)"
        f""" || ',"properties":{{' || {properties} || '}}}}'"""
    )


def _out(crs: Crs) -> str:
    moved = "geom" if crs.srid == 4490 else f"ST_Transform(geom, {crs.srid})"
    return f"ST_FlipCoordinates({moved})" if crs.flipped else moved


def _member(name: str, layer: Layer) -> str:
    key = _json_key(name)
    if name in CODE_COLUMNS:  # digits and capital letters need no escaping
        return f"""'{key}"' || {name} || '"'"""
    column = quoted(name)
    if column_type(layer, name) in {"integer", "bigint"}:
        return f"'{key}' || coalesce({column}::text, 'null')"
    return f"'{key}' || coalesce(to_json({column})::text, 'null')"


def _json_key(name: str) -> str:
    return json.dumps(name, ensure_ascii=False).replace("'", "''") + ":"
