"""Brings a layer's table, its entities and their aliases to what is staged (合并入库).

Reads the temporary tables `stage` and `stage_alias` of `layers.stage`; every statement works on
whole columns. New features get entity codes out of leased serials, in the order of the file.
"""

from typing import NamedTuple

from sqlalchemy import Connection, Engine, text

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
    connection.execute(text("CREATE INDEX ON stage (source_id)"))
    connection.execute(text("ANALYZE stage"))
    doubled = connection.execute(
        text("""
        SELECT row_number, source_id, first_row FROM (
            SELECT row_number, source_id, min(row_number) OVER (PARTITION BY source_id) AS first_row
            FROM stage) s
        WHERE row_number > first_row ORDER BY row_number
    """)
    )
    for row in doubled:
        reason = f"the key {row.source_id!r} stands in row {row.first_row} already"
        problems.add(row.row_number, key_field, reason)


def check_aliases(connection: Connection, name: str, problems: Problems) -> None:
    """Note every other code that is claimed twice, here or by an entity of another source."""
    claimed = connection.execute(
        text("""
        SELECT a.row_number, a.scheme, a.value, e.code, e.source_system
        FROM stage_alias a
        JOIN cim.alias held ON held.value = a.value AND held.scheme = a.scheme
                           AND held.valid_to IS NULL
        JOIN cim.entity e ON e.code = held.code
        JOIN stage s USING (row_number)
        WHERE (e.source_system, e.source_id) <> (:name, s.source_id)
          AND NOT (e.source_system = :name AND EXISTS (
              SELECT FROM stage o JOIN stage_alias oa USING (row_number)
              WHERE o.source_id = e.source_id AND oa.scheme = a.scheme AND oa.value <> a.value))
          AND NOT (e.source_system = :name AND NOT EXISTS (
              SELECT FROM stage o WHERE o.source_id = e.source_id))
        ORDER BY a.row_number
        """),
        {"name": name},
    )
    for row in claimed:
        reason = f"{row.scheme} {row.value} names {row.code} of {row.source_system} already"
        problems.add(row.row_number, None, reason)
    doubled = connection.execute(
        text("""
        SELECT row_number, scheme, value, first_row FROM (
            SELECT row_number, scheme, value,
                   min(row_number) OVER (PARTITION BY scheme, value) AS first_row
            FROM stage_alias) a
        WHERE row_number > first_row ORDER BY row_number
    """)
    )
    for row in doubled:
        reason = f"{row.scheme} {row.value} stands in row {row.first_row} already"
        problems.add(row.row_number, None, reason)


def merge(connection: Connection, leases: Engine, target: Target) -> Counts:
    """Bring the layer to the stage, codes first."""
    _assign(connection, leases, target)
    retired = _retire_missing(connection, target)
    _merge_aliases(connection, target)
    added, changed, unchanged = _merge_rows(connection, target)
    return Counts(added, changed, unchanged, retired)


def measure(connection: Connection, layer_id: int, name: str) -> None:
    """Write what the registry says of the rows: how many, of which geometry, how far."""
    connection.execute(
        text(f"""
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
        WHERE id = :id
        """),
        {"id": layer_id},
    )


def retire_all(connection: Connection, layer_id: int) -> int:
    """Retire every active entity of a layer; its other codes end with it."""
    return _retire(connection, "e.layer_id = :id", {"id": layer_id})


def _assign(connection: Connection, leases: Engine, target: Target) -> None:
    connection.execute(text('ALTER TABLE stage ADD COLUMN "cim code" text COLLATE "C"'))
    connection.execute(
        text("""
        UPDATE stage s SET "cim code" = e.code FROM cim.entity e
        WHERE e.source_system = :name AND e.source_id = s.source_id
        """),
        {"name": target.name},
    )
    new = connection.execute(
        text("""
        SELECT division, count(*) AS size FROM stage
        WHERE "cim code" IS NULL GROUP BY division ORDER BY division
    """)
    ).all()
    for division, size in new:
        block = lease(leases, division, target.plan.class_code, size, f"layer {target.name}")
        connection.execute(
            text("""
            UPDATE stage s SET "cim code" = :prefix || lpad((:first - 1 + n.n)::text, 9, '0')
            FROM (SELECT row_number, row_number() OVER (ORDER BY row_number) AS n
                  FROM stage WHERE "cim code" IS NULL AND division = :division) n
            WHERE s.row_number = n.row_number
            """),
            {
                "prefix": division + target.plan.class_code,
                "first": block.first,
                "division": division,
            },
        )
    connection.execute(
        text("""
        INSERT INTO cim.entity AS e (code, layer_id, source_system, source_id)
        SELECT "cim code", :id, :name, source_id FROM stage ORDER BY row_number
        ON CONFLICT (code) DO UPDATE SET state = 'active', layer_id = :id, changed_at = now()
        WHERE e.state <> 'active' OR e.layer_id IS DISTINCT FROM :id
        """),
        {"id": target.layer_id, "name": target.name},
    )


def _retire_missing(connection: Connection, target: Target) -> int:
    connection.execute(
        text(f"""
        DELETE FROM layer.{quoted(target.name)} l
        WHERE NOT EXISTS (SELECT FROM stage s WHERE s."cim code" = l.code)
    """)
    )
    missing = (
        "e.layer_id = :id AND NOT EXISTS (SELECT FROM stage s WHERE s.source_id = e.source_id)"
    )
    return _retire(connection, missing, {"id": target.layer_id})


def _retire(connection: Connection, which: str, values: dict[str, int]) -> int:
    retired = connection.execute(
        text(f"""
        WITH gone AS (
            UPDATE cim.entity e SET state = 'retired', changed_at = now()
            WHERE e.state = 'active' AND {which} RETURNING code
        ), ended AS (
            UPDATE cim.alias a SET valid_to = now() FROM gone
            WHERE a.code = gone.code AND a.valid_to IS NULL
        )
        SELECT count(*) FROM gone
        """),
        values,
    )
    return int(retired.scalar_one())


def _merge_aliases(connection: Connection, target: Target) -> None:
    connection.execute(
        text("""
        UPDATE cim.alias a SET valid_to = now() FROM stage s
        WHERE a.code = s."cim code" AND a.valid_to IS NULL AND a.scheme = ANY(:schemes)
          AND NOT EXISTS (SELECT FROM stage_alias n WHERE n.row_number = s.row_number
                          AND n.scheme = a.scheme AND n.value = a.value)
        """),
        {"schemes": list(target.plan.aliases)},
    )
    connection.execute(
        text("""
        INSERT INTO cim.alias (scheme, value, code)
        SELECT n.scheme, n.value, s."cim code" FROM stage_alias n JOIN stage s USING (row_number)
        WHERE NOT EXISTS (SELECT FROM cim.alias a WHERE a.code = s."cim code"
                          AND a.scheme = n.scheme AND a.value = n.value AND a.valid_to IS NULL)
        ORDER BY n.row_number
    """)
    )


def _merge_rows(connection: Connection, target: Target) -> tuple[int, int, int]:
    table = f"layer.{quoted(target.name)}"
    names = ["beidou_code", "geom", *(column.name for column in target.plan.columns)]
    columns = ", ".join(quoted(name) for name in names)
    new = ", ".join(f"excluded.{quoted(name)}" for name in names)
    old = ", ".join(f"l.{quoted(name)}" for name in names)
    result = connection.execute(
        text(f"""
        WITH merged AS (
            INSERT INTO {table} AS l (code, {columns})
            SELECT "cim code", {columns} FROM stage ORDER BY "cim code"
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
    """)
    ).one()
    return result.added, result.changed, result.unchanged
