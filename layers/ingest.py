"""One run of ingest, for the command and for jobs (一次入库): loaded, or refused, and logged.

The load is one transaction. A refused file leaves its row in the log by another one, short and
after the first is rolled back; so does a file that cannot be read at all. What the database itself
says, when it goes away, is no refusal and leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from cim.database.connect import reaching
from cim.errors import BadName, CimError, DatabaseError, JobLost, WrittenMeanwhile
from layers import runs
from layers.load import load
from layers.runs import Run
from layers.vector_file import VectorFile
from layers.watch import Watch

_UNLOGGED = (BadName, DatabaseError, JobLost, WrittenMeanwhile)


@dataclass(frozen=True, slots=True)
class Hooks:
    """What is done besides, in the transaction of the load: when it begins, and last of all."""

    first: Callable[[Connection], None] = lambda _: None
    last: Callable[[Connection, Run], None] = lambda _, __: None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended; `refusal` is why its file was refused, None where it was loaded."""

    run: Run
    refusal: CimError | None = None


def ingest(engine: Engine, file: VectorFile, watch: Watch, hooks: Hooks | None = None) -> Ended:
    """Load a file and commit.

    Raises BadName and DatabaseError, which the log does not know.
    """
    hooks = hooks or Hooks()
    started = datetime.now(UTC)
    try:
        with reaching(engine), engine.begin() as connection:
            hooks.first(connection)
            report = load(connection, engine, file, watch)
            run = runs.get(connection, report.run)
            hooks.last(connection, run)
        return Ended(run)
    except CimError as refusal:
        if isinstance(refusal, _UNLOGGED):
            raise
        return refuse(engine, file, watch, refusal, started)


def refuse(
    engine: Engine, file: VectorFile, watch: Watch, refusal: CimError, started: datetime
) -> Ended:
    """Write down that a file was refused, as a run that began at a time."""
    with reaching(engine), engine.begin() as connection:
        run_id = runs.refuse(connection, file, watch.findings, str(refusal), started)
        return Ended(runs.get(connection, run_id), refusal)
