"""Retires the features whose keys a file names (按键删除). Of the file only its keys are read."""

from datetime import datetime

from sqlalchemy import Connection

from cim import registry
from cim.assignment import codes, merge, targets
from cim.assignment.problems import Problems
from cim.assignment.rules import broken
from cim.assignment.stage import Stage
from cim.database.sql import driver
from cim.layer import Layer
from cim.lifecycle import ending
from cim.names import quoted
from layers import definition, leaving_out, modes, names, runs
from layers.keys import Keys, read_keys
from layers.report import LoadReport
from layers.vector_file import VectorFile
from layers.watch import Watch

_STAGED = "SELECT c.code FROM stage_code c JOIN stage s USING (cim_row)"


def delete(
    connection: Connection, file: VectorFile, held: Layer, watch: Watch, started: datetime
) -> LoadReport:
    """Retire them; RowsRefused for keys that are not in the layer.

    Raises SourceUnreadable, FieldMissing, ValidTimeDisorder.
    """
    findings = watch.findings
    before = definition.said(connection, held.name)
    Stage(connection, (), findings.problems)
    for keys in read_keys(file, findings.problems):
        _stage(connection, file, keys, findings.problems)
        findings.read = keys.first + len(keys.values) - 1
        watch.progress("read", findings.read, None)
    mark = 0
    watch.progress("check", findings.read, None)
    action = file.action(f"deleted by {file.came_as.name}")
    target = targets.of_layer(connection, held, action, file.valid_from)
    merge.check_keys(connection, file.key, findings.problems)
    codes.know(connection, target)
    modes.check_there(connection, file.key, findings.problems)
    leaving_out.refuse_or_settle(connection, target, file, findings, (mark, lambda: None))
    watch.progress("write", findings.read, None)
    run_id = runs.begin(connection, target, file.mode, started)
    names.keep_staged(connection, run_id)
    gone = f"layer.{quoted(held.name)} WHERE code IN ({_STAGED})"
    extent = runs.extent(connection, gone, "geom")
    retired = ending.end(connection, target, "retired", _STAGED)
    definition.move(connection, held.id)
    merge.measure(connection, held.id, held.name)
    registry.publish(connection)
    report = LoadReport(
        held.name,
        added=0,
        changed=0,
        unchanged=0,
        retired=retired,
        read=findings.read,
        refused=findings.refused,
        mode=file.mode,
        run=run_id,
        extent=extent,
    )
    runs.name_file(connection, run_id, file, findings)
    runs.finish(connection, report, before)
    return report


def _stage(connection: Connection, file: VectorFile, keys: Keys, problems: Problems) -> None:
    statement = b"COPY stage (cim_row, cim_source) FROM STDIN"
    with driver(connection).cursor() as cursor, cursor.copy(statement) as copy:
        for row, key in enumerate(keys.values, keys.first):
            if key:
                copy.write_row((row, key))
            else:
                problems.add(row, file.key, broken("key.empty"))
