"""Covers with heights: prisms over footprints, and lines through the layers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely

from gridcode import beidou, geosot
from gridcode.cover import cover, cover_3d
from gridcode.errors import CoordinateError, GridCodeError, MixedSystemsError, TooManyCellsError

GRIDS = {"beidou": beidou, "geosot": geosot}
CASES = [
    ("beidou", 5, "radix"),
    ("beidou", 5, "bits"),
    ("beidou", 7, "radix"),
    ("geosot", 20, "nested"),
    ("geosot", 20, "packed"),
]


@pytest.mark.parametrize(("system", "level", "reading"), CASES)
def test_prisms_are_footprints_times_layers(system: str, level: int, reading: str) -> None:
    roof = shapely.box(112.14, 32.02, 112.1404, 32.0203)
    flat = cover(roof, level, system=system)
    codes = cover_3d(roof, level, -30.0, 200.0, system=system, reading=reading)
    cells = [GRIDS[system].decode_3d(code, reading) for code in codes]
    assert {cell.base.code for cell in cells} == set(flat)
    column = sorted(cell.layer for cell in cells if cell.base.code == flat[0])
    assert column == list(range(column[0], column[-1] + 1))
    assert len(set(codes)) == len(codes) == len(flat) * len(column)
    assert all(cell.bottom < 200.0 and cell.top > -30.0 for cell in cells)
    assert min(cell.bottom for cell in cells) <= -30.0
    assert max(cell.top for cell in cells) >= 200.0


def test_each_footprint_has_its_heights() -> None:
    roof = shapely.box(112.14, 32.02, 112.1411, 32.0208)
    flat = cover(roof, 20, system="geosot")
    found = cover_3d([roof, None, roof], 20, np.array([0.0, 0.0, 60.0]), 70.0, system="geosot")
    assert np.diff(found.offsets).tolist() == [2 * len(flat), 0, len(flat)]


def test_a_prism_of_one_cell_is_the_cell() -> None:
    cell = beidou.decode_3d(beidou.encode_3d(112.14, 32.02, 5000.0, 7))
    assert cover_3d(cell.base.polygon(), 7, cell.bottom, cell.top) == [cell.code]


@pytest.mark.parametrize(("system", "level", "reading"), CASES)
def test_flights_pass_the_cells_of_their_points(system: str, level: int, reading: str) -> None:
    flight = shapely.LineString([(-0.003, 0.002, -100), (0.004, -0.001, 2500), (0.004, 0.0, 90)])
    codes = cover_3d(flight, level, system=system, reading=reading)
    assert len(set(codes)) == len(codes)
    seen = set()
    for start, stop in pairwise(shapely.get_coordinates(flight, include_z=True)):
        lon, lat, height = (start + np.linspace(0, 1, 20001)[:, None] * (stop - start)).T
        seen |= set(GRIDS[system].encode_3d(lon, lat, height, level, reading).tolist())
    assert {code.decode() for code in seen} <= set(codes)
    assert len(codes) - len(seen) < 0.05 * len(codes)


def test_flights_over_the_antimeridian() -> None:
    flight = shapely.LineString([(179.9995, 0.001, 10), (180.0005, 0.001, 20)])
    codes = cover_3d(flight, 5)
    assert codes[0].startswith(beidou.encode_3d(-179.9999, 0.001, 15, 1))
    assert codes[-1].startswith(beidou.encode_3d(179.9999, 0.001, 15, 1))


def test_what_cannot_be_covered() -> None:
    roof = shapely.box(0, 0, 1, 1)
    with pytest.raises(CoordinateError, match="no heights"):
        cover_3d(shapely.LineString([(0, 0), (1, 1)]), 4)
    with pytest.raises(CoordinateError, match="under its base"):
        cover_3d(roof, 4, 10.0, 5.0)
    with pytest.raises(CoordinateError):
        cover_3d(roof, 4, 10.0, float("nan"))
    with pytest.raises(TooManyCellsError):
        cover_3d(roof, 7, 0.0, 100.0)
    with pytest.raises(MixedSystemsError):
        cover_3d(roof, 4, 0.0, 100.0, system="h3")
    with pytest.raises(GridCodeError, match="radix, bits"):
        cover_3d(roof, 4, 0.0, 100.0, reading="nested")
