"""The servers that are compared, each in its best form, with two worker processes of uvicorn.

pygeoapi reads the rows through its own PostgreSQL provider, served by its Starlette application.
It and tipg read a view in EPSG:4326, which has an index of its own. tipg's catalogue is read once,
without extents, and its replies go through its own middleware, as ours do. Martin, where it is
there, serves the same view. None keeps tiles, but for ours as they are for users (`OURS`).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import yaml
from pygeoapi.openapi import get_oas

from serving.city import City

WORKERS = 2
_HERE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Server:
    """How a server is started at a port, and its path that answers when it is ready."""

    name: str
    command: Callable[[City, int], list[str]]
    ready: str
    environment: Callable[[City, str], dict[str, str]]


def _ours(city: City, _: str) -> dict[str, str]:
    return {"CIM_DATABASE_URL": city.cluster.url, "CIM_HOME": str(city.folder)}


def _afresh(city: City, base: str) -> dict[str, str]:
    return _ours(city, base) | {"CIM_TILE_BYTES": "1"}


def _nothing(_: City, __: str) -> dict[str, str]:
    return {}


def _tipg(city: City, _: str) -> dict[str, str]:
    host = quote(str(city.cluster.socket), safe="")
    return {
        "DATABASE_URL": f"postgresql://cim@{host}:5432/cim",
        "TIPG_TABLE_CONFIG__PUBLIC_PARCELS__PK": "code",
        "TIPG_DB_SPATIAL_EXTENT": "false",
        "TIPG_DB_DATETIME_EXTENT": "false",
        "TIPG_CATALOG_TTL": "0",
    }


def _pygeoapi(city: City, base: str) -> dict[str, str]:
    config = _pygeoapi_config(city, base)
    files = {"PYGEOAPI_CONFIG": config, "PYGEOAPI_OPENAPI": get_oas(config)}
    for name, document in files.items():
        (city.folder / name).write_text(yaml.safe_dump(document, allow_unicode=True))
    return {name: str(city.folder / name) for name in files}


def _pygeoapi_config(city: City, base: str) -> dict[str, object]:
    text = "parcels"
    provider = {
        "type": "feature",
        "name": "PostgreSQL",
        "data": {
            "host": str(city.cluster.socket),
            "port": 5432,
            "dbname": "cim",
            "user": "cim",
            "password": "",
            "search_path": ["public"],
        },
        "id_field": "code",
        "table": "parcels",
        "geom_field": "geom",
    }
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": 0},
            "url": base,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en-US"],
            "limits": {"default_items": 10, "max_items": 10_000},
            "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": text,
                "description": text,
                "keywords": [text],
                "terms_of_service": text,
                "url": base,
            },
            "license": {"name": text, "url": base},
            "provider": {"name": text, "url": base},
            "contact": {"name": text, "url": base},
        },
        "resources": {
            "parcels": {
                "type": "collection",
                "title": text,
                "description": text,
                "keywords": [text],
                "links": [],
                "extents": {"spatial": {"bbox": [110, 30, 116, 34], "crs": _CRS84}},
                "providers": [provider],
            }
        },
    }


_COLUMNS = (
    *("code", "region_code", "type_code", "beidou_code", "parcel_code"),
    *("name", "landuse", "landuse_name", "use_right"),
)
_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def uvicorn(*application: str) -> Callable[[City, int], list[str]]:
    command = [sys.executable, "-m", "uvicorn", *application, "--app-dir", str(_HERE)]
    command += ["--workers", str(WORKERS), "--no-access-log", "--log-level", "warning"]
    command += ["--loop", "uvloop", "--http", "httptools"]
    return lambda _, port: [*command, "--port", str(port)]


def _martin(city: City, port: int) -> list[str]:
    table = {
        "schema": "public",
        "table": "parcels",
        "srid": 4326,
        "geometry_column": "geom",
        "geometry_type": "POLYGON",
        "properties": dict.fromkeys(_COLUMNS, "text") | {"area_m2": "float8"},
    }
    url = f"postgresql:///cim?host={city.cluster.socket}&user=cim"
    config = {
        "postgres": {"connection_string": url, "tables": {"parcels": table}},
        "cache": {"size_mb": 0},
        "listen_addresses": f"127.0.0.1:{port}",
        "worker_processes": WORKERS,
    }
    file = city.folder / "martin.yaml"
    file.write_text(yaml.safe_dump(config))
    return ["martin", "--config", str(file)]


_CIM = uvicorn("--factory", "api.app:create_app")
OURS = Server("ours", _CIM, "/readyz", _ours)
AFRESH = Server("ours", _CIM, "/readyz", _afresh)
BARE = Server("bare", uvicorn("--factory", "serving.bare:create_app"), "/resolve?code=", _ours)
PYGEOAPI = Server("pygeoapi", uvicorn("pygeoapi.starlette_app:APP"), "/conformance", _pygeoapi)
TIPG = Server("tipg", uvicorn("tipg.main:app"), "/healthz", _tipg)
MARTIN = Server("martin", _martin, "/health", _nothing)


@contextmanager
def serve(server: Server, city: City) -> Iterator[str]:
    """Run a server; gives its address. What it writes goes to a file of the city's folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    environment = os.environ | server.environment(city, base)
    environment["PYTHONPATH"] = str(_HERE.parent)
    log = city.folder / f"{server.name}.log"
    with log.open("wb") as output:
        command = server.command(city, port)
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        _wait(process, base + server.ready, log)
        yield base
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=60).close()
            return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{url} does not answer:\n{log.read_text(errors='replace')[-2000:]}")
