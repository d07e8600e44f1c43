"""What the tests share: a real server, and a fresh database for whoever asks.

``CIM_DATABASE_URL`` names the server; its role then needs CREATEDB, and PostGIS in ``template1``
unless it is a superuser. Without it the tests keep an embedded cluster of their own, fast and
unsafe against power cuts.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
import rasterio
from numpy.typing import NDArray
from psycopg import sql
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from xdist.scheduler import LoadScopeScheduling

from cim.database.cluster import Cluster
from cim.database.connect import check, database_url, engine_of
from cim.database.migrate import upgrade
from cim.errors import ExtensionMissing
from cim.settings import Settings


class _ByFile(LoadScopeScheduling):
    """Shares tests out by file: what a module made is made once. So does the folder of conformance,
    whose last module tells what became of the others."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "conformance" if "/conformance/" in file else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Which process runs which tests, where there are several."""
    return _ByFile(config, log)


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A short temporary folder that every user can enter, as ``tmp_path`` does not allow."""
    folder = Path(tempfile.mkdtemp(prefix="cim-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server(open_folder: Path) -> Iterator[str]:
    """The url of a database on a server where databases can be made."""
    given = os.environ.get("CIM_DATABASE_URL")
    if given:
        yield _with_right_to_create(database_url(Settings(home=open_folder, database_url=given)))
        return
    cluster = Cluster(open_folder / "server", durable=False)
    yield cluster.start()
    cluster.stop()


@pytest.fixture(scope="session")
def template(server: str) -> Iterator[str]:
    """The name of a database with the extensions and the migrations applied, to be copied."""
    name = f"cim_template_{uuid.uuid4().hex[:8]}"
    _administer(server, "CREATE DATABASE {}", name)
    try:
        _migrate(_url_of(server, name))
        yield name
    except ExtensionMissing as error:
        pytest.skip(f"{error} (in template1, then new databases have it)")
    finally:
        _administer(server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(scope="session")
def new_database(server: str, template: str) -> Iterator[Callable[[], str]]:
    """Makes a fresh database and returns its url; at the end all are dropped, or the cluster is."""
    made: list[str] = []

    def make() -> str:
        made.append(f"cim_test_{uuid.uuid4().hex[:8]}")
        _administer(server, "CREATE DATABASE {} TEMPLATE {}", made[-1], template)
        return _url_of(server, made[-1])

    yield make
    for name in made if os.environ.get("CIM_DATABASE_URL") else ():  # each takes a checkpoint
        _administer(server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The url of a fresh database for one test."""
    return new_database()


@pytest.fixture(scope="module")
def module_database(new_database: Callable[[], str]) -> str:
    """The url of a fresh database that the tests of one module share."""
    return new_database()


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """An engine on the fresh database of one test."""
    made = engine_of(database)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def module_engine(module_database: str) -> Iterator[Engine]:
    """An engine on the database that the tests of one module share."""
    made = engine_of(module_database)
    yield made
    made.dispose()


def _migrate(url: str) -> None:
    engine = engine_of(url)
    try:
        check(engine)
        with engine.begin() as connection:
            upgrade(connection)
    finally:
        engine.dispose()


@pytest.fixture(scope="session")
def write_geotiff() -> Callable[..., Path]:
    """Writes values of (band, row, column) as a GeoTIFF, by default on a 10 m grid in EPSG:4546."""

    def write(path: Path, values: NDArray[Any], names: Sequence[str] = (), **more: Any) -> Path:
        count, height, width = values.shape
        profile = {
            "driver": "GTiff",
            "dtype": values.dtype,
            "count": count,
            "height": height,
            "width": width,
            "crs": "EPSG:4546",
            "transform": Affine(10, 0, 603_600, 0, -10, 3_550_540),
        }
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path, "w", **profile | more) as file:
                file.write(values)
                file.descriptions = tuple(names) or (None,) * count
        return path

    return write


def _with_right_to_create(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    if row != (True,):
        pytest.skip("the role of CIM_DATABASE_URL may not make databases: ALTER ROLE … CREATEDB")
    return url


def _url_of(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _administer(server: str, statement: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
