"""``cim up``, ``cim down`` and ``cim status``: the database and the service."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from http.client import HTTPConnection, HTTPException
from typing import Annotated

import typer
import uvicorn
from rich.table import Table
from sqlalchemy import Connection, Engine

from api.cli.sample import load_sample_city
from api.cli.terminal import Json, answer, print_json, progress, say, step
from api.errors import PortTaken
from cim import registry
from cim.access import ANONYMOUS
from cim.assignment import reservations
from cim.database import migrate
from cim.database.cluster import Cluster
from cim.database.connect import connect, reaching
from cim.database.migrate import upgrade
from cim.errors import SchemaForeign
from cim.layer import Layer
from cim.settings import Settings
from layers.registered.status import fault

__all__ = ["down", "own_address", "status", "up"]

NoServe = Annotated[bool, typer.Option("--no-serve", help="Stop when the database is ready.")]
Host = Annotated[str | None, typer.Option(help="Address of the service (CIM_HOST).")]
Port = Annotated[int | None, typer.Option(help="Port of the service (CIM_PORT).", min=1, max=65535)]
Workers = Annotated[int | None, typer.Option(help="Serve with so many processes.", min=1, max=256)]


def up(
    no_serve: NoServe = False,
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
) -> None:
    """Start the database, bring it up to date, load the sample city if it is empty, and serve.

    Running it again loads nothing twice. Ctrl-C stops serving; the embedded database keeps running
    until "cim down".
    """
    settings = _settings(host, port, workers)
    if not no_serve:
        _check_port(settings)
    _show_layers(_prepare(settings), settings)
    if not no_serve:
        _serve(settings)


def down() -> None:
    """Stop the embedded database. Its data stays, and "cim up" starts it again."""
    settings = Settings.from_environment()
    if not settings.embedded:
        progress.print("CIM_DATABASE_URL names the database; stopping it is not ours.")
    elif Cluster(settings.home).stop():
        progress.print("The embedded database is stopped.")
    else:
        progress.print("The embedded database was not running.")


def status(host: Host = None, port: Port = None, as_json: Json = False) -> None:
    """Tell whether the database and the service run, and which layers are loaded."""
    settings = _settings(host, port)
    found = _status(settings)
    if as_json:
        print_json(asdict(found))
        return
    answer.print(f"database  {found.database}: {'running' if found.running else 'stopped'}")
    answer.print(f"service   {found.service}: {'answers' if found.serving else 'does not answer'}")
    if found.running:
        _show_table(found.layers, settings)


def _settings(host: str | None, port: int | None, workers: int | None = None) -> Settings:
    """The settings of the environment, with what the command says instead."""
    given = Settings.from_environment()
    return replace(
        given,
        host=host or given.host,
        port=port or given.port,
        workers=workers or given.workers,
    )


@dataclass(frozen=True, slots=True)
class LayerStatus:
    """One line of ``cim status``."""

    name: str
    title: str
    kind: str
    count: int
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What ``cim status --json`` prints; ``database`` holds no password."""

    database: str
    running: bool
    service: str
    serving: bool
    registry_version: int | None
    layers: tuple[LayerStatus, ...]


def _status(settings: Settings) -> Status:
    database, running = _database_status(settings)
    version: int | None = None
    layers: tuple[LayerStatus, ...] = ()
    if running:
        engine = connect(settings, start=False)
        older = contextlib.suppress(SchemaForeign)  # until the next "cim up"
        with reaching(engine), engine.connect() as connection, older:
            migrate.check(connection)
            read = registry.read(connection)
            version, layers = read.version, _lines(connection, read.visible(ANONYMOUS))
        engine.dispose()
    return Status(database, running, own_address(settings), _serving(settings), version, layers)


def _database_status(settings: Settings) -> tuple[str, bool]:
    if not settings.embedded:
        engine = connect(settings)
        engine.dispose()
        return str(engine.url), True
    cluster = Cluster(settings.home).status()
    return f"embedded in {cluster.data}", cluster.running


def _serving(settings: Settings) -> bool:
    connection = HTTPConnection(settings.host, settings.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _prepare(settings: Settings) -> Engine:
    with step("Starting the database"):
        engine = connect(settings)
    with reaching(engine):
        with step("Bringing its tables up to date"), engine.begin() as connection:
            upgrade(connection)
            empty = not registry.read(connection).layers
        with engine.begin() as connection:
            expired = reservations.expire(connection)
        if expired:
            progress.print(f"Reservations that have expired: {expired}")
        if empty:
            load_sample_city(engine, settings.rasters)
    return engine


def _show_layers(engine: Engine, settings: Settings) -> None:
    with reaching(engine), engine.connect() as connection:
        lines = _lines(connection, registry.read(connection).visible(ANONYMOUS))
    engine.dispose()
    _show_table(lines, settings)


def _lines(connection: Connection, layers: Sequence[Layer]) -> tuple[LayerStatus, ...]:
    return tuple(
        LayerStatus(
            layer.name,
            f"{layer.title.zh} {layer.title.en}",
            layer.kind,
            len(layer.scenes) if layer.kind == "raster" else layer.feature_count,
            fault(connection, layer),
        )
        for layer in layers
    )


def _show_table(layers: Sequence[LayerStatus], settings: Settings) -> None:
    table = Table("layer", "title", "kind", "count", "try", box=None, pad_edge=False)
    for layer in layers:
        url = f"{own_address(settings)}/collections/{layer.name}"
        url += "/items?limit=10" if layer.kind == "vector" else "/coverage"
        table.add_row(layer.name, layer.title, layer.kind, f"{layer.count:,}", url)
    answer.print(table if layers else "No layer is loaded.", soft_wrap=True)
    for layer in layers:
        if layer.fault:
            say(f"{layer.name}: its table cannot be read: {layer.fault}")


def own_address(settings: Settings) -> str:
    """Address that the service listens on."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def _check_port(settings: Settings) -> None:
    """See that the port is free before minutes are spent on loading; PortTaken."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        with socket.socket(found[0][0]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[0][4])
    except OSError as error:
        reason = error.strerror or str(error)
        raise PortTaken(settings.host, settings.port, reason.lower()) from None


def _serve(settings: Settings) -> None:
    base = own_address(settings)
    progress.print(
        f"Serving on {base} (map {base}/map, API {base}/api). Ctrl-C stops.", soft_wrap=True
    )
    uvicorn.run(
        "api.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
    progress.print("Stopped serving.")
