"""Brings the rows of a file into the stage (读取入暂存): read, checked, given grid codes, copied.

Each of these steps has a thread, and hands batch after batch to the next. What is found in the rows
is told in their order by the thread that has the connection, as if there were no others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cim.assignment.problems import Aside, Problem
from cim.assignment.rows import Rows
from cim.assignment.stage import Prepared, Stage
from cim.cover import Cells, cells_of
from layers import leaving_out
from layers.ahead import ahead
from layers.governed import Checks
from layers.rows import Plan, Reader
from layers.source import Source
from layers.vector_file import VectorFile
from layers.watch import Watch


def read(
    connection: Connection, file: VectorFile, way: tuple[Source, Plan, Checks], watch: Watch
) -> None:
    """Copy what is read into the stage; note which rows are refused."""
    source, plan, checks = way
    findings = watch.findings
    stage = Stage(connection, plan.columns, findings.problems)
    stage.know_counties()
    with (
        ahead(_checked(source, plan, checks)) as checked,
        ahead(replace(one, cells=cells_of(one.rows.geometries)) for one in checked) as celled,
        ahead(replace(one, made=stage.prepare(one.rows, one.cells)) for one in celled) as prepared,
    ):
        for one in prepared:
            for problem, repaired in one.noted:
                findings.problems.note(problem, repaired=repaired)
            assert one.made is not None
            stage.write(one.made)
            findings.read = one.rows.first + len(one.rows) - 1
            if file.skip_refused:
                leaving_out.note(connection, one.rows, findings)
            watch.progress("read", findings.read, source.feature_count)


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows on their way from thread to thread, and what was noted of them."""

    rows: Rows
    noted: list[tuple[Problem, bool]]
    cells: Cells | None = None
    made: Prepared | None = None


def _checked(source: Source, plan: Plan, checks: Checks) -> Iterator[_Part]:
    aside = Aside()
    for rows in Reader(source, plan, aside.problems, checks).rows():
        yield _Part(rows, aside.taken())
