"""A row of a layer as a GeoJSON Feature (要素的 GeoJSON), written by PostGIS."""

import json
from collections.abc import Iterator

from cim import observed
from cim.crs import CRS84, Crs
from cim.names import quoted
from cim.registry import Layer

__all__ = ["CODE_COLUMNS", "column_type", "feature", "name_sql", "property_names"]

# Properties that every feature has, named as the city's own exchange tables name them.
CODE_COLUMNS = ("code", "region_code", "type_code", "beidou_code")


def property_names(layer: Layer) -> list[str]:
    return [*CODE_COLUMNS, *(column.name for column in layer.columns)]


def column_type(layer: Layer, name: str) -> str | None:
    """PostgreSQL type of a property, None where the layer has no such property."""
    if name in CODE_COLUMNS:
        return "text"
    column = layer.column(name)
    return column.type if column else None


def name_sql(layer: Layer) -> str:
    """SQL expression of what a row `v` is called: by its field for names, else by `cim.name`."""
    if layer.name_field is not None and layer.column(layer.name_field) is not None:
        return f"v.{quoted(layer.name_field)}::text"
    return "(SELECT n.name FROM cim.name n WHERE n.code = v.code)"


def feature(layer: Layer, crs: Crs = CRS84, *, now: bool = True) -> str:
    """SQL expression of a row's GeoJSON Feature as text, without its closing brace.

    Concatenation is the fastest way; what may follow the properties is the caller's. A station as
    it is now (`item.<layer>`) shows its latest readings after its own properties.
    """
    names = property_names(layer)
    members = ",".join(_member(name, layer) for name in names)
    if now:
        latest = (_latest(name, path) for name, path in _readings(layer) if name not in names)
        members = ",".join((members, *latest))
    geometry = f"ST_AsGeoJSON({_out(crs)}, {crs.digits}, 0)"
    return (
        f"""'{{"type":"Feature","id":"{_put("code")}","geometry":{_put(geometry)}"""
        f""","properties":{{{members}}}'"""
    )


def _readings(layer: Layer) -> Iterator[tuple[str, tuple[str, str]]]:
    """Properties of the latest readings of a station, and where `cim_latest` has them."""
    for parameter in layer.observed:
        yield f"latest_{parameter}", (parameter, "value")
        members = ("unit", "time", "flags")
        for member in (*members, "datum") if parameter in observed.heights() else members:
            yield f"latest_{parameter}_{member}", (parameter, member)


def _latest(name: str, path: tuple[str, str]) -> str:
    reading = f"coalesce((cim_latest #> '{{{','.join(path)}}}')::text, 'null')"
    return f'"{name}":{_put(reading)}'


def _put(expression: str) -> str:
    """Leaves an SQL string literal, puts a value there, and goes on with the literal."""
    return f"' || {expression} || '"


def _out(crs: Crs) -> str:
    moved = "geom" if crs.srid == 4490 else f"ST_Transform(geom, {crs.srid})"
    return f"ST_FlipCoordinates({moved})" if crs.flipped else moved


def _member(name: str, layer: Layer) -> str:
    key = json.dumps(name, ensure_ascii=False).replace("'", "''")
    if name in CODE_COLUMNS:  # digits and capital letters need no escaping
        return f'{key}:"{_put(name)}"'
    column = quoted(name)
    plain = column_type(layer, name) in {"integer", "bigint"}
    value = f"{column}::text" if plain else f"to_json({column})::text"
    value = f"coalesce({value}, 'null')"
    return f"{key}:{_put(value)}"
