"""Layers bound to elements of the catalog (图层绑定要素), and unbound again, with history.

Only what a person confirms is bound: nothing is taken over from `suggest` by itself. A binding
has a grade, at least that of its element. A layer that is bound as the authoritative source
owns the fields that its columns are bound to, until it is unbound; nobody else can claim them.

Everything runs in the caller's transaction, one change at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from cim import actions, registry
from cim.access import Caller
from cim.actions import Action
from cim.catalog import grades, history, reading, units
from cim.catalog.bound import Binding
from cim.catalog.model import Field
from cim.catalog.reading import FoundElement
from cim.database.sql import run
from cim.errors import (
    BindingInvalid,
    FieldOwned,
    FusedUpon,
    LayerFused,
    NotBound,
    UnknownElement,
    UnknownField,
)
from cim.fusion import fused
from cim.layer import Layer

LONGEST = 100

# The PostgreSQL types of columns that can hold a field of a type.
FITTING: Mapping[str, tuple[str, ...]] = {
    "text": ("text",),
    "integer": ("integer", "bigint"),
    "number": ("double precision", "numeric", "integer", "bigint"),
    "boolean": ("boolean",),
    "date": ("date", "timestamp", "timestamptz"),
    "datetime": ("timestamp", "timestamptz", "date"),
    "code": ("text", "integer", "bigint"),
    "code_name": ("text",),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A binding that is asked for.

    fields  code of the field that a column is, by the name of the column
    units   what the values of a column are in, where that is not the unit of its field
    """

    element: str
    department: str
    grade: str
    authoritative: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)


def bind(connection: Connection, name: str, wanted: Wanted, by: Action) -> Binding:
    """Bind a layer, or bind it anew; what it was bound to before is gone.

    LayerNotFound, UnknownElement, UnknownField, GradeInvalid, BindingInvalid, FieldOwned.
    """
    _hold(connection, name)
    layer = registry.read(connection).layer(name, Caller(by.who))
    if layer.base is not None:
        raise LayerFused(name, layer.base.name)
    found = _element(connection, wanted.element)
    fields = _fields(connection, layer, found, wanted)
    _check_department(wanted.department)
    _check_grade(wanted, found)
    if wanted.authoritative:
        _check_owners(connection, layer, fields)
    action_id = actions.record(connection, by)
    _write(connection, layer, wanted, fields, action_id)
    kind = "changed" if layer.binding else "bound"
    history.note(connection, history.of_layer(name), kind, _told(wanted), action_id)
    registry.publish(connection)
    bound = registry.read(connection).layers[name].binding
    assert bound is not None
    return bound


def unbind(connection: Connection, name: str, by: Action) -> None:
    """Take the binding away: the layer is private to its owner again.

    LayerNotFound, NotBound; FusedUpon where fused collections rest on it.
    """
    _hold(connection, name)
    layer = registry.read(connection).layer(name, Caller(by.who))
    if layer.binding is None:
        raise NotBound(name)
    _check_free(connection, name)
    run(connection, "DELETE FROM cim.layer_binding WHERE layer_id = $1", layer.id)
    action_id = actions.record(connection, by)
    history.note(connection, history.of_layer(name), "unbound", {}, action_id)
    registry.publish(connection)


def _check_free(connection: Connection, name: str) -> None:
    """FusedUpon: what is fused of a layer has at least its grade, which must not go."""
    names = [fusion.name for fusion in fused.over(connection, name)]
    if names:
        raise FusedUpon(f"layer {name!r}", names)


def _hold(connection: Connection, name: str) -> None:
    """Wait for a load of the layer, which checks what it was bound to when it began."""
    run(connection, "SELECT pg_advisory_xact_lock(hashtext($1))", f"layer {name}")
    run(connection, history.LOCK)


def _element(connection: Connection, code: str) -> FoundElement:
    statement = reading.of_element(code)
    for row in run(connection, statement.sql, *statement.values):
        return reading.element(row.document)
    raise UnknownElement(code)


def _fields(
    connection: Connection, layer: Layer, found: FoundElement, wanted: Wanted
) -> dict[str, Field]:
    """The field of each column that is to be bound."""
    for name in wanted.units:
        if name not in wanted.fields:
            raise BindingInvalid("units", f"name {name!r}, a column that is not bound")
    known = {each.code: each for each in found.fields}
    bound: dict[str, Field] = {}
    for column, code in wanted.fields.items():
        if code not in known:
            raise _not_of(connection, found, code)
        taken = next((name for name, each in bound.items() if each.code == code), None)
        if taken is not None:
            raise BindingInvalid("fields", f"bind {taken!r} and {column!r} to {code}: one of them")
        _check_column(layer, column, known[code], wanted.units.get(column))
        bound[column] = known[code]
    return bound


def _not_of(connection: Connection, found: FoundElement, code: str) -> Exception:
    statement = reading.of_field(code)
    if not run(connection, statement.sql, *statement.values):
        return UnknownField(code)
    return BindingInvalid("fields", f"name {code}, which is no field of {found.element.code}")


def _check_column(layer: Layer, name: str, field: Field, unit: str | None) -> None:
    column = layer.column(name)
    if column is None:
        has = ", ".join(c.name for c in layer.columns) or "none"
        raise BindingInvalid("fields", f"name {name!r}; the columns of {layer.name!r} are {has}")
    if column.type not in FITTING[field.type]:
        raise BindingInvalid(
            "fields", f"bind {name!r}, which is {column.type}, to {field.code}, a {field.type}"
        )
    told = unit or units.of_name(name) or field.unit
    if told != field.unit:
        raise BindingInvalid(
            "units",
            f"do not agree: {name!r} is in {told or 'no unit'}, {field.code} in "
            f"{field.unit or 'no unit'}; values are not converted",
        )


def _check_department(name: object) -> None:
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST:
        raise BindingInvalid("department", f"is a name of at most {LONGEST} characters")
    if not name.isprintable():
        raise BindingInvalid("department", "is one line")


def _check_grade(wanted: Wanted, found: FoundElement) -> None:
    """The grade may raise what the catalog says, and not lower it."""
    if not grades.at_least(wanted.grade, found.element.grade):
        raise BindingInvalid(
            "grade", f"is at least {found.element.grade}, as the element's, not {wanted.grade}"
        )


def _check_owners(connection: Connection, layer: Layer, fields: Mapping[str, Field]) -> None:
    owners = """
        SELECT f.field, b.department, l.name FROM cim.field_binding f
        JOIN cim.layer_binding b USING (layer_id) JOIN cim.layer l ON l.id = f.layer_id
        WHERE f.authoritative AND f.field = ANY ($1) AND f.layer_id <> $2
        ORDER BY f.field LIMIT 1
    """
    codes = [each.code for each in fields.values()]
    for row in run(connection, owners, codes, layer.id):
        raise FieldOwned(row.field, row.department, row.name)


def _write(
    connection: Connection,
    layer: Layer,
    wanted: Wanted,
    fields: Mapping[str, Field],
    action_id: int,
) -> None:
    run(connection, "DELETE FROM cim.layer_binding WHERE layer_id = $1", layer.id)
    run(
        connection,
        "INSERT INTO cim.layer_binding VALUES ($1, $2, $3, $4, $5, $6)",
        layer.id,
        wanted.element,
        wanted.department.strip(),
        wanted.authoritative,
        wanted.grade,
        action_id,
    )
    run(
        connection,
        "INSERT INTO cim.field_binding "
        "SELECT $1, c, f, u, $2 FROM unnest($3::text[], $4::text[], $5::text[]) AS t (c, f, u)",
        layer.id,
        wanted.authoritative,
        list(fields),
        [each.code for each in fields.values()],
        [each.unit for each in fields.values()],
    )


def _told(wanted: Wanted) -> dict[str, Any]:
    """The binding as its history keeps it."""
    return {
        "element": wanted.element,
        "department": wanted.department,
        "grade": wanted.grade,
        "authoritative": wanted.authoritative,
        "fields": dict(wanted.fields),
    }
