"""Loads a vector file as a layer (矢量数据入库): every feature gets its codes, or nothing changes.

The way of the data: `source` reads batches, `rows` checks them, `cim.assignment` copies them into
temporary tables and brings the layer's table, the entities and their aliases to what the file says.
All of it is the caller's one transaction; readers see
the layer before or the layer after.

A feature is the same thing as before when its key is. It keeps its entity code, its row changes
only where the file differs, and a feature that the file no longer has is retired.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from cim import actions, class_table, divisions, layer_table, registry, schemes
from cim.access import ANONYMOUS, Caller
from cim.actions import Action
from cim.assignment import merge, targets
from cim.assignment.codes import Target
from cim.assignment.problems import Problems
from cim.assignment.stage import Stage
from cim.errors import UnknownClass
from cim.lifecycle import changing, ending
from cim.names import layer_name
from cim.registry import Column, Layer, Text
from layers.errors import (
    ClassTaken,
    ClassUnknown,
    FieldMissing,
    KeyTaken,
    KindTaken,
    RowsRefused,
)
from layers.report import LoadReport
from layers.rows import Plan, Reader
from layers.source import Source, open_source

UNCLASSIFIED = "999999"
NO_TEXT = Text("", "")


def _silent(rows: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class VectorFile:
    """A vector file and how it is to be read.

    `key` is the field that names a feature in its source; without one, features are known by
    their content. `name_field` holds their names for people, for search. `aliases` maps a scheme to
    the field that holds its code. `division` is used for every feature instead of the county that
    holds it. `valid_from` is when the file began to be true, now where it is not given; `who`,
    `why` and `document` say who loads it and what it rests on. What is not given (the English
    title, a description, the key) stays as the layer has it.
    """

    path: Path
    layer: str
    title: Text
    description: Text | None = None
    key: str | None = None
    class_code: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    division: str | None = None
    source_layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    name_field: str | None = None
    valid_from: datetime | None = None
    who: str = ANONYMOUS.name
    why: str | None = None
    document: str | None = None


def load(
    connection: Connection,
    leases: Engine,
    file: VectorFile,
    progress: Callable[[int], None] = _silent,
) -> LoadReport:
    """Bring a layer to what its file says.

    `leases` is where serials for new codes are leased, which commits by itself. Raises a
    LayerError or CimError and then the caller must roll back; `progress` gets rows read so far.
    """
    name = layer_name(file.layer)
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:n))"), {"n": f"layer {name}"})
    before = _existing(connection, name)
    file = _completed(file, before, _class(connection, file, before))
    problems = Problems()
    with open_source(file.path, file.source_layer, file.crs, file.encoding) as source:
        plan = _plan(file, source)
        reader = Reader(source, plan, problems)
        _fill(Stage(connection, plan.columns, problems), reader, progress)
    target = _target(connection, file, plan, before)
    _check(connection, target, file.key, problems)
    if problems.count:
        raise RowsRefused(file.path, problems.kept, problems.count)
    _shape_table(connection, target, before)
    counts = merge.merge(connection, leases, target, list(plan.aliases))
    merge.measure(connection, target.layer_id, name)
    registry.publish(connection)
    return LoadReport(name, *counts, repaired=reader.repaired)


def remove(connection: Connection, name: str, caller: Caller, why: str | None = None) -> int:
    """Take a layer off the map: its entities are retired, their codes keep resolving.

    Returns how many entities were retired. LayerNotFound when there is no such layer.
    """
    layer = registry.read(connection).layer(name, caller, "vector")
    action = Action(caller.name, why or f"the layer {name} was removed")
    retired = ending.retire_all(connection, targets.of_layer(connection, layer, action))
    layer_table.drop(connection, layer.name)
    freed = text("UPDATE cim.entity SET layer_id = NULL WHERE layer_id = :id")
    connection.execute(freed, {"id": layer.id})
    connection.execute(text("DELETE FROM cim.layer WHERE id = :id"), {"id": layer.id})
    registry.publish(connection)
    return retired


def _fill(stage: Stage, reader: Reader, progress: Callable[[int], None]) -> None:
    for rows in reader.rows():
        stage.add(rows)
        progress(rows.first + len(rows) - 1)


def _check(
    connection: Connection, target: Target, key_field: str | None, problems: Problems
) -> None:
    merge.check_keys(connection, key_field, problems)
    merge.check_aliases(connection, target.source_system, problems)
    merge.know(connection, target, key_field, problems)


def _existing(connection: Connection, name: str) -> Layer | None:
    layer = registry.read(connection).layers.get(name)
    if layer is not None and layer.kind != "vector":
        raise KindTaken(name, layer.kind)
    if layer is not None and targets.is_register(layer):
        raise KindTaken(name, "register")
    return layer


def _completed(file: VectorFile, before: Layer | None, class_code: str) -> VectorFile:
    """The file with what its caller left out: as the layer has it, or the first time as usual."""
    if before and file.key not in {None, before.key_field}:
        raise KeyTaken(file.layer, before.key_field, str(file.key))
    kept = before.title.en if before and before.title.en != before.title.zh else ""
    return replace(
        file,
        title=Text(file.title.zh, file.title.en or kept or file.title.zh),
        description=file.description or (before.description if before else NO_TEXT),
        class_code=class_code,
        key=file.key or (before.key_field if before else None),
        name_field=file.name_field or (before.name_field if before else None),
    )


def _class(connection: Connection, file: VectorFile, before: Layer | None) -> str:
    """The class of the layer. A layer that has a deprecated one keeps it; none begins with it."""
    held = before.class_code if before else None
    wanted = file.class_code or held or UNCLASSIFIED
    if held is not None and wanted != held:
        raise ClassTaken(file.layer, held)
    check = class_table.for_assignment if held is None else class_table.hold
    try:
        return check(connection, wanted).code
    except UnknownClass:
        raise ClassUnknown(wanted) from None


def _plan(file: VectorFile, source: Source) -> Plan:
    fields = [column.name for column in source.columns]
    for name in filter(None, (file.key, file.name_field, *file.aliases.values())):
        if name not in fields:
            raise FieldMissing(name, fields)
    for scheme in file.aliases:
        schemes.get(scheme)
    if file.division is not None:
        divisions.name(file.division)
    names = layer_table.property_names(fields)
    columns = tuple(Column(n, c.type) for n, c in zip(names, source.columns, strict=True))
    assert file.class_code is not None
    return Plan(columns, file.key, file.class_code, file.division, file.aliases, file.name_field)


def _target(connection: Connection, file: VectorFile, plan: Plan, before: Layer | None) -> Target:
    why = file.why or f"{'loaded anew' if before else 'loaded'} from {file.path.name}"
    return Target(
        _register(connection, file, plan.columns),
        file.layer,
        plan.columns,
        plan.class_code,
        file.layer,
        actions.record(connection, Action(file.who, why, file.document)),
        file.valid_from or actions.now(connection),
    )


def _register(connection: Connection, file: VectorFile, columns: tuple[Column, ...]) -> int:
    assert file.description is not None
    values = {
        "name": file.layer,
        "title": json.dumps({"zh": file.title.zh, "en": file.title.en}),
        "description": json.dumps({"zh": file.description.zh, "en": file.description.en}),
        "class_code": file.class_code,
        "key_field": file.key,
        "name_field": file.name_field,
        "columns": json.dumps([{"name": c.name, "type": c.type} for c in columns]),
    }
    return int(connection.execute(_REGISTER, values).scalar_one())


_REGISTER = text("""
    INSERT INTO cim.layer
        (name, kind, title, description, class_code, key_field, name_field, columns)
    VALUES (:name, 'vector', :title, :description, :class_code, :key_field, :name_field, :columns)
    ON CONFLICT (name) DO UPDATE SET
        title = excluded.title, description = excluded.description,
        key_field = excluded.key_field, name_field = excluded.name_field,
        columns = excluded.columns,
        version = cim.layer.version + 1, updated_at = now()
    RETURNING id
""")


def _shape_table(connection: Connection, target: Target, before: Layer | None) -> None:
    """A table of the columns; one that has them stays untouched, so that readers go on."""
    if before is None:
        layer_table.create(connection, target.layer, target.columns)
    elif before.columns != target.columns:
        if not set(before.columns) <= set(target.columns):
            changing.keep_all(connection, target, before.columns)
        layer_table.alter(connection, target.layer, before.columns, target.columns)
