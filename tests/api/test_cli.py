"""The ``cim`` command as people run it: another process, its words and its exit status."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psycopg
import pytest

COMMAND = [sys.executable, "-m", "api.cli"]
PATIENCE = 120  # seconds


class Cim:
    """The command with an environment of its own."""

    def __init__(self, **settings: str) -> None:
        self.environment = {**os.environ, "CIM_DATABASE_URL": "", **settings}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *words], env=self.environment, capture_output=True, text=True, check=False
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *words], env=self.environment, stderr=subprocess.PIPE, text=True
        )


@pytest.fixture(scope="module")
def embedded(open_folder: Path) -> Iterator[Cim]:
    """The command with an embedded cluster that is up and holds the sample city."""
    cim = Cim(CIM_HOME=str(open_folder / "command"))
    up = cim.run("up", "--no-serve")
    assert up.returncode == 0, up.stderr
    yield cim
    cim.run("down")


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_a_taken_port_is_told_in_one_line(busy_port: int) -> None:
    told = Cim().run("up", "--port", str(busy_port))
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1 port {busy_port} (address already in use)" in told.stderr


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://gis:secret@127.0.0.1:1/cim", "the database 127.0.0.1/cim is unreachable"),
        ("mysql://gis:secret@127.0.0.1/cim", "CIM_DATABASE_URL must be a postgresql:// address"),
    ],
)
def test_a_useless_database_is_told_in_one_line(url: str, words: str) -> None:
    told = Cim(CIM_DATABASE_URL=url).run("up", "--no-serve")
    assert told.returncode == 1
    last = told.stderr.splitlines()[-1]
    assert last.startswith(f"cim: {words}")
    assert "Traceback" not in told.stderr
    assert "secret" not in told.stderr


@pytest.mark.parametrize("home", ["file", "file/below"])
def test_a_home_that_is_no_folder_is_told_in_one_line(tmp_path: Path, home: str) -> None:
    (tmp_path / "file").touch()
    told = Cim(CIM_HOME=str(tmp_path / home)).run("layer", "list")
    assert told.returncode == 1
    assert told.stderr.startswith(f"cim: CIM_HOME {tmp_path / home} cannot be used")
    assert told.stderr.count("\n") == 1


def test_a_database_without_our_tables_is_told_in_one_line(new_database: Callable[[], str]) -> None:
    url = new_database()
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM cim.schema_version")
    for command in (("layer", "list"), ("raster", "list"), ("resolve", "420602990101000000001")):
        told = Cim(CIM_DATABASE_URL=url).run(*command)
        assert told.returncode == 1
        assert told.stderr == "cim: the database has no tables yet; run: cim up --no-serve\n"


def test_a_misused_command_exits_with_2() -> None:
    assert Cim().run("up", "--port", "http").returncode == 2


def test_status_tells_a_program_what_is_loaded(embedded: Cim) -> None:
    status = json.loads(embedded.run("status", "--json").stdout)
    assert status["running"]
    assert not status["serving"]
    again = embedded.run("up", "--no-serve")
    assert again.returncode == 0
    assert json.loads(embedded.run("status", "--json").stdout) == status


def test_down_stops_and_up_starts_the_same_data(embedded: Cim) -> None:
    before = json.loads(embedded.run("status", "--json").stdout)
    assert embedded.run("down").returncode == 0
    assert not json.loads(embedded.run("status", "--json").stdout)["running"]
    assert embedded.run("up", "--no-serve").returncode == 0
    assert json.loads(embedded.run("status", "--json").stdout) == before


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_serves_until_interrupted(embedded: Cim, free_port: int, workers: str) -> None:
    with embedded.start("up", "--port", str(free_port), "--workers", workers) as serving:
        try:
            _wait_for(f"http://127.0.0.1:{free_port}/healthz")
        finally:
            serving.send_signal(signal.SIGINT)
        _, told = serving.communicate(timeout=PATIENCE)
    assert serving.returncode == 0
    assert "Traceback" not in told
    assert told.rstrip().endswith("Stopped serving.")


def _wait_for(url: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(url)


def test_a_raster_is_loaded_listed_and_removed(
    embedded: Cim, tmp_path: Path, write_geotiff: Callable[..., Path]
) -> None:
    path = write_geotiff(tmp_path / "a.tif", np.full((1, 30, 40), 7, dtype="uint8"), ("dem",))
    load = ("raster", "load", str(path), "--collection", "heights", "--title", "高程", "--json")
    loaded = embedded.run(*load, "--datetime", "2024-05-01T11:05:00+08:00")
    assert json.loads(loaded.stdout)["change"] == "added", loaded.stderr
    layers = json.loads(embedded.run("raster", "list", "--json").stdout)["layers"]
    assert {layer["name"] for layer in layers} == {"imagery", "heights"}
    [scene] = next(layer["scenes"] for layer in layers if layer["name"] == "heights")
    assert scene == {
        "name": "a_20240501T030500Z",
        "datetime": "2024-05-01T03:05:00+00:00",
        "width": 40,
        "height": 30,
        "resolution": 10.0,
        "bands": ["dem"],
        "crs": "EPSG:4546",
    }
    wrong = embedded.run(*load, "--datetime", "May")
    assert wrong.returncode == 1
    assert wrong.stderr == "cim: 'May' is not an RFC 3339 time or interval\n"
    assert embedded.run("raster", "remove", "heights").stdout == "heights: removed, 1 scenes\n"


def test_files_of_a_scene_are_loaded_with_options_checked_and_removed(
    embedded: Cim, tmp_path: Path, write_geotiff: Callable[..., Path]
) -> None:
    values = np.full((1, 30, 40), 1500, dtype="uint16")
    paths = [str(write_geotiff(tmp_path / f"x_{n}_10m.tif", values)) for n in ("B04", "B08")]
    load = ["raster", "load", *paths, "--collection", "s2", "--datetime", "2024-05-01"]
    more = ["--scene", "one", "--sensor", "sentinel-2", "--cloud-cover", "3.5", "--offset", "-0.1"]
    assert embedded.run(*load, *more).returncode == 0
    again = embedded.run(*load, "--scene", "two", "--bands", "red,nir", "--json")
    assert json.loads(again.stdout)["scene"] == "two"
    layers = json.loads(embedded.run("raster", "list", "--json").stdout)["layers"]
    scenes = next(layer["scenes"] for layer in layers if layer["name"] == "s2")
    told = [(scene["name"], scene["bands"]) for scene in scenes]
    assert told == [("one", ["B04", "B08"]), ("two", ["red", "nir"])]
    checked = embedded.run("raster", "check")
    assert checked.stdout == "every scene is as it was stored\n"
    wrong = embedded.run(*load, "--sensor", "modis")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("cim: no sensor 'modis'; known are sentinel-2")
    gone = embedded.run("raster", "remove", "s2", "--scene", "one")
    assert gone.stdout == "s2: removed, 1 scenes\n"
    assert embedded.run("raster", "remove", "s2").stdout == "s2: removed, 1 scenes\n"
