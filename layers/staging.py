"""Brings the rows of a file into the stage (读取入暂存): read, checked, given grid codes, copied.

Each of these steps has a thread, and hands batch after batch to the next. What is found in the rows
is told in their order by the thread that has the connection, as if there were no others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from cim.assignment.problems import Aside, Noted
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
    source, plan, _ = way
    findings = watch.findings
    findings.notes = list(source.notes)
    stage = Stage(connection, plan.columns, findings.problems)
    stage.know_counties()
    with (
        ahead(checked(*way, file)) as parts,
        ahead(replace(one, cells=cells_of(one.rows.geometries)) for one in parts) as celled,
        ahead(replace(one, made=stage.prepare(one.rows, one.cells)) for one in celled) as prepared,
    ):
        for one in prepared:
            findings.problems.join(one.noted)
            assert one.made is not None
            stage.write(one.made)
            findings.read = one.rows.first + len(one.rows) - 1
            if file.skip_refused:
                leaving_out.note(connection, one.rows, findings)
            watch.progress("read", findings.read, source.feature_count)


@dataclass(frozen=True, slots=True)
class Part:
    """Rows on their way from thread to thread, and what was noted of them."""

    rows: Rows
    noted: Noted
    cells: Cells | None = None
    made: Prepared | None = None


def checked(source: Source, plan: Plan, checks: Checks, file: VectorFile) -> Iterator[Part]:
    """The rows of a source, batch after batch, for another thread."""
    aside = Aside()
    for rows in Reader(source, plan, aside.problems, checks, file.shaping.rules).rows():
        yield Part(rows, aside.taken())
