"""A thousand collections against ten (大量图层下的服务开销), in one run.

Layers of 50 features and nine properties are loaded into a fresh cluster, first ten and then the
rest. At each size one worker's application runs in this process: how long its start takes, the
landing page, `/collections`, the description; then layers are published by another process while a
heart beats here: the processor time that one more layer costs this worker, the longest pause of
the loop that answers requests, and when the description has the layer.

    python benchmarks/many_collections.py [--layers 1000] [--times 20]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

import geopandas
import httpx
import numpy as np
import shapely
from sqlalchemy import Engine
from starlette.applications import Starlette

from api.app import create_app
from cim.database.cluster import Cluster
from cim.database.connect import check, engine_of
from cim.database.migrate import upgrade
from cim.layer import Text
from cim.settings import Settings
from layers.load import VectorFile, load

SEED = 20261125
FEW = 10
PUBLISHED = 5  # layers that are published while the heart beats
BEAT = 0.005
QUESTIONS = {
    "landing": "/",
    "landing, HTML": "/?f=html",
    "/collections": "/collections",
    "/collections, 100": "/collections?limit=100",
    "/collections, HTML": "/collections?f=html",
    "one collection": "/collections/layer_5",
    "/api": "/api",
    "/api, HTML": "/api?f=html",
    "a page of items": "/collections/layer_5/items",
    "a name": "/resolve?q=地物7",
}
Found = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--layers", type=int, default=1000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--add", nargs=2, metavar=("DATABASE", "NUMBER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.add:
        _add(given.add[0], int(given.add[1]), 1)
        return
    with _database() as settings:
        _add(str(settings.database_url), 0, FEW)
        few = asyncio.run(_measure(settings, FEW, given.times))
        _add(str(settings.database_url), FEW + PUBLISHED, given.layers - FEW - PUBLISHED)
        many = asyncio.run(_measure(settings, given.layers, given.times))
    print(f"{'':34} {FEW:>9} {given.layers:>9} {'ratio':>7}")
    for name, value in few.items():
        ratio = f"{many[name] / value:7.1f}" if value else f"{'-':>7}"
        print(f"{name:34} {value:9.1f} {many[name]:9.1f} {ratio}")


@contextmanager
def _database() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        home.chmod(0o755)
        cluster = Cluster(home / "db", durable=False)
        try:
            url = cluster.start()
            engine = engine_of(url)
            check(engine)
            with engine.begin() as connection:
                upgrade(connection)
            engine.dispose()
            yield Settings(home=home, database_url=url)
        finally:
            cluster.stop()


def _add(url: str, first: int, count: int) -> None:
    """Load so many layers, each in a transaction: it takes a lock on each table that it makes."""
    engine = engine_of(url)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, first + count):
            _layer(engine, Path(folder), number)
    engine.dispose()


def _layer(engine: Engine, folder: Path, number: int) -> None:
    rng = np.random.default_rng(SEED + number)
    size = 50
    file = folder / f"{number}.geojson"
    texts = {f"text_{i}": [f"文字{n % 7}" for n in range(size)] for i in range(4)}
    numbers = {f"number_{i}": rng.uniform(0, 1000, size) for i in range(3)}
    geopandas.GeoDataFrame(
        {"k": [f"K{n}" for n in range(size)], "name": [f"地物{n}" for n in range(size)]}
        | texts
        | numbers,
        geometry=shapely.points(rng.uniform(112, 112.5, size), rng.uniform(32, 32.4, size)),
        crs=4490,
    ).to_file(file)
    title = Text(f"图层第{number}号", f"Layer {number}")
    told = Text(f"第{number}号图层的说明", f"What is told of layer {number}")
    vector = VectorFile(
        file, f"layer_{number}", title, told, key="k", name_field="name", division="420602"
    )
    with engine.begin() as connection:
        load(connection, engine, vector)
    file.unlink()


async def _measure(settings: Settings, layers: int, times: int) -> Found:
    started = time.perf_counter()
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bench") as client:
            await client.get("/readyz")
            found = {"start, ms": (time.perf_counter() - started) * 1000}
            for words, path in QUESTIONS.items():
                found |= await _ask(client, words, path, times)
            first = FEW if layers == FEW else layers
            found |= await _publish(app, client, str(settings.database_url), first)
    return found


async def _ask(client: httpx.AsyncClient, words: str, path: str, times: int) -> Found:
    took = []
    for _ in range(times + 1):
        started = time.perf_counter()
        answer = await client.get(path, headers={"Accept-Encoding": "identity"})
        took.append((time.perf_counter() - started) * 1000)
    if answer.status_code != 200:
        return {}
    return {
        f"{words}, first ms": took[0],
        f"{words}, median ms": statistics.median(took[1:]),
        f"{words}, kB": len(answer.content) / 1000,
    }


async def _publish(app: Starlette, client: httpx.AsyncClient, url: str, first: int) -> Found:
    """Layers published one after another, each by a process of its own."""
    idle = await _beating(asyncio.sleep(3))
    beaten, described = [], []
    for number in range(first, first + PUBLISHED):
        command = [sys.executable, __file__, "--add", url, str(number)]
        process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)
        beaten.append(await _beating(_published(app, process)))
        started = time.perf_counter()
        answer = await client.get("/api")
        described.append((time.perf_counter() - started) * 1000)
        assert f"layer_{number}" in answer.text
    a_beat = idle.processor / idle.beats
    return {
        "one more layer, processor ms": statistics.median(
            max(0, each.processor - a_beat * each.beats) for each in beaten
        ),
        "one more layer, longest pause ms": statistics.median(each.pause for each in beaten),
        "longest pause without one, ms": idle.pause,
        "/api after it, ms": statistics.median(described),
    }


async def _published(app: Starlette, process: asyncio.subprocess.Process) -> None:
    """Until a layer is published, this worker knows it, and what it does because of it is done."""
    held = app.state.service.registry.version
    await process.wait()
    while app.state.service.registry.version == held:
        await asyncio.sleep(BEAT)
    await asyncio.sleep(1)


class Beaten(NamedTuple):
    """How often the heart beat, and of this process in milliseconds: its processor time, and the
    longest pause of its loop."""

    beats: int
    processor: float
    pause: float


async def _beating(work: Coroutine[None, None, None]) -> Beaten:
    task = asyncio.create_task(work)
    beats, spent, longest = 0, time.process_time(), 0.0
    while not task.done():
        before = time.perf_counter()
        await asyncio.sleep(BEAT)
        beats, longest = beats + 1, max(longest, time.perf_counter() - before - BEAT)
    await task
    return Beaten(beats, (time.process_time() - spent) * 1000, longest * 1000)


if __name__ == "__main__":
    main()
