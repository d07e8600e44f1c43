"""The embedded cluster, with the machine's own PostgreSQL: starts, crashes, and who may use it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from cim.database.cluster import LONGEST_SOCKET, SOCKET_NAME, Cluster
from cim.database.programs import Programs
from cim.errors import CimError, ClusterForeign, PostgisMissing, PostgresMissing

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can act as other users")
stranger = pwd.getpwnam("nobody")


@pytest.fixture(scope="module", autouse=True)
def programs() -> None:
    try:
        Programs.newest()
    except (PostgresMissing, PostgisMissing) as error:
        pytest.skip(str(error))


@pytest.fixture
def home(open_folder: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=open_folder))
    folder.chmod(0o777)
    yield folder / "home"
    Cluster(folder / "home").stop()


@pytest.fixture(scope="module")
def shared_home(open_folder: Path) -> Iterator[Path]:
    yield open_folder / "shared"
    Cluster(open_folder / "shared").stop()


@pytest.fixture
def cluster(shared_home: Path) -> Cluster:
    made = Cluster(shared_home, durable=False)
    made.start()
    return made


def ask(cluster: Cluster, query: str) -> object:
    with psycopg.connect(cluster.url) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[arg-type]
    return row[0] if row else None


def test_a_new_cluster_has_what_the_project_needs(cluster: Cluster) -> None:
    assert ask(cluster, "SELECT cardinality(show_trgm('襄阳'))") == 3
    assert ask(cluster, "SHOW listen_addresses") == ""
    assert ask(cluster, "SELECT count(*) FROM pg_extension") == 4  # plpgsql and our three


def test_start_twice_is_one_server_and_stop_stops_it(cluster: Cluster) -> None:
    first = cluster.status()
    assert cluster.start() == cluster.url
    assert first.running
    assert cluster.status() == first
    assert cluster.stop()
    assert not cluster.status().running
    assert not cluster.stop()


def test_a_killed_server_comes_back_with_what_was_committed(home: Path) -> None:
    cluster = Cluster(home)
    cluster.start()
    with psycopg.connect(cluster.url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    busy = psycopg.connect(cluster.url)
    busy.execute("INSERT INTO kept SELECT 2")
    busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 1000000000)")
    os.kill(cluster.status().pid or 0, signal.SIGKILL)
    cluster.start()
    assert ask(cluster, "SELECT array_agg(n) FROM kept") == [1]
    busy.close()


@pytest.mark.parametrize("pid", ["", "torn", "another's", "999999999"])
def test_leftovers_of_a_crash_are_mended(cluster: Cluster, pid: str) -> None:
    pid = str(os.getpid()) if pid == "another's" else pid
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text(pid)
    (cluster.socket / f"{SOCKET_NAME}.lock").write_text(pid)
    (cluster.socket / SOCKET_NAME).touch()
    assert not cluster.status().running
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1


def test_an_initdb_that_was_cut_off_is_done_again(cluster: Cluster) -> None:
    cluster.stop()
    cluster.data.rename(cluster.folder / "data.new")
    (cluster.folder / "data.new" / "PG_VERSION").unlink()
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1


def test_starters_at_once_share_one_server(home: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from cim.database.cluster import Cluster;"
        "c = Cluster(Path(sys.argv[1]), durable=False); c.start(); print(c.status().pid)"
    )
    command = [sys.executable, "-c", program, str(home)]
    starters = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    told = {starter.communicate()[0].strip() for starter in starters}
    assert told == {str(Cluster(home).status().pid)}


def test_a_long_home_gets_a_short_socket(home: Path) -> None:
    cluster = Cluster(home / ("襄阳" * 20), durable=False)
    assert len(os.fsencode(cluster.folder / "run" / SOCKET_NAME)) > LONGEST_SOCKET
    try:
        cluster.start()
        assert ask(cluster, "SELECT 1") == 1
        assert cluster.socket.stat().st_mode & 0o777 == 0o700
    finally:
        cluster.stop()
        shutil.rmtree(cluster.socket)


@as_root
def test_a_home_that_postgres_cannot_enter_is_kept_elsewhere(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    cluster = Cluster(tmp_path / "home", durable=False)
    assert cluster.folder.parent == Path("/var/lib/cim")
    try:
        cluster.start()
        assert ask(cluster, "SELECT 1") == 1
    finally:
        cluster.stop()
        shutil.rmtree(cluster.folder)


@as_root
def test_root_runs_a_users_cluster_as_that_user(home: Path) -> None:
    assert _as_stranger(lambda: Cluster(home, durable=False).start()) is None
    cluster = Cluster(home, durable=False)
    assert cluster.owner.name == stranger.pw_name
    assert ask(cluster, "SELECT 1") == 1
    cluster.stop()
    cluster.start()
    assert (cluster.data / "postmaster.pid").stat().st_uid == stranger.pw_uid


@as_root
def test_a_user_is_told_whose_cluster_it_is(cluster: Cluster) -> None:
    expected = str(ClusterForeign(cluster.folder, "postgres"))
    assert _as_stranger(lambda: Cluster(cluster.home).start()) == expected
    assert _as_stranger(lambda: Cluster(cluster.home).stop()) == expected


@as_root
def test_a_user_is_kept_out_of_the_socket(cluster: Cluster) -> None:
    cluster.folder.chmod(0o755)
    cluster.socket.chmod(0o755)
    (cluster.socket / SOCKET_NAME).chmod(0o777)

    def enter() -> None:
        try:
            psycopg.connect(cluster.url)
        except psycopg.OperationalError as error:
            raise CimError(str(error)) from None

    assert "Peer authentication failed" in (_as_stranger(enter) or "")
    cluster.folder.chmod(0o700)


def _as_stranger(act: Callable[[], object]) -> str | None:
    """What ``act`` was refused with as an ordinary user, who cannot import from root's folders."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(stranger.pw_gid)
        os.setuid(stranger.pw_uid)
        try:
            act()
        except Exception as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said or None
