"""Loads a file that is a new layer straight into its tables (新图层直入).

Rows are written while the file is read, without a stage between, in a quarter less of the time: a
thread reads and checks, one makes cells, one codes, and one has the connection. That a rule is
broken, or a key or another code there already, is found on the way; then all is rolled back to the
beginning, serials too where nobody leased any after them, and the file is loaded by the stage,
which can tell of every row what is wrong with it.
"""

from collections.abc import Iterator
from dataclasses import replace

from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, Engine

from cim import layer_table, registry
from cim.assignment import merge
from cim.assignment.codes import Target
from cim.assignment.straight import Filled, Straight, Unfit, is_new
from cim.cover import cells_of
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
    with (
        ahead(checked(source, plan, NOTHING, file)) as read,
        ahead(replace(part, cells=cells_of(part.rows.geometries)) for part in read) as celled,
        ahead(_filled(writer, celled)) as filled,
    ):
        for part, tables in filled:
            findings.problems.join(part.noted)
            writer.write(connection, tables)
            findings.read = part.rows.first + len(part.rows) - 1
            watch.progress("read", findings.read, source.feature_count)


def _filled(writer: Straight, parts: Iterator[Part]) -> Iterator[tuple[Part, list[Filled]]]:
    for part in parts:
        if any(level == "refused" for _, level in part.noted.problems):
            raise Unfit
        assert part.cells is not None
        yield part, writer.prepare(part.rows, part.cells)


def _look_at_all(connection: Connection, target: Target, watch: Watch) -> None:
    """Tell what is found of the rows together."""
    layer = f"layer.{quoted(target.layer)}"
    columns = "beidou_code AS cim_beidou, geom AS cim_geom"
    rows = f"SELECT cim_row, {columns} FROM {layer} JOIN straight_row USING (code)"
    doubled.find(connection, doubled.Shapes(f"SELECT {columns} FROM {layer}", rows))
    doubled.check(connection, watch.findings.problems, refused=False)
    placing.check_area(connection, watch.findings, layer, "geom")
