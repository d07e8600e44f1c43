"""Loads a vector file into a layer (矢量数据入库): every feature gets codes, or nothing changes.

The way of the data: `source` reads batches, `governed` holds a bound layer's to the catalog, `rows`
checks them, `cim.assignment` copies them into temporary tables (`staging`) and brings the layer's
table, the entities and their aliases to what the file says. A file that is a new layer goes into
its tables at once (`straight`), which is less work, and more of it at the same time. All of it is
the caller's one transaction, the row of the ingest log (`runs`) too; readers see the layer before
or the layer after, and a program or a database that is killed leaves it as it was.

A feature is the same thing as before when its key is. It keeps its entity code, and its row changes
only where the file differs. What becomes of features that the file does not have, the mode says
(`modes`); in the mode `delete` the file names those that are retired (`deleting`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pyproj import CRS
from sqlalchemy import Connection, Engine

from cim import layer_table, registry
from cim.access import Caller
from cim.actions import Action
from cim.assignment import merge, targets
from cim.assignment.codes import Target
from cim.assignment.merge import Counts, Measured
from cim.catalog.bound import BoundColumn
from cim.database.sql import run
from cim.layer import Coverage, Layer
from cim.lifecycle import ending
from cim.names import layer_name
from layers import (
    definition,
    deleting,
    doubled,
    fusing,
    governed,
    leaving_out,
    modes,
    names,
    planning,
    runs,
    staging,
    straight,
)
from layers.coverage.check import Check, Plane, check_kinds
from layers.coverage.whole import Whole
from layers.crs import loading as placing
from layers.findings import Findings
from layers.governed import Checks
from layers.planning import Asked
from layers.report import Extent, LoadReport
from layers.rows import Plan
from layers.source import open_source
from layers.vector_file import VectorFile
from layers.watch import Watch

__all__ = ["VectorFile", "load", "remove"]

WORK_MEMORY = "128MB"
STATISTICS = 10  # 3,000 rows of a table tell whom to join with whom


def load(
    connection: Connection, leases: Engine, file: VectorFile, watch: Watch | None = None
) -> LoadReport:
    """Bring a layer to what its file says.

    `leases` is where serials for new codes are leased, which commits by itself. Raises a
    LayerError or CimError and then the caller must roll back; `watch` is told of the progress and
    keeps what was found in the rows.
    """
    watch = watch or Watch()
    name = layer_name(file.layer)
    definition.lock(connection, name, lambda: watch.progress("wait", 0, None))
    _take_memory(connection)
    started = runs.clock(connection)
    held = definition.existing(connection, name)
    wanted = definition.completed(connection, file, held)
    covering = definition.coverage(wanted, held)
    asked = Asked(wanted, held, covering, file.name_field is not None, started)
    leaving_out.begin(connection)
    if held is not None and file.mode == "delete":
        report = deleting.delete(connection, wanted, held, watch, started)
    else:
        report = straight.load(connection, leases, asked, watch) or _by_stage(
            connection, leases, asked, watch
        )
    fusing.after_layer(connection, name)
    return report


def _by_stage(connection: Connection, leases: Engine, asked: Asked, watch: Watch) -> LoadReport:
    """Read all of the file into temporary tables, check it, and merge it with what is there."""
    file, held = asked.file, asked.held
    with open_source(file.path, file.source_layer, file.crs, file.encoding) as opened:
        plan = planning.plan_of(file, opened, named=asked.named)
        source, frame = placing.begin(connection, file, opened, watch.findings)
        plan = replace(plan, frame=frame)
        checks = governed.checks(connection, held, plan.columns)
        staging.read(connection, file, (source, plan, _at_once(checks, file)), watch)
        crs = source.crs
    before = definition.said(connection, file.layer)
    target = planning.target_of(connection, asked, plan)
    loading = _Loading(connection, file, plan, held, target, watch, checks.absent)
    watch.progress("check", watch.findings.read, None)
    loading.check(asked.covering, crs)
    placing.compare(connection, file, held, watch.findings)
    watch.progress("write", watch.findings.read, None)
    report = loading.write(leases, asked.started)
    runs.name_file(connection, report.run, file, watch.findings)
    runs.finish(connection, report, before)
    return report


def _take_memory(connection: Connection) -> None:
    """Let what a load sorts and joins stay in memory until it is large, and be planned quickly."""
    run(
        connection,
        """
        SELECT set_config('work_mem', $1, true)
        WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes($1)
        """,
        WORK_MEMORY,
    )
    run(connection, f"SET LOCAL default_statistics_target = {STATISTICS}")


def remove(connection: Connection, name: str, caller: Caller, why: str | None = None) -> int:
    """Take a layer off the map: its entities are retired, their codes keep resolving.

    The table of a registered layer stays as it is. Returns how many entities were retired.
    LayerNotFound when there is no such layer, LayerFused, FusedUpon.
    """
    layer = registry.read(connection).own(name, caller)
    action = Action(caller.name, why or f"the layer {name} was removed")
    target = targets.of_layer(connection, layer, action)
    end_all = ending.retire_registered if layer.source else ending.retire_all
    retired = end_all(connection, target)
    definition.drop(connection, layer)
    registry.publish(connection)
    return retired


def _at_once(checks: Checks, file: VectorFile) -> Checks:
    """The checks that need no look at the layer: an upsert leaves what its file has not."""
    return replace(checks, absent=()) if file.mode == "upsert" else checks


@dataclass(frozen=True, slots=True)
class _Loading:
    """A file whose rows are staged, on its way into a layer."""

    connection: Connection
    file: VectorFile
    plan: Plan
    held: Layer | None
    target: Target
    watch: Watch
    absent: Sequence[BoundColumn]

    @property
    def findings(self) -> Findings:
        return self.watch.findings

    @property
    def whole(self) -> bool:
        return self.file.mode == "replace"

    def check(self, covering: Coverage | None, crs: CRS) -> None:
        """Look at the rows together; RowsRefused, or those that break a rule are left out.

        `crs` is that of the file.
        """
        mark = self.findings.last
        connection, problems, key = self.connection, self.findings.problems, self.file.key
        merge.check_keys(connection, key, problems)
        merge.check_aliases(connection, self.target.source_system, problems)
        merge.know(connection, self.target, key, problems)
        if self.file.mode == "append":
            modes.check_absent(connection, key, problems)
        if self.held is not None and self.plan.name_field is None:
            modes.keep_names(connection)
        if self.held is not None and not self.whole:
            modes.fit(connection, self.target, self.plan.columns, self.held, problems)
            if self.file.mode == "upsert":
                governed.check_staged(connection, self.absent, problems)
        self._check_aliases()
        self._check_doubled(covering)
        if covering is not None and not self.file.skip_refused:
            self._covering(covering, crs).all()
        self._settle(mark, self._check_aliases)
        if covering is not None and self.file.skip_refused:
            # Without the rows that are refused already: they would refuse their neighbours.
            mark = self.findings.last
            self._covering(covering, crs).all()
            self._settle(mark, lambda: self._check_again(covering, crs))

    def _settle(self, mark: int, again: Callable[[], None]) -> None:
        leaving_out.refuse_or_settle(
            self.connection, self.target, self.file, self.findings, (mark, again)
        )

    def _check_doubled(self, covering: Coverage | None) -> None:
        doubled.find(self.connection)
        doubled.check(self.connection, self.findings.problems, refused=covering is not None)
        if covering is not None:
            check_kinds(self.connection, self.findings.problems)
        elif self.held is not None and not self.whole:
            doubled.check_there(self.connection, self.target, self.findings.problems)

    def _covering(self, covering: Coverage, crs: CRS) -> Check:
        held = self.held
        whole = Whole.of(self.connection, self.target, held=held is not None, replaced=self.whole)
        return Check(
            whole,
            covering,
            Plane(crs),
            self.findings.problems,
            known=held is not None and held.coverage is not None,
            named=self.file.key is not None,
            progress=lambda: self.watch.progress("check", self.findings.read, None),
        )

    def _check_again(self, covering: Coverage, crs: CRS) -> None:
        self._check_aliases()
        again = self._covering(covering, crs)
        if again.whole.kept:
            again.kept()

    def _check_aliases(self) -> None:
        problems = self.findings.problems
        modes.check_kept_aliases(self.connection, self.target, problems, whole=self.whole)

    def write(self, leases: Engine, started: datetime) -> LoadReport:
        """Bring the layer to the stage, and open the row of the run."""
        connection, target = self.connection, self.target
        run_id = runs.begin(connection, target, self.file.mode, started)
        names.keep_changed(connection, run_id)
        if self.whole:
            names.keep_missing(connection, run_id, target)
        definition.shape_table(connection, target, self.held)
        schemes_given = list(self.plan.aliases)
        counts = merge.merge(connection, leases, target, schemes_given, whole=self.whole)
        if self.held is None:
            layer_table.finish(connection, target.layer)
        measured = merge.measure(connection, target.layer_id, target.layer)
        registry.publish(connection)
        return LoadReport(
            target.layer,
            *counts,
            repaired=self.findings.repaired,
            read=self.findings.read,
            refused=self.findings.refused,
            mode=self.file.mode,
            run=run_id,
            extent=self._extent(counts, measured),
        )

    def _extent(self, counts: Counts, measured: Measured) -> Extent | None:
        """The extent of the staged rows, which are often all that the layer has."""
        if measured.extent and counts.staged == measured.features:
            return Extent(*measured.extent)
        return runs.extent(self.connection, "stage", "cim_geom")
