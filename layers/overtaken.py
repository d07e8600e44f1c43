"""What stands against undoing a run (撤销障碍): whatever touched the same entities after it.

`undoing` is the temporary table of `layers.rollback`: what the run touched. A later run that was
undone counts for nothing, nor does its undoing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from cim.database.sql import run
from cim.layer import Layer
from cim.names import quoted
from layers import definition
from layers.errors import RunKept

NAMED = 3


@dataclass(frozen=True, slots=True)
class Undone:
    """A run that is to be undone, with what the log keeps for that.

    `recorded_at` is the time of its transaction, `before` and `after` what was said of its layer.
    """

    id: int
    layer: str
    action_id: int
    turn: int
    last_event: int
    recorded_at: datetime
    valid_at: datetime
    before: dict[str, Any] | None
    after: dict[str, Any]


def check(connection: Connection, undone: Undone, layer: Layer) -> None:
    """RunKept, which names the first things that stand against it."""
    _refuse(undone, _columns(undone, layer))
    _refuse(undone, _later(connection))
    _refuse(undone, _other_codes(connection, undone))
    _refuse(undone, _other_names(connection, undone))
    _refuse(undone, _relied_on(connection))
    _refuse(undone, _taken(connection, undone))
    _refuse(undone, _others(connection, undone, layer))


def _refuse(undone: Undone, reasons: Iterable[str]) -> None:
    found = list(reasons)
    if found:
        more = "; and more" if len(found) > NAMED else ""
        raise RunKept(undone.id, "; ".join(found[:NAMED]) + more)


def _columns(undone: Undone, layer: Layer) -> list[str]:
    if undone.before is None or undone.before["columns"] == undone.after["columns"]:
        return []
    if layer.columns == definition.columns_of(undone.after):
        return []
    return [f"the fields of {layer.name} changed later; undo the run that changed them first"]


def _later(connection: Connection) -> list[str]:
    """Events of the same entities after the run."""
    rows = run(
        connection,
        """
        SELECT u.code, v.kind, a.who, a.recorded_at, r.id AS run
        FROM undoing u JOIN cim.event v ON v.code = u.code AND v.id > u.last
        JOIN cim.action a ON a.id = v.action_id
        LEFT JOIN cim.ingest_run r ON r.action_id = v.action_id
        WHERE r.id IS NULL OR (r.state <> 'undone' AND r.mode <> 'rollback')
        ORDER BY v.turn, v.id LIMIT $1
        """,
        NAMED + 1,
    )
    return [_told(row) for row in rows]


def _told(row: Any) -> str:
    by = f"run {row.run}, undo it first" if row.run else row.who
    return f"{row.code} is {row.kind} since {row.recorded_at:%Y-%m-%d %H:%M} (by {by})"


_NOW = "SELECT a.code, a.scheme, a.value FROM cim.alias a JOIN undoing USING (code)"


def _other_codes(connection: Connection, undone: Undone) -> list[str]:
    """Entities whose other codes are not those that the run left."""
    now = f"{_NOW} WHERE now = 'active' AND a.valid_to IS NULL"
    then = f"""{_NOW} WHERE now = 'active' AND a.valid_from <= $1
               AND (a.valid_to IS NULL OR a.valid_to > $1)"""
    rows = run(
        connection,
        f"""
        SELECT DISTINCT code FROM (({now} EXCEPT {then}) UNION ALL ({then} EXCEPT {now})) d
        ORDER BY code LIMIT {NAMED + 1}
        """,
        undone.recorded_at,
    )
    return [f"the other codes of {row.code} changed later" for row in rows]


def _other_names(connection: Connection, undone: Undone) -> list[str]:
    """Entities whose name is not the one that the run gave."""
    rows = run(
        connection,
        """
        SELECT code FROM cim.ingest_name k JOIN undoing u USING (code)
        LEFT JOIN cim.name n USING (code)
        WHERE k.run_id = $1 AND u.now = 'active' AND n.name IS DISTINCT FROM k.after
        ORDER BY code LIMIT $2
        """,
        undone.id,
        NAMED + 1,
    )
    return [f"{row.code} got another name later" for row in rows]


def _relied_on(connection: Connection) -> list[str]:
    """Entities that would be void, and that another one became or was found to be."""
    rows = run(
        connection,
        """
        SELECT u.code, s.predecessor AS other FROM undoing u
        JOIN cim.succession s ON s.successor = u.code WHERE u.was = 'none'
        UNION ALL
        SELECT u.code, o.source_system || ' ' || o.source_id FROM undoing u
        JOIN cim.same_source o ON o.code = u.code WHERE u.was = 'none'
        ORDER BY code LIMIT $1
        """,
        NAMED + 1,
    )
    return [f"{row.other} was merged into {row.code} or found to be it" for row in rows]


def _taken(connection: Connection, undone: Undone) -> list[str]:
    """Other codes that would come back, and that something else has got since."""
    rows = run(
        connection,
        """
        SELECT a.scheme, a.value, n.code FROM undoing u JOIN cim.alias a USING (code)
        JOIN cim.alias n ON n.value = a.value AND n.scheme = a.scheme AND n.valid_to IS NULL
        WHERE u.was = 'active' AND a.valid_to = $1 AND n.code <> a.code
          AND NOT EXISTS (SELECT FROM undoing o WHERE o.code = n.code)
        ORDER BY a.scheme, a.value LIMIT $2
        """,
        undone.recorded_at,
        NAMED + 1,
    )
    return [f"{row.scheme} {row.value} names {row.code} now" for row in rows]


def _others(connection: Connection, undone: Undone, layer: Layer) -> list[str]:
    """Rows that the run did not bring, and what is bound, in a layer or in fields that would go."""
    kept = definition.columns_of(undone.before or {"columns": []})
    gone = [quoted(column.name) for column in layer.columns if column not in kept]
    if bound := _bound(undone, layer):
        return bound
    if undone.before is None:
        lost, what = "true", "is in the layer, which would go"
    elif undone.before["columns"] != undone.after["columns"] and gone:
        lost = " OR ".join(f"{name} IS NOT NULL" for name in gone)
        what = "has values in fields that would go"
    else:
        return []
    rows = run(
        connection,
        f"""
        SELECT code FROM layer.{quoted(layer.name)} l
        WHERE ({lost}) AND NOT EXISTS (SELECT FROM undoing u WHERE u.code = l.code)
        ORDER BY code LIMIT {NAMED + 1}
        """,
    )
    return [f"{row.code} {what}" for row in rows]


def _bound(undone: Undone, layer: Layer) -> list[str]:
    """What the catalog knows of the layer, where it would go."""
    if layer.binding is None:
        return []
    if undone.before is None:
        return [f"the layer {layer.name} is bound to the catalog; unbind it first"]
    if undone.before["columns"] == undone.after["columns"]:
        return []
    had = {column["name"] for column in undone.before["columns"]}
    gone = [name for name in layer.binding.columns if name not in had]
    return [f"the column {name} is bound to the catalog; unbind it first" for name in gone]
