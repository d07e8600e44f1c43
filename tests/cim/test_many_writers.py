"""Many writers at once, writers that are killed, and a database that is killed under them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import shapely
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url

from cim.actions import Action
from cim.assignment.assign import Batch, Outcome, assign
from cim.assignment.request import Request
from cim.database.cluster import Cluster
from cim.database.connect import engine_of
from cim.database.migrate import upgrade
from cim.database.sql import run
from cim.errors import ClusterError

WRITERS = 32
OWN, SHARED = 150, 50
BATCH = Batch("cameras", "990702", Action("writer"), guard=False)

# A writer in a process of its own, which tells each id that it has committed.
WRITER = """
import sys, time
import shapely
from cim.actions import Action
from cim.assignment.assign import Batch, assign
from cim.assignment.request import Request
from cim.database.connect import engine_of

engine = engine_of(sys.argv[1])
batch = Batch("bulk", "990702", Action("writer"), guard=False)
for start in range(0, int(sys.argv[2]), 100):
    places = [(n, shapely.Point(112 + n * 1e-4, 32)) for n in range(start, start + 100)]
    requests = [Request(str(n), point, division="420606") for n, point in places]
    with engine.begin() as connection:
        outcomes = assign(connection, engine, batch, requests)
        if "hold" in sys.argv:
            print("written", flush=True)
            time.sleep(60)
    for outcome in outcomes:
        print(outcome.source_id, outcome.code, outcome.status, flush=True)
"""


def _requests(ids: list[str]) -> list[Request]:
    return [
        Request(name, shapely.Point(112 + (hash(name) % 10_000) * 1e-5, 32), division="420606")
        for name in ids
    ]


def test_writers_at_once_get_one_code_a_thing(database: str) -> None:
    engine = create_engine(
        make_url(database).set(drivername="postgresql+psycopg"), pool_size=2 * WRITERS
    )

    def write(number: int) -> list[Outcome]:
        own = [f"{number}-{n}" for n in range(OWN)]
        shared = [f"shared-{n}" for n in range(SHARED)]
        # Each in an order of its own: writers that met in different orders could lock each other.
        ids = own + shared if number % 2 else list(reversed(own + shared))
        with engine.begin() as connection:
            return assign(connection, engine, BATCH, _requests(ids))

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = [one for part in pool.map(write, range(WRITERS)) for one in part]
    codes: dict[str, set[str | None]] = {}
    for one in answers:
        assert one.status in {"assigned", "existing"}
        codes.setdefault(one.source_id, set()).add(one.code)
    assert all(len(found) == 1 for found in codes.values()), "whoever asks gets the same code"
    distinct = {code for found in codes.values() for code in found}
    assert len(distinct) == len(codes) == WRITERS * OWN + SHARED
    with engine.connect() as connection:
        rows = run(connection, "SELECT code FROM cim.entity WHERE state = 'active'")
        assert {row.code for row in rows} == distinct
        shown = run(connection, "SELECT code FROM item.assigned_990702")
        assert {row.code for row in shown} == distinct
    _explain_gaps(engine)
    engine.dispose()


def _explain_gaps(engine: Engine) -> None:
    """Every serial up to the last belongs to one lease, and every code to a leased serial."""
    with engine.connect() as connection:
        leases = run(
            connection, "SELECT first, last, purpose, leased_at FROM cim.lease ORDER BY first"
        )
        last = run(connection, "SELECT last FROM cim.serial")[0].last
        used = run(connection, "SELECT substr(code, 13)::bigint AS serial FROM cim.entity")
    leased = [n for lease in leases for n in range(lease.first, lease.last + 1)]
    assert leased == list(range(1, last + 1))
    assert {row.serial for row in used} <= set(leased)
    assert all(lease.purpose for lease in leases)


def test_a_killed_writer_leaves_nothing_half_assigned(engine: Engine, database: str) -> None:
    """Killed after it leased and wrote, before it committed."""
    with _start(database, 100, "hold") as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline().strip() == "written"
        writer.send_signal(signal.SIGKILL)
    _wait_until_alone(engine)
    with engine.connect() as connection:
        for table in ("entity", "event", "cover", "alias", "name"):
            assert run(connection, f"SELECT count(*) AS n FROM cim.{table}")[0].n == 0, table
        lost = run(connection, "SELECT first, last, purpose FROM cim.lease")
    assert [(row.first, row.last) for row in lost] == [(1, 100)], "the lease explains the gap"
    with engine.begin() as connection:
        (outcome,) = assign(connection, engine, BATCH, _requests(["next"]))
    assert outcome.code == "420606990702000000101"
    _explain_gaps(engine)


def _wait_until_alone(engine: Engine) -> None:
    """Until the server has noticed that the killed client is gone."""
    others = """
        SELECT count(*) AS n FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND state = 'idle in transaction'
    """
    for _ in range(100):
        with engine.connect() as connection:
            if run(connection, others)[0].n == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server still holds the dead writer's transaction")


def _start(url: str, rows: int, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, url, str(rows), *more]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1
    )


@pytest.fixture
def own_cluster(open_folder: Path) -> Cluster:
    """A durable server that may be killed."""
    try:
        cluster = Cluster(open_folder / "killed")
        cluster.start()
    except ClusterError as error:
        pytest.skip(f"no embedded server here: {error}")
    return cluster


def test_the_database_is_killed_in_the_middle(own_cluster: Cluster) -> None:
    """Nothing that was told is lost, nothing is doubled, and the same command finishes."""
    rows = 3000
    engine = engine_of(own_cluster.url)
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    with _start(own_cluster.url, rows) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline().split() for _ in range(700)]
        status = own_cluster.status()
        assert status.pid is not None
        os.kill(status.pid, signal.SIGKILL)
        told += [line.split() for line in writer.stdout]
    assert writer.returncode != 0, "the writer cannot have finished"
    own_cluster.start()
    promised = {name: code for name, code, _ in told}
    assert 700 <= len(promised) < rows
    engine = engine_of(own_cluster.url)
    with engine.connect() as connection:
        kept = dict(run(connection, "SELECT source_id, code FROM cim.entity"))
    assert promised.items() <= kept.items(), "what was told is kept"
    assert len(kept) % 100 == 0, "a batch is there as a whole or not at all"
    with _start(own_cluster.url, rows) as again:
        said, _ = again.communicate(timeout=120)
    finished = {name: code for name, code, _ in map(str.split, said.splitlines())}
    assert len(set(finished.values())) == rows
    assert kept.items() <= finished.items(), "whoever asks again gets the same code"
    with engine.connect() as connection:
        for table in ("layer.assigned_990702", "cim.event", "cim.cover"):
            counted = run(
                connection, f"SELECT count(*) AS n, count(DISTINCT code) AS m FROM {table}"
            )
            assert (counted[0].n, counted[0].m) == (rows, rows), table
    _explain_gaps(engine)
    engine.dispose()
    own_cluster.stop()
