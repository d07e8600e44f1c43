"""Brings a layer to what is staged (图层合并), for ingest.

Changed rows leave their old version in the history, new ones get codes in the order of the file.
Where the file is the whole layer, rows of the source that are not staged are retired. Entities
that other sources asked for in the same layer are left alone.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, Engine

from cim.assignment import codes, features
from cim.assignment.codes import Target
from cim.assignment.problems import Problems
from cim.assignment.rules import broken
from cim.database.sql import driver, run, stream
from cim.layer import Column
from cim.lifecycle import changing, ending
from cim.names import quoted
from cim.row_bytes import stored_bytes

PRESENT = ("new", "retired")  # states of those that come into the layer


class Counts(NamedTuple):
    """How many features a merge added, changed, left as they were, and retired."""

    added: int
    changed: int
    unchanged: int
    retired: int

    @property
    def staged(self) -> int:
        """How many features the file has."""
        return self.added + self.changed + self.unchanged


def check_keys(connection: Connection, key_field: str | None, problems: Problems) -> None:
    """Note every key that stands in more than one row; index the stage by keys and rows."""
    try:
        with driver(connection).transaction():
            run(connection, "CREATE UNIQUE INDEX ON stage (cim_source)")
    except UniqueViolation:
        run(connection, "CREATE INDEX ON stage (cim_source)")
        _note_doubled(connection, key_field, problems)
    run(connection, "CREATE INDEX ON stage (cim_row)")
    run(connection, "ANALYZE stage (cim_row, cim_source, cim_division)")


def _note_doubled(connection: Connection, key_field: str | None, problems: Problems) -> None:
    doubled = stream(
        connection,
        """
        SELECT cim_row, cim_source, first_row FROM (
            SELECT cim_row, cim_source, min(cim_row) OVER (PARTITION BY cim_source) AS first_row
            FROM stage) s
        WHERE cim_row > first_row ORDER BY cim_row
        """,
    )
    for row in doubled:
        said = broken("key.doubled", row.cim_source, first=row.first_row)
        problems.add(row.cim_row, key_field, said)


def check_aliases(connection: Connection, source_system: str, problems: Problems) -> None:
    """Note every other code that is claimed twice, here or by an entity of another source."""
    taken = stream(
        connection,
        """
        SELECT a.cim_row, a.scheme, a.value, e.code, e.source_system
        FROM stage_alias a
        JOIN cim.alias held USING (scheme, value)
        JOIN cim.entity e ON e.code = held.code
        WHERE held.valid_to IS NULL AND e.source_system <> $1
        ORDER BY a.cim_row
        """,
        source_system,
    )
    for row in taken:
        owner = {
            "owner": f"{row.code} of {row.source_system}",
            "owner_zh": f" {row.source_system} 的 {row.code}",
        }
        said = broken("alias.taken", row.value, scheme=row.scheme, **owner)
        problems.add(row.cim_row, None, said)
    doubled = stream(
        connection,
        """
        SELECT cim_row, scheme, value, first_row FROM (
            SELECT cim_row, scheme, value,
                   min(cim_row) OVER (PARTITION BY scheme, value) AS first_row
            FROM stage_alias) a
        WHERE cim_row > first_row ORDER BY cim_row
        """,
    )
    for row in doubled:
        said = broken("alias.doubled", row.value, scheme=row.scheme, first=row.first_row)
        problems.add(row.cim_row, None, said)


def know(connection: Connection, target: Target, key_field: str | None, problems: Problems) -> None:
    """Note the codes of known rows; one whose thing was merged, split or void is a problem.

    So is one that was retired by name. What an earlier file did not have any more comes back.
    """
    codes.know(connection, target)
    ended = stream(
        connection,
        """
        SELECT s.cim_row, s.cim_source, c.code, c.state,
               (SELECT string_agg(successor, ', ' ORDER BY successor) FROM cim.succession
                WHERE predecessor = c.code) AS successors
        FROM stage_code c JOIN stage s USING (cim_row) JOIN cim.entity e USING (code)
        WHERE c.state NOT IN ('active', 'retired')
           OR (c.state = 'retired' AND e.layer_id IS NOT NULL AND NOT EXISTS (
                   SELECT FROM cim.ingest_run r WHERE r.action_id = (
                       SELECT v.action_id FROM cim.event v
                       WHERE v.code = c.code ORDER BY v.id DESC LIMIT 1)))
        ORDER BY s.cim_row
        """,
    )
    for row in ended:
        into = f" into {row.successors}" if row.successors else ""
        said = broken("key.ended", row.cim_source, code=row.code, state=row.state, into=into)
        problems.add(row.cim_row, key_field, said)


def merge(
    connection: Connection,
    leases: Engine,
    target: Target,
    alias_schemes: list[str],
    *,
    whole: bool = True,
) -> Counts:
    """Bring the layer to the stage, whose known codes are noted (`know`).

    Only where the stage is the `whole` layer, what is not staged is retired.
    """
    codes.give_new(connection, leases, target, f"layer {target.layer}")
    run(connection, "CREATE INDEX ON stage_code (cim_row)")
    # Whatever the planner believes, an entity is looked for among the staged by an index.
    run(connection, "CREATE INDEX ON stage_code (code)")
    run(connection, "ANALYZE stage_code")
    codes.make_entities(connection, target)
    retired = ending.retire_missing(connection, target) if whole else 0
    end_aliases(connection, alias_schemes)
    changed = changing.change_rows(connection, target)
    sizes = _sizes(connection)
    features.add_rows(connection, target, PRESENT)
    features.add_cells(connection, PRESENT)
    features.tell(connection, target, "assigned")
    if sizes["retired"]:
        wake(connection, target)
        features.tell(connection, target, "reinstated", ("retired",))
    features.add_aliases(connection)
    features.set_names(connection)
    added = sum(sizes[state] for state in PRESENT)
    return Counts(added, changed, sizes["active"] - changed, retired)


def _sizes(connection: Connection) -> Counter[str]:
    """How many staged rows there are of each state."""
    sizes = run(connection, "SELECT state, count(*) AS size FROM stage_code GROUP BY state")
    return Counter({row.state: row.size for row in sizes})


class Measured(NamedTuple):
    """How many features a layer has, and west, south, east and north of them."""

    features: int
    extent: tuple[float, float, float, float] | None


def measure(connection: Connection, layer_id: int, name: str) -> Measured:
    """Write what the registry says of the rows: how many, of which geometry, how far, how
    large (and older versions may be as large as they ever were).

    The planner is told too: a layer that is new to it is read row by row by the next load.
    """
    run(connection, f"ANALYZE layer.{quoted(name)}")
    found = run(connection, "SELECT columns FROM cim.layer WHERE id = $1", layer_id)
    columns = [Column(**column) for column in found[0].columns]
    # Of a query alone, unlike one within an UPDATE, several processes do a part each.
    kinds = run(
        connection,
        f"""
        SELECT substr(ST_GeometryType(geom), 4) AS kind, ST_Dimension(geom) AS dimension,
               count(*) AS size, min(ST_XMin(geom)) AS west, min(ST_YMin(geom)) AS south,
               max(ST_XMax(geom)) AS east, max(ST_YMax(geom)) AS north,
               max({stored_bytes(columns)}) AS largest
        FROM layer.{quoted(name)} GROUP BY 1, 2
        """,
    )
    measured = _measured(kinds)
    run(
        connection,
        """
        UPDATE cim.layer SET growing = false, feature_count = $2, geometry_type = $3, extent = $4,
            largest = greatest(largest, $5, 0)
        WHERE id = $1
        """,
        layer_id,
        measured.features,
        _geometry_type(kinds),
        list(measured.extent) if measured.extent else None,
        max((kind.largest for kind in kinds), default=0),
    )
    return measured


def _measured(kinds: Sequence[Any]) -> Measured:
    if not kinds:
        return Measured(0, None)
    low = (min(kind.west for kind in kinds), min(kind.south for kind in kinds))
    high = (max(kind.east for kind in kinds), max(kind.north for kind in kinds))
    return Measured(sum(kind.size for kind in kinds), (*low, *high))


def _geometry_type(kinds: Sequence[Any]) -> str:
    names = {kind.kind for kind in kinds}
    dimensions = {kind.dimension for kind in kinds}
    if len(names) == 1:
        return str(names.pop())
    return f"Multi{_OF_DIMENSION[dimensions.pop()]}" if len(dimensions) == 1 else "Geometry"


_OF_DIMENSION = ("Point", "LineString", "Polygon")


def wake(connection: Connection, target: Target) -> None:
    """Make staged entities that were retired active again."""
    run(
        connection,
        """
        UPDATE cim.entity e SET state = 'active', layer_id = $1, changed_at = now()
        FROM stage_code c WHERE c.code = e.code AND c.state = 'retired'
        """,
        target.layer_id,
    )


def end_aliases(connection: Connection, alias_schemes: list[str]) -> None:
    """End the aliases of staged entities, of the schemes that rows give, that rows give no more."""
    run(
        connection,
        """
        UPDATE cim.alias a SET valid_to = now() FROM stage_code c JOIN stage s USING (cim_row)
        WHERE a.code = c.code AND a.valid_to IS NULL AND a.scheme = ANY($1)
          AND NOT EXISTS (SELECT FROM stage_alias n WHERE n.cim_row = c.cim_row
                          AND n.scheme = a.scheme AND n.value = a.value)
        """,
        alias_schemes,
    )
