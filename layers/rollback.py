"""Undoes a run of the ingest log (撤销入库): what it touched is again what it was.

What the run touched, its events tell, and the times at which other codes began and ended. Rows and
lives come back as new versions from the history (`cim.lifecycle.restoring`), valid since the run
was, so that its mistake is no part of any valid time. Codes that the run gave are void, never to
be used again; what they named may be loaded once more, and gets new codes. A layer that the run
made goes.

That something touched the same entities after the run is told (`overtaken`), and nothing is undone.
A rollback is itself a run; to undo that, load the file again.
"""

from dataclasses import replace

from sqlalchemy import Connection

from cim import actions, layer_table, registry
from cim.access import Caller
from cim.actions import Action
from cim.assignment import merge
from cim.assignment.codes import Target
from cim.database.sql import run
from cim.errors import LayerNotFound
from cim.layer import Column, Layer
from cim.lifecycle import ending, restoring
from cim.names import quoted
from layers import definition, fusing, names, overtaken, runs
from layers.errors import RunKept
from layers.overtaken import Undone
from layers.report import Extent, LoadReport


def rollback(connection: Connection, run_id: int, action: Action) -> LoadReport:
    """Undo a run; what that changed: `added` are features that came back.

    Raises RunUnknown, and RunKept with what stands against it.
    """
    undone = _undone(connection, run_id)
    started = runs.clock(connection)
    layer = _layer(connection, undone, Caller(action.who))
    _find(connection, undone)
    overtaken.check(connection, undone, layer)
    target = _target(connection, undone, layer, action)
    rollback_id = runs.begin(connection, target, "rollback", started)
    extent = _extent(connection, layer)
    restoring.keep(connection, target, layer.columns)
    ended = _end(connection, target, layer.columns)
    if target.columns != layer.columns:
        layer_table.alter(connection, layer.name, layer.columns, target.columns)
    restoring.restore(connection, target)
    _bring_aliases_back(connection, undone)
    names.bring_back(connection, undone.id)
    _restore_layer(connection, undone, layer)
    touched, back, changed = _count(connection)
    report = LoadReport(
        layer.name,
        added=back,
        changed=changed,
        unchanged=touched - back - changed - ended,
        retired=ended,
        read=touched,
        mode="rollback",
        run=rollback_id,
        extent=extent,
    )
    runs.finish(connection, report, undone.after)
    _mark(connection, undone, rollback_id)
    fusing.after_layer(connection, layer.name)
    return report


def _undone(connection: Connection, run_id: int) -> Undone:
    """The run, if its state lets it be undone, while nobody else writes its layer."""
    definition.lock(connection, runs.get(connection, run_id).layer)
    found = runs.get(connection, run_id)
    if found.mode == "rollback":
        reason = f"it is the undoing of run {found.undoes}; load that file again instead"
        raise RunKept(run_id, reason)
    if found.mode == "refresh":
        reason = f"it followed the table behind {found.layer}; what the table has is so"
        raise RunKept(run_id, reason)
    if found.state == "refused":
        raise RunKept(run_id, "it was refused and changed nothing")
    if found.state == "undone":
        raise RunKept(run_id, f"run {found.undone_by} has undone it")
    (row,) = run(
        connection,
        """
        SELECT r.id, r.layer, r.action_id, r.turn, coalesce(r.last_event, 0) AS last_event,
               a.recorded_at, r.valid_at, r.before, r.after
        FROM cim.ingest_run r JOIN cim.action a ON a.id = r.action_id WHERE r.id = $1
        """,
        run_id,
    )
    return Undone(*row)


def _layer(connection: Connection, undone: Undone, caller: Caller) -> Layer:
    try:
        layer = registry.read(connection).layer(undone.layer, caller, "vector")
    except LayerNotFound:
        raise RunKept(undone.id, f"the layer {undone.layer} was removed later") from None
    if layer.source:
        raise RunKept(undone.id, f"the layer {undone.layer} is a registered table now")
    return layer


def _find(connection: Connection, undone: Undone) -> None:
    """Make the temporary table `undoing` of what the run touched, and lock that.

    `was` is the state of an entity before the run, `none` where it made it, and `now` its state
    after; `last` is the last event of it; `version` is what is to come back.
    """
    run(connection, "DROP TABLE IF EXISTS pg_temp.undoing")
    run(
        connection,
        """
        CREATE TEMP TABLE undoing (
            code text COLLATE "C" PRIMARY KEY, was text NOT NULL, now text NOT NULL,
            last bigint NOT NULL, version bigint
        ) ON COMMIT DROP
        """,
    )
    run(
        connection,
        f"""
        INSERT INTO undoing
        SELECT code, CASE first WHEN 'assigned' THEN 'none' WHEN 'reinstated' THEN 'retired'
                     ELSE 'active' END,
               CASE kind WHEN 'retired' THEN 'retired' ELSE 'active' END, last,
               (SELECT min(h.cim_version) FROM history.{quoted(undone.layer)} h
                WHERE h.code = t.code AND h.cim_replaced_at = $3)
        FROM (SELECT code, (array_agg(kind ORDER BY id))[1] AS first,
                     (array_agg(kind ORDER BY id DESC))[1] AS kind, max(id) AS last
              FROM cim.event WHERE turn = $1 AND action_id = $2 GROUP BY code) t
        """,
        undone.turn,
        undone.action_id,
        undone.recorded_at,
    )
    run(
        connection,
        """
        INSERT INTO undoing
        SELECT code, 'active', 'active', $3, NULL FROM (
            SELECT a.code FROM cim.alias a JOIN cim.entity e USING (code)
            WHERE e.source_system = $2 AND $4 IN (a.valid_from, a.valid_to)
            UNION SELECT code FROM cim.ingest_name WHERE run_id = $1) t
        ON CONFLICT DO NOTHING
        """,
        undone.id,
        undone.layer,
        undone.last_event,
        undone.recorded_at,
    )
    run(connection, "ANALYZE undoing")
    run(
        connection,
        """
        WITH locked AS (SELECT e.code FROM cim.entity e JOIN undoing USING (code)
                        ORDER BY e.code FOR UPDATE OF e)
        SELECT count(*) FROM locked
        """,
    )
    restoring.begin(connection)
    run(
        connection,
        """
        INSERT INTO restoring (code, version, state) SELECT code, version, now FROM undoing
        WHERE was = 'active' AND version IS NOT NULL
        """,
    )


def _target(connection: Connection, undone: Undone, layer: Layer, action: Action) -> Target:
    """The layer with the columns that it had before the run; valid since no row is younger."""
    columns = definition.columns_of(undone.before) if undone.before else layer.columns
    if undone.before and undone.before["columns"] == undone.after["columns"]:
        columns = layer.columns
    (row,) = run(
        connection,
        f"""
        SELECT greatest($1, max(l.cim_valid_from)) AS valid_at
        FROM layer.{quoted(layer.name)} l JOIN undoing USING (code)
        """,
        undone.valid_at,
    )
    assert layer.class_code is not None
    because = action if action.why else replace(action, why=f"run {undone.id} is undone")
    return Target(
        layer.id,
        layer.name,
        columns,
        layer.class_code,
        layer.name,
        actions.record(connection, because),
        row.valid_at,
    )


def _restore_layer(connection: Connection, undone: Undone, layer: Layer) -> None:
    """What the registry said of the layer; one that the run made goes."""
    if undone.before is None:
        definition.drop(connection, layer)
    else:
        definition.restore(connection, layer.name, undone.before, undone.after)
        merge.measure(connection, layer.id, layer.name)
    registry.publish(connection)


def _extent(connection: Connection, layer: Layer) -> Extent | None:
    rows = f"layer.{quoted(layer.name)} JOIN undoing USING (code)"
    return runs.extent(connection, rows, "geom")


def _end(connection: Connection, target: Target, columns: tuple[Column, ...]) -> int:
    """End what the run made, and what it reinstated; how many."""
    present = replace(target, columns=columns)
    made = "SELECT code FROM undoing WHERE was = 'none' AND now = 'active'"
    woken = "SELECT code FROM undoing WHERE was = 'retired' AND now = 'active'"
    ended = ending.end(connection, present, "void", made)
    ended += ending.end(connection, present, "retired", woken)
    # A void code names nothing any more, so that its thing can be loaded again.
    run(
        connection,
        """
        UPDATE cim.entity e SET source_system = NULL, source_id = NULL
        FROM undoing u WHERE u.code = e.code AND u.was = 'none'
        """,
    )
    return ended


_BEFORE = "a.valid_from < $1 AND (a.valid_to IS NULL OR a.valid_to >= $1)"


def _bring_aliases_back(connection: Connection, undone: Undone) -> None:
    """Give entities the other codes that they had when the run began, and no others."""
    run(
        connection,
        f"""
        UPDATE cim.alias n SET valid_to = now() FROM undoing u
        WHERE n.code = u.code AND u.was = 'active' AND n.valid_to IS NULL AND NOT EXISTS (
            SELECT FROM cim.alias a WHERE a.code = n.code AND a.scheme = n.scheme
            AND a.value = n.value AND {_BEFORE})
        """,
        undone.recorded_at,
    )
    run(
        connection,
        f"""
        INSERT INTO cim.alias (scheme, value, code)
        SELECT DISTINCT a.scheme, a.value, a.code FROM cim.alias a JOIN undoing u USING (code)
        WHERE u.was = 'active' AND {_BEFORE} AND NOT EXISTS (
            SELECT FROM cim.alias n WHERE n.code = a.code AND n.scheme = a.scheme
            AND n.value = a.value AND n.valid_to IS NULL)
        """,
        undone.recorded_at,
    )


def _count(connection: Connection) -> tuple[int, int, int]:
    """How many entities the run touched, and how many came back or are again what they were."""
    (counted,) = run(
        connection,
        """
        SELECT (SELECT count(*) FROM undoing) AS touched,
               count(*) FILTER (WHERE state = 'retired') AS back,
               count(*) FILTER (WHERE state = 'active') AS changed
        FROM restoring
        """,
    )
    return counted.touched, counted.back, counted.changed


def _mark(connection: Connection, undone: Undone, rollback_id: int) -> None:
    run(
        connection,
        "UPDATE cim.ingest_run SET state = 'undone', undone_by = $2 WHERE id = $1",
        undone.id,
        rollback_id,
    )
