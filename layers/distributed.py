"""Loads a data set of many files on the workers of dask (分布式入库): vectors, codes, scenes.

A file is a task: the worker that has it reads it, checks it, gives codes and commits, or makes the
COG of a scene and registers it. One load at a time changes a layer, so that files of one vector
layer follow each other in the order in which they are given; other layers, and scenes of any layer,
are worked on side by side. Layers that others rest on come first (`brought.waves`).

Each file is a transaction of its own: one that is refused is named, leaves nothing, and the others
are loaded. A worker that dies loses its transaction and nothing else: its file goes to another one.
A vector file is brought by `upsert`, so that what was committed by a worker that died before it
said so changes nothing when it comes again. The rows are those that one process would have made; of
codes a load that was cut off may leave out the serials that it had leased.

The workers need this program, the files, the raster store and the database under the same names as
who asks. One that has not is named, and the run ends: what was loaded stays, and the same again
finishes.
"""

import logging
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, get_worker, wait

from cim.errors import DatabaseError, DatabaseUnreachable, WrittenMeanwhile
from layers import places
from layers.brought import File, Outcome, Target, bring, into, queues, sweep, waves
from layers.errors import EngineUnreachable, SourceElsewhere
from layers.raster import RasterFile

# Memory that is given back at every step made a COG cost 1.6 times the processor time.
_AS_THEY_COME = {"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None}
_ANSWER = "10s"  # for a scheduler to answer
_PAUSES = (1.0, 3.0, 9.0)  # seconds before a file is tried again that the database turned away
_LOOK = 5.0  # seconds between two looks at whether there are workers
_PATIENCE = 30.0  # seconds without any worker
_DEATHS = 2  # rounds of a file whose workers died, as many each as the scheduler allows (4)


@dataclass(frozen=True, slots=True)
class _Lost:
    """A worker that cannot do what it is asked."""

    worker: str
    reason: str


@contextmanager
def engine(scheduler: str | None, workers: int) -> Iterator[Client]:
    """Workers of a scheduler that is there, or as many processes of this machine.

    EngineUnreachable.
    """
    with ExitStack() as stack:
        # What matters of dask's log is told by errors and outcomes; it goes on after the end.
        logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)
        place: LocalCluster | str = scheduler or _local(stack, workers)
        try:
            client = stack.enter_context(Client(place, timeout=_ANSWER))
        except (OSError, ValueError, TimeoutError) as error:
            raise EngineUnreachable("scheduler", str(scheduler), str(error)) from None
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError:
            raise EngineUnreachable("scheduler", str(scheduler), "it has no workers") from None
        yield client


def _local(stack: ExitStack, workers: int) -> LocalCluster:
    """Processes of this machine, which no other user of it can give work to."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cim-workers-"))
    stack.enter_context(dask.config.set(_AS_THEY_COME))
    made: LocalCluster = stack.enter_context(
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=0,
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            security=True,
            local_directory=folder,
            silence_logs=logging.CRITICAL + 1,
        )
    )
    return made


def load_all(client: Client, target: Target, files: Sequence[File]) -> Iterator[Outcome]:
    """Load the files, telling of each as it ends. A refused file leaves the others to be loaded.

    EngineUnreachable where scheduler or workers are gone, or cannot do it.
    """
    with ExitStack() as stack:
        if isinstance(target.rasters, Path) and any(isinstance(f, RasterFile) for f in files):
            drawn = stack.enter_context(places.draft(target.rasters))
            target = replace(target, mark=drawn.parent)
        for wave in waves(files):
            yield from _Running(client, target, wave).outcomes()
    sweep(target)


class _Running:
    """Files on their way: as many at once as there are threads, and one more to be at hand."""

    def __init__(self, client: Client, target: Target, files: Sequence[File]) -> None:
        self._client = client
        self._target = target
        self._address = str(getattr(client.scheduler, "address", "of dask"))
        self._ready = deque(queues(files))
        self._tasks: dict[Future[Outcome | _Lost], tuple[deque[File], int]] = {}

    def outcomes(self) -> Iterator[Outcome]:
        try:
            while self._ready or self._tasks:
                self._begin()
                for future in self._ended():
                    outcome = self._taken(future)
                    if outcome is not None:
                        yield outcome
        except (CancelledError, OSError):
            raise self._gone("it went away; what was loaded stays") from None

    def _gone(self, reason: str) -> EngineUnreachable:
        return EngineUnreachable("scheduler", self._address, reason)

    def _begin(self) -> None:
        room = sum(self._client.nthreads().values()) + 1
        while self._ready and len(self._tasks) < room:
            self._submit(self._ready.popleft(), 1)

    def _submit(self, queue: deque[File], deaths: int) -> None:
        future = self._client.submit(_work, self._target, queue[0], pure=False)
        self._tasks[future] = queue, deaths

    def _ended(self) -> list["Future[Outcome | _Lost]"]:
        """Those that have ended, one at least; EngineUnreachable where all workers are gone."""
        since = time.monotonic()
        while True:
            try:
                return list(wait(list(self._tasks), _LOOK, "FIRST_COMPLETED").done)
            except TimeoutError:
                if self._client.nthreads():
                    since = time.monotonic()
                elif time.monotonic() - since > _PATIENCE:
                    raise self._gone("all its workers are gone") from None

    def _taken(self, future: "Future[Outcome | _Lost]") -> Outcome | None:
        """What became of a file; None where it is tried again."""
        queue, deaths = self._tasks.pop(future)
        failed = future.exception()
        if isinstance(failed, KilledWorker) and deaths < _DEATHS:
            self._submit(queue, deaths + 1)
            return None
        found = _failure(queue[0], failed) if failed is not None else future.result()
        if isinstance(found, _Lost):
            raise EngineUnreachable("worker", found.worker, found.reason)
        queue.popleft()
        if queue:
            self._ready.appendleft(queue)
        return found


def _failure(file: File, error: BaseException) -> Outcome:
    if isinstance(error, KilledWorker):
        reason = "every worker that had it died: it may need more memory than they have"
    else:
        reason = f"{type(error).__name__}: {error}"
    return Outcome(file.path, into(file), None, reason)


def _work(target: Target, file: File) -> Outcome | _Lost:
    """What a worker does; what another writer or an absent database hindered is tried again."""
    address = str(get_worker().address)
    pauses = list(_PAUSES)
    while True:
        try:
            return replace(bring(target, file), worker=address)
        except (DatabaseUnreachable, WrittenMeanwhile) as error:
            if not pauses:
                return _Lost(address, str(error))
            time.sleep(pauses.pop(0))
        except (DatabaseError, SourceElsewhere) as error:
            return _Lost(address, str(error))
