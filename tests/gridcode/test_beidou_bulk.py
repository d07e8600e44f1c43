"""Columns give what the scalar functions give, row by row."""

import numpy as np
import pytest

from gridcode import beidou
from gridcode.errors import CoordinateError

EDGES = [
    0.0,
    -0.0,
    1e-300,
    -1e-300,
    6.0,
    -6.0,
    87.99999999999999,
    180.0,
    -180.0,
    179.99999999999997,
]


def points() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(20200)
    lon = np.concatenate([rng.uniform(-180, 180, 500), np.repeat(EDGES, 6)])
    lat = np.concatenate([rng.uniform(-88, 88, 500), np.tile([0, -0.0, 4, -4, -1e-9, 31.5], 10)])
    return lon, lat


@pytest.mark.parametrize("level", range(11))
def test_columns_equal_scalars(level: int) -> None:
    lon, lat = points()
    codes = beidou.encode(lon, lat, level)
    one_by_one = [beidou.encode(x, y, level) for x, y in zip(lon, lat, strict=True)]
    assert codes.tolist() == [code.encode() for code in one_by_one]


def test_error_names_the_row_of_the_whole_column() -> None:
    lon = np.zeros(40_000)
    lon[33_333] = np.nan
    with pytest.raises(CoordinateError, match="row 33333") as caught:
        beidou.encode(lon, np.zeros(40_000), 8)
    assert caught.value.row == 33_333
