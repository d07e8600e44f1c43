"""What becomes of a file (入库计划): how its rows are read, and where they go."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cim import actions, layer_table
from cim.assignment.codes import Target
from cim.layer import Column, Coverage, Layer
from layers import definition
from layers.named import check as check_named
from layers.named import check_fields
from layers.rows import Plan
from layers.source import Source
from layers.vector_file import VectorFile


def plan_of(file: VectorFile, source: Source, *, named: bool) -> Plan:
    """How the rows are read; a field of names that the caller has not `named` may be missing."""
    fields = [column.name for column in source.columns]
    name_field = file.name_field
    if file.mode != "replace" and not named and name_field not in fields:
        name_field = None
    names = (file.key, name_field, *file.aliases.values())
    check_named(names, fields, file.aliases, file.division)
    own = layer_table.property_names(fields)
    check_fields(file.came_as, fields, own)
    columns = tuple(Column(n, c.type) for n, c in zip(own, source.columns, strict=True))
    assert file.class_code is not None
    return Plan(columns, file.key, file.class_code, file.division, file.aliases, name_field)


@dataclass(frozen=True, slots=True)
class Asked:
    """A file with what the layer adds to what its caller said, and the layer as it is.

    `named` tells that the caller named the field of names, `started` when the load began.
    """

    file: VectorFile
    held: Layer | None
    covering: Coverage | None
    named: bool
    started: datetime


def target_of(connection: Connection, asked: Asked, plan: Plan) -> Target:
    """Where the rows go; registers the layer."""
    file, held = asked.file, asked.held
    columns = definition.columns_after(file, plan.columns, held)
    why = f"{'loaded' if held is None else _VERBS[file.mode]} from {file.came_as.name}"
    return Target(
        definition.register(connection, file, columns, asked.covering),
        file.layer,
        columns,
        plan.class_code,
        file.layer,
        actions.record(connection, file.action(why)),
        actions.since(connection, file.valid_from),
    )


_VERBS = {"replace": "loaded anew", "append": "appended", "upsert": "brought up to date"}
