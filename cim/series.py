"""Statements that read observations (观测读取): where stations are, what they measured.

The database writes the pieces of the answers and Python puts them together, as with features. A
station is a feature of its layer that has series; its label is its name, else its key. Times are
told in UTC, coordinates as longitude and latitude with 8 decimals.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

from cim.doubts import DOUBTS, names
from cim.item_query import BBox
from cim.layer import Layer
from cim.moments import Interval
from cim.names import quoted
from cim.statement import Statement

MOST_VALUES = 100_000
"""Values of one answer, at the most."""

NEAR = 1_000.0
"""Metres at which a station still stands for a position."""

PERIODS = Statement(
    """
    SELECT e.layer_id, min(d.first_at) AS first_at, max(d.last_at) AS last_at
    FROM cim.datastream d JOIN cim.entity e ON e.code = d.station
    WHERE e.layer_id IS NOT NULL AND d.first_at IS NOT NULL GROUP BY e.layer_id
    """,
    (),
)
"""Rows (layer_id, first_at, last_at): from when to when each layer has observations."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of series: parameters by code, None for all, and the times."""

    parameters: tuple[str, ...] | None
    when: Interval


class Page(NamedTuple):
    """A page of locations: how many, in which box, and after which code."""

    limit: int
    bbox: BBox | None
    after: str | None


def locations(layer: Layer, asked: Asked, page: Page, base: str) -> Statement:
    """Rows (code, feature): stations with such series in code order, and one more than the page.

    `feature` is GeoJSON in UTF-8; `base` is the address that the code of a location follows.
    """
    box = page.bbox.parts() if page.bbox else []
    corners = [number for part in box for number in part]
    values = (page.limit, page.after, asked.parameters, *asked.when.ends, base, *corners)
    return Statement(_locations_sql(layer, len(box)), values)


@lru_cache(maxsize=256)
def _locations_sql(layer: Layer, boxes: int) -> str:
    places = [
        "ST_Intersects(i.geom, ST_MakeEnvelope({}, 4490))".format(
            ", ".join(f"${7 + 4 * box + i}::float8" for i in range(4))
        )
        for box in range(boxes)
    ]
    return f"""
        SELECT i.code, convert_to(json_build_object(
            'type', 'Feature',
            'id', i.code,
            'geometry', ST_AsGeoJSON(i.geom, 8, 0)::json,
            'properties', json_build_object(
                'label', {_label(layer)},
                'datetime', {_plain_utc("d.first_at")} || '/' || {_plain_utc("d.last_at")},
                'parameter-name', d.parameters,
                'datum', d.datums,
                'edrqueryendpoint', $6::text || i.code))::text, 'UTF8') AS feature
        FROM item.{quoted(layer.name)} i JOIN (
            SELECT station, min(first_at) AS first_at, max(last_at) AS last_at,
                   json_agg(DISTINCT parameter) AS parameters,
                   coalesce(json_object_agg(parameter, json_build_object(
                       'name', datum, 'offset_m', datum_offset))
                       FILTER (WHERE datum <> ''), '{{}}') AS datums
            FROM cim.datastream
            WHERE ($3::text[] IS NULL OR parameter = ANY ($3))
              AND last_at >= $4::text::timestamptz AND first_at <= $5::text::timestamptz
            GROUP BY station) d ON d.station = i.code
        WHERE ($2::text IS NULL OR i.code > $2) {f"AND ({' OR '.join(places)})" if places else ""}
        ORDER BY i.code
        LIMIT $1::bigint + 1
    """


def nearest(layer: Layer, longitude: float, latitude: float) -> Statement:
    """Row (code): the station with observations that is nearest to a position and near enough."""
    return Statement(_nearest_sql(layer), (longitude, latitude, NEAR))


@lru_cache(maxsize=256)
def _nearest_sql(layer: Layer) -> str:
    return f"""
        SELECT code FROM (
            SELECT code, ST_Distance(geom::geography, p.at::geography) AS metres
            FROM item.{quoted(layer.name)},
                 (SELECT ST_SetSRID(ST_MakePoint($1::float8, $2::float8), 4490) AS at) p
            WHERE ST_DWithin(geom::geography, p.at::geography, $3::float8)
              AND EXISTS (SELECT FROM cim.datastream WHERE station = code)) near
        ORDER BY metres, code LIMIT 1
    """


def place(layer: Layer, code: str) -> Statement:
    """Row (x, y, geometry, label) of a station; no row where there is none of that code."""
    return Statement(_place_sql(layer), (code,))


@lru_cache(maxsize=256)
def _place_sql(layer: Layer) -> str:
    return f"""
        SELECT ST_X(p.at) AS x, ST_Y(p.at) AS y, ST_AsGeoJSON(i.geom, 8, 0) AS geometry,
               {_label(layer)} AS label
        FROM item.{quoted(layer.name)} i, LATERAL (SELECT ST_PointOnSurface(i.geom) AS at) p
        WHERE i.code = $1
    """


def coverages(code: str, asked: Asked) -> Statement:
    """Rows of a station's series with times, values and flags, each the inside of a JSON array."""
    return _readings(
        code,
        asked,
        f"""
        string_agg({_quoted_utc("time")}, ',' ORDER BY time) AS times,
        string_agg(value::text, ',' ORDER BY time) AS values,
        string_agg(flags::text, ',' ORDER BY time) AS flags
        """,
    )


def features(code: str, asked: Asked, geometry: str, common: str) -> Statement:
    """Rows of a station's series with `features`, GeoJSON of each reading between commas.

    `common` is JSON of the properties that all have, without braces.
    """
    return _readings(
        code,
        asked,
        f"""
        string_agg('{{"type":"Feature","id":' || to_json($1 || '/' || parameter || '/'
            || coalesce(nullif(datum, '') || '/', '') || {_plain_utc("time")})
            || ',"geometry":' || $7::text || ',"properties":{{' || $8::text
            || ',"datetime":"' || {_plain_utc("time")} || '","parameter-name":["' || parameter
            || '"],"value":' || value || ',"unit":' || to_json(unit)
            || ',"flags":' || ($6::text[])[flags + 1]
            || ',"datum":' || coalesce(to_json(nullif(datum, ''))::text, 'null') || '}}}}',
            ',' ORDER BY time) AS features
        """,
        _json_flags(),
        geometry,
        common,
    )


def lines(code: str, asked: Asked, common: str) -> Statement:
    """Rows of a station's series with `lines`, a CSV line for each reading.

    `common` is what each begins with: station, name, longitude and latitude.
    """
    return _readings(
        code,
        asked,
        f"""
        string_agg($7::text || ',' || {_plain_utc("time")} || ',' || parameter || ',' || value
            || ',' || unit || ',' || ($6::text[])[flags + 1] || ','
            || '"' || replace(datum, '"', '""') || '",' || raw || ','
            || coalesce(given_unit, unit) || ',"' || coalesce(replace(given_flag, '"', '""'), '')
            || '"',
            E'\\r\\n' ORDER BY time) AS lines
        """,
        _word_flags(),
        common,
    )


def _readings(
    code: str, asked: Asked, pieces: str, flags: Sequence[str] = (), *more: str
) -> Statement:
    """The `pieces` of each series: $1 the station, $6 a text for each set of flags, $7… `more`.

    At most one value more than one answer may have is read.
    """
    texts = (flags, *more) if flags else ()
    sql = f"""
        WITH chosen AS MATERIALIZED (
            SELECT d.parameter, d.datum, d.datum_offset, d.unit, o.*
            FROM (SELECT * FROM cim.datastream
                  WHERE station = $1 AND ($2::text[] IS NULL OR parameter = ANY ($2))
                  ORDER BY parameter, datum) d
            CROSS JOIN LATERAL (
                SELECT time, value, raw, flags, given_unit, given_flag FROM cim.observation
                WHERE datastream_id = d.id
                  AND time >= $3::text::timestamptz AND time <= $4::text::timestamptz
                ORDER BY time) o
            LIMIT $5)
        SELECT parameter, datum, datum_offset, unit, count(*) AS size, {pieces}
        FROM chosen GROUP BY parameter, datum, datum_offset, unit ORDER BY parameter, datum
    """
    return Statement(sql, (code, asked.parameters, *asked.when.ends, MOST_VALUES + 1, *texts))


def _label(layer: Layer) -> str:
    """SQL of what a station is called."""
    wanted = (layer.name_field, "name", layer.key_field)
    fields = [name for name in dict.fromkeys(wanted) if name and layer.column(name)]
    texts = [f"nullif(i.{quoted(name)}::text, '')" for name in fields]
    return f"coalesce({', '.join([*texts, 'i.code'])})"


def _plain_utc(column: str) -> str:
    """SQL of a time as RFC 3339 in UTC."""
    return f"(to_json({column} AT TIME ZONE 'UTC') #>> '{{}}') || 'Z'"


def _quoted_utc(column: str) -> str:
    return f"rtrim(to_json({column} AT TIME ZONE 'UTC')::text, '\"') || 'Z\"'"


@cache
def _json_flags() -> tuple[str, ...]:
    return tuple(json.dumps(names(flags)) for flags in range(2 * max(DOUBTS.values())))


@cache
def _word_flags() -> tuple[str, ...]:
    return tuple("|".join(names(flags)) for flags in range(2 * max(DOUBTS.values())))
