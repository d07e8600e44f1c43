"""What the registry says of a layer that a file is loaded into (图层定义): read, and written."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, text

from cim import class_table, layer_table, registry
from cim.assignment import targets
from cim.assignment.codes import Target
from cim.database.sql import run
from cim.errors import LayerFused, LayerNotFound, UnknownClass
from cim.fusion import definition as fusions
from cim.layer import Column, Coverage, Layer, Text
from cim.lifecycle import changing
from layers.errors import (
    ClassTaken,
    ClassUnknown,
    CoverageUndeclared,
    KeyMissing,
    KeyTaken,
    KindTaken,
    LayerRegistered,
)
from layers.vector_file import VectorFile

UNCLASSIFIED = "999999"
NO_TEXT = Text("", "")
_KEYED = ("upsert", "delete")
TOLERANCE = 0.001  # metres; ours, as is the next
GAP_WIDTH = 1.0


def lock(connection: Connection, name: str, waiting: Callable[[], None] = lambda: None) -> None:
    """Wait until nobody else loads into the layer, and keep others waiting until the end.

    Where somebody does, `waiting` is called first.
    """
    key = f"layer {name}"
    (got,) = run(connection, "SELECT pg_try_advisory_xact_lock(hashtext($1)) AS it", key)
    if not got.it:
        waiting()
        run(connection, "SELECT pg_advisory_xact_lock(hashtext($1))", key)


def existing(connection: Connection, name: str) -> Layer | None:
    """The layer, None where there is none yet; KindTaken, LayerRegistered, LayerFused."""
    layer = registry.read(connection).layers.get(name)
    if layer is not None and layer.base is not None:
        raise LayerFused(name, layer.base.name)
    if layer is not None and layer.kind != "vector":
        raise KindTaken(name, layer.kind)
    if layer is not None and targets.is_register(layer):
        raise KindTaken(name, "register")
    if layer is not None and layer.source:
        raise LayerRegistered(name, "no file can be loaded")
    return layer


def completed(connection: Connection, file: VectorFile, held: Layer | None) -> VectorFile:
    """The file with what its caller left out: as the layer has it, or the first time as usual.

    Raises ClassTaken, ClassUnknown, ClassDeprecated, KeyTaken, KeyMissing; LayerNotFound where
    there is nothing to delete from. A list of keys to delete may have them in any field.
    """
    if held is None and file.mode == "delete":
        raise LayerNotFound(file.layer)
    has = held.key_field if held else None
    if held and file.mode != "delete" and file.key not in {None, has}:
        raise KeyTaken(file.layer, has, str(file.key))
    if file.mode in _KEYED and not (has if held else file.key):
        raise KeyMissing(file.mode)
    return replace(
        file,
        title=_title(file, held),
        description=file.description or (held.description if held else NO_TEXT),
        class_code=_class(connection, file, held),
        key=file.key or has,
        name_field=file.name_field or (held.name_field if held else None),
    )


def _title(file: VectorFile, held: Layer | None) -> Text:
    if held is None:
        zh = file.title.zh or file.layer
        return Text(zh, file.title.en or zh)
    kept = held.title.en if held.title.en != held.title.zh else ""
    zh = file.title.zh or held.title.zh
    return Text(zh, file.title.en or kept or zh)


def _class(connection: Connection, file: VectorFile, held: Layer | None) -> str:
    """The class of the layer. A layer that has a deprecated one keeps it; none begins with it."""
    has = held.class_code if held else None
    wanted = file.class_code or has or UNCLASSIFIED
    if has is not None and wanted != has:
        raise ClassTaken(file.layer, has)
    check = class_table.for_assignment if has is None else class_table.hold
    try:
        return check(connection, wanted).code
    except UnknownClass:
        raise ClassUnknown(wanted) from None


def coverage(file: VectorFile, held: Layer | None) -> Coverage | None:
    """The coverage that the layer is once the file is in it, None where it is none.

    CoverageUndeclared where only its numbers are given.
    """
    wanted, has = file.shaping, held.coverage if held else None
    declared = has is not None if wanted.coverage is None else wanted.coverage
    if not declared:
        if wanted.tolerance is not None or wanted.gap_width is not None:
            raise CoverageUndeclared(file.layer)
        return None
    usual = has or Coverage(TOLERANCE, GAP_WIDTH)
    return Coverage(
        usual.tolerance if wanted.tolerance is None else wanted.tolerance,
        usual.gap_width if wanted.gap_width is None else wanted.gap_width,
    )


def columns_after(
    file: VectorFile, own: tuple[Column, ...], held: Layer | None
) -> tuple[Column, ...]:
    """The columns that the layer has once the file is in it: those of the file, if it is all."""
    if held is None or file.mode == "replace":
        return own
    return held.columns + tuple(column for column in own if held.column(column.name) is None)


def register(
    connection: Connection,
    file: VectorFile,
    columns: tuple[Column, ...],
    covering: Coverage | None,
) -> int:
    """Write what the file says of its layer into the registry; the layer's id."""
    assert file.description is not None
    values = {
        "name": file.layer,
        "title": json.dumps({"zh": file.title.zh, "en": file.title.en}),
        "description": json.dumps({"zh": file.description.zh, "en": file.description.en}),
        "class_code": file.class_code,
        "key_field": file.key,
        "name_field": file.name_field,
        "columns": json.dumps([{"name": c.name, "type": c.type} for c in columns]),
        "owner": file.who,
        "coverage": json.dumps(covering._asdict()) if covering else None,
    }
    return int(connection.execute(_REGISTER, values).scalar_one())


_REGISTER = text("""
    INSERT INTO cim.layer
        (name, kind, title, description, class_code, key_field, name_field, columns,
         owner, coverage)
    VALUES (:name, 'vector', :title, :description, :class_code, :key_field, :name_field, :columns,
            :owner, :coverage)
    ON CONFLICT (name) DO UPDATE SET
        title = excluded.title, description = excluded.description,
        key_field = excluded.key_field, name_field = excluded.name_field,
        columns = excluded.columns, coverage = excluded.coverage,
        version = cim.layer.version + 1, updated_at = now()
    RETURNING id
""")


def move(connection: Connection, layer_id: int) -> None:
    """Tell by its version that the layer has other rows."""
    moved = "UPDATE cim.layer SET version = version + 1, updated_at = now() WHERE id = $1"
    run(connection, moved, layer_id)


def shape_table(connection: Connection, target: Target, held: Layer | None) -> None:
    """A table of the columns; one that has them stays untouched, so that readers go on."""
    if held is None:
        layer_table.create(connection, target.layer, target.columns)
    elif held.columns != target.columns:
        if not set(held.columns) <= set(target.columns):
            changing.keep_all(connection, target, held.columns)
        layer_table.alter(connection, target.layer, held.columns, target.columns)


_SAID = ("title", "description", "key_field", "name_field", "columns", "coverage")


def said(connection: Connection, name: str) -> dict[str, Any] | None:
    """What the registry says of the layer, for `restore`; None where there is no such layer."""
    rows = run(connection, f"SELECT {', '.join(_SAID)} FROM cim.layer WHERE name = $1", name)
    return dict(zip(_SAID, rows[0], strict=True)) if rows else None


def columns_of(definition: dict[str, Any]) -> tuple[Column, ...]:
    return tuple(Column(**column) for column in definition["columns"])


def restore(
    connection: Connection, name: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Take back what was said of the layer, but for what somebody has said anew since."""
    now = said(connection, name)
    assert now is not None
    # Runs from before there were coverages say nothing of them.
    back = {
        key: before[key] if key in before and now[key] == after.get(key) else now[key]
        for key in _SAID
    }
    run(
        connection,
        """
        UPDATE cim.layer SET title = $2, description = $3, columns = $4, key_field = $5,
            name_field = $6, coverage = $7, version = version + 1, updated_at = now()
        WHERE name = $1
        """,
        name,
        *(json.dumps(back[key]) for key in ("title", "description", "columns")),
        back["key_field"],
        back["name_field"],
        None if back["coverage"] is None else json.dumps(back["coverage"]),
    )


def drop(connection: Connection, layer: Layer) -> None:
    """Take a layer away whose entities have ended; its history stays. FusedUpon."""
    fusions.check_free(connection, layer.name)
    layer_table.drop(connection, layer.name)
    run(connection, "UPDATE cim.entity SET layer_id = NULL WHERE layer_id = $1", layer.id)
    run(connection, "DELETE FROM cim.layer WHERE id = $1", layer.id)
