"""Brings a layer's table, its entities, aliases and cells to what is staged (合并入库).

Reads the temporary tables `stage`, `stage_alias` and `stage_cover` of `layers.stage`; every
statement works on whole columns. New features get entity codes out of leased serials, in the order
of the file.
"""

from typing import NamedTuple

from sqlalchemy import Connection, Engine

from cim.database.sql import run
from cim.leases import lease
from cim.names import quoted
from layers.report import Problems
from layers.stage import Plan


class Target(NamedTuple):
    """The layer that is merged into."""

    layer_id: int
    name: str
    plan: Plan


class Counts(NamedTuple):
    """How many features a merge added, changed, left as they were, and retired."""

    added: int
    changed: int
    unchanged: int
    retired: int


def check_keys(connection: Connection, key_field: str | None, problems: Problems) -> None:
    """Note every key that stands in more than one row."""
    run(connection, "CREATE INDEX ON stage (cim_source)")
    run(connection, "ANALYZE stage")
    doubled = run(
        connection,
        """
        SELECT cim_row, cim_source, first_row FROM (
            SELECT cim_row, cim_source, min(cim_row) OVER (PARTITION BY cim_source) AS first_row
            FROM stage) s
        WHERE cim_row > first_row ORDER BY cim_row
        """,
    )
    for row in doubled:
        reason = f"the key {row.cim_source!r} stands in row {row.first_row} already"
        problems.add(row.cim_row, key_field, reason)


def check_aliases(connection: Connection, name: str, problems: Problems) -> None:
    """Note every other code that is claimed twice, here or by an entity of another source."""
    taken = run(
        connection,
        """
        SELECT a.cim_row, a.scheme, a.value, e.code, e.source_system
        FROM stage_alias a
        JOIN cim.alias held USING (scheme, value)
        JOIN cim.entity e ON e.code = held.code
        WHERE held.valid_to IS NULL AND e.source_system <> $1
        ORDER BY a.cim_row
        """,
        name,
    )
    for row in taken:
        reason = f"{row.scheme} {row.value} names {row.code} of {row.source_system} already"
        problems.add(row.cim_row, None, reason)
    doubled = run(
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
        reason = f"{row.scheme} {row.value} stands in row {row.first_row} already"
        problems.add(row.cim_row, None, reason)


def merge(connection: Connection, leases: Engine, target: Target) -> Counts:
    """Bring the layer to the stage, codes first."""
    _know_codes(connection, target)
    _assign(connection, leases, target)
    retired = _retire_missing(connection, target)
    _merge_aliases(connection, target)
    added, changed, unchanged = _merge_rows(connection, target)
    if added or changed:
        _merge_cells(connection, target)
    return Counts(added, changed, unchanged, retired)


def measure(connection: Connection, layer_id: int, name: str) -> None:
    """Write what the registry says of the rows: how many, of which geometry, how far."""
    run(
        connection,
        f"""
        UPDATE cim.layer SET (feature_count, geometry_type, extent) = (
            SELECT count(*),
                   CASE WHEN count(DISTINCT ST_GeometryType(geom)) = 1
                        THEN substr(min(ST_GeometryType(geom)), 4)
                        WHEN count(DISTINCT ST_Dimension(geom)) = 1
                        THEN 'Multi' || (ARRAY['Point', 'LineString', 'Polygon'])
                             [min(ST_Dimension(geom)) + 1]
                        ELSE 'Geometry' END,
                   CASE WHEN count(*) > 0 THEN ARRAY[
                        min(ST_XMin(geom)), min(ST_YMin(geom)),
                        max(ST_XMax(geom)), max(ST_YMax(geom))] END
            FROM layer.{quoted(name)})
        WHERE id = $1
        """,
        layer_id,
    )


def retire_all(connection: Connection, layer_id: int) -> int:
    """Retire every active entity of a layer; its other codes and its cells end with it."""
    return _retire(connection, layer_id, "true")


def _know_codes(connection: Connection, target: Target) -> None:
    """Write the codes of features that are known by their key into the stage."""
    run(connection, 'ALTER TABLE stage ADD COLUMN cim_code text COLLATE "C"')
    run(
        connection,
        """
        UPDATE stage s SET cim_code = e.code FROM cim.entity e
        WHERE e.source_system = $1 AND e.source_id = s.cim_source
        """,
        target.name,
    )


def _assign(connection: Connection, leases: Engine, target: Target) -> None:
    """Give the others new codes; then every feature of the stage has an active entity."""
    new = run(
        connection,
        """
        SELECT cim_division, count(*) AS size FROM stage
        WHERE cim_code IS NULL GROUP BY cim_division ORDER BY cim_division
        """,
    )
    for division, size in new:
        block = lease(leases, division, target.plan.class_code, size, f"layer {target.name}")
        run(
            connection,
            """
            UPDATE stage s SET cim_code = $1 || lpad(($2::bigint - 1 + n.n)::text, 9, '0')
            FROM (SELECT cim_row, row_number() OVER (ORDER BY cim_row) AS n
                  FROM stage WHERE cim_code IS NULL AND cim_division = $3) n
            WHERE s.cim_row = n.cim_row
            """,
            division + target.plan.class_code,
            block.first,
            division,
        )
    run(
        connection,
        """
        INSERT INTO cim.entity AS e (code, layer_id, source_system, source_id)
        SELECT cim_code, $1, $2, cim_source FROM stage ORDER BY cim_row
        ON CONFLICT (code) DO UPDATE SET state = 'active', layer_id = $1, changed_at = now()
        WHERE e.state <> 'active' OR e.layer_id IS DISTINCT FROM $1
        """,
        target.layer_id,
        target.name,
    )


def _retire_missing(connection: Connection, target: Target) -> int:
    run(
        connection,
        f"""
        DELETE FROM layer.{quoted(target.name)} l
        WHERE NOT EXISTS (SELECT FROM stage s WHERE s.cim_code = l.code)
        """,
    )
    missing = "NOT EXISTS (SELECT FROM stage s WHERE s.cim_source = e.source_id)"
    return _retire(connection, target.layer_id, missing)


def _retire(connection: Connection, layer_id: int, which: str) -> int:
    gone = run(
        connection,
        f"""
        WITH gone AS (
            UPDATE cim.entity e SET state = 'retired', changed_at = now()
            WHERE e.layer_id = $1 AND e.state = 'active' AND {which} RETURNING code
        ), ended AS (
            UPDATE cim.alias a SET valid_to = now() FROM gone
            WHERE a.code = gone.code AND a.valid_to IS NULL
        ), left_cells AS (
            DELETE FROM cim.cover c USING gone WHERE c.code = gone.code
        )
        SELECT count(*) AS size FROM gone
        """,
        layer_id,
    )
    return int(gone[0].size)


def _merge_aliases(connection: Connection, target: Target) -> None:
    run(
        connection,
        """
        UPDATE cim.alias a SET valid_to = now() FROM stage s
        WHERE a.code = s.cim_code AND a.valid_to IS NULL AND a.scheme = ANY($1)
          AND NOT EXISTS (SELECT FROM stage_alias n WHERE n.cim_row = s.cim_row
                          AND n.scheme = a.scheme AND n.value = a.value)
        """,
        list(target.plan.aliases),
    )
    run(
        connection,
        """
        INSERT INTO cim.alias (scheme, value, code)
        SELECT n.scheme, n.value, s.cim_code FROM stage_alias n JOIN stage s USING (cim_row)
        WHERE NOT EXISTS (SELECT FROM cim.alias a WHERE a.code = s.cim_code
                          AND a.scheme = n.scheme AND a.value = n.value AND a.valid_to IS NULL)
        ORDER BY n.cim_row
        """,
    )


def _merge_rows(connection: Connection, target: Target) -> tuple[int, int, int]:
    table = f"layer.{quoted(target.name)}"
    own = [quoted(column.name) for column in target.plan.columns]
    columns = ", ".join(["beidou_code", "geom", *own])
    staged = ", ".join(["cim_beidou", "cim_geom", *own])
    new = ", ".join(f"excluded.{name}" for name in ("beidou_code", "geom", *own))
    old = ", ".join(f"l.{name}" for name in ("beidou_code", "geom", *own))
    counts = run(
        connection,
        f"""
        WITH merged AS (
            INSERT INTO {table} AS l (code, {columns})
            SELECT cim_code, {staged} FROM stage ORDER BY cim_code
            ON CONFLICT (code) DO UPDATE
            SET ({columns}) = ROW ({new}),
                cim_version = l.cim_version + 1, cim_recorded_at = now()
            WHERE ({old}) IS DISTINCT FROM ({new})
            RETURNING xmax = 0 AS added
        )
        SELECT count(*) FILTER (WHERE added) AS added,
               count(*) FILTER (WHERE NOT added) AS changed,
               (SELECT count(*) FROM stage) - count(*) AS unchanged
        FROM merged
        """,
    )
    return counts[0].added, counts[0].changed, counts[0].unchanged


def _merge_cells(connection: Connection, target: Target) -> None:
    """Give new and changed rows, those recorded in this transaction, the cells of their stage."""
    recorded = f"""
        stage s JOIN layer.{quoted(target.name)} l
        ON l.code = s.cim_code AND l.cim_recorded_at = now()
    """
    run(
        connection,
        f"DELETE FROM cim.cover c USING {recorded} WHERE c.code = l.code AND l.cim_version > 1",
    )
    run(
        connection,
        f"""
        INSERT INTO cim.cover (cell, code)
        SELECT n.cell, l.code FROM stage_cover n JOIN ({recorded}) USING (cim_row)
        ORDER BY n.cell
        """,
    )
