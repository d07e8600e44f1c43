"""GCJ-02 and BD-09: places by others, and the way there and back anywhere in China."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from layers.crs import offset

GOLDEN = Path(__file__).parents[1] / "golden" / "gcj02.csv"
METRES = 111_320.0

Places = NDArray[np.float64]


def golden(source: str) -> tuple[Places, Places, Places]:
    lines = [line for line in GOLDEN.read_text().splitlines() if not line.startswith("#")]
    rows = [row for row in csv.DictReader(lines) if row["source"] == source]
    pairs = (("lon", "lat"), ("gcj_lon", "gcj_lat"), ("bd_lon", "bd_lat"))
    wgs, gcj, bd = (
        np.array([[float(r[n] or "nan") for n in pair] for r in rows]) for pair in pairs
    )
    return wgs, gcj, bd


def apart(one: Places, other: Places) -> Places:
    """Metres between places."""
    east, north = ((one - other) * METRES).T
    metres: Places = np.hypot(east * np.cos(np.radians(one[:, 1])), north)
    return metres


def test_the_public_formula() -> None:
    wgs, gcj, _ = golden("evil")
    assert apart(offset.to_gcj02(wgs), gcj).max() < 1e-6
    assert apart(offset.from_gcj02(gcj), wgs).max() < 1e-6


def test_what_baidu_answers_of_gcj02() -> None:
    _, gcj, bd = golden("baidu")
    there, back = apart(offset.gcj02_to_bd09(gcj), bd)
    assert there < 1e-3
    assert back < 0.1  # its own way back is not iterated


def test_the_stated_accuracy_holds_for_what_map_services_answer() -> None:
    wgs, gcj, bd = golden("cities")
    assert 0.5 < apart(offset.from_gcj02(gcj), wgs).max() < offset.ACCURACY
    assert 0.5 < apart(offset.from_bd09(bd), wgs).max() < offset.ACCURACY
    assert apart(offset.gcj02_to_bd09(gcj), bd).max() < 0.02


@given(st.lists(st.tuples(st.floats(73, 136), st.floats(3, 54)), min_size=1, max_size=50))
def test_there_and_back(places: list[tuple[float, float]]) -> None:
    wgs = np.array(places)
    for there, back in ((offset.to_gcj02, offset.from_gcj02), (offset.to_bd09, offset.from_bd09)):
        moved = there(wgs)
        assert apart(back(moved), wgs).max() < 1e-5  # 0.1 m are asked for
        assert apart(moved, wgs).min() > 10
        assert apart(moved, wgs).max() < 1600


@pytest.mark.parametrize("place", [(-104.99, 39.74), (151.2, -33.87), (0.0, 0.0), (180.0, 90.0)])
def test_nothing_moves_abroad(place: tuple[float, float]) -> None:
    there = np.array([place])
    for move in (offset.to_gcj02, offset.from_gcj02, offset.to_bd09, offset.from_bd09):
        assert (move(there) == there).all()
