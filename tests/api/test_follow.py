"""A change of the registry is served at once by every worker, without a restart."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import httpx
import shapely
from sqlalchemy import Engine

from cim.access import ANONYMOUS
from cim.layer import Text
from cim.settings import Settings
from layers.load import VectorFile, load, remove

WORKERS = 2


def ask(url: str, times: int = 12) -> set[str]:
    """Answers of the server, each over a connection of its own so that all workers get some."""
    return {_ask(url) for _ in range(times)}


def _ask(url: str) -> str:
    answer = httpx.get(url, timeout=10)
    return answer.text if answer.status_code == 200 else str(answer.status_code)


def test_loaded_changed_and_removed_layers(
    serve: Callable[[Settings, int], str], engine: Engine, tmp_path: Path
) -> None:
    settings = Settings(
        tmp_path, engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    )
    url = f"{serve(settings, WORKERS)}/collections/marks/items?f=json"
    assert ask(url) == {"404"}
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(112, 32)], crs=4490)
    frame.to_file(tmp_path / "a.gpkg")
    file = VectorFile(tmp_path / "a.gpkg", "marks", Text("点", "Marks"), key="n", division="420602")
    with engine.begin() as connection:
        load(connection, engine, file)
    assert all('"n":1' in body for body in ask(url))
    frame.assign(高=[9.5]).to_file(tmp_path / "b.gpkg")
    with engine.begin() as connection:
        load(connection, engine, replace(file, path=tmp_path / "b.gpkg"))
    assert all('"高":9.5' in body for body in ask(url))
    with engine.begin() as connection:
        remove(connection, "marks", ANONYMOUS)
    assert ask(url) == {"404"}
