"""Entities that get their codes a second (每秒赋码数), with geometry, from requests to commit.

Seeded points and squares of about 30 m, none near another, are asked for in batches as programs
do: `cim.assignment.assign`, each batch in a transaction of its own, by one writer, by two (each in
a process of its own, as on two cores), and by 32 who share the machine; without the duplicate guard
and with it, and a second time, when all of them exist. The database is a fresh durable cluster.

The baseline is what any loader does at the least: the same batches by COPY into one table with the
same columns, a primary key and a GiST index, by one writer: no codes, no events, no grid cells.

    python benchmarks/assign.py [--entities 200000] [--batch 10000]
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import psycopg
import shapely

from cim.actions import Action
from cim.assignment.assign import Batch, assign
from cim.assignment.request import Request
from cim.database.cluster import Cluster
from cim.database.connect import check, engine_of
from cim.database.migrate import upgrade

SEED = 20260101
CELL = 0.0005
CLASSES = {"points": "990603", "squares": "990101"}
AIM, AIM_GUARDED = 30_000, 10_000


def requests(kind: str, first: int, count: int) -> list[Request]:
    """Things of a lattice of cells of about 50 m, moved a little in their cells."""
    rng = np.random.default_rng([SEED, first])
    number = np.arange(first, first + count)
    x = 111 + number % 1000 * CELL + rng.uniform(0, CELL / 10, count)
    y = 31 + number // 1000 * CELL + rng.uniform(0, CELL / 10, count)
    shapes = shapely.points(x, y)
    if kind == "squares":
        shapes = shapely.box(x, y, x + CELL * 0.6, y + CELL * 0.6)
    names = map(str, number.tolist())
    return [Request(n, shape, division="420606") for n, shape in zip(names, shapes, strict=True)]


_together: Any = None  # where writers wait for each other before they begin


def _set_barrier(barrier: Any) -> None:
    global _together  # noqa: PLW0603 - how a pool hands over what cannot be pickled
    _together = barrier


def write(url: str, kind: str, guard: bool, parts: list[tuple[int, int]]) -> float:
    """Assign batches; when the first began."""
    engine = engine_of(url)
    batch = Batch(f"{kind} {guard}", CLASSES[kind], Action("benchmark"), guard=guard)
    asked = [requests(kind, first, size) for first, size in parts]
    with engine.connect():
        pass
    if _together is not None:
        _together.wait()
    begin = time.time()
    for some in asked:
        with engine.begin() as connection:
            assign(connection, engine, batch, some)
    engine.dispose()
    return begin


def copy(url: str, kind: str, parts: list[tuple[int, int]]) -> float:
    """The baseline."""
    asked = [requests(kind, first, size) for first, size in parts]
    with psycopg.connect(url) as connection:
        connection.execute(f"DROP TABLE IF EXISTS bare_{kind}")
        connection.execute(
            f"CREATE TABLE bare_{kind} (source_id text PRIMARY KEY, division text, geom geometry)"
        )
        connection.execute(f"CREATE INDEX ON bare_{kind} USING gist (geom)")
        connection.commit()
        begin = time.time()
        for some in asked:
            _copy(connection, kind, some)
            connection.commit()
    return begin


def _copy(connection: psycopg.Connection, kind: str, some: list[Request]) -> None:
    shapes = np.array([one.geometry for one in some])
    wkb = shapely.to_wkb(shapely.set_srid(shapes, 4490), include_srid=True)
    statement = f"COPY bare_{kind} FROM STDIN (FORMAT binary)".encode()
    with connection.cursor() as cursor, cursor.copy(statement) as out:
        out.set_types(["text", "text", "bytea"])
        for one, shape in zip(some, wkb, strict=True):
            out.write_row((one.source_id, one.division, shape))


def shares(entities: int, batch: int, writers: int) -> list[list[tuple[int, int]]]:
    """The batches of each writer."""
    size = min(batch, entities // writers)
    parts = [(first, min(size, entities - first)) for first in range(0, entities, size)]
    return [parts[writer::writers] for writer in range(writers)]


def rate(entities: int, work: Callable[..., float], *given: list[object]) -> float:
    """Entities a second of all writers together; each gets its arguments."""
    if len(given) == 1:
        return entities / -(work(*given[0]) - time.time())
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(given))
    with context.Pool(len(given), _set_barrier, (barrier,)) as pool:
        begins = pool.starmap(work, given, chunksize=1)
        return entities / (time.time() - min(begins))


@contextmanager
def fresh(cluster: Cluster) -> Iterator[str]:
    """A new database of the cluster with our tables."""
    admin = cluster.url_of("postgres")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench TEMPLATE template0")
    url = cluster.url_of("bench")
    engine = engine_of(url)
    check(engine)
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    try:
        yield url
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("DROP DATABASE bench WITH (FORCE)")


def report(words: str, found: float, bare: float, aim: float | None = None) -> None:
    target = f"   aim {aim:,.0f}: {'met' if found >= aim else 'MISSED'}" if aim else ""
    print(f"{words:<44} {found:>9,.0f}/s   {found / bare:4.2f}x of COPY{target}", flush=True)


def measure(cluster: Cluster, kind: str, entities: int, batch: int) -> None:
    """Print the rates of one kind of geometry."""
    (alone,) = shares(entities, batch, 1)
    with fresh(cluster) as url:
        bare = rate(entities, copy, [url, kind, alone])
        report(f"{kind}: COPY into one table", bare, bare)
        found = rate(entities, write, [url, kind, False, alone])
        report(f"{kind}: one writer", found, bare, AIM)
        found = rate(entities, write, [url, kind, False, alone])
        report(f"{kind}: the same again, all existing", found, bare)
    for writers in (2, 32):
        with fresh(cluster) as url:
            given = [[url, kind, False, part] for part in shares(entities, batch, writers)]
            found = rate(entities, write, *given)
            report(f"{kind}: {writers} writers", found, bare, AIM)
    with fresh(cluster) as url:
        found = rate(entities, write, [url, kind, True, alone])
        report(f"{kind}: one writer, duplicate guard on", found, bare, AIM_GUARDED)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entities", type=int, default=200_000)
    parser.add_argument("--batch", type=int, default=10_000, help="requests in a transaction")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cim-assign-") as folder:
        Path(folder).chmod(0o755)
        cluster = Cluster(Path(folder))
        cluster.start()
        try:
            for kind in CLASSES:
                measure(cluster, kind, given.entities, given.batch)
        finally:
            cluster.stop()


if __name__ == "__main__":
    main()
