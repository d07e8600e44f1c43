"""Records over many layers (元数据检索耗时): a page, words, a filter, DCAT, and the list of layers.

So many layers of one feature each are loaded into a fresh cluster, half of them bound to elements
of the catalog; then each question is asked in this process, over the whole application. The
baseline is `/collections`, which tells of the same layers without selecting.

    python benchmarks/records.py [--layers 1000] [--times 30]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import geopandas as gpd
import shapely
from sqlalchemy import Connection, Engine
from starlette.testclient import TestClient

from api.app import create_app
from cim.actions import Action
from cim.catalog.binding import Wanted, bind
from cim.database.cluster import Cluster
from cim.database.connect import check, engine_of
from cim.database.migrate import upgrade
from cim.layer import Text
from cim.settings import Settings
from layers.load import VectorFile, load

ELEMENTS = ("parcel", "road", "building", "river", "reservoir", "orthoimage")
QUESTIONS = {
    "/collections": "/collections",
    "a page of 10": "/collections/catalog/items",
    "a page of 100": "/collections/catalog/items?limit=100",
    "words 宗地 面积": "/collections/catalog/items?q=宗地 面积",
    "words of one layer": "/collections/catalog/items?q=图层第777号",
    "a box and a time": "/collections/catalog/items?bbox=112,32,112.1,32.1&datetime=2020-01-01/..",
    "CQL2": "/collections/catalog/items?filter=title LIKE '%第7%' AND grade='general4'",
    "sorted by title": "/collections/catalog/items?sortby=title",
    "one record": "/collections/catalog/items/layer_500",
    "DCAT-AP, 100": "/catalog.jsonld",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=1000)
    parser.add_argument("--times", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        home.chmod(0o755)
        cluster = Cluster(home / "db", durable=False)
        try:
            settings = Settings(home=home, database_url=cluster.start())
            engine = engine_of(str(settings.database_url))
            _fill(engine, home, given.layers)
            engine.dispose()
            with TestClient(create_app(settings)) as client:
                _ask(client, given.times)
        finally:
            cluster.stop()


def _fill(engine: Engine, folder: Path, count: int) -> None:
    check(engine)
    started = time.perf_counter()
    with engine.begin() as connection:
        upgrade(connection)
    for begin in range(0, count, 50):  # a transaction holds a lock on each table that it makes
        with engine.begin() as connection:
            for number in range(begin, min(begin + 50, count)):
                _layer(connection, engine, folder, number)
    print(f"{count} layers loaded in {time.perf_counter() - started:.0f} s", file=sys.stderr)


def _layer(connection: Connection, engine: Engine, folder: Path, number: int) -> None:
    place = shapely.Point(112 + number % 100 / 200, 32 + number % 37 / 100)
    file = folder / "one.geojson"
    gpd.GeoDataFrame({"k": ["1"]}, geometry=[place], crs=4490).to_file(file)
    name, title = f"layer_{number}", Text(f"图层第{number}号", f"Layer {number}")
    told = Text(f"第{number}号图层的说明", f"What is told of layer {number}")
    load(
        connection,
        engine,
        VectorFile(file, name, title, told, key="k", division="420602"),
    )
    if number % 2:
        element = ELEMENTS[number % len(ELEMENTS)]
        wanted = Wanted(element, f"第{number % 20}局", "general4", False, {}, {})
        bind(connection, name, wanted, Action("benchmark"))


def _ask(client: TestClient, times: int) -> None:
    print(f"{'question':22} {'first ms':>9} {'median ms':>10} {'bytes':>10} {'matched':>8}")
    for words, path in QUESTIONS.items():
        took = []
        for _ in range(times + 1):
            started = time.perf_counter()
            answer = client.get(path)
            took.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.text
        body = answer.json()
        matched = body.get("numberMatched", body.get("hydra:totalItems", ""))
        median, size = statistics.median(took[1:]), len(answer.content)
        print(f"{words:22} {took[0]:9.1f} {median:10.1f} {size:10} {matched!s:>8}")


if __name__ == "__main__":
    main()
