"""Finds features with the geometry of another (几何重复): in the file, and in the layer.

The same are geometries with the same coordinates in the same order, as they are stored. Points
share places with good reason (meters in a shaft, cameras on a pole) and are left out.
"""

from typing import NamedTuple

from sqlalchemy import Connection

from cim.assignment.codes import Target
from cim.assignment.problems import Problems
from cim.assignment.rules import broken
from cim.database.sql import run, stream
from cim.names import quoted


class Shapes(NamedTuple):
    """Where geometries stand, as queries: of (cim_beidou, cim_geom), and with their cim_row."""

    places: str
    rows: str


STAGED = Shapes("SELECT cim_beidou, cim_geom FROM stage", "TABLE stage")


def find(connection: Connection, shapes: Shapes = STAGED) -> None:
    """Make the temporary table `stage_doubled`: rows, and the first one of the same geometry."""
    run(connection, "DROP TABLE IF EXISTS pg_temp.stage_doubled, pg_temp.stage_place")
    run(
        connection,
        "CREATE TEMP TABLE stage_doubled (cim_row bigint PRIMARY KEY, first_row bigint)"
        " ON COMMIT DROP",
    )
    # By their places first: to sort all geometries would take ten times as long.
    run(
        connection,
        f"""
        CREATE TEMP TABLE stage_place ON COMMIT DROP AS
        SELECT cim_beidou FROM ({shapes.places}) s WHERE ST_Dimension(cim_geom) > 0
        GROUP BY 1 HAVING count(*) > 1
        """,
    )
    if not run(connection, "SELECT 1 FROM stage_place LIMIT 1"):
        return
    run(
        connection,
        f"""
        INSERT INTO stage_doubled
        SELECT cim_row, first_row FROM (
            SELECT cim_row, min(cim_row) OVER (PARTITION BY cim_geom) AS first_row
            FROM ({shapes.rows}) s
            WHERE ST_Dimension(cim_geom) > 0
              AND cim_beidou IN (SELECT cim_beidou FROM stage_place)) s
        WHERE cim_row > first_row
        """,
    )


def check(connection: Connection, problems: Problems, *, refused: bool) -> None:
    """Note the doubled rows that `find` has found as problems, or only tell of them."""
    note = problems.add if refused else problems.told
    for row in stream(connection, "SELECT * FROM stage_doubled ORDER BY cim_row"):
        said = broken("geometry.doubled", first=row.first_row)
        note(row.cim_row, None, said._replace(details={"first_row": row.first_row}))


def check_there(connection: Connection, target: Target, problems: Problems) -> None:
    """Tell of new rows with the geometry of a feature that is in the layer and stays."""
    there = f"""
        SELECT s.cim_row, min(l.code) AS code
        FROM stage s JOIN layer.{quoted(target.layer)} l
          ON l.geom ~= s.cim_geom AND l.geom = s.cim_geom
        WHERE ST_Dimension(s.cim_geom) > 0
          AND NOT EXISTS (SELECT FROM stage_code c
                          WHERE c.cim_row = s.cim_row AND c.state = 'active')
          AND NOT EXISTS (SELECT FROM stage_code c JOIN stage o USING (cim_row)
                          WHERE c.code = l.code)
        GROUP BY s.cim_row ORDER BY s.cim_row
    """
    for row in stream(connection, there):
        said = broken("geometry.there", row.code)
        problems.told(row.cim_row, None, said)
