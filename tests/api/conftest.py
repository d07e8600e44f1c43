"""The service over the sample city: in this process, or as a server that other programs reach."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import story
from commands import Cim, Said
from starlette.testclient import TestClient

from api.app import create_app
from api.cli import main
from api.cli.sample import load_sample_city
from cim.database.connect import engine_of
from cim.settings import Settings


@pytest.fixture(scope="session")
def city(new_database: Callable[[], str], open_folder: Path) -> Settings:
    """Settings of a database with the sample city, shared by all tests: do not write to it."""
    settings = Settings(home=open_folder / "city", database_url=new_database())
    engine = engine_of(str(settings.database_url))
    load_sample_city(engine, settings.rasters)
    engine.dispose()
    return settings


@pytest.fixture(scope="session")
def client(city: Settings) -> Iterator[TestClient]:
    with _client(city) as client:
        yield client


@pytest.fixture
def cim(database: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cim:
    """Runs a command over an empty database, as somebody called tester."""
    monkeypatch.setenv("CIM_DATABASE_URL", database)
    monkeypatch.setenv("LOGNAME", "tester")

    def run(*words: str | Path | int) -> Said:
        monkeypatch.setattr(sys, "argv", ["cim", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Said(int(ended.value.code or 0), *capfd.readouterr())

    return run


@pytest.fixture
def writing(database: str, open_folder: Path) -> Iterator[TestClient]:
    """A service over an empty database of one test's own, asked from this machine."""
    with _client(Settings(home=open_folder / "writing", database_url=database)) as client:
        yield client


@pytest.fixture(scope="session")
def told(new_database: Callable[[], str], open_folder: Path) -> Iterator[TestClient]:
    """A service over the plots of `story`, shared by all tests: do not write to it."""
    folder = open_folder / "told"
    folder.mkdir()
    settings = Settings(home=folder, database_url=new_database())
    engine = engine_of(str(settings.database_url))
    story.tell(engine, folder)
    engine.dispose()
    with _client(settings) as client:
        yield client


def _client(settings: Settings) -> TestClient:
    here = ("127.0.0.1", 50000)
    return TestClient(create_app(settings), raise_server_exceptions=False, client=here)


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Settings, int], str]]:
    """Serves settings with so many workers, as `cim up` does; returns the address.

    To the end of a module: each worker holds connections, and some hundred megabytes.
    """
    with _serving() as start:
        yield start


@contextmanager
def _serving() -> Iterator[Callable[[Settings, int], str]]:
    running: list[subprocess.Popen[bytes]] = []

    def start(settings: Settings, workers: int = 1) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {
            "CIM_DATABASE_URL": str(settings.database_url),
            "CIM_HOME": str(settings.home),
        }
        command = [sys.executable, "-m", "uvicorn", "--factory", "api.app:create_app"]
        command += ["--port", str(port), "--workers", str(workers), "--no-access-log"]
        running.append(subprocess.Popen(command, env=_environment(environment)))
        _wait(running[-1], f"http://127.0.0.1:{port}/readyz")
        return f"http://127.0.0.1:{port}"

    try:
        yield start
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(20)


@pytest.fixture(scope="session")
def city_url(city: Settings) -> Iterator[str]:
    """Address of a server with two workers over the sample city."""
    with _serving() as start:
        yield start(city, 2)


def _environment(more: dict[str, str]) -> dict[str, str]:
    import os

    return {**os.environ, **more}


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(300):
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            assert process.poll() is None, "the server ended"
        time.sleep(0.1)
    raise AssertionError(f"{url} did not answer within 30 s")
