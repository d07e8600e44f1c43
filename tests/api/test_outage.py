"""The database goes away and comes back under a running service."""

import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api import service
from api.app import create_app
from cim.database.cluster import Cluster
from cim.database.connect import engine_of
from cim.database.migrate import upgrade
from cim.settings import Settings


def test_answers_503_while_the_database_is_away(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CIM_DATABASE_URL", raising=False)
    settings = Settings(open_folder / "outage")
    cluster = Cluster(settings.home, durable=False)
    engine = engine_of(cluster.start())
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        assert client.get("/readyz").status_code == 200
        cluster.stop()
        answer = client.get("/readyz")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert answer.headers["content-type"] == "application/problem+json"
        assert "outage" not in answer.text  # nothing of our insides
        assert client.get("/healthz").status_code == 200
        cluster.start()
        assert _ready_within(client, seconds=20)
    cluster.stop()


def test_a_query_that_takes_too_long_is_ended_in_our_words(
    city: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(service._SERVER_SETTINGS, "statement_timeout", "200ms")
    slow = "S_EQUALS(buffer(buffer(geometry, 900), 900), buffer(buffer(geometry, 800), 800))"
    with TestClient(create_app(city), raise_server_exceptions=False) as client:
        answer = client.get("/collections/parcels/items", params={"filter": slow})
    assert answer.status_code == 503
    assert "statement" not in answer.text
    assert "simpler filter" in answer.json()["detail"]


def _ready_within(client: TestClient, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if client.get("/readyz").status_code == 200:
            return True
        time.sleep(0.2)
    return False
