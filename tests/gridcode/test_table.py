"""Columns of Arrow, pandas and GeoPandas go in and come out as they are, over the same memory."""

from __future__ import annotations

import pickle
from types import ModuleType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import shapely

from gridcode import beidou, geosot, h3grid, table
from gridcode.errors import CodeError, CoordinateError, GridCodeError

SYSTEMS = pytest.mark.parametrize("grid", [beidou, geosot, h3grid], ids=lambda grid: grid.__name__)
LEVEL = 8
LON, LAT = np.linspace(110, 114, 1000), np.linspace(31, 33, 1000)


@SYSTEMS
def test_what_comes_in_goes_out(grid: ModuleType) -> None:
    codes = grid.encode(LON, LAT, LEVEL)
    numbers = grid.encode_integer(LON, LAT, LEVEL)
    texts = [code.decode() for code in codes.tolist()]
    frame = pd.DataFrame({"lon": LON, "lat": LAT}, index=np.arange(1000) * 7)
    points = gpd.GeoSeries(shapely.points(LON, LAT), index=frame.index, crs="EPSG:4490")
    wanted = pd.Series(texts, index=frame.index, dtype="str")
    pd.testing.assert_series_equal(grid.encode(frame.lon, frame.lat, LEVEL), wanted)
    pd.testing.assert_series_equal(grid.encode(points, level=LEVEL), wanted)
    found = grid.encode_integer(points, level=LEVEL)
    pd.testing.assert_series_equal(found, pd.Series(numbers, index=frame.index))
    pd.testing.assert_series_equal(grid.to_integer(wanted), found)
    pd.testing.assert_series_equal(grid.from_integer(found), wanted)
    arrow = grid.encode(pa.array(LON), pa.chunked_array([LAT[:9], LAT[9:]]), LEVEL)
    assert arrow.type == pa.large_string()
    assert arrow.to_pylist() == texts == grid.encode(LON, LAT, LEVEL, output="arrow").to_pylist()
    assert grid.to_integer(pa.chunked_array([arrow[:10], arrow[10:]])).equals(pa.array(numbers))
    assert grid.encode(points.to_numpy(), level=LEVEL).tolist() == codes.tolist()
    for column in (codes, arrow, arrow[5:], wanted, np.array(texts), arrow.cast(pa.string())):
        start = len(codes) - len(column)
        cells = grid.decode(column)
        assert cells.west.tolist() == grid.decode(codes).west[start:].tolist()


@pytest.mark.parametrize("grid", [beidou, geosot], ids=lambda grid: grid.__name__)
def test_codes_with_heights_too(grid: ModuleType) -> None:
    height = np.linspace(-50, 9000, 1000)
    wanted = [code.decode() for code in grid.encode_3d(LON, LAT, height, LEVEL).tolist()]
    columns = pd.Series(LON), pd.Series(LAT), pd.Series(height)
    assert grid.encode_3d(*columns, LEVEL).tolist() == wanted
    assert grid.encode_3d(*map(pa.array, columns), LEVEL).to_pylist() == wanted


def test_codes_are_given_and_taken_without_copying() -> None:
    codes = beidou.encode(LON, LAT, LEVEL)
    place = codes.__array_interface__["data"][0]
    arrow = table.to_arrow(codes)
    assert arrow.buffers()[2].address == place
    series = beidou.encode(pd.Series(LON), pd.Series(LAT), LEVEL)
    for column in (arrow, arrow[3:], series):
        taken = table.codes_of(column)
        assert taken.dtype == codes.dtype
        held = pa.array(column).buffers()[2]
        assert held.address <= taken.__array_interface__["data"][0] < held.address + held.size


def test_codes_of_many_widths() -> None:
    mixed = ["N50J47", "N50J", "S", "N50J47539B825534"]
    numbers = [beidou.to_integer(code) for code in mixed]
    for column in (pd.Series(mixed), pa.array(mixed), np.array(mixed), np.array(mixed, object)):
        assert np.asarray(beidou.to_integer(column)).tolist() == numbers
    assert beidou.from_integer(pa.array(numbers)).to_pylist() == mixed
    with pytest.raises(CodeError) as caught:
        beidou.to_integer(pa.array(["N50J", None]))
    assert caught.value.row == 1


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (gpd.GeoSeries([shapely.Point(1, 2), None]), "row 1 is no point"),
        (gpd.GeoSeries([shapely.box(0, 0, 1, 1)]), "row 0 is no point in 'Polygon'"),
        (gpd.GeoSeries([shapely.Point(1, 2), shapely.Point(1, 91)]), "row 1 is off the earth"),
        (gpd.GeoSeries([shapely.Point(1, 2)], crs="EPSG:4546"), "not in degrees"),
        (gpd.GeoSeries([shapely.Point()]), "row 0 is no point"),
    ],
)
def test_what_is_no_column_of_places(points: Any, message: str) -> None:
    with pytest.raises(CoordinateError, match=message):
        beidou.encode(points, level=3)


@SYSTEMS
def test_no_rows(grid: ModuleType) -> None:
    empty = gpd.GeoSeries([], crs="EPSG:4490")
    assert len(grid.encode(empty, level=LEVEL)) == 0
    assert grid.encode(empty, level=LEVEL).dtype == "str"
    assert len(grid.encode(np.empty(0), np.empty(0), LEVEL)) == 0
    assert len(grid.to_integer(pa.array([], pa.string()))) == 0


def test_partitions_of_a_distributed_frame() -> None:
    import dask_geopandas

    frame = gpd.GeoDataFrame(geometry=shapely.points(LON, LAT), crs="EPSG:4490")
    parts = dask_geopandas.from_geopandas(frame, npartitions=4)
    codes = parts.geometry.map_partitions(beidou.encode, level=LEVEL, meta=("beidou", "str"))
    wanted = beidou.encode(frame.geometry, level=LEVEL).rename("beidou")
    pd.testing.assert_series_equal(codes.compute(), wanted, check_names=False)


def test_series_that_do_not_belong_together() -> None:
    lon, lat = pd.Series([1.0, 2.0], index=["a", "b"]), pd.Series([3.0, 4.0], index=["b", "a"])
    for grid in (beidou, geosot):
        with pytest.raises(CoordinateError, match="different indexes"):
            grid.encode(lon, lat, 4)


def test_an_output_that_there_is_not() -> None:
    output: Any = "polars"
    with pytest.raises(GridCodeError, match="no such output in 'polars'; allowed: numpy, arrow"):
        beidou.encode(np.array([1.0]), np.array([1.0]), 4, output=output)


def test_codes_are_bytes_or_text_and_nothing_else() -> None:
    assert beidou.to_integer(pa.array([b"N50J", b"N50J47"])).to_pylist() == [
        beidou.to_integer("N50J"),
        beidou.to_integer("N50J47"),
    ]
    for grid in (beidou, geosot):
        with pytest.raises(CodeError, match="row 1 is no text in 'None'"):
            grid.to_integer(pa.array([grid.encode(1, 1, 4), None]))


def test_an_error_of_a_column_tells_the_row_from_the_place_in_the_text() -> None:
    bad_codes = ((beidou, "N50J4753F", 8), (geosot, "G0013103224", 10))
    for grid, bad, position in bad_codes:
        with pytest.raises(CodeError) as caught:
            grid.to_integer(np.array([grid.encode(1, 1, 4), bad]))
        assert (caught.value.row, caught.value.position) == (1, position)
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
