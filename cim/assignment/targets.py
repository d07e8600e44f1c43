"""Where staged rows go when no file says so (赋码去向): a named layer, or the register of a class.

The register (赋码登记图层) of a class is a layer like any other, `assigned_<class>`, made when the
first code of the class is asked for without a layer. It holds what a request says of a thing.
"""

import json
from datetime import datetime

from sqlalchemy import Connection

from cim import actions, layer_table, registry
from cim.actions import Action
from cim.assignment.codes import Target
from cim.classes import EntityClass
from cim.database.sql import run
from cim.layer import Column, Layer
from cim.row_bytes import stored_bytes

REGISTER_COLUMNS = (
    Column("source_system", "text"),
    Column("entity_id", "text"),
    Column("entity_name", "text"),
    Column("department_name", "text"),
    Column("attributes", "jsonb"),
)


def of_layer(
    connection: Connection,
    layer: Layer,
    action: Action,
    valid_from: datetime | None = None,
    source_system: str | None = None,
) -> Target:
    """The target for what is done to a layer; the action is written down.

    Raises FutureTime: what lies ahead is not recorded before it has happened.
    """
    assert layer.class_code is not None
    return Target(
        layer.id,
        layer.name,
        layer.columns,
        layer.class_code,
        source_system or layer.name,
        actions.record(connection, action),
        actions.since(connection, valid_from),
    )


def register(connection: Connection, entity_class: EntityClass) -> Layer:
    """The register of a class, made where there is none yet."""
    name = f"assigned_{entity_class.code}"
    found = registry.read(connection).layers.get(name)
    if found is None:
        run(connection, "SELECT pg_advisory_xact_lock(hashtext($1))", f"layer {name}")
        found = registry.read(connection).layers.get(name) or _make(connection, name, entity_class)
    return found


def is_register(layer: Layer) -> bool:
    return layer.columns == REGISTER_COLUMNS


def _make(connection: Connection, name: str, entity_class: EntityClass) -> Layer:
    title = {
        "zh": f"{entity_class.name_zh}（赋码登记）",
        "en": f"{entity_class.name_en} (assigned)",
    }
    description = {
        "zh": "经赋码接口登记的实体",
        "en": "Entities that were given their codes one by one or in batches",
    }
    run(
        connection,
        """
        INSERT INTO cim.layer (name, kind, title, description, class_code, name_field,
                               geometry_type, columns, growing)
        VALUES ($1, 'vector', $2, $3, $4, 'entity_name', 'Geometry', $5, true)
        """,
        name,
        json.dumps(title, ensure_ascii=False),
        json.dumps(description, ensure_ascii=False),
        entity_class.code,
        json.dumps([{"name": c.name, "type": c.type} for c in REGISTER_COLUMNS]),
    )
    layer_table.create(connection, name, REGISTER_COLUMNS)
    layer_table.finish(connection, name)
    registry.publish(connection)
    return registry.read(connection).layers[name]


def forget_count(connection: Connection, layer_id: int) -> None:
    """Mark the layer as one whose rows come and go piece by piece: its count is no longer true."""
    moved = run(
        connection,
        "UPDATE cim.layer SET growing = true WHERE id = $1 AND NOT growing RETURNING id",
        layer_id,
    )
    if moved:
        registry.publish(connection)


def grow(connection: Connection, target: Target, *, counted: bool = False) -> None:
    """Mark the layer as growing, its extent as reaching what is staged, and its rows as as large.

    Where its features stay as many as were `counted`, it is not growing for that. They grow in
    steps of a tenth of a degree and of 64 KiB, so that its row is seldom locked.
    """
    moved = run(
        connection,
        f"""
        WITH box AS (
            SELECT floor(min(ST_XMin(cim_geom)) * 10) / 10 AS west,
                   floor(min(ST_YMin(cim_geom)) * 10) / 10 AS south,
                   ceil(max(ST_XMax(cim_geom)) * 10) / 10 AS east,
                   ceil(max(ST_YMax(cim_geom)) * 10) / 10 AS north, ST_Extent(cim_geom) AS held,
                   max({stored_bytes(target.columns, "cim_geom")}) AS bytes
            FROM stage)
        UPDATE cim.layer SET growing = growing OR NOT $2, updated_at = now(), extent = ARRAY[
            least(extent[1], west), least(extent[2], south),
            greatest(extent[3], east), greatest(extent[4], north)],
            largest = CASE WHEN bytes <= largest THEN largest ELSE (bytes / 65536 + 1) * 65536 END
        FROM box
        WHERE id = $1 AND west IS NOT NULL
          AND (NOT (growing OR $2) OR extent IS NULL OR ST_XMin(held) < extent[1]
               OR ST_YMin(held) < extent[2] OR ST_XMax(held) > extent[3]
               OR ST_YMax(held) > extent[4] OR largest IS NULL OR bytes > largest)
        RETURNING id
        """,
        target.layer_id,
        counted,
    )
    if moved:
        registry.publish(connection)
