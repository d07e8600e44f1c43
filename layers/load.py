"""Loads a vector file as a layer (矢量数据入库): every feature gets its codes, or nothing changes.

The way of the data: `source` reads batches, `geometry`, `divisions` and `schemes` check them,
`stage` copies them into a temporary table, and `merge` brings the layer's table, the entities
and their aliases to what the file says. All of it is the caller's one transaction; readers see
the layer before or the layer after.

A feature is the same thing as before when its key is. It keeps its entity code, its row changes
only where the file differs, and a feature that the file no longer has is retired.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from cim import class_table, divisions, layer_table, registry, schemes
from cim.access import Caller
from cim.errors import UnknownClass
from cim.names import layer_name
from cim.registry import Column, Layer, Text
from layers import merge
from layers.divisions import counties
from layers.errors import ClassTaken, ClassUnknown, FieldMissing, KindTaken, RowsRefused
from layers.report import LoadReport, Problems
from layers.source import Source, open_source
from layers.stage import Plan, Stage

UNCLASSIFIED = "999999"
NO_TEXT = Text("", "")


def _silent(rows: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class VectorFile:
    """A vector file and how it is to be read.

    `key` is the field that names a feature in its source; without one, features are known by
    their content. `aliases` maps a scheme to the field that holds its code. `division` is used
    for every feature instead of the county that holds it. What is not given (the English title, a
    description, the key) stays as the layer has it.
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
        stage = Stage(source, plan, counties(connection), problems)
        stage.fill(connection, progress)
    merge.check_keys(connection, file.key, problems)
    merge.check_aliases(connection, file.layer, problems)
    if problems.count:
        raise RowsRefused(file.path, problems.kept, problems.count)
    layer_id = _register(connection, file, plan.columns)
    _shape_table(connection, name, before, plan.columns)
    counts = merge.merge(connection, leases, merge.Target(layer_id, name, plan))
    merge.measure(connection, layer_id, name)
    registry.publish(connection)
    return LoadReport(name, *counts, repaired=stage.repaired)


def remove(connection: Connection, name: str, caller: Caller) -> int:
    """Take a layer off the map: its entities are retired, their codes keep resolving.

    Returns how many entities were retired. LayerNotFound when there is no such layer.
    """
    layer = registry.read(connection).layer(name, caller, "vector")
    retired = merge.retire_all(connection, layer.id)
    layer_table.drop(connection, layer.name)
    connection.execute(text("DELETE FROM cim.layer WHERE id = :id"), {"id": layer.id})
    registry.publish(connection)
    return retired


def _existing(connection: Connection, name: str) -> Layer | None:
    layer = registry.read(connection).layers.get(name)
    if layer is not None and layer.kind != "vector":
        raise KindTaken(name, layer.kind)
    return layer


def _completed(file: VectorFile, before: Layer | None, class_code: str) -> VectorFile:
    """The file with what its caller left out: as the layer has it, or the first time as usual."""
    kept = before.title.en if before and before.title.en != before.title.zh else ""
    return replace(
        file,
        title=Text(file.title.zh, file.title.en or kept or file.title.zh),
        description=file.description or (before.description if before else NO_TEXT),
        class_code=class_code,
        key=file.key or (before.key_field if before else None),
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
    for name in (*((file.key,) if file.key else ()), *file.aliases.values()):
        if name not in fields:
            raise FieldMissing(name, fields)
    for scheme in file.aliases:
        schemes.get(scheme)
    if file.division is not None:
        divisions.name(file.division)
    names = layer_table.property_names(fields)
    columns = tuple(Column(n, c.type) for n, c in zip(names, source.columns, strict=True))
    assert file.class_code is not None
    return Plan(columns, file.key, file.class_code, file.division, file.aliases)


def _register(connection: Connection, file: VectorFile, columns: tuple[Column, ...]) -> int:
    assert file.description is not None
    values = {
        "name": file.layer,
        "title": json.dumps({"zh": file.title.zh, "en": file.title.en}),
        "description": json.dumps({"zh": file.description.zh, "en": file.description.en}),
        "class_code": file.class_code,
        "key_field": file.key,
        "columns": json.dumps([{"name": c.name, "type": c.type} for c in columns]),
    }
    return int(connection.execute(_REGISTER, values).scalar_one())


_REGISTER = text("""
    INSERT INTO cim.layer (name, kind, title, description, class_code, key_field, columns)
    VALUES (:name, 'vector', :title, :description, :class_code, :key_field, :columns)
    ON CONFLICT (name) DO UPDATE SET
        title = excluded.title, description = excluded.description,
        key_field = excluded.key_field, columns = excluded.columns,
        version = cim.layer.version + 1, updated_at = now()
    RETURNING id
""")


def _shape_table(
    connection: Connection, name: str, before: Layer | None, columns: tuple[Column, ...]
) -> None:
    """A table of the columns; one that has them stays untouched, so that readers go on."""
    if before is None:
        layer_table.create(connection, name, columns)
    elif before.columns != columns:
        layer_table.alter(connection, name, before.columns, columns)
