"""What a job of ingest does (任务执行), in a thread: unpack, load, report.

Its success is written in the transaction of the load, so that there is none without the other.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import structlog
from sqlalchemy import Connection, Engine

from cim import jobs
from cim.database.connect import reaching
from cim.database.sql import driver
from cim.errors import CimError
from cim.settings import Settings
from layers import archive, dataset, report_file
from layers.archive import Limits
from layers.errors import LayerAmbiguous, UploadRefused
from layers.ingest import Ended, Hooks, ingest, refuse
from layers.refused import write_refused
from layers.runs import Run
from layers.vector_file import VectorFile
from layers.watch import Step, Watch

MOST_FINDINGS = 1000  # of each kind, that a job tells; the GeoPackage has all
STOPPED = "the service was stopped before it was done"
INTERNAL = "internal error; the log of the service has it under the number of the job"

log = structlog.get_logger()


def limits(settings: Settings) -> Limits:
    """How much may come out of an archive."""
    return Limits(4 * settings.upload_bytes)


def refused_path(settings: Settings, job_id: int) -> Path:
    """Where the rows are that a job refused."""
    return settings.reports / f"job-{job_id}-refused.gpkg"


class Stopped(Exception):
    """The service is being stopped."""


@dataclass(slots=True)
class Work:
    """A job that this process does, and how far it is.

    The path of `file` is that of what was sent, a data set or an archive of one, in `folder`.
    """

    settings: Settings
    engine: Engine
    job_id: int
    file: VectorFile
    folder: Path
    step: str = ""
    rows: int = 0
    total: int | None = None
    stopping: bool = False
    _below: psycopg.Connection[Any] | None = None

    def do(self) -> None:
        """Do it, and write down how it ended."""
        try:
            self._check_stopping()
            # A database that is made anew counts its jobs from 1 again.
            refused_path(self.settings, self.job_id).unlink(missing_ok=True)
            self._write(lambda c: jobs.begin(c, self.job_id))
            self._load()
        except Exception as error:  # whatever it is, who sent the file is told
            message = self._told(error)
            with contextlib.suppress(CimError):
                self._write(lambda c: jobs.fail(c, self.job_id, message))
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def stop(self) -> None:
        """Give it up, from another thread: what it wrote is rolled back."""
        self.stopping = True
        if self._below is not None:
            with contextlib.suppress(psycopg.Error):
                self._below.cancel()

    def beat(self) -> None:
        """Tell that it is worked on; the next time will do as well where the database is away."""
        with contextlib.suppress(CimError):
            self._write(lambda c: jobs.beat(c, self.job_id, self.step, self.rows, self.total))

    def _write(self, do: Callable[[Connection], object]) -> None:
        with reaching(self.engine), self.engine.begin() as connection:
            do(connection)

    def _check_stopping(self) -> None:
        if self.stopping:
            raise Stopped

    def _progress(self, step: Step, rows: int, total: int | None) -> None:
        self._check_stopping()
        self.step, self.rows, self.total = step, rows, total

    def _load(self) -> None:
        watch, started = Watch(self._progress), datetime.now(UTC)
        try:
            file = self._unpacked()
        except (UploadRefused, LayerAmbiguous) as refusal:
            self._fail(refuse(self.engine, self.file, watch, refusal, started), watch)
            return
        hooks = Hooks(self._opened, lambda c, run: self._succeed(c, run, file, watch))
        try:
            ended = ingest(self.engine, file, watch, hooks)
        finally:
            self._below = None
        if ended.refusal is not None:
            if watch.findings.problems.count or watch.findings.placed:
                self._write_refused(file, watch)
            self._fail(ended, watch)

    def _unpacked(self) -> VectorFile:
        path = self.file.path
        if not archive.is_archive(path):
            dataset.check(path)
            return self.file
        folder = self.folder / "unpacked"
        folder.mkdir()
        archive.unpack(path, folder, limits(self.settings))
        found = dataset.find(folder, path.name, self.file.source_layer)
        return replace(self.file, path=found.path, source_layer=found.layer, original=path)

    def _opened(self, connection: Connection) -> None:
        self._below = driver(connection)
        self._check_stopping()

    def _succeed(self, connection: Connection, run: Run, file: VectorFile, watch: Watch) -> None:
        self._check_stopping()
        if run.refused or watch.findings.placed:
            self._write_refused(file, watch)
        report = report_file.describe(run, watch.findings, MOST_FINDINGS)
        jobs.beat(connection, self.job_id, "write", run.read, run.read)
        jobs.succeed(connection, self.job_id, report, run.id)

    def _fail(self, ended: Ended, watch: Watch) -> None:
        report = report_file.describe(ended.run, watch.findings, MOST_FINDINGS)
        message = self._without_folders(str(ended.refusal))
        self._write(lambda c: jobs.fail(c, self.job_id, message, report, ended.run.id))

    def _write_refused(self, file: VectorFile, watch: Watch) -> None:
        self.settings.reports.mkdir(parents=True, exist_ok=True)
        write_refused(file, watch.findings, refused_path(self.settings, self.job_id))

    def _told(self, error: Exception) -> str:
        if self.stopping:
            return STOPPED
        if isinstance(error, CimError):
            return self._without_folders(str(error))
        log.exception("job_failed", job=self.job_id)
        return INTERNAL

    def _without_folders(self, text: str) -> str:
        """What is said of a file, without where it lies here."""
        for folder in (self.folder / "unpacked", self.folder):
            text = text.replace(f"{folder}/", "")
        return text
