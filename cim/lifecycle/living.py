"""Living entities, as the verbs of their life find them (在用实体)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cim import registry
from cim.access import Caller
from cim.actions import Action
from cim.assignment import targets
from cim.assignment.codes import Target
from cim.database.sql import run
from cim.errors import EntityUnknown, NotActive, RowsElsewhere
from cim.layer import Layer


@dataclass(frozen=True, slots=True)
class Living:
    """Active entities of one layer, locked until the transaction ends."""

    codes: tuple[str, ...]
    layer: Layer
    source_system: str

    def target(self, connection: Connection, action: Action, valid_from: datetime | None) -> Target:
        target = targets.of_layer(connection, self.layer, action, valid_from)
        return replace(target, source_system=self.source_system)


def find(connection: Connection, codes: Sequence[str], caller: Caller) -> list[Living]:
    """The active entities of these codes by layer; EntityUnknown, NotActive, RowsElsewhere."""
    rows = run(
        connection,
        """
        SELECT e.code, e.state, e.source_system, l.name AS layer,
               coalesce((SELECT v.valid_at FROM cim.event v WHERE v.code = e.code
                         ORDER BY v.id DESC LIMIT 1), e.changed_at) AS since
        FROM cim.entity e LEFT JOIN cim.layer l ON l.id = e.layer_id
        WHERE e.code = ANY($1) ORDER BY e.code FOR UPDATE OF e
        """,
        list(codes),
    )
    known = {row.code: row for row in rows}
    for code in codes:
        if code not in known:
            raise EntityUnknown(code)
        if known[code].state != "active":
            raise NotActive(code, known[code].state, known[code].since)
    held = registry.read(connection)
    layers = dict.fromkeys(row.layer for row in rows)
    return [_living(held.layer(name, caller), rows) for name in layers]


def find_one(connection: Connection, code: str, caller: Caller) -> Living:
    """The active entity of this code; EntityUnknown, NotActive."""
    (found,) = find(connection, [code], caller)
    return found


def _living(layer: Layer, rows: Sequence[Any]) -> Living:
    if layer.source:
        raise RowsElsewhere(layer.name)
    mine = [row for row in rows if row.layer == layer.name]
    return Living(tuple(row.code for row in mine), layer, mine[0].source_system)
