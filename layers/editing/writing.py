"""Features created, changed and retired (要素新建、修改、注销), in the caller's transaction.

Whoever writes a feature holds its layer together with others who write features of it, and alone
where the layer is a coverage, so that no two write over each other's ground. A file that is loaded
has it alone, and they wait a moment for that: LayerBusy. The entity is locked before it is looked
at: what is then seen of it stays so until the end.

A feature that is deleted is retired: its code keeps resolving, and its row goes into the history.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import psycopg
from sqlalchemy import Connection, Engine

from cim import class_table, registry
from cim.access import Caller
from cim.actions import Action
from cim.assignment import merge, targets
from cim.assignment.codes import Target
from cim.assignment.geometry import STORED, Frame
from cim.assignment.problems import Problem
from cim.assignment.rows import Rows
from cim.database.sql import run
from cim.errors import RowsElsewhere, WrittenMeanwhile
from cim.layer import Layer
from cim.lifecycle import change as changing
from cim.lifecycle import ending
from cim.lifecycle.change import Present
from cim.registry import Registry
from layers import modes
from layers.editing import aliases, checks
from layers.editing.staging import Staging, Wanted, with_keys
from layers.errors import EditClashes, EditRefused, LayerBusy

__all__ = ["Edit", "Wanted", "is_writable", "locked", "open_layer"]

_WAIT = "5s"
_CLASHES = {"key.there", "key.ended", "alias.taken"}


def is_writable(layer: Layer) -> bool:
    """Whether features of the layer are written one by one.

    Not those that are fused, are rows of a table of others, are scenes, or were registered for
    their codes alone, for which there is `POST /entities`.
    """
    plain = layer.kind == "vector" and layer.base is None and layer.source is None
    return plain and not targets.is_register(layer)


def open_layer(connection: Connection, held: Registry, name: str, caller: Caller) -> Layer:
    """Hold the layer and read it as it is now; `held` is the registry that the caller knows.

    Raises LayerBusy, LayerNotFound, LayerFused, RowsElsewhere, WrittenMeanwhile.
    """
    alone = held.own(name, caller).coverage is not None
    _hold(connection, name, alone=alone)
    (now,) = run(connection, "SELECT version FROM cim.registry")
    known = held if now.version == held.version else registry.read(connection)
    layer = known.own(name, caller)
    if not is_writable(layer):
        raise RowsElsewhere(name)
    if layer.coverage is not None and not alone:
        raise WrittenMeanwhile(f"{name} is a coverage now")
    return layer


def _hold(connection: Connection, name: str, *, alone: bool) -> None:
    way = "" if alone else "_shared"
    run(connection, f"SET LOCAL lock_timeout = '{_WAIT}'")
    try:
        run(connection, f"SELECT pg_advisory_xact_lock{way}(hashtext($1))", f"layer {name}")
    except psycopg.errors.LockNotAvailable:
        raise LayerBusy(name) from None
    run(connection, "SET LOCAL lock_timeout = DEFAULT")


def locked(connection: Connection, layer: Layer, code: str) -> Present | None:
    """The feature as it is and stays until the end; None where the layer has it not."""
    run(connection, "SELECT FROM cim.entity WHERE code = $1 FOR UPDATE", code)
    return changing.present(connection, layer, code)


@dataclass(frozen=True, slots=True)
class Edit:
    """What is done to a layer that is open; `frame` is what coordinates are in."""

    connection: Connection
    layer: Layer
    action: Action
    frame: Frame = STORED

    def create(self, leases: Engine, features: Sequence[Wanted]) -> list[str]:
        """New features; their codes, in the same order. EditRefused: then there is none of them.

        What an earlier file had, and a later one had not, comes back with its code.
        """
        connection, layer = self.connection, self.layer
        assert layer.class_code is not None
        class_table.hold(connection, layer.class_code)
        target = targets.of_layer(connection, layer, self.action)
        staging = Staging(layer, self.frame, aliases.columns(connection, layer))
        rows = with_keys(connection, layer, self._rows(staging, features))
        staging.stage(connection, rows)
        _refuse(staging, rows)
        merge.check_keys(connection, layer.key_field, staging.problems)
        merge.know(connection, target, layer.key_field, staging.problems)
        modes.check_absent(connection, layer.key_field, staging.problems)
        self._check_together(staging, target, rows)
        merge.merge(connection, leases, target, list(staging.aliases), whole=False)
        codes = self._codes()
        targets.grow(connection, target)
        self._widen(rows)
        return codes

    def change(self, now: Present, wanted: Wanted) -> bool:
        """Bring a locked feature to what is wanted; whether anything is different. EditRefused."""
        connection, layer = self.connection, self.layer
        target = self._target(now)
        staging = Staging(layer, self.frame, aliases.columns(connection, layer, now.code), now)
        rows = self._rows(staging, [wanted])
        staging.stage(connection, rows)
        _refuse(staging, rows)
        changing.note(connection, now.code)
        self._check_together(staging, target, rows)
        schemes, renamed = list(staging.aliases), _name(rows) != now.name
        changed = changing.bring(connection, target, now.code, renamed=renamed, schemes=schemes)
        if changed:
            self._widen(rows)
        return changed

    def retire(self, now: Present) -> None:
        """End the life of a locked feature."""
        ending.end_codes(self.connection, self._target(now), "retired", [now.code])

    def _target(self, now: Present) -> Target:
        target = targets.of_layer(self.connection, self.layer, self.action)
        return replace(target, source_system=now.source_system)

    def _rows(self, staging: Staging, features: Sequence[Wanted]) -> Rows:
        rows = staging.rows(features)
        checks.check_catalog(self.connection, self.layer, rows, staging.problems)
        checks.check_shapes(self.layer, rows, staging.problems)
        return rows

    def _check_together(self, staging: Staging, target: Target, rows: Rows) -> None:
        """What is found beside other features: their codes, and their ground."""
        connection, problems = self.connection, staging.problems
        merge.check_aliases(connection, target.source_system, problems)
        modes.check_kept_aliases(connection, target, problems, whole=False)
        checks.check_coverage(connection, self.layer, target, rows, problems)
        _refuse(staging, rows)

    def _codes(self) -> list[str]:
        """The codes of the stage; WrittenMeanwhile where another writer made one of the things."""
        rows = run(self.connection, "SELECT code, state FROM stage_code ORDER BY cim_row")
        for row in rows:
            if row.state not in merge.PRESENT:
                raise WrittenMeanwhile(f"{row.code} is what was to be made")
        return [row.code for row in rows]

    def _widen(self, rows: Rows) -> None:
        if checks.is_wider(self.layer, rows.geometries):
            wider = "UPDATE cim.layer SET geometry_type = $2 WHERE id = $1"
            run(self.connection, wider, self.layer.id, f"Multi{self.layer.geometry_type}")
            registry.publish(self.connection)


def _name(rows: Rows) -> str | None:
    return None if rows.names is None else rows.names[0].as_py()


def _refuse(staging: Staging, rows: Rows) -> None:
    """Raise what was found: EditClashes where all of it is that others have something already."""
    if not staging.problems.count:
        return
    given = {value: scheme for _, scheme, value in rows.aliases}
    found: dict[tuple[int, str | None], Problem] = {}
    for problem in staging.problems.kept:
        name = staging.field_of(problem.field)
        if problem.rule.startswith("alias."):
            name = staging.aliases.get(given.get(problem.value or "", ""), name)
        found.setdefault((problem.row, name), replace(problem, field=name))
    clash = all(problem.rule in _CLASHES for problem in found.values())
    raise (EditClashes if clash else EditRefused)(list(found.values()))
