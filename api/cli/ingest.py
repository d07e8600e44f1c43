"""Loads a file for ``cim layer load`` (入库命令) and tells what was found in its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from api.cli import crs
from api.cli.database import opened
from api.cli.ingest_bar import ingest_bar
from api.cli.terminal import print_json, say
from api.output import whole
from cim.assignment.problems import Problem
from cim.assignment.rules import RULES
from cim.settings import Settings
from layers.findings import Broken, Findings
from layers.ingest import ingest
from layers.refused import write_refused
from layers.report_file import write_report
from layers.runs import Run
from layers.vector_file import VectorFile
from layers.watch import Watch

__all__ = ["load_vector", "tell"]

MOST_TOLD = 20
MOST_OTHERS = 5  # of each rule that refused nothing

_stderr = Console(stderr=True, highlight=False, width=max(Console(stderr=True).width, 120))


def load_vector(
    wanted: VectorFile,
    settings: Settings,
    files: tuple[Path | None, Path | None] = (None, None),
    *,
    as_json: bool = False,
) -> None:
    """Load the file, telling progress; what was found in its rows goes to stderr.

    `files` are those for the report and for the refused rows. Raises why the file was refused.
    """
    with opened(settings) as engine, ingest_bar(wanted.path.name) as bar:
        watch = Watch(bar)
        ended = ingest(engine, wanted, watch)
    findings = watch.findings
    report, refused = files
    if report is not None:
        with whole(report) as path:
            write_report(ended.run, findings, path)
    if refused is not None and (findings.problems.count or findings.placed):
        with whole(refused) as path:
            write_refused(wanted, findings, path)
    if findings.placement is not None:
        for line in crs.words(findings.placement.describe()):
            _stderr.print(line, markup=False, soft_wrap=True)
    _tell_findings(findings)
    if as_json:
        print_json(ended.run.describe())
    if ended.refusal is not None:
        raise ended.refusal
    if not as_json:
        tell(ended.run)


def tell(run: Run) -> None:
    """Tell what a run did, in one line."""
    counts = ("added", "changed", "unchanged", "retired", "repaired", "refused")
    told = ", ".join(f"{getattr(run, count):,} {count}" for count in counts)
    say(f"{run.layer}: {told} (run {run.id})")


def _tell_findings(findings: Findings) -> None:
    """What is to be known of the file, and tables of the first problems, rule by rule."""
    for note in findings.notes:
        _stderr.print(f"{note.en} · {note.zh}", markup=False)
    rules = findings.rules()
    left, shares = MOST_TOLD, {}
    for others, broken in zip(range(len(rules), 0, -1), reversed(rules), strict=True):
        # From the rarest on, each has its share of the lines that are left.
        shares[broken.rule] = min(broken.findings, max(1, left // others))
        left -= shares[broken.rule]
    for broken in rules:
        _stderr.print(_table(broken, findings.of_rule(broken.rule, shares[broken.rule])))
    told = sum(broken.findings for broken in rules)
    if told > MOST_TOLD:
        _stderr.print(f"… {told:,} in all; --report and --refused write all of them to files")
    _tell_others(findings)


def _tell_others(findings: Findings) -> None:
    """What refused nothing: the first of what was repaired or told, and how much was counted."""
    cut = False
    for level in ("repaired", "told"):
        for found in findings.rules(level):
            _stderr.print(_table(found, findings.of_rule(found.rule, MOST_OTHERS, level)))
            cut |= found.findings > MOST_OTHERS
    if cut:
        _stderr.print("… --report writes all of them to a file")
    for name, rows in findings.noted.items():
        rule = RULES[name]
        _stderr.print(f"{rule.title_zh} {rule.title_en} ({name}): {rows:,} rows")


def _table(broken: Broken, problems: list[Problem]) -> Table:
    rule = RULES[broken.rule]
    title = f"{rule.title_zh} {rule.title_en} ({broken.rule}): {broken.rows:,} rows"
    table = Table("row", "field", "value", "what", title=title, box=None, title_justify="left")
    for cells in _cells(problems):
        table.add_row(*cells)
    return table


def _cells(problems: list[Problem]) -> Iterator[tuple[str, ...]]:
    for one in problems:
        yield str(one.row), one.field or "—", one.value or "—", one.reason
