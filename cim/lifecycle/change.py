"""The change of one entity (实体变更): a new place, a new name, other attributes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import Connection

from cim import layer_table
from cim.access import Caller
from cim.actions import Action
from cim.assignment import features, targets
from cim.assignment.problems import Problems
from cim.assignment.request import Request, rows_of
from cim.assignment.stage import Stage
from cim.database.sql import run
from cim.errors import ChangeUnfit
from cim.lifecycle import changing, living
from cim.lifecycle.living import Living
from cim.names import quoted


@dataclass(frozen=True, slots=True)
class Change:
    """What is new of an entity; what is None stays, and so does a property that is not named.

    A property of the value None is taken away. Coordinates are degrees of CGCS2000 (EPSG:4490),
    longitude first.
    """

    geometry: Any = None
    name: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Present:
    """What the layer says of the entity now."""

    source_id: str
    geometry: Any
    name: str | None
    columns: Mapping[str, Any]


def change(
    connection: Connection,
    code: str,
    new: Change,
    action: Action,
    valid_from: datetime | None = None,
) -> bool:
    """Change an active entity; whether anything was different.

    Raises EntityUnknown, NotActive, ChangeUnfit, ValidTimeDisorder.
    """
    held = living.find_one(connection, code, Caller(action.who))
    target = held.target(connection, action, valid_from)
    renamed = _stage(connection, held, code, new)
    changed = changing.change_rows(connection, target) > 0
    features.set_names(connection)
    if renamed and not changed:  # a layer without a field for names has no other version of its row
        features.tell(connection, target, "changed", ("active",))
    if changed or renamed:
        targets.grow(connection, target)
        run(connection, "UPDATE cim.entity SET changed_at = now() WHERE code = $1", code)
    return changed or renamed


def _stage(connection: Connection, held: Living, code: str, new: Change) -> bool:
    """Stage the entity as it is to be; whether it is to have another name."""
    present = _present(connection, held, code)
    problems = Problems(most=1)
    stage = Stage(connection, held.layer.columns, problems)
    department = present.columns.get("department_name")
    request = _request(held, code, present, new)
    stage.add(rows_of([request], held.layer, problems, (held.source_system, department)))
    if problems.count:
        raise ChangeUnfit(code, problems.kept[0].field, problems.kept[0].reason)
    noted = "INSERT INTO stage_code (cim_row, code, state) VALUES (1, $1, 'active')"
    run(connection, noted, code)
    return (request.name or None) != present.name


def _present(connection: Connection, held: Living, code: str) -> _Present:
    own = [column.name for column in held.layer.columns]
    # A layer's columns may be called anything, name and source_id too.
    columns = "".join(f", l.{quoted(name)} AS own_{i}" for i, name in enumerate(own))
    (row,) = run(
        connection,
        f"""
        SELECT e.source_id, ST_AsEWKB(l.geom) AS wkb, n.name{columns}
        FROM cim.entity e JOIN layer.{quoted(held.layer.name)} l USING (code)
        LEFT JOIN cim.name n USING (code) WHERE code = $1
        """,
        code,
    )
    source_id, wkb, name, *values = row
    return _Present(
        source_id, shapely.from_wkb(bytes(wkb)), name, dict(zip(own, values, strict=True))
    )


def _request(held: Living, code: str, present: _Present, new: Change) -> Request:
    """The entity as a request would say it, with what is new."""
    register = targets.is_register(held.layer)
    before = present.columns.get("attributes") or {} if register else present.columns
    properties = {**before, **new.properties}
    name = new.name or present.name
    if register:
        properties = {key: value for key, value in properties.items() if value is not None}
    elif held.layer.name_field is not None:
        named = layer_table.property_name(held.layer.name_field)
        if new.name is not None:
            properties[named] = new.name
        name = properties.get(named)
    geometry = present.geometry if new.geometry is None else new.geometry
    return Request(present.source_id, geometry, name, code[:6], properties=properties)
