"""Rows linked by their place (按位置关联): longitude and latitude, degrees of CGCS2000 or WGS 84.

An area that holds the point, or has it on its edge, scores 1; where one does, nothing near counts.
Otherwise what is within so many metres scores from 1 at the point to 0.6 at the farthest, so that
with the usual thresholds a quarter of the way is taken at once. Distances are planar in metres of
the point's own latitude (`cim.here`).

>>> score(0, 50), score(12.5, 50), score(50, 50)
(1.0, 0.9, 0.6)
"""

from sqlalchemy import Connection

from cim.database.sql import run
from cim.fusion.fused import Join
from cim.fusion.ways import Way
from cim.layer import Layer
from cim.names import quoted
from cim.source_table import near

_FARTHEST = 0.6
# Metres to a degree of longitude and latitude, as `cim.here.metres_per_degree` has them.
_SQUARE = "(1 - 0.0066943800229 * sin(radians(p.lat)) ^ 2)"
_WIDE = f"(6378137.0 / sqrt({_SQUARE}) * cos(radians(p.lat)) * pi() / 180)"
_HIGH = f"(6378137.0 * (1 - 0.0066943800229) / {_SQUARE} ^ 1.5 * pi() / 180)"


def score(metres: float, within: float) -> float:
    """How good a feature is that lies so far away, of those within so many metres."""
    return 1 - (1 - _FARTHEST) * metres / within if within else 1.0


def look(connection: Connection, layer: Layer, join: Join, way: Way) -> None:
    """Write which open rows have a place, and what lies there or near.

    A place that is none on earth is `invalid`.
    """
    key = quoted(join.table.key.name)
    lon, lat = (f"t.{quoted(name)}::float8" for name in (way.lon, way.lat))
    run(connection, "DROP TABLE IF EXISTS pg_temp.fusing_place")
    run(
        connection,
        f"""
        CREATE TEMP TABLE fusing_place ON COMMIT DROP AS
        SELECT row_key, lon, lat, {_WIDE} AS wide, {_HIGH} AS high,
               ST_SetSRID(ST_MakePoint(lon, lat), 4490) AS geom
        FROM (SELECT f.row_key, {lon} AS lon, {lat} AS lat
              FROM fusing f JOIN {join.table.relation} t ON t.{key}::text = f.row_key
              WHERE f.state = 'open') p
        WHERE lon BETWEEN -180 AND 180 AND lat BETWEEN -89.9 AND 89.9
        """,
    )
    run(
        connection,
        f"""
        INSERT INTO fusing_said
        SELECT f.row_key, CASE WHEN p.row_key IS NULL THEN 'invalid' ELSE '' END
        FROM fusing f JOIN {join.table.relation} t ON t.{key}::text = f.row_key
        LEFT JOIN fusing_place p ON p.row_key = f.row_key
        WHERE f.state = 'open' AND {lon} IS NOT NULL AND {lat} IS NOT NULL
        """,
    )
    run(connection, "ANALYZE fusing_place")
    run(connection, _found(layer), max(way.within, 0.001), way.within)


def _found(layer: Layer) -> str:
    local = "ST_Affine(ST_Force2D(i.geom), p.wide, 0, 0, p.high, -p.lon * p.wide, -p.lat * p.high)"
    distance = f"ST_Distance({local}, ST_SetSRID(ST_MakePoint(0, 0), 4490))"
    reach = "ST_Expand(p.geom, $1::float8 / p.wide, $1::float8 / p.high)"
    return f"""
        INSERT INTO fusing_found
        SELECT row_key, code,
               CASE WHEN inside THEN 1 ELSE 1 - {1 - _FARTHEST} * metres / $1::float8 END,
               CASE WHEN inside THEN 'inside' ELSE round(metres::numeric, 2) || ' m' END
        FROM (
            SELECT p.row_key, n.*, bool_or(inside) OVER (PARTITION BY p.row_key) AS held
            FROM fusing_place p CROSS JOIN LATERAL (
                SELECT i.code, {distance} AS metres,
                       ST_Dimension(i.geom) = 2 AND ST_Intersects(i.geom, p.geom) AS inside
                FROM item.{quoted(layer.name)} i
                WHERE {near(layer.source, reach, "i.")}
            ) n
        ) near
        WHERE inside OR (NOT held AND metres <= $2::float8)
    """
