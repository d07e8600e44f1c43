"""Rows linked by a property of the layer that says the same text (按字段关联), but for blanks."""

from sqlalchemy import Connection

from cim.database.sql import run
from cim.fusion.fused import Join
from cim.fusion.ways import Way
from cim.layer import Layer
from cim.names import quoted


def look(connection: Connection, layer: Layer, join: Join, way: Way) -> None:
    """Write what the open rows say, and which features say it, too."""
    key, column = quoted(join.table.key.name), quoted(way.column)
    run(
        connection,
        f"""
        INSERT INTO fusing_said
        SELECT f.row_key, '' FROM fusing f JOIN {join.table.relation} t
            ON t.{key}::text = f.row_key
        WHERE f.state = 'open' AND btrim(t.{column}::text) <> ''
        """,
    )
    run(
        connection,
        f"""
        INSERT INTO fusing_found
        SELECT row_key, code, 1, NULL FROM (
            SELECT s.row_key, i.code, row_number() OVER (PARTITION BY s.row_key ORDER BY i.code) n
            FROM fusing_said s JOIN {join.table.relation} t ON t.{key}::text = s.row_key
            JOIN item.{quoted(layer.name)} i
                ON btrim(i.{quoted(way.to)}::text) = btrim(t.{column}::text)) found
        WHERE n <= 50  -- a value that half the layer has is for nobody
        """,
    )
