"""The store of rasters goes away under a running service: an S3 server that is ended."""

from __future__ import annotations

import logging
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import structlog
from moto.server import ThreadedMotoServer
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api import problems
from api.app import create_app
from cim.settings import Settings
from layers import raster
from layers.raster import RasterFile

TILE = "map/tiles/WebMercatorQuad/12/1662/3323"


def test_answers_503_while_the_store_is_away(
    engine: Engine,
    database: str,
    tmp_path: Path,
    write_geotiff: Callable[..., Path],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GDAL_HTTP_TIMEOUT", "2")
    # One that was used before writes to where the errors of that test went.
    monkeypatch.setattr(problems, "log", structlog.get_logger())
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    made = urllib.request.Request(f"http://{host}:{port}/hidden-bucket", method="PUT")
    urllib.request.urlopen(made).close()
    settings = Settings.from_environment(
        {
            "CIM_HOME": str(tmp_path),
            "CIM_DATABASE_URL": database,
            "CIM_RASTER_STORE": "s3://hidden-bucket/city",
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
    )
    values = np.full((3, 300, 300), 9, "uint8")
    path = write_geotiff(tmp_path / "a.tif", values, ("red", "green", "blue"))
    moment = datetime(2024, 5, 1, tzinfo=UTC)
    with engine.begin() as connection:
        raster.load(connection, RasterFile(path, "imagery", moment, name="a"), settings.rasters)
    server.stop()
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        for asked in ("coverage", TILE, "map?width=64&height=64", "scenes/a/cog"):
            answer = client.get(f"/collections/imagery/{asked}")
            assert answer.status_code == 503, (asked, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            assert "hidden-bucket" not in answer.text
            assert "vsis3" not in answer.text
    assert "/vsis3/hidden-bucket/city/" in capfd.readouterr().err
