"""The jobs of this process (本进程任务): done in threads, told by heartbeats.

The files of a job lie in a folder of its own, which goes when the job ends, however that is. What
a killed process leaves, its jobs and their folders, the others find: each looks now and then.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import anyio.to_thread
from sqlalchemy import Engine

from api.errors import NoRoom
from api.exports import kept
from cim import jobs
from cim.database.connect import reaching
from cim.errors import CimError
from cim.settings import Settings

KIND = "ingest"
AT_ONCE = 2  # in one process; those of one layer wait for each other
BEAT_SECONDS = 1.0
LOOK_SECONDS = 60.0
KEPT_SECONDS = 7 * 86_400.0  # rows that were refused
_DRAFT_SECONDS = 86_400.0  # what was sent in part
_STOP_SECONDS = 20.0


class Work(Protocol):
    """A job that is done in a thread; `stop` gives it up, and `beat` tells how far it is."""

    def do(self) -> None: ...

    def stop(self) -> None: ...

    def beat(self) -> None: ...


class Workshop:
    """All that this process works on. What is taken away does not wait for what is loaded."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._settings = settings
        self._engine = engine
        self._pools = {
            kind: ThreadPoolExecutor(AT_ONCE, thread_name_prefix=kind) for kind in (KIND, kept.KIND)
        }
        self._works: dict[asyncio.Task[None], Work] = {}

    @contextlib.contextmanager
    def draft(self) -> Iterator[Path]:
        """A new private folder for what is being sent; gone at the end, unless it was moved.

        NoRoom.
        """
        try:
            self._settings.uploads.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="new-", dir=self._settings.uploads))
        except OSError as error:
            raise NoRoom(error.strerror or str(error)) from error
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def folder(self, job_id: int) -> Path:
        return self._settings.uploads / f"job-{job_id}"

    def begin(self, work: Work, kind: str = KIND) -> None:
        """Do the work as soon as a thread for its kind is free."""
        task = asyncio.create_task(self._attend(work, kind))
        self._works[task] = work
        task.add_done_callback(self._works.pop)

    async def _attend(self, work: Work, kind: str) -> None:
        """Tell of the work from now to its end."""
        done = asyncio.get_running_loop().run_in_executor(self._pools[kind], work.do)
        while not done.done():
            await asyncio.wait({done}, timeout=BEAT_SECONDS)
            if not done.done():
                await anyio.to_thread.run_sync(work.beat)
        done.result()

    async def look(self, closing: asyncio.Event) -> None:
        """Find what dead processes left, now and then until the end."""
        while not closing.is_set():
            with contextlib.suppress(CimError, OSError):
                await anyio.to_thread.run_sync(self.sweep)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(closing.wait(), LOOK_SECONDS)

    def sweep(self) -> None:
        """Write dead jobs down as failed; delete folders of none, and what is kept for too long."""
        # Looked for first: a folder is there only after its job is.
        folders = list(self._settings.uploads.glob("job-*"))
        unfinished = kept.unfinished(self._settings)
        with reaching(self._engine), self._engine.begin() as connection:
            jobs.bury(connection)
            living = jobs.living(connection)
        names = {self.folder(job).name for job in living}
        for folder in folders:
            if folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)
        for folder in self._settings.uploads.glob("new-*"):
            if _age(folder) > _DRAFT_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        for report in self._settings.reports.glob("job-*"):
            if _age(report) > KEPT_SECONDS:
                report.unlink(missing_ok=True)
        kept.sweep(self._settings, unfinished, living)

    async def close(self) -> None:
        """Give up what is not done, again and again: a cancel between two statements is lost."""
        deadline = time.monotonic() + _STOP_SECONDS
        while (works := dict(self._works)) and time.monotonic() < deadline:
            for work in works.values():
                await anyio.to_thread.run_sync(work.stop)
            await asyncio.wait(works, timeout=BEAT_SECONDS)
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)


@contextlib.asynccontextmanager
async def open_workshop(settings: Settings, engine: Engine) -> AsyncIterator[Workshop]:
    """A workshop for as long as the service runs."""
    workshop = Workshop(settings, engine)
    closing = asyncio.Event()
    looking = asyncio.create_task(workshop.look(closing))
    try:
        yield workshop
    finally:
        closing.set()  # a look that is cut off would leave its connection behind
        await looking
        await workshop.close()


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
