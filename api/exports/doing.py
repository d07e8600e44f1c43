"""What a job of an export does (导出任务): writes a file, sums it up, and keeps it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import structlog
from sqlalchemy import Connection, Engine

from api.exports import kept
from api.exports.asked import Wanted
from api.ingest.doing import INTERNAL, STOPPED, Stopped
from cim import jobs
from cim.database.arrow import Snapshot
from cim.database.connect import reaching
from cim.errors import CimError
from cim.settings import Settings
from layers.export import opened
from layers.writing.content import Content
from layers.writing.forms import PMTILES, write_file
from tiles import archive

log = structlog.get_logger()


@dataclass(slots=True)
class ExportWork:
    """A job that this process does, and how far it is."""

    settings: Settings
    engine: Engine
    job_id: int
    wanted: Wanted
    rows: int = 0
    total: int | None = None
    stopping: bool = False
    _content: Content | None = None
    _held: Snapshot | None = None

    def do(self) -> None:
        """Do it, and write down how it ended."""
        suffix = self.wanted.export.form.suffix
        folder = kept.folder_of(self.settings, self.job_id)
        new = folder / self.wanted.export.file_name
        try:
            self._check_stopping()
            self._write(lambda c: jobs.begin(c, self.job_id))
            kept.drop(self.settings, self.job_id)
            folder.mkdir(parents=True)
            kept.room(self.settings)
            self._make(new)
            self._keep(new, kept.path_of(self.settings, self.job_id, suffix))
        except Exception as error:  # whatever it is, who asked for the file is told
            message = self._told(error)
            with contextlib.suppress(CimError):
                self._write(lambda c: jobs.fail(c, self.job_id, message))
        finally:
            self._held = None
            shutil.rmtree(folder, ignore_errors=True)

    def stop(self) -> None:
        """Give it up, from another thread."""
        self.stopping = True
        if self._held is not None:
            self._held.cancel()

    def beat(self) -> None:
        """Tell that it is worked on; the next time will do as well where the database is away."""
        rows = self._content.tally.rows if self._content else self.rows
        with contextlib.suppress(CimError):
            self._write(lambda c: jobs.beat(c, self.job_id, "write", rows, self.total))

    def _make(self, path: Path) -> None:
        export, levels = self.wanted
        with reaching(self.engine):
            if export.form is PMTILES:
                pack = archive.Pack(export.layer, export.query, levels, export.caller)
                self.rows = archive.write(self.engine, pack, path, self._progress)
                return
            with opened(self.engine, export, counted=True) as (content, self._held):
                self._content = replace(content, read=lambda: self._watched(content))
                self.total = content.matched
                self.rows = write_file(export.form, self._content, path)

    def _watched(self, content: Content) -> Iterator[pa.RecordBatch]:
        for batch in content.read():
            self._check_stopping()
            yield batch

    def _progress(self, rows: int) -> None:
        self._check_stopping()
        self.rows = rows

    def _keep(self, new: Path, path: Path) -> None:
        """Give the file its name before the job succeeds: a file of none is swept away."""
        form, layer = self.wanted.export.form, self.wanted.export.layer
        report = {
            "file": self.wanted.export.file_name,
            "type": form.media_type,
            "bytes": new.stat().st_size,
            "sha256": kept.digest(new),
            "tiles" if form is PMTILES else "rows": self.rows,
            "layer_version": layer.version,
        }
        self._check_stopping()
        new.rename(path)
        try:
            self._write(lambda c: self._succeed(c, report))
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _succeed(self, connection: Connection, report: dict[str, Any]) -> None:
        jobs.beat(connection, self.job_id, "write", self.rows, self.rows)
        jobs.succeed(connection, self.job_id, report)

    def _write(self, do: Callable[[Connection], object]) -> None:
        with reaching(self.engine), self.engine.begin() as connection:
            do(connection)

    def _check_stopping(self) -> None:
        if self.stopping:
            raise Stopped

    def _told(self, error: Exception) -> str:
        if self.stopping:
            return STOPPED
        if isinstance(error, CimError | psycopg.DataError):
            return str(error).replace(f"{self.settings.exports}/", "")
        if isinstance(error, OSError):
            return f"the file cannot be written: {error.strerror or error}"
        log.exception("job_failed", job=self.job_id)
        return INTERNAL
