"""Layers under test: two counties, parcels in them, stations, and what a database says of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import settings
from sqlalchemy import Engine
from taking import Found

from cim.database.sql import run
from cim.layer import Text
from layers.load import VectorFile, load
from layers.report import LoadReport
from layers.watch import Watch

Load = Callable[[VectorFile], LoadReport]

# Machines are shared: how long an example takes says nothing about the code.
settings.register_profile("layers", deadline=None)
settings.load_profile("layers")


@pytest.fixture
def bring(engine: Engine, tmp_path: Path) -> Load:
    """Loads a file in a transaction, into a database that has 襄城区 and 樊城区."""

    def bring(file: VectorFile) -> LoadReport:
        with engine.begin() as connection:
            return load(connection, engine, file)

    shapes = [shapely.box(112.0, 32.0, 112.1, 32.1), shapely.box(112.1, 32.0, 112.2, 32.1)]
    frame = gpd.GeoDataFrame({"code": ["420602", "420606"]}, geometry=shapes, crs=4490)
    frame.to_file(tmp_path / "counties.gpkg")
    bring(
        VectorFile(
            tmp_path / "counties.gpkg",
            "counties",
            Text("区", "Counties"),
            key="code",
            class_code="990501",
        )
    )
    return bring


@pytest.fixture
def plots(tmp_path: Path) -> Callable[..., VectorFile]:
    """Writes plots of given keys as a file; `columns` are values of their fields, one a key."""
    written = 0

    def write(keys: list[str], shift: float = 0.0, **columns: list[Any]) -> VectorFile:
        nonlocal written
        written += 1
        path = tmp_path / f"plots_{written}.gpkg"
        places = [112.01 + 0.001 * (sum(map(ord, key)) % 80) + shift for key in keys]
        shapes = [shapely.box(x, 32.01, x + 0.0005, 32.011) for x in places]
        values = {"number": keys, "use": [f"use {key}" for key in keys]} | columns
        gpd.GeoDataFrame(values, geometry=shapes, crs=4490).to_file(path)
        return VectorFile(path, "plots", Text("地块", "Plots"), key="number", class_code="990101")

    return write


@pytest.fixture
def seen(engine: Engine) -> Callable[[], dict[str, Any]]:
    """All that a reader finds of the layer of plots, but for versions and times."""

    def look() -> dict[str, Any]:
        with engine.connect() as connection:
            (there,) = run(connection, "SELECT to_regclass('item.plots') AS view")
            items = run(connection, "SELECT * FROM item.plots ORDER BY code") if there.view else []
            layer = run(
                connection,
                "SELECT title, description, key_field, name_field, columns, feature_count, extent,"
                " geometry_type FROM cim.layer WHERE name = 'plots'",
            )
            return {
                "layer": layer,
                "items": [_plain(row) for row in items],
                "aliases": run(connection, _OF_PLOTS.format("scheme, value", "alias", _LIVE)),
                "cells": run(connection, _OF_PLOTS.format("cell", "cover", "")),
                "names": run(connection, _OF_PLOTS.format("name", "name", "")),
                "entities": run(
                    connection,
                    "SELECT source_id, code, state FROM cim.entity"
                    " WHERE source_system = 'plots' ORDER BY code",
                ),
            }

    return look


_LIVE = "AND valid_to IS NULL"
_OF_PLOTS = (
    "SELECT code, {} FROM cim.{} JOIN cim.entity e USING (code)"
    " WHERE substr(code, 7, 6) = '990101' {} ORDER BY 1, 2"
)


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: value
        for name, value in row._asdict().items()
        if name not in {"cim_version", "cim_recorded_at", "cim_valid_from"}
    }


@pytest.fixture(scope="module")
def stations(module_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A database with the layer `gauges`: stations A, B and C, C above the 1985 datum."""
    folder = tmp_path_factory.mktemp("stations")
    county = gpd.GeoDataFrame(
        {"code": ["420606"]}, geometry=[shapely.box(112, 32, 113, 33)], crs=4490
    )
    county.to_file(folder / "county.gpkg")
    gauges = gpd.GeoDataFrame(
        {
            "station": ["A", "B", "C"],
            "stcd": ["60100001", "60100002", "60100003"],
            "datum": ["吴淞", None, "1985国家高程基准"],
            "offset": [-1.83, None, 0.0],
        },
        geometry=shapely.points([[112.1, 32.1], [112.2, 32.2], [112.3, 32.3]]),
        crs=4490,
    )
    gauges.to_file(folder / "gauges.gpkg")
    files = (
        VectorFile(
            folder / "county.gpkg", "counties", Text("县", "C"), key="code", class_code="990501"
        ),
        VectorFile(
            folder / "gauges.gpkg",
            "gauges",
            Text("站", "Gauges"),
            key="station",
            class_code="990203",
            aliases={"hydro_station": "stcd"},
        ),
    )
    for file in files:
        with module_engine.begin() as connection:
            load(connection, module_engine, file)
    return module_engine


@pytest.fixture
def take(engine: Engine, bring: Load) -> Callable[..., Found]:
    """Loads a file into the layer `sights`, and looks at it."""
    del bring  # the counties are there

    def take(path: Path, **how: Any) -> Found:
        watch = Watch()
        with engine.begin() as connection:
            load(connection, engine, VectorFile(path, "sights", Text("", ""), **how), watch)
            rows = run(connection, "SELECT * FROM item.sights ORDER BY ST_XMin(geom), code")
        return Found(watch.findings, [row._asdict() for row in rows])

    return take
