"""Assigns codes to the things of a file (批量赋码), and tells how each row was answered.

The file is read chunk by chunk in constant memory; each chunk is answered in a transaction of its
own and only then told to the file of results. Whatever interrupts it - Ctrl-C, a killed process, a
database that goes away - what was committed stays assigned, and the same command again answers it
as `existing` and goes on with the rest. A key that a later chunk has again is `existing`, too.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Engine

from cim import class_table, registry
from cim.access import Caller
from cim.assignment.assign import Batch, Outcome, assign
from cim.database.connect import reaching
from cim.errors import CimError, WrittenMeanwhile
from cim.layer import Layer
from layers.errors import BatchStopped
from layers.report import BatchReport
from layers.requests import BatchFile, Chunk, RequestReader, texts_of
from layers.results import writing
from layers.source import open_source

TRIES = 5  # of a chunk that another writer overtakes


def _silent(rows: int) -> None:
    """Progress that nobody watches."""


def assign_file(
    engine: Engine,
    file: BatchFile,
    batch: Batch,
    results: Path,
    progress: Callable[[int], None] = _silent,
) -> BatchReport:
    """Answer every row of a file; `progress` gets the rows answered so far.

    It commits, chunk by chunk. Raises a CimError before the first chunk, BatchStopped later.
    """
    layer = _layer(engine, batch)
    texts = texts_of(file, layer)
    with open_source(file.path, file.source_layer, file.crs, file.encoding, texts) as source:
        chunks = RequestReader(source, file, layer).chunks()
        counted: Counter[str] = Counter()
        with writing(results, file.path) as write:
            try:
                for outcomes in _answered(engine, batch, chunks):
                    write(outcomes)
                    counted.update(outcome.status for outcome in outcomes)
                    progress(counted.total())
            except CimError as error:
                if not counted:
                    raise
                raise BatchStopped(counted.total(), str(error)) from error
    return BatchReport(
        counted.total(),
        counted["assigned"],
        counted["existing"],
        counted["duplicate?"],
        counted["rejected"],
    )


def _layer(engine: Engine, batch: Batch) -> Layer | None:
    """The layer that is named; UnknownClass and LayerNotFound before anything is read."""
    with reaching(engine), engine.connect() as connection:
        class_table.for_assignment(connection, batch.class_code)
        if batch.layer is None:
            return None
        return registry.read(connection).own(batch.layer, Caller(batch.action.who))


def _answered(engine: Engine, batch: Batch, chunks: Iterable[Chunk]) -> Iterator[list[Outcome]]:
    """The outcomes of chunk after chunk, while the next ones are read and answered.

    Where the order of rows decides - which of two is the duplicate, who takes the last reserved
    code - only one chunk is in the database at a time.
    """
    ordered = batch.guard or batch.reservation is not None
    workers = 1 if ordered else 2
    flying: deque[Future[list[Outcome]]] = deque()
    pool = ThreadPoolExecutor(workers)
    try:
        for chunk in chunks:
            flying.append(pool.submit(_answer, engine, batch, chunk))
            if len(flying) > workers:
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _answer(engine: Engine, batch: Batch, chunk: Chunk) -> list[Outcome]:
    for _ in range(TRIES - 1):
        try:
            return _answer_once(engine, batch, chunk)
        except WrittenMeanwhile:
            continue
    return _answer_once(engine, batch, chunk)


def _answer_once(engine: Engine, batch: Batch, chunk: Chunk) -> list[Outcome]:
    with reaching(engine), engine.begin() as connection:
        outcomes = assign(connection, engine, batch, chunk.requests, chunk.first)
    return chunk.tell(outcomes)
