"""A row of a layer as a GeoJSON Feature (要素的 GeoJSON), written by PostGIS."""

import json
from collections.abc import Iterator

from cim import observed
from cim.crs import CRS84, Crs
from cim.layer import Layer
from cim.names import quoted

__all__ = [
    "CODE_COLUMNS",
    "WITH_LATEST",
    "column_type",
    "feature",
    "members",
    "name_sql",
    "out",
    "property_names",
    "put",
    "readings",
    "with_latest",
]

# Properties that every feature has, named as the city's own exchange tables name them.
CODE_COLUMNS = ("code", "region_code", "type_code", "beidou_code")


WITH_LATEST = """
    LEFT JOIN (SELECT station AS cim_station, readings AS cim_latest FROM cim.latest) cim_s
           ON cim_s.cim_station = code"""
"""What gives rows with a `code` the latest readings; views of the present have it already."""

_NULL = "'null'"


def with_latest(layer: Layer) -> str:
    """SQL that follows versions of a layer in FROM, for `feature`."""
    return WITH_LATEST if layer.observed else ""


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


def feature(
    layer: Layer, crs: Crs = CRS84, then: str | None = None, only: tuple[str, ...] = ()
) -> str:
    """SQL expression of a row's GeoJSON Feature as text, without its closing brace.

    Concatenation is the fastest way; what may follow the properties is the caller's. A station
    shows its latest readings after its own properties, null where they are later than `then`, the
    SQL of a moment. Where names are in `only`, the feature has no properties but those.
    """
    geometry = f"ST_AsGeoJSON({out(crs)}, {crs.digits}, 0)"
    return (
        f"""'{{"type":"Feature","id":"{put("code")}","geometry":{put(geometry)}"""
        f""","properties":{{{members(layer, then, only)}}}'"""
    )


def members(layer: Layer, then: str | None = None, only: tuple[str, ...] = ()) -> str:
    """The properties within an SQL literal, as JSON; the parameters are those of `feature`."""
    names = property_names(layer)
    found = {name: _member(name, layer) for name in names}
    for name, path in readings(layer):
        found.setdefault(name, _latest(name, *path, then))
    return ",".join(each for name, each in found.items() if not only or name in only)


def readings(layer: Layer) -> Iterator[tuple[str, tuple[str, str]]]:
    """Properties of the latest readings of a station, and where `cim_latest` has them."""
    for parameter in layer.observed:
        yield f"latest_{parameter}", (parameter, "value")
        members = ("unit", "time", "flags")
        for member in (*members, "datum") if parameter in observed.heights() else members:
            yield f"latest_{parameter}_{member}", (parameter, member)


def _latest(name: str, parameter: str, member: str, then: str | None) -> str:
    reading = f"(cim_latest #> '{{{parameter},{member}}}')::text"
    if then is not None:
        time = f"(cim_latest #>> '{{{parameter},time}}')::timestamptz"
        reading = f"CASE WHEN {time} <= {then} THEN {reading} END"
    return f'"{name}":{put(f"coalesce({reading}, {_NULL})")}'


def put(expression: str) -> str:
    """Leaves an SQL string literal, puts a value there, and goes on with the literal."""
    return f"' || {expression} || '"


def out(crs: Crs, *, flipped: bool = True, geometry: str = "geom") -> str:
    """SQL of the geometry in a CRS, in the axis order of that one, or else x first."""
    moved = geometry if crs.srid == 4490 else f"ST_Transform({geometry}, {crs.srid})"
    return f"ST_FlipCoordinates({moved})" if crs.flipped and flipped else moved


def _member(name: str, layer: Layer) -> str:
    key = json.dumps(name, ensure_ascii=False).replace("'", "''")
    if name in CODE_COLUMNS:  # digits and capital letters need no escaping
        return f'{key}:"{put(name)}"'
    column = quoted(name)
    plain = column_type(layer, name) in {"integer", "bigint"}
    value = f"{column}::text" if plain else f"to_json({column})::text"
    value = f"coalesce({value}, 'null')"
    return f"{key}:{put(value)}"
