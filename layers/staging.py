"""Brings the rows of a file into the stage (读取入暂存): read, checked, given grid codes, copied.

One thread does all but copy, and hands batch after batch to the one that has the connection. What
is found in the rows is told there, in their order, as if there were no other thread.
"""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from cim.assignment.problems import Aside, Noted
from cim.assignment.rows import Rows
from cim.assignment.stage import Stage
from cim.database.arrow_copy import widen
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
    parts = checked(*way, file)
    widen(connection)
    with ahead((part, stage.prepare(part.rows)) for part in parts) as prepared:
        for (rows, noted), made in prepared:
            findings.problems.join(noted)
            stage.write(made)
            findings.read = rows.first + len(rows) - 1
            if file.skip_refused:
                leaving_out.note(connection, rows, findings)
            watch.progress("read", findings.read, source.feature_count)


class Part(NamedTuple):
    """Rows on their way from thread to thread, and what was noted of them."""

    rows: Rows
    noted: Noted


def checked(source: Source, plan: Plan, checks: Checks, file: VectorFile) -> Iterator[Part]:
    """The rows of a source, batch after batch, for another thread."""
    aside = Aside()
    for rows in Reader(source, plan, aside.problems, checks, file.shaping.rules).rows():
        yield Part(rows, aside.taken())
