"""What the registry says of the rows of a registered table (登记图层概况): how many, and where."""

from sqlalchemy import Connection

from cim.database.sql import run
from cim.layer import Layer
from cim.names import quoted
from cim.source_table import SourceTable

_TYPE = """
    CASE WHEN types = 1 THEN substr(type, 4)
         WHEN dimensions = 1
         THEN 'Multi' || (ARRAY['Point', 'LineString', 'Polygon'])[dimension + 1]
         ELSE 'Geometry' END"""


def measure(connection: Connection, layer: Layer, source: SourceTable) -> None:
    """Write it, of the rows with a code. Their extent is that of their box in their own CRS."""
    name, shape = quoted(layer.name), f"s.{quoted(source.geometry)}"
    run(connection, f"ANALYZE layer.{name}")
    box = f"ST_Segmentize(ST_SetSRID(ST_Extent({shape})::geometry, {source.srid}), $2)"
    if source.projected:
        box = f"ST_Transform({box}, 4490)"
    run(
        connection,
        f"""
        UPDATE cim.layer SET version = version + 1, updated_at = now(),
            (feature_count, geometry_type, extent) = (
            SELECT size, {_TYPE},
                   CASE WHEN box IS NOT NULL THEN ARRAY[
                        ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)] END
            FROM (SELECT count(*) AS size, count(DISTINCT ST_GeometryType({shape})) AS types,
                         min(ST_GeometryType({shape})) AS type,
                         count(DISTINCT ST_Dimension({shape})) AS dimensions,
                         min(ST_Dimension({shape})) AS dimension, {box} AS box
                  FROM {source.place} s
                  JOIN layer.{name} k ON k.cim_key = s.{quoted(source.key)}
                  WHERE {source.shown}) t)
        WHERE id = $1
        """,
        layer.id,
        _piece(source),
    )


def _piece(source: SourceTable) -> float:
    """Length of the pieces in which the sides of a box are transformed."""
    west, south, east, north = source.reach
    return max(east - west, north - south) / 1000
