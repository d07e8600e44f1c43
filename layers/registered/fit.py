"""What becomes of a table that is to be a layer (表与图层的对应): its key, its columns, its place.

Columns become properties of the types that layers have: small whole numbers are whole numbers,
texts of a fixed length are texts, lists and rows within rows are JSON, and what has no such type is
the text that PostgreSQL writes for it. Geometries besides the one are left out, and so are rasters.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from cim import divisions, layer_table, schemes
from cim.access import ANONYMOUS
from cim.database.sql import run
from cim.layer import Text
from cim.names import quoted
from cim.source_table import Field, SourceTable
from layers.errors import TableUnfit
from layers.registered import geometry
from layers.registered.catalogs import Attribute, Found
from layers.registered.place import Place

_TYPES = {
    "int2": "integer",
    "int4": "integer",
    "int8": "bigint",
    "float4": "numeric",  # as double precision it would have digits that nobody wrote
    "float8": "double precision",
    "numeric": "numeric",
    "bool": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamptz",
    "time": "time",
    "bytea": "bytea",
    "json": "jsonb",
    "jsonb": "jsonb",
    "uuid": "uuid",
}
_LEFT_OUT = frozenset({"geometry", "geography", "raster", "box2d", "box3d", "topogeometry"})
_KEYS = frozenset(
    {"int2", "int4", "int8", "oid", "numeric", "text", "varchar", "bpchar", "uuid"},
)


@dataclass(frozen=True, slots=True)
class Registration:
    """A table that is to be a layer, and what its columns mean.

    `key` names a row, by default it is the primary key; `geometry` is needed where there are
    several, `crs` where the table does not tell its own. The rest is as of `VectorFile`.
    """

    place: Place
    layer: str
    title: Text
    description: Text | None = None
    key: str | None = None
    geometry: str | None = None
    crs: str | None = None
    class_code: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    division: str | None = None
    name_field: str | None = None
    who: str = ANONYMOUS.name
    why: str | None = None
    document: str | None = None


def source_of(connection: Connection, found: Found, wanted: Registration) -> SourceTable:
    """The table as a layer reads it; TableUnfit, CrsUnknown, UnknownScheme, UnknownDivision."""
    key = _key(found, wanted.key)
    place = geometry.placed(connection, found, wanted.geometry, wanted.crs)
    for named in filter(None, (wanted.name_field, *wanted.aliases.values())):
        found.attribute(named)
    for scheme in wanted.aliases:
        schemes.get(scheme)
    if wanted.division is not None:
        divisions.name(wanted.division)
    collation = f" COLLATE {key.collation}" if key.collation else ""
    source = SourceTable(
        *found.place,
        key=key.name,
        key_type=key.own + collation,
        geometry=place.column,
        stored=place.stored,
        srid=place.srid,
        loose=place.loose,
        area=place.area,
        reach=place.reach,
        fields=tuple(_fields(found)),
        aliases=dict(wanted.aliases),
        division=wanted.division,
    )
    check_key(connection, source, found)
    return source


def _key(found: Found, wanted: str | None) -> Attribute:
    name = wanted or found.primary
    if name is None:
        raise TableUnfit(found.place, "no column is its primary key; name its key with --key")
    key = found.attribute(name)
    if key.kind not in _KEYS:
        reason = f"its key {name!r} is {key.own}; a key is a whole number, a text or a uuid"
        raise TableUnfit(found.place, reason)
    return key


def check_key(connection: Connection, source: SourceTable, found: Found) -> None:
    """See that no two rows have the same key, where no index does; TableUnfit."""
    if source.key in found.keys:
        return
    key = f"s.{quoted(source.key)}::text"
    doubled = run(
        connection,
        f"""
        SELECT {key} AS key, count(*) AS rows FROM {source.place} s
        WHERE s.{quoted(source.key)} IS NOT NULL GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1
        """,
    )
    if doubled:
        reason = f"{doubled[0].rows} rows have the key {source.key} = {doubled[0].key!r}"
        raise TableUnfit(found.place, reason)


def _fields(found: Found) -> Iterator[Field]:
    kept = [each for each in found.attributes if each.kind not in _LEFT_OUT]
    names = layer_table.property_names([each.name for each in kept])
    for name, each in zip(names, kept, strict=True):
        yield Field(name, each.name, each.kind, _type(each))


def _type(attribute: Attribute) -> str:
    if attribute.variety != "plain":
        return "jsonb"
    return _TYPES.get(attribute.kind, "text")


def left_out(found: Found, source: SourceTable) -> list[str]:
    """Columns that are no properties."""
    kept = {source.geometry, *(each.column for each in source.fields)}
    return [each.name for each in found.attributes if each.name not in kept]
