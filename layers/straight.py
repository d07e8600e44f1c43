"""Loads a file that is a new layer straight into its tables (新图层直入).

Rows are written while the file is read, without a stage between: one thread reads, checks and makes
codes and cells, another has the connection. More would only take the processor from the database,
which has the most to do.

That a rule is broken, or a key or another code is there already, is found on the way. Then all is
rolled back to the beginning, the serials are given back where nobody leased any after them, and the
file is loaded by the stage, which can tell of every row what is wrong with it.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from cim import layer_table, registry
from cim.assignment import merge
from cim.assignment.codes import Target
from cim.assignment.problems import Noted
from cim.assignment.straight import Filled, Straight, Unfit, is_new
from cim.cover import cells_of
from cim.database.arrow_copy import widen
from cim.database.sql import driver
from cim.leases import Serials
from cim.names import quoted
from layers import definition, doubled, planning, runs
from layers.ahead import ahead
from layers.crs import loading as placing
from layers.governed import NOTHING
from layers.planning import Asked
from layers.report import Extent, LoadReport
from layers.rows import Plan
from layers.source import Source, open_source
from layers.staging import Part, checked
from layers.watch import Watch

WAITING = 4  # batches that wait to be written, so that the database does not wait


def load(connection: Connection, leases: Engine, asked: Asked, watch: Watch) -> LoadReport | None:
    """Load the file; None where it is not for this way, and then nothing was done."""
    if not _fits(connection, asked):
        return None
    serials = Serials(leases, str(asked.file.class_code), f"layer {asked.file.layer}")
    try:
        with driver(connection).transaction():
            return _load(connection, serials, asked, watch)
    except (Unfit, UniqueViolation):
        serials.give_back()
        watch.findings.forget()
        return None
    except BaseException:
        with suppress(DBAPIError):  # of a database that is gone: its record explains the gap
            serials.give_back()
        raise


def _fits(connection: Connection, asked: Asked) -> bool:
    """Whether each row of the file may be looked at alone."""
    file = asked.file
    alone = not file.skip_refused and asked.covering is None and file.placing.reference is None
    return asked.held is None and alone and is_new(connection, file.layer)


def _load(connection: Connection, serials: Serials, asked: Asked, watch: Watch) -> LoadReport:
    file, findings = asked.file, watch.findings
    with open_source(file.path, file.source_layer, file.crs, file.encoding) as opened:
        plan = planning.plan_of(file, opened, named=asked.named)
        source, frame = placing.begin(connection, file, opened, findings)
        findings.notes = list(source.notes)
        target = planning.target_of(connection, asked, plan)
        run_id = runs.begin(connection, target, file.mode, asked.started)
        definition.shape_table(connection, target, None)
        writer = Straight(connection, target, serials)
        _write(connection, writer, (source, replace(plan, frame=frame)), (asked, watch))
    watch.progress("check", findings.read, None)
    layer_table.finish(connection, target.layer)
    _look_at_all(connection, target, watch)
    watch.progress("write", findings.read, None)
    measured = merge.measure(connection, target.layer_id, target.layer)
    registry.publish(connection)
    report = LoadReport(
        target.layer,
        added=findings.read,
        changed=0,
        unchanged=0,
        retired=0,
        repaired=findings.repaired,
        read=findings.read,
        mode=file.mode,
        run=run_id,
        extent=Extent(*measured.extent) if measured.extent else None,
    )
    runs.name_file(connection, run_id, file, findings)
    runs.finish(connection, report)
    return report


def _write(
    connection: Connection, writer: Straight, way: tuple[Source, Plan], asked: tuple[Asked, Watch]
) -> None:
    """Write what is read; Unfit, UniqueViolation."""
    source, plan = way
    file, watch = asked[0].file, asked[1]
    findings = watch.findings
    parts = checked(source, plan, NOTHING, file)
    widen(connection)
    with ahead(_filled(writer, parts), WAITING) as filled:
        for noted, last, tables in filled:
            findings.problems.join(noted)
            writer.write(connection, tables)
            findings.read = last
            watch.progress("read", last, source.feature_count)


def _filled(writer: Straight, parts: Iterator[Part]) -> Iterator[tuple[Noted, int, list[Filled]]]:
    """What was noted of the rows, the number of the last one, and the rows for the tables."""
    for rows, noted in parts:
        if any(level == "refused" for _, level in noted.problems):
            raise Unfit
        yield noted, rows.first + len(rows) - 1, writer.prepare(rows, cells_of(rows.geometries))


def _look_at_all(connection: Connection, target: Target, watch: Watch) -> None:
    """Tell what is found of the rows together."""
    layer = f"layer.{quoted(target.layer)}"
    columns = "beidou_code AS cim_beidou, geom AS cim_geom"
    rows = f"SELECT cim_row, {columns} FROM {layer} JOIN straight_row USING (code)"
    doubled.find(connection, doubled.Shapes(f"SELECT {columns} FROM {layer}", rows))
    doubled.check(connection, watch.findings.problems, refused=False)
    placing.check_area(connection, watch.findings, layer, "geom")
