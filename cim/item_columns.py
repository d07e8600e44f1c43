"""The properties of a layer as typed columns (要素属性列), for tables instead of JSON.

A column has one of the types that tables of all formats know. A `numeric` becomes a double, and
what has no place in a table (a time of day, a list, JSON, bytes, a UUID) its text. Dates and times
without end are null: no format has them.

>>> plain("numeric(10,2)"), plain("timestamp with time zone"), plain("text[]"), plain("integer")
('double precision', 'timestamptz', 'text', 'integer')
"""

from collections.abc import Sequence
from typing import NamedTuple

from cim.crs import Crs
from cim.feature_sql import CODE_COLUMNS, out, property_names, readings
from cim.layer import Layer
from cim.names import quoted

__all__ = ["Property", "columns", "exported_names", "plain", "properties"]

_PLAIN = {
    "boolean": "boolean",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "bigint",
    "real": "double precision",
    "double precision": "double precision",
    "numeric": "double precision",
    "date": "date",
    "timestamptz": "timestamptz",
    "timestamp with time zone": "timestamptz",
    "timestamp": "timestamp",
    "timestamp without time zone": "timestamp",
}
_ENDLESS = {"date", "timestamptz", "timestamp"}
_OF_READINGS = {"value": "double precision", "time": "timestamptz"}


_UNMEASURED = (
    "CASE ST_Zmflag(geom) WHEN 1 THEN ST_Force2D(geom) WHEN 3 THEN ST_Force3DZ(geom) ELSE geom END"
)


class Property(NamedTuple):
    """A column: its name, its type as `plain` gives it, and its SQL."""

    name: str
    type: str
    sql: str


def plain(column_type: str) -> str:
    """The type in a table of what a PostgreSQL type holds."""
    if column_type.endswith("[]"):
        return "text"
    return _PLAIN.get(column_type.partition("(")[0].strip(), "text")


def exported_names(layer: Layer) -> list[str]:
    """The properties that features of the layer have, the latest readings of stations too."""
    names = property_names(layer)
    return names + [name for name, _ in readings(layer) if name not in names]


def properties(
    layer: Layer, only: Sequence[str] = (), then: str | None = None
) -> tuple[Property, ...]:
    """The columns, those of the names in `only` where there are any; the code is always the first.

    Latest readings that are later than `then`, the SQL of a moment, are null.
    """
    found = {name: Property(name, "text", name) for name in CODE_COLUMNS}
    for column in layer.columns:
        found[column.name] = _of_column(column.name, column.type)
    for name, path in readings(layer):
        found.setdefault(name, _of_reading(name, path, then))
    return tuple(each for name, each in found.items() if not only or name == "code" or name in only)


def columns(layer: Layer, found: Sequence[Property], crs: Crs) -> str:
    """SQL of what follows the code in a row: the other properties, and the geometry as ISO WKB.

    The geometry has its x first, as all binary formats want it, whatever the order of the CRS. It
    is a multiple one where the layer is of multiple ones. Measures (M) are left out, as in GeoJSON.
    """
    geometry = out(crs, flipped=False, geometry=_UNMEASURED)
    if (layer.geometry_type or "").startswith("Multi"):
        geometry = f"ST_Multi({geometry})"
    parts = [f"{each.sql} AS cim_p{n}" for n, each in enumerate(found) if each.name != "code"]
    return ", ".join([*parts, f"ST_AsBinary({geometry}) AS cim_shape"])


def _of_column(name: str, column_type: str) -> Property:
    kind, sql = plain(column_type), quoted(name)
    if kind in _ENDLESS:
        return Property(name, kind, f"CASE WHEN isfinite({sql}) THEN {sql} END")
    if kind == "text" and column_type.endswith("[]"):
        return Property(name, kind, f"to_json({sql})::text")
    if kind == column_type:
        return Property(name, kind, sql)
    return Property(name, kind, f"{sql}::{kind}")


def _of_reading(name: str, path: tuple[str, str], then: str | None) -> Property:
    parameter, member = path
    kind = _OF_READINGS.get(member, "text")
    sql = f"(cim_latest #>> '{{{parameter},{member}}}')::{kind}"
    if then is not None:
        time = f"(cim_latest #>> '{{{parameter},time}}')::timestamptz"
        sql = f"CASE WHEN {time} <= {then} THEN {sql} END"
    return Property(name, kind, sql)
