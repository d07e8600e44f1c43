"""Brings the codes of a registered layer to the rows that its table has now (刷新登记图层).

New rows get codes, those of rows that are gone are retired, and of rows that are other than they
were the grid cells, the names and the other codes are made anew. Nothing is done to the table. A
row that breaks a rule goes without a code, and the others go on: whoever mends the table is
somebody else.

It is one transaction, and a run of the ingest log (`layers.runs`).
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine

from cim import actions, registry, source_view
from cim.access import Caller
from cim.actions import Action
from cim.assignment import codes, features, merge
from cim.assignment.codes import Target
from cim.assignment.stage import Stage
from cim.database.sql import run
from cim.layer import Layer
from cim.lifecycle import ending
from cim.names import quoted
from cim.source_table import SourceTable
from layers import definition, fusing, leaving_out, modes, runs
from layers.errors import LayerLoaded, RowsVanished, TableChanged
from layers.findings import Findings
from layers.registered import catalogs, fit, geometry
from layers.registered.catalogs import Found
from layers.registered.changes import SEEN, Changes
from layers.registered.measuring import measure
from layers.registered.place import Place
from layers.report import LoadReport
from layers.watch import Watch

FEW = 100  # rows that may be gone at once without being asked about


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did; `without` are rows that have no code, and `keys` name the refused ones.

    Features that its report counts as repaired are shown as they are; their cells are those of the
    repaired geometry.
    """

    report: LoadReport
    without: int
    keys: dict[int, str] = field(default_factory=dict)


def refresh(
    connection: Connection,
    leases: Engine,
    name: str,
    action: Action,
    watch: Watch | None = None,
    *,
    gone: bool = False,
) -> Refreshed:
    """Follow the table of a layer; `gone` where most of its rows are meant to be gone.

    Raises LayerNotFound, LayerLoaded, TableUnknown, TableForbidden, TableUnfit, TableChanged,
    RowsVanished: then nothing has changed.
    """
    definition.lock(connection, name)
    started = runs.clock(connection)
    layer = registry.read(connection).own(name, Caller(action.who))
    if layer.source is None:
        raise LayerLoaded(name)
    found = catalogs.find(connection, Place(layer.source.schema, layer.source.table))
    check(connection, layer, layer.source, found)
    bringing = Bringing(connection, leases, layer, layer.source, watch or Watch())
    before = definition.said(connection, name)
    why = Action(action.who, action.why or "the table of the layer was followed", action.document)
    done = bringing.bring(why, started, gone=gone)
    runs.finish(connection, done.report, before)
    fusing.after_layer(connection, name)
    return done


def check(connection: Connection, layer: Layer, source: SourceTable, found: Found) -> None:
    """See that the table is what was registered; TableChanged, TableUnfit."""
    types = {each.name: each for each in found.attributes}
    named = [source.key, source.geometry, *(each.column for each in source.fields)]
    for column in named:
        if column not in types:
            reason = f"it has no column {column!r} any more; register it again"
            raise TableChanged(layer.name, reason)
    if types[source.key].own != source.key_type.partition(" COLLATE ")[0]:
        reason = f"its key {source.key!r} is {types[source.key].own} now; register it again"
        raise TableChanged(layer.name, reason)
    stored, _ = geometry.declared(connection, found, source.geometry)
    if stored not in {0, source.stored}:
        reason = f"its rows are in SRID {stored} now and were in {source.stored}; register it again"
        raise TableChanged(layer.name, reason)
    fault = source_view.fault(connection, layer.name)
    if fault is not None:
        raise TableChanged(layer.name, f"{fault}; register it again")
    fit.check_key(connection, source, found)


@dataclass(frozen=True, slots=True)
class Bringing:
    """A registered layer on its way to what its table has."""

    connection: Connection
    leases: Engine
    layer: Layer
    source: SourceTable
    watch: Watch

    @property
    def findings(self) -> Findings:
        return self.watch.findings

    def bring(self, action: Action, started: datetime, *, gone: bool) -> Refreshed:
        """Do all of it, in the order that lets a code of a row that is gone be another row's."""
        connection, layer = self.connection, self.layer
        rows = self._check_gone(gone)
        target = self._target(action)
        run_id = runs.begin(connection, target, "refresh", started)
        retired = ending.end_registered(connection, target, "retired", self._gone())
        self._stage()
        self.watch.progress("check", self.findings.read, None)
        self._check(target)
        self.watch.progress("write", self.findings.read, None)
        added, changed = self._write(target)
        without = rows - self._coded()
        if added or changed or retired or layer.extent is None:
            measure(connection, layer, self.source)
            registry.publish(connection)
        report = LoadReport(
            layer.name,
            added,
            changed,
            rows - without - added - changed,
            retired,
            repaired=self.findings.repaired,
            read=rows,
            refused=self.findings.refused,
            mode="refresh",
            run=run_id,
            extent=runs.extent(connection, "stage", "cim_geom"),
        )
        return Refreshed(report, without, self._keys())

    def _target(self, action: Action) -> Target:
        layer = self.layer
        assert layer.class_code is not None
        return Target(
            *(layer.id, layer.name, (), layer.class_code, layer.name),
            actions.record(self.connection, action),
            actions.now(self.connection),
        )

    def _gone(self) -> str:
        key = f"s.{quoted(self.source.key)}"
        return f"""
            SELECT k.code FROM layer.{quoted(self.layer.name)} k
            WHERE NOT EXISTS (SELECT FROM {self.source.place} s WHERE {key} = k.cim_key)"""

    def _check_gone(self, meant: bool) -> int:
        """How many rows the table has; RowsVanished."""
        (counted,) = run(
            self.connection,
            f"""
            SELECT (SELECT count(*) FROM {self.source.place}) AS rows,
                   (SELECT count(*) FROM layer.{quoted(self.layer.name)}) AS had,
                   (SELECT count(*) FROM ({self._gone()}) g) AS gone
            """,
        )
        if not meant and counted.gone >= FEW and 2 * counted.gone > counted.had:
            raise RowsVanished(self.layer.name, counted.gone, counted.had)
        return int(counted.rows)

    def _stage(self) -> None:
        connection, findings = self.connection, self.findings
        leaving_out.begin(connection)
        stage = Stage(connection, (SEEN,), findings.problems)
        for rows in Changes(connection, self.layer, self.source, findings.problems).rows():
            stage.add(rows)
            findings.read = rows.first + len(rows) - 1
            leaving_out.note(connection, rows, findings)
            self.watch.progress("read", findings.read, None)

    def _check(self, target: Target) -> None:
        mark, connection, problems = self.findings.last, self.connection, self.findings.problems
        merge.check_keys(connection, self.source.key, problems)
        merge.check_aliases(connection, target.source_system, problems)
        merge.know(connection, target, self.source.key, problems)

        def kept() -> None:
            modes.check_kept_aliases(connection, target, problems, whole=False)

        kept()
        if problems.count:
            leaving_out.settle(connection, target, self.findings, (mark, kept))

    def _write(self, target: Target) -> tuple[int, int]:
        """Rows added, and changed."""
        connection = self.connection
        codes.give_new(connection, self.leases, target, f"layer {target.layer}")
        codes.make_entities(connection, target)
        merge.wake(connection, target)
        merge.end_aliases(connection, list(self.source.aliases))
        changed = self._change()
        added = self._add(target)
        features.add_aliases(connection)
        features.set_names(connection)
        features.tell(connection, target, "assigned")
        features.tell(connection, target, "reinstated", ("retired",))
        features.tell(connection, target, "changed", _THERE)
        return added, changed

    def _add(self, target: Target) -> int:
        connection = self.connection
        key = source_view.key_of(self.source, "s.cim_source")
        run(
            connection,
            f"""
            INSERT INTO layer.{quoted(target.layer)}
                (code, cim_key, beidou_code, cim_valid_from, cim_seen)
            SELECT c.code, {key}, s.cim_beidou, $1, s.cim_seen::uuid
            FROM stage s JOIN stage_code c USING (cim_row) WHERE c.state = ANY($2) ORDER BY c.code
            """,
            target.valid_at,
            list(merge.PRESENT),
        )
        features.add_cells(connection, merge.PRESENT)
        return self._number("stage_code WHERE state = ANY($1)", list(merge.PRESENT))

    def _change(self) -> int:
        """What is kept of rows that are other than they were."""
        connection = self.connection
        run(
            connection,
            f"""
            UPDATE layer.{quoted(self.layer.name)} l
            SET beidou_code = s.cim_beidou, cim_seen = s.cim_seen::uuid,
                cim_version = l.cim_version + 1, cim_recorded_at = now()
            FROM stage s JOIN stage_code c USING (cim_row)
            WHERE l.code = c.code AND c.state = 'active'
            """,
        )
        there = "stage_code k WHERE k.code = c.code AND k.state = 'active'"
        run(connection, f"DELETE FROM cim.cover c WHERE EXISTS (SELECT FROM {there})")
        features.add_cells(connection, _THERE)
        return self._number("stage_code WHERE state = 'active'")

    def _coded(self) -> int:
        """Rows of the table that have a code."""
        key = f"s.{quoted(self.source.key)}"
        name = quoted(self.layer.name)
        return self._number(f"{self.source.place} s JOIN layer.{name} k ON k.cim_key = {key}")

    def _number(self, rows: str, *values: object) -> int:
        return int(run(self.connection, f"SELECT count(*) AS size FROM {rows}", *values)[0].size)

    def _keys(self) -> dict[int, str]:
        """What the table calls the rows that something was found in."""
        repaired = [one.row for one in self.findings.each("repaired")]
        found = run(
            self.connection,
            """
            SELECT cim_row, cim_source FROM stage_refused UNION ALL
            SELECT cim_row, cim_source FROM stage WHERE cim_row = ANY($1)
            """,
            repaired,
        )
        return {row.cim_row: row.cim_source for row in found if row.cim_source is not None}


_THERE = ("active",)
