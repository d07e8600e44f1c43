"""The change of one entity (实体变更): a new place, a new name, other attributes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import shapely
from sqlalchemy import Connection

from cim import layer_table
from cim.access import Caller
from cim.actions import Action
from cim.assignment import features, merge, targets
from cim.assignment.codes import Target
from cim.assignment.problems import Problems
from cim.assignment.request import Request, rows_of
from cim.assignment.stage import Stage
from cim.database.sql import run
from cim.errors import ChangeUnfit
from cim.layer import Layer
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
class Present:
    """What a layer says of an entity now; `columns` are the layer's own."""

    code: str
    beidou_code: str
    version: int
    source_system: str
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
    return bring(connection, target, code, renamed=renamed)


def bring(
    connection: Connection,
    target: Target,
    code: str,
    *,
    renamed: bool,
    schemes: Sequence[str] = (),
) -> bool:
    """Bring an active entity to what is staged of it; whether anything was different.

    Its other codes of these schemes become those that are staged.
    """
    merge.end_aliases(connection, list(schemes))
    changed = changing.change_rows(connection, target) > 0
    if schemes:
        features.add_aliases(connection)
    features.set_names(connection)
    if renamed and not changed:  # a layer without a field for names has no other version of its row
        features.tell(connection, target, "changed", ("active",))
    if changed or renamed:
        targets.grow(connection, target, counted=True)
        run(connection, "UPDATE cim.entity SET changed_at = now() WHERE code = $1", code)
    return changed or renamed


def _stage(connection: Connection, held: Living, code: str, new: Change) -> bool:
    """Stage the entity as it is to be; whether it is to have another name."""
    now = present(connection, held.layer, code)
    assert now is not None
    problems = Problems(most=1)
    stage = Stage(connection, held.layer.columns, problems)
    department = now.columns.get("department_name")
    request = _request(held, code, now, new)
    stage.add(rows_of([request], held.layer, problems, (held.source_system, department)))
    if problems.count:
        raise ChangeUnfit(code, problems.kept[0].field, problems.kept[0].reason)
    note(connection, code)
    return (request.name or None) != now.name


def note(connection: Connection, code: str) -> None:
    """Note that the one staged row is of this active entity."""
    noted = "INSERT INTO stage_code (cim_row, code, state) VALUES (1, $1, 'active')"
    run(connection, noted, code)


def present(connection: Connection, layer: Layer, code: str) -> Present | None:
    """What a layer with rows of its own says of an entity now, None where it has it not."""
    own = [column.name for column in layer.columns]
    # A layer's columns may be called anything, name and source_id too.
    columns = "".join(f", l.{quoted(name)} AS own_{i}" for i, name in enumerate(own))
    rows = run(
        connection,
        f"""
        SELECT l.beidou_code, l.cim_version, e.source_system, e.source_id, ST_AsEWKB(l.geom) AS wkb,
               n.name{columns}
        FROM cim.entity e JOIN layer.{quoted(layer.name)} l USING (code)
        LEFT JOIN cim.name n USING (code) WHERE code = $1
        """,
        code,
    )
    if not rows:
        return None
    beidou, version, system, source_id, wkb, name, *values = rows[0]
    return Present(
        code,
        beidou,
        version,
        system,
        source_id,
        shapely.from_wkb(bytes(wkb)),
        name,
        dict(zip(own, values, strict=True)),
    )


def _request(held: Living, code: str, now: Present, new: Change) -> Request:
    """The entity as a request would say it, with what is new."""
    register = targets.is_register(held.layer)
    before = now.columns.get("attributes") or {} if register else now.columns
    properties = {**before, **new.properties}
    name = new.name or now.name
    if register:
        properties = {key: value for key, value in properties.items() if value is not None}
    elif held.layer.name_field is not None:
        named = layer_table.property_name(held.layer.name_field)
        if new.name is not None:
            properties[named] = new.name
        name = properties.get(named)
    geometry = now.geometry if new.geometry is None else new.geometry
    return Request(now.source_id, geometry, name, code[:6], properties=properties)
