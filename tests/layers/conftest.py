"""Settings of hypothesis for the tests of the layers, and a city that has stations."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from hypothesis import settings
from sqlalchemy import Engine

from cim.registry import Text
from layers.load import VectorFile, load

# Machines are shared: how long an example takes says nothing about the code.
settings.register_profile("layers", deadline=None)
settings.load_profile("layers")


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
