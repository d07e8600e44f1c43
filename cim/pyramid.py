"""What is drawn of a layer at small scales, and what was written where (金字塔与变更标记).

==================  =============================================================================
`touched.<name>`    where rows were written: cells of a grid, each with a stamp. Triggers of
                    `layer.<name>` add to it in the transaction of the write, and nothing else has
                    to think of it. The sum of the stamps in a place moves with every write there.
`cell.<name>`       of levels 6 to 16 of the grid: the largest feature that is smaller than a cell
                    and has the middle of its box in it, and how many there are
`outline.<name>`    features that are larger than a cell of a level, simplified for that level
==================  =============================================================================

The grid halves 360 degrees at each level, from 180 degrees west and 90 degrees north; a cell of
level 16 is half a kilometre wide here. Writers only add to `touched`, so that they do not wait for
each other. `refresh` brings the pyramid up to date: it takes what is fresh in `touched`, works out
the blocks (cells of level 14) that it names from the features, and the cells above from those
below. Who draws sees to it that nothing fresh is left where he draws.
"""

from sqlalchemy import Connection

from cim.database.sql import run
from cim.names import quoted

FIRST, BLOCK, FINEST = 6, 14, 16
_MANY_BLOCKS = 100  # after which the planner is told of the new rows


def follow(connection: Connection, name: str) -> None:
    """Make the tables of a layer that is new, and the triggers; tell of the rows that are there."""
    run(connection, "SELECT cim.follow($1)", name)
    rows = f"SELECT geom FROM layer.{quoted(name)}"
    cells = run(connection, "SELECT cim.touched_cells($1) AS query", rows)[0].query
    # A query alone, unlike one within an INSERT, several processes do together.
    touched = run(connection, cells)
    run(
        connection,
        f"""
        INSERT INTO touched.{quoted(name)} (level, x, y)
        SELECT * FROM unnest($1::int[], $2::int[], $3::int[])
        """,
        *([getattr(cell, axis) for cell in touched] for axis in ("level", "x", "y")),
    )


def forget(connection: Connection, name: str) -> None:
    for schema in ("touched", "cell", "outline"):
        run(connection, f"DROP TABLE IF EXISTS {schema}.{quoted(name)}")


def settle(connection: Connection, name: str) -> bool:
    """Put the fresh stamps of each cell into one row; whether there were any.

    The sum of the stamps of a place stays. The cells are then in the temporary table `settled`.
    """
    table = quoted(name)
    run(connection, "SELECT pg_advisory_xact_lock(hashtext('cim.pyramid'), hashtext($1))", name)
    run(connection, "CREATE TEMP TABLE settled (level int, x int, y int) ON COMMIT DROP")
    run(
        connection,
        f"""
        WITH gone AS (DELETE FROM touched.{table} WHERE fresh RETURNING level, x, y, stamp),
        cells AS (SELECT DISTINCT level, x, y FROM gone),
        old AS (
            DELETE FROM touched.{table} t USING cells c
            WHERE NOT t.fresh AND (t.level, t.x, t.y) = (c.level, c.x, c.y)
            RETURNING t.level, t.x, t.y, t.stamp
        ), new AS (
            INSERT INTO touched.{table} (level, x, y, stamp, fresh)
            SELECT level, x, y, sum(stamp), false
            FROM (SELECT * FROM gone UNION ALL SELECT * FROM old) a GROUP BY level, x, y
            RETURNING level, x, y
        )
        INSERT INTO settled SELECT level, x, y FROM new
        """,
    )
    return bool(run(connection, "SELECT EXISTS (SELECT FROM settled) AS found")[0].found)


def refresh(connection: Connection, name: str) -> None:
    """Bring the pyramid of a layer up to what is committed now."""
    if not settle(connection, name):
        return
    run(connection, "SET LOCAL work_mem = '128MB'")
    _find_features(connection, quoted(name))
    _write_outlines(connection, quoted(name))
    for level in range(FINEST, FIRST - 1, -1):
        _find_stale(connection, level)
        below = _OF_FEATURES if level == FINEST else _below(quoted(name), level)
        _write_cells(connection, quoted(name), level, below)
    (blocks,) = run(connection, "SELECT count(*) AS n FROM block")
    if blocks.n >= _MANY_BLOCKS:
        for schema in ("cell", "outline"):
            run(connection, f"ANALYZE {schema}.{quoted(name)}")


def _find_features(connection: Connection, table: str) -> None:
    """The features of the blocks that were touched, as `drawn`; `x` and `y` are of level 16."""
    run(
        connection,
        f"CREATE TEMP TABLE block ON COMMIT DROP AS SELECT x, y FROM settled WHERE level = {BLOCK}",
    )
    run(connection, "ANALYZE block")
    up = FINEST - BLOCK
    run(
        connection,
        f"""
        CREATE TEMP TABLE drawn ON COMMIT DROP AS
        SELECT l.code, p.x, p.y, ST_Area(l.geom) AS size,
               cim.grid_level(p.size, {FINEST}) AS own_level
        FROM block b JOIN layer.{table} l ON l.geom && {_square("b.x", "b.y", BLOCK)}
        CROSS JOIN LATERAL (
            SELECT floor(((ST_XMin(l.geom) + ST_XMax(l.geom)) / 2 + 180) / 360 * 2 ^ {FINEST})::int
                       AS x,
                   floor((90 - (ST_YMin(l.geom) + ST_YMax(l.geom)) / 2) / 360 * 2 ^ {FINEST})::int
                       AS y,
                   greatest(ST_XMax(l.geom) - ST_XMin(l.geom), ST_YMax(l.geom) - ST_YMin(l.geom))
                       AS size
        ) p
        WHERE p.x >> {up} = b.x AND p.y >> {up} = b.y
        """,
    )
    run(connection, "ANALYZE drawn")


def _write_outlines(connection: Connection, table: str) -> None:
    up = FINEST - BLOCK
    run(
        connection,
        f"""
        DELETE FROM outline.{table} o USING block b
        WHERE o.x >> {up} = b.x AND o.y >> {up} = b.y
        """,
    )
    run(
        connection,
        f"""
        INSERT INTO outline.{table} (level, own_level, x, y, code, size, geom)
        SELECT g.level, d.own_level, d.x, d.y, code, d.size, {_simplified("g.level")}
        FROM drawn d JOIN layer.{table} l USING (code),
             generate_series(greatest(d.own_level + 1, {FIRST}), {FINEST}) AS g (level)
        WHERE d.own_level < {FINEST}
        """,
    )


def _find_stale(connection: Connection, level: int) -> None:
    """The cells of a level that are over or under the blocks."""
    run(connection, "DROP TABLE IF EXISTS stale")
    down = max(level - BLOCK, 0)
    side = 2**down - 1
    run(
        connection,
        f"""
        CREATE TEMP TABLE stale ON COMMIT DROP AS
        SELECT DISTINCT (x << {down}) + i >> {max(BLOCK - level, 0)} AS x,
                        (y << {down}) + j >> {max(BLOCK - level, 0)} AS y
        FROM block, generate_series(0, {side}) AS i, generate_series(0, {side}) AS j
        """,
    )
    run(connection, "ANALYZE stale")


# Queries of (x, y, code, size, features): what a cell is made of.
_OF_FEATURES = f"SELECT x, y, code, size, 1 AS features FROM drawn WHERE own_level = {FINEST}"


def _below(table: str, level: int) -> str:
    """Of the four cells below, and of features that are too large for those."""
    up = FINEST - level
    return f"""
        SELECT s.x, s.y, c.code, c.size, c.features
        FROM stale s JOIN cell.{table} c ON c.level = {level + 1}
             AND c.x BETWEEN 2 * s.x AND 2 * s.x + 1 AND c.y BETWEEN 2 * s.y AND 2 * s.y + 1
        UNION ALL
        SELECT s.x, s.y, o.code, o.size, 1
        FROM stale s JOIN outline.{table} o ON o.x >> {up} = s.x AND o.y >> {up} = s.y
        WHERE o.level = {level + 1} AND o.own_level = {level}
    """


def _write_cells(connection: Connection, table: str, level: int, below: str) -> None:
    """A cell of areas is drawn as a square, so that the ground that they cover is seen covered."""
    run(
        connection,
        f"""
        DELETE FROM cell.{table} c USING stale s
        WHERE c.level = {level} AND (c.x, c.y) = (s.x, s.y)
        """,
    )
    run(
        connection,
        f"""
        INSERT INTO cell.{table} (level, x, y, code, size, features, geom)
        SELECT {level}, c.x, c.y, code, c.size, c.features,
               CASE WHEN ST_Dimension(l.geom) = 2 THEN {_square("c.x", "c.y", level)}
                    ELSE {_simplified(str(level))} END
        FROM (
            SELECT DISTINCT ON (x, y) x, y, code, size,
                   sum(features) OVER (PARTITION BY x, y) AS features
            FROM ({below}) b ORDER BY x, y, size DESC, code
        ) c JOIN layer.{table} l USING (code)
        """,
    )


def _square(x: str, y: str, level: int) -> str:
    """The cell of a level as a geometry, in SQL."""
    side = 360 / 2**level
    return f"""ST_MakeEnvelope({x} * {side!r}::float8 - 180, 90 - ({y} + 1) * {side!r}::float8,
        ({x} + 1) * {side!r}::float8 - 180, 90 - {y} * {side!r}::float8, 4490)"""


def _simplified(level: str) -> str:
    """The geometry of `l` without what is smaller than half a pixel of a tile of 512."""
    return f"ST_Simplify(l.geom, 360 / 2.0::float8 ^ ({level}) / 16, true)"
