"""The class table of a city (实体分类表): rows that the city changes, each change written down.

The program brings its own classes (`cim.classes`) when it brings the tables up to date. From then
on the table is the city's: what the city has once changed, deprecated or removed stays as the city
has it, and what it left alone follows the program. A class is deprecated (停用) rather than
removed: it stays readable, codes that bear it resolve as before, and only new things are kept out
of it.

Every change raises the version of the row, writes the whole row into `cim.entity_class_change` with
who did it and why, and tells every worker. Everything runs in the caller's transaction, one change
of the table at a time.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from cim import class_rules, classes, registry
from cim.classes import EntityClass
from cim.database.sql import run
from cim.errors import ClassDeprecated, ClassExists, ClassInUse, ClassInvalid, UnknownClass
from cim.statement import Statement

PROGRAM = "cim"

_COLUMNS = ", ".join(EntityClass._fields)
_VALUES = ", ".join(f"${i}" for i, _ in enumerate(EntityClass._fields, 4))
_CHANGES = ", ".join(f"{name} = excluded.{name}" for name in EntityClass._fields[1:])

_ONE = f"SELECT {_COLUMNS} FROM cim.entity_class WHERE code = $1"

_WRITE = f"""
    WITH written AS (
        INSERT INTO cim.entity_class ({_COLUMNS}) VALUES ({_VALUES})
        ON CONFLICT (code) DO UPDATE SET {_CHANGES}
        RETURNING *
    )
    INSERT INTO cim.entity_class_change (code, kind, row, who, why)
    SELECT code, $1, to_jsonb(written), $2, $3 FROM written
"""

_REMOVE = """
    WITH gone AS (DELETE FROM cim.entity_class WHERE code = $1 RETURNING *)
    INSERT INTO cim.entity_class_change (code, kind, row, who, why)
    SELECT code, 'removed', to_jsonb(gone), $2, $3 FROM gone
"""

_USERS = """
    SELECT 'codes that bear it' AS name FROM cim.serial WHERE class_code = $1
    UNION SELECT 'layer ' || name FROM cim.layer WHERE class_code = $1
    UNION SELECT 'class ' || code || ', which it replaces'
    FROM cim.entity_class WHERE replaced_by = $1
    ORDER BY 1
"""

_HISTORY = """
    SELECT kind, row::text AS row, who, why, recorded_at
    FROM cim.entity_class_change WHERE code = $1 ORDER BY id
"""


class Change(NamedTuple):
    """One entry of the history of a class.

    kind   brought (by the program) | added | changed | deprecated | restored | removed
    found  the class after it; as it was last, where it was removed
    """

    kind: str
    found: EntityClass
    who: str
    why: str | None
    recorded_at: datetime

    @classmethod
    def read(cls, row: Any) -> "Change":
        """Of a row of `history`."""
        found = classes.read(json.loads(row.row))
        return cls(row.kind, found, row.who, row.why, row.recorded_at)


def get(connection: Connection, code: str) -> EntityClass:
    """The class as the database has it; UnknownClass."""
    return _found(connection, _ONE, code)


def for_assignment(connection: Connection, code: str) -> EntityClass:
    """The class that a new thing is put into; UnknownClass, ClassDeprecated.

    Nobody can remove it before this transaction ends, though it may be deprecated meanwhile.
    """
    found = hold(connection, code)
    if found.state == "deprecated":
        raise ClassDeprecated(code, _instead(connection, found))
    return found


def hold(connection: Connection, code: str) -> EntityClass:
    """As `for_assignment`, for things that are in the class already: a deprecated one will do."""
    return _found(connection, f"{_ONE} FOR KEY SHARE", code)


def history(code: str) -> Statement:
    """Statement whose rows go to `Change.read`, oldest first: also that of a removed class."""
    return Statement(_HISTORY, (code,))


def differences(changes: Sequence[Change]) -> list[dict[str, tuple[Any, Any]]]:
    """Of each change the columns that it moved, as (before, after); of a beginning, none."""
    before: EntityClass | None = None
    found = []
    for change in changes:
        was, now = (before or change.found)._asdict(), change.found._asdict()
        moved = {n: (was[n], now[n]) for n in now if n != "version" and was[n] != now[n]}
        found.append(moved)
        before = None if change.kind == "removed" else change.found
    return found


def bring(connection: Connection) -> int:
    """Bring the program's classes to where the city left them alone; how many were written."""
    _lock(connection)
    present = {row.code: row.version for row in run(connection, _VERSIONS)}
    own = {row.code for row in run(connection, _CITYS)}
    moved = [
        entity_class
        for entity_class in classes.classes().values()
        if entity_class.code not in own and present.get(entity_class.code, 0) < entity_class.version
    ]
    for entity_class in moved:
        _write(connection, "brought", entity_class, PROGRAM, None)
    if moved:
        registry.publish(connection)
    return len(moved)


_VERSIONS = "SELECT code, version FROM cim.entity_class"
_CITYS = "SELECT DISTINCT code FROM cim.entity_class_change WHERE kind <> 'brought'"


def add(
    connection: Connection, fields: Mapping[str, Any], who: str, why: str | None = None
) -> EntityClass:
    """Add a class of these columns; ClassInvalid, ClassExists.

    A code whose class was removed may be taken again: no thing ever bore it.
    """
    wanted = class_rules.made(fields)
    _lock(connection)
    for there in run(connection, _ONE, wanted.code):
        raise ClassExists(wanted.code, there.name_zh)
    last = max((c.version for c in _past(connection, wanted.code)), default=0)
    return _publish(connection, "added", wanted._replace(version=last + 1), who, why)


def change(
    connection: Connection,
    code: str,
    fields: Mapping[str, Any],
    who: str,
    why: str | None = None,
) -> EntityClass:
    """Give a class other values of these columns; UnknownClass, ClassInvalid.

    Where nothing differs nothing is written.
    """
    found = _locked(connection, code)
    return _replace(connection, "changed", (found, class_rules.changed(found, fields)), who, why)


def deprecate(
    connection: Connection,
    code: str,
    replaced_by: str | None,
    who: str,
    why: str | None = None,
) -> EntityClass:
    """Take no new things into a class, but into `replaced_by`; UnknownClass and ClassError.

    The class that replaces it must be active, so that none comes back to where it began.
    """
    found = _locked(connection, code)
    if code in classes.NEEDED:
        raise ClassInUse(code, ["the program itself"])
    if replaced_by not in (None, found.replaced_by):
        _check_replacement(connection, code, replaced_by)
    wanted = found._replace(state="deprecated", replaced_by=replaced_by)
    return _replace(connection, "deprecated", (found, wanted), who, why)


def restore(connection: Connection, code: str, who: str, why: str | None = None) -> EntityClass:
    """Make a deprecated class active again; UnknownClass."""
    found = _locked(connection, code)
    wanted = found._replace(state="active", replaced_by=None)
    return _replace(connection, "restored", (found, wanted), who, why)


def remove(connection: Connection, code: str, who: str, why: str | None = None) -> None:
    """Remove a class that nothing ever used; its history stays. UnknownClass, ClassInUse."""
    _locked(connection, code)
    if code in classes.NEEDED:
        raise ClassInUse(code, ["the program itself"])
    # Workers are told before the row is taken, as whoever loads several layers does: two that take
    # both in the same order do not wait for each other. Who uses the class now holds its row.
    registry.publish(connection)
    if not run(connection, f"{_ONE} FOR UPDATE SKIP LOCKED", code):
        raise ClassInUse(code, ["a load or an assignment that is under way"])
    users = [row.name for row in run(connection, _USERS, code)]
    if users:
        raise ClassInUse(code, users)
    run(connection, _REMOVE, code, who, why)


def _lock(connection: Connection) -> None:
    """One change of the table at a time, so that what was checked still holds when it is done."""
    run(connection, "SELECT pg_advisory_xact_lock(hashtext('cim.entity_class'))")


def _locked(connection: Connection, code: str) -> EntityClass:
    _lock(connection)
    return get(connection, code)


def _found(connection: Connection, sql: str, code: str) -> EntityClass:
    rows = run(connection, sql, code) if class_rules.is_code(code) else []
    if not rows:
        raise UnknownClass(code)
    return EntityClass(*rows[0])


def _past(connection: Connection, code: str) -> list[EntityClass]:
    statement = history(code)
    rows = run(connection, statement.sql, *statement.values)
    return [Change.read(row).found for row in rows]


def _check_replacement(connection: Connection, code: str, replaced_by: str | None) -> None:
    rows = run(connection, _ONE, replaced_by) if class_rules.is_code(replaced_by) else []
    if not rows or rows[0].state != "active" or replaced_by == code:
        raise ClassInvalid("replaced_by", f"is another class that is active, not {replaced_by!r}")


def _instead(connection: Connection, found: EntityClass) -> str | None:
    """Code and name of the active class at the end of the replacements, if there is one."""
    while found.replaced_by is not None:
        found = get(connection, found.replaced_by)
    return None if found.state == "deprecated" else f"{found.code} {found.name_zh}"


def _replace(
    connection: Connection,
    kind: str,
    change: tuple[EntityClass, EntityClass],
    who: str,
    why: str | None,
) -> EntityClass:
    found, wanted = change
    if wanted == found:
        return found
    return _publish(connection, kind, wanted._replace(version=found.version + 1), who, why)


def _publish(
    connection: Connection, kind: str, wanted: EntityClass, who: str, why: str | None
) -> EntityClass:
    _write(connection, kind, wanted, who, why)
    registry.publish(connection)
    return wanted


def _write(
    connection: Connection, kind: str, wanted: EntityClass, who: str, why: str | None
) -> None:
    run(connection, _WRITE, kind, who, why, *wanted)
