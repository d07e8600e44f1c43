"""Brings one file of a data set to its layer and commits (单个文件入库), in whatever process."""

import time
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

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
