"""The four servers: ours, pygeoapi, tipg, and the bare form of one statement a request."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import yaml

NAMES = ("ours", "bare", "tipg", "pygeoapi")
WORKERS = "2"
_PORT = {"ours": 8701, "bare": 8702, "tipg": 8703, "pygeoapi": 8704}
_APP = {
    "ours": ["--factory", "api.app:create_app"],
    "bare": ["benchmarks.serving.bare:app"],
    "tipg": ["tipg.main:app"],
    "pygeoapi": ["pygeoapi.starlette_app:APP"],
}
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running(name: str, url: str, home: Path) -> Iterator[str]:
    """Address of the server, with two workers, once it answers."""
    base = f"http://127.0.0.1:{_PORT[name]}"
    command = [sys.executable, "-m", "uvicorn", *_APP[name], "--port", str(_PORT[name])]
    command += ["--workers", WORKERS, "--log-level", "error", "--no-access-log"]
    with (home / f"{name}.log").open("a") as log:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **_settings(name, url, home, base)}
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log)
        try:
            _wait(f"{base}/" if name == "bare" else f"{base}/conformance", home / f"{name}.log")
            yield base
        finally:
            process.terminate()
            process.wait(20)


def _settings(name: str, url: str, home: Path, base: str) -> dict[str, str]:
    if name == "tipg":
        return {
            "DATABASE_URL": _host_in_front(url),
            "TIPG_DB_SCHEMAS": '["bench"]',
            "TIPG_CATALOG_TTL": "3600",
        }
    if name == "pygeoapi":
        return _pygeoapi(url, home, base)
    return {"CIM_DATABASE_URL": url, "CIM_HOME": str(home)}


def _host_in_front(url: str) -> str:
    """The address with the socket's folder where a host stands: tipg wants one there."""
    parts = urlsplit(url)
    host = quote(parse_qs(parts.query)["host"][0], safe="")
    return f"postgresql://{parts.username}@{host}:{parse_qs(parts.query)['port'][0]}{parts.path}"


def _pygeoapi(url: str, home: Path, base: str) -> dict[str, str]:
    """Its configuration, and the OpenAPI document that it reads beside."""
    config, document = home / "pygeoapi.yml", home / "openapi.yml"
    config.write_text(yaml.safe_dump(_configuration(url, base)))
    if not document.exists():
        command = ["pygeoapi", "openapi", "generate", str(config), "--output-file", str(document)]
        command[0] = str(Path(sys.executable).with_name("pygeoapi"))
        subprocess.run(command, check=True, cwd=home, capture_output=True)
    return {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(document)}


def _configuration(url: str, base: str) -> dict[str, object]:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    data = {
        "host": query["host"][0],
        "port": int(query["port"][0]),
        "dbname": parts.path.strip("/"),
        "user": parts.username,
        "password": "",
        "search_path": ["bench", "public"],
    }
    text = {"en": "Benchmark"}
    provider = {
        "type": "feature",
        "name": "PostgreSQL",
        "data": data,
        "id_field": "code",
        "table": "parcels",
        "geom_field": "geom",
        "storage_crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
    }
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": int(base.rpartition(":")[2])},
            "url": base,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "languages": ["en"],
            "limits": {"default_items": 10, "max_items": 10000},
            "map": {"url": "http://127.0.0.1/{z}/{x}/{y}", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": text,
                "description": text,
                "keywords": {"en": ["x"]},
                "keywords_type": "theme",
                "terms_of_service": "x",
                "url": "http://127.0.0.1",
            },
            "license": {"name": "x", "url": "http://127.0.0.1"},
            "provider": {"name": "x", "url": "http://127.0.0.1"},
            "contact": {"name": "x"},
        },
        "resources": {
            "parcels": {
                "type": "collection",
                "title": text,
                "description": text,
                "keywords": {"en": ["x"]},
                "extents": {"spatial": {"bbox": [-180, -90, 180, 90]}},
                "providers": [provider],
            }
        },
    }


def _wait(url: str, log: Path) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"{url} does not answer:\n{log.read_text()[-2000:]}")
