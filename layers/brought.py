"""Files of a data set (数据集文件): their order, and how one is brought to its layer."""

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from cim.assignment.counties import COUNTY_CLASS
from cim.bucket import Place
from cim.database import migrate
from cim.database.connect import engine_of, reaching
from cim.errors import CimError, DatabaseError, WrittenMeanwhile
from layers import raster, store
from layers.errors import SourceElsewhere
from layers.ingest import ingest
from layers.raster import RasterFile
from layers.vector_file import VectorFile
from layers.watch import Watch

File = VectorFile | RasterFile


@dataclass(frozen=True, slots=True)
class Target:
    """Where files are brought: the address of the database, and the raster store.

    `mark` is a path in the store by which a worker sees that its folder is the same.
    """

    database_url: str = field(repr=False)  # workers log what they were given
    rasters: Place
    mark: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a file ended: what was done, or why it was refused; which worker took how long.

    `run` is that of the ingest log, of a vector file.
    """

    path: Path
    into: str
    done: str | None
    refused: str | None
    run: int | None = None
    worker: str = ""
    seconds: float = 0.0


def load_here(target: Target, files: Sequence[File]) -> Iterator[Outcome]:
    """Load the files in this process alone, telling of each."""
    for wave in waves(files):
        for file in wave:
            yield bring(target, file)
    sweep(target)


def waves(files: Sequence[File]) -> list[list[File]]:
    """What comes first: layers of counties, those that others are compared with, then the rest."""
    compared = {f.placing.reference for f in files if isinstance(f, VectorFile)}
    found: list[list[File]] = [[], [], []]
    for file in files:
        if isinstance(file, RasterFile):
            found[2].append(file)
        else:
            first = file.class_code == COUNTY_CLASS
            found[0 if first else 1 if file.layer in compared else 2].append(file)
    return [wave for wave in found if wave]


def queues(files: Sequence[File]) -> list[deque[File]]:
    """The files of each vector layer in their order, and each scene; the longest first."""
    found: dict[object, deque[File]] = {}
    for file in files:
        name = (file.collection, file.scene) if isinstance(file, RasterFile) else file.layer
        found.setdefault(name, deque()).append(file)
    return sorted(found.values(), key=len, reverse=True)


def into(file: File) -> str:
    """The layer that a file is brought to."""
    return file.layer if isinstance(file, VectorFile) else file.collection


def bring(target: Target, file: File) -> Outcome:
    """Load one file and commit, in this process.

    DatabaseError, WrittenMeanwhile; SourceElsewhere where this machine has not got the file or the
    raster store.
    """
    begin = time.monotonic()
    for path in (file.path, *(file.more if isinstance(file, RasterFile) else ())):
        if not path.exists():
            raise SourceElsewhere(path)
    try:
        ended = _vector(target, file) if isinstance(file, VectorFile) else _scene(target, file)
    except (DatabaseError, WrittenMeanwhile, SourceElsewhere):
        raise
    except CimError as refusal:
        ended = Outcome(file.path, into(file), None, str(refusal))
    return replace(ended, seconds=round(time.monotonic() - begin, 3))


def _vector(target: Target, file: VectorFile) -> Outcome:
    ended = ingest(_database(target.database_url), replace(file, mode="upsert"), Watch())
    run = ended.run
    if ended.refusal is not None:
        return Outcome(file.path, file.layer, None, str(ended.refusal), run.id)
    counts = ("added", "changed", "unchanged", "repaired", "refused")
    told = ", ".join(f"{getattr(run, count):,} {count}" for count in counts)
    return Outcome(file.path, file.layer, told, None, run.id)


def _scene(target: Target, file: RasterFile) -> Outcome:
    if target.mark is not None and not target.mark.exists():
        raise SourceElsewhere(target.mark.parent)
    database = _database(target.database_url)
    with reaching(database), database.begin() as connection:
        report = raster.load(connection, file, target.rasters)
    return Outcome(file.path, file.collection, f"scene {report.scene} {report.change}", None)


def sweep(target: Target) -> None:
    """Take the files out of the raster store that no scene names."""
    database = _database(target.database_url)
    with reaching(database), database.begin() as connection:
        store.sweep(connection, target.rasters)


@cache
def _database(url: str) -> Engine:
    """The database, of whose tables it is seen that they are those of this program."""
    made = engine_of(url)
    with reaching(made), made.connect() as connection:
        migrate.check(connection)
    return made
