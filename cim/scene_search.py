"""Scenes across collections (影像景检索), as STAC API asks: by place, time, names, properties.

Items are told apart by collection and name together. Sorting is by any of `SORTABLES`; without it
the newest come first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cim import keyset
from cim.cql2 import Queryable
from cim.item_query import BBox
from cim.keyset import Key, Place, Values
from cim.moments import Interval
from cim.stac import COLUMNS
from cim.statement import Statement

# By the names that items have.
_SQL: dict[str, tuple[str, str]] = {
    "id": ("s.name", "text"),
    "collection": ("l.name", "text"),
    "datetime": ("s.acquired_at", "timestamptz"),
    "created": ("s.registered_at", "timestamptz"),
    "geometry": ("s.footprint", "geometry"),
    "gsd": ("((s.properties ->> 'gsd')::float8)", "float8"),
    "eo:cloud_cover": ("((s.properties ->> 'cloud_cover')::float8)", "float8"),
    "platform": (
        "(CASE jsonb_typeof(s.properties -> 'platforms') WHEN 'array' THEN"
        " CASE jsonb_array_length(s.properties -> 'platforms') WHEN 1 THEN"
        " s.properties -> 'platforms' ->> 0 END END)",
        "text",
    ),
    "proj:code": ("(CASE WHEN starts_with(s.crs, 'EPSG:') THEN s.crs END)", "text"),
}
QUERYABLES = {name: Queryable(*each) for name, each in _SQL.items()}
SORTABLES = tuple(name for name in QUERYABLES if name != "geometry")
_NOTHING = {"text": "''", "timestamptz": "'-infinity'", "float8": "'-infinity'"}


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of scenes: each part where it is given, all of them together.

    bbox, shape  one of them: a box, or WKB in degrees of CGCS2000
    sorted_by    (one of SORTABLES, descending)
    filtered     makes a condition in SQL with the values of the statement
    """

    limit: int
    bbox: BBox | None = None
    shape: bytes | None = None
    when: Interval | None = None
    collections: Sequence[str] | None = None
    ids: Sequence[str] | None = None
    sorted_by: Sequence[tuple[str, bool]] = ()
    place: Place | None = None
    filtered: Callable[[Values], str] | None = None


def keys(query: Query) -> list[Key]:
    """What the scenes are sorted by."""
    chosen = query.sorted_by or [("datetime", True)]
    return [
        *(_key(name, descending) for name, descending in chosen),
        _key("collection"),
        _key("id"),
    ]


def _key(name: str, descending: bool = False) -> Key:
    sql, kind = _SQL[name]
    collated = ' COLLATE "C"' if kind == "text" else ""
    return Key(f"coalesce({sql}, {_NOTHING[kind]}){collated}", kind, descending)


def page(query: Query, layers: Sequence[int]) -> Statement:
    """One row (matched, scenes): how many of the layers' scenes match, and a page of them.

    `scenes` is a JSON list of rows for `cim.stac.item`, each with its `place`, and one more where
    more follow.
    """
    values = Values()
    conditions = [f"s.layer_id = ANY({values.add(list(layers), 'int[]')})"]
    conditions += _conditions(query, values)
    sorted_by = keys(query)
    backwards = query.place is not None and query.place.backwards
    after = "true"
    if query.place is not None:
        after = keyset.beyond(sorted_by, query.place.values, values, backwards=backwards)
    order = keyset.order(sorted_by, backwards=backwards)
    place = ", ".join(f"({key.sql})::text" for key in sorted_by)
    scenes = "cim.raster_scene s JOIN cim.layer l ON l.id = s.layer_id"
    return Statement(
        f"""
        WITH page AS (
            SELECT row_number() OVER (ORDER BY {order}) AS number, ARRAY[{place}] AS place,
                   {COLUMNS}
            FROM {scenes} WHERE {" AND ".join(conditions)} AND {after} ORDER BY {order}
            LIMIT {values.add(query.limit, "bigint")} + 1)
        SELECT (SELECT count(*) FROM {scenes} WHERE {" AND ".join(conditions)}) AS matched,
            (SELECT coalesce(json_agg(p ORDER BY number), '[]') FROM page p)::text AS scenes
        """,
        tuple(values),
    )


def _conditions(query: Query, values: Values) -> list[str]:
    found = []
    if query.bbox is not None:
        boxes = [
            ", ".join(values.add(n, "float8") for n in corners) for corners in query.bbox.parts()
        ]
        met = [f"ST_Intersects(s.footprint, ST_MakeEnvelope({box}, 4490))" for box in boxes]
        found.append(f"({' OR '.join(met)})")
    if query.shape is not None:
        shape = f"ST_GeomFromWKB({values.add(query.shape, 'bytea')}, 4490)"
        found.append(f"ST_Intersects(s.footprint, {shape})")
    if query.when is not None:
        start, end = (values.add(text, "text::timestamptz") for text in query.when.ends)
        found.append(f"s.acquired_at BETWEEN {start} AND {end}")
    for column, wanted in (("l.name", query.collections), ("s.name", query.ids)):
        if wanted is not None:
            found.append(f"{column} = ANY({values.add(list(wanted), 'text[]')})")
    if query.filtered is not None:
        found.append(query.filtered(values))
    return found
