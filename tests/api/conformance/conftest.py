"""A service over small layers of points, lines and polygons; and which classes were proved."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import model_layers
import pytest
from claims import Outcomes
from editing import Plots, two_counties
from starlette.testclient import TestClient

from api.app import create_app
from cim.database.connect import engine_of
from cim.settings import Settings

_OUTCOMES = pytest.StashKey[Outcomes]()


@pytest.fixture(scope="session")
def model(new_database: Callable[[], str], open_folder: Path) -> Iterator[TestClient]:
    """A service over `model_layers`, shared by all tests: do not write to it."""
    folder = open_folder / "model"
    folder.mkdir()
    settings = Settings(home=folder, database_url=new_database())
    engine = engine_of(str(settings.database_url))
    model_layers.load_all(engine, folder)
    engine.dispose()
    app = create_app(settings)
    with TestClient(app, raise_server_exceptions=False, client=("127.0.0.1", 50000)) as client:
        yield client


@pytest.fixture(scope="session")
def plots(new_database: Callable[[], str], open_folder: Path) -> Iterator[Plots]:
    """Plots A to D of a service that is written to: each test makes what it changes."""
    folder = open_folder / "plots"
    folder.mkdir()
    app = create_app(Settings(home=folder, database_url=new_database()))
    with TestClient(app, raise_server_exceptions=False, client=("127.0.0.1", 50000)) as client:
        made = two_counties(client, folder)
        made.load(["A", "B", "C", "D"])
        made.settle()
        yield made


@pytest.fixture
def outcomes(request: pytest.FixtureRequest) -> Outcomes:
    """What became of each test of each module, so far."""
    return request.config.stash.setdefault(_OUTCOMES, {})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the classes prove is looked at last."""
    items.sort(key=lambda item: item.path.stem == "test_conformance")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" or report.outcome != "passed":
        outcome = "expected to fail" if hasattr(report, "wasxfail") else report.outcome
        kept = item.config.stash.setdefault(_OUTCOMES, {})
        kept.setdefault(item.path.stem, []).append((item.name, outcome))
    return report
