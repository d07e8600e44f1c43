"""Loads a data set of many files on the workers of dask (分布式入库): vectors, codes, scenes.

A file is a task: the worker that has it reads it, checks it, gives codes and commits, or makes the
COG of a scene and registers it. Files of one vector layer follow each other in the order in which
they are given, since one load at a time changes a layer; other layers, and scenes of any layer, are
worked on side by side. The workers need the files, the raster store and the database under the same
names as who asks.

A worker that dies loses its transaction and nothing else: its file goes to another one. A vector
file is brought by `upsert`, so that what was committed by a worker that died before it said so
changes nothing when it comes again. The rows are those that one process would have made; of codes a
load that was cut off may leave out the serials that it had leased.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from distributed import Client, Future, KilledWorker, LocalCluster, as_completed, get_worker
from sqlalchemy import Engine

from cim.bucket import Place
from cim.database.connect import engine_of, reaching
from cim.errors import CimError, DatabaseError
from layers import raster, store
from layers.errors import EngineUnreachable
from layers.ingest import ingest
from layers.raster import RasterFile
from layers.vector_file import VectorFile
from layers.watch import Watch

File = VectorFile | RasterFile

_TRIES = 5  # of a file whose workers die
_PATIENCE = "10s"  # for a scheduler to answer


@dataclass(frozen=True, slots=True)
class Target:
    """Where files are brought: the address of the database, and the raster store."""

    database_url: str
    rasters: Place


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a file ended: what was done, or why it was refused; which worker did it."""

    path: Path
    into: str
    done: str | None
    refused: str | None
    worker: str


@contextmanager
def engine(scheduler: str | None, workers: int) -> Iterator[Client]:
    """Workers of a scheduler that is there, or as many processes of this machine.

    EngineUnreachable.
    """
    if scheduler is None:
        with (
            LocalCluster(
                n_workers=workers, threads_per_worker=1, memory_limit=0, dashboard_address=None
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=_PATIENCE)
    except (OSError, ValueError, TimeoutError) as error:
        raise EngineUnreachable(scheduler, str(error)) from error
    with client:
        yield client


def load_all(client: Client, target: Target, files: Sequence[File]) -> Iterator[Outcome]:
    """Load the files, telling of each as it ends. A refused file leaves the others to be loaded.

    EngineUnreachable where a file has cost several workers their life.
    """
    waiting = [deque(queue) for queue in queues(files)]
    tasks: dict[Future, tuple[deque[File], int]] = {}
    ending = as_completed()

    def begin(queue: deque[File], tries: int) -> None:
        future = client.submit(_bring, target, queue[0], pure=False)
        tasks[future] = queue, tries
        ending.add(future)

    for queue in waiting:
        begin(queue, 1)
    for future in ending:
        queue, tries = tasks.pop(future)
        died = future.exception()
        if died is not None and tries < _TRIES:
            begin(queue, tries + 1)
            continue
        if isinstance(died, KilledWorker):
            raise EngineUnreachable(str(queue[0].path), f"{tries} workers died of it")
        if died is not None:
            raise died
        yield future.result()
        queue.popleft()
        if queue:
            begin(queue, 1)
    _sweep(target)


def queues(files: Sequence[File]) -> list[list[File]]:
    """The files of each vector layer, in their order, and every scene by itself."""
    found: dict[object, list[File]] = {}
    for i, file in enumerate(files):
        found.setdefault(file.layer if isinstance(file, VectorFile) else i, []).append(file)
    return list(found.values())


def _bring(target: Target, file: File) -> Outcome:
    """What a worker does. What the database says when it goes away is tried again."""
    try:
        done, refused = (
            _vector(target, file) if isinstance(file, VectorFile) else _scene(target, file)
        )
    except DatabaseError as error:
        raise ConnectionError(str(error)) from None
    except CimError as refusal:
        done, refused = None, str(refusal)
    into = file.layer if isinstance(file, VectorFile) else file.collection
    return Outcome(file.path, into, done, refused, str(get_worker().address))


def _vector(target: Target, file: VectorFile) -> tuple[str | None, str | None]:
    ended = ingest(_database(target.database_url), replace(file, mode="upsert"), Watch())
    if ended.refusal is not None:
        return None, str(ended.refusal)
    run = ended.run
    counts = ("added", "changed", "unchanged", "repaired", "refused")
    told = ", ".join(f"{getattr(run, count):,} {count}" for count in counts)
    return f"{told} (run {run.id})", None


def _scene(target: Target, file: RasterFile) -> tuple[str | None, str | None]:
    database = _database(target.database_url)
    with reaching(database), database.begin() as connection:
        report = raster.load(connection, file, target.rasters)
    return f"scene {report.scene} {report.change}", None


def _sweep(target: Target) -> None:
    database = _database(target.database_url)
    with reaching(database), database.begin() as connection:
        store.sweep(connection, target.rasters)


@cache
def _database(url: str) -> Engine:
    return engine_of(url)
