"""How the benchmark holds the tiles of servers against each other."""

import importlib
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def agreement(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module("serving.agreement")


def tile(**reach: int) -> bytes:
    """A tile of squares by their code, each reaching in from the west by so many units; one of 0 is
    a triangle beyond the corner."""
    squares = [
        {
            "geometry": f"POLYGON (({x - 30} 100, {x} 100, {x} 130, {x - 30} 130, {x - 30} 100))"
            if x
            else "POLYGON ((-60 40, -60 -60, 40 -60, -60 40))",
            "properties": {"code": code},
        }
        for code, x in reach.items()
    ]
    return bytes(mapbox_vector_tile.encode([{"name": "plots", "features": squares}]))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": 900, "b": 9}, {"a": 900, "b": 8}, True),
        ({"a": 900, "b": 13}, {"a": 900, "b": 11}, True),
        ({"a": 900, "b": 5}, {"a": 900}, True),
        ({"a": 900, "b": 0}, {"a": 900}, True),
        ({"a": 900, "b": 13}, {"a": 900}, False),
        ({"a": 900}, {"a": 900, "b": 20}, False),
        ({"a": 3}, {"a": 3}, False),  # nothing to hold against each other
    ],
)
def test_a_shape_at_the_edge_is_no_difference(
    agreement: Any, one: dict[str, int], other: dict[str, int], same: bool
) -> None:
    shown = [agreement.shown("tile", tile(**each)) for each in (one, other)]
    seen = {name: {("z13", 0): each} for name, each in zip("xy", shown, strict=True)}
    if same:
        agreement.check(seen)
        return
    with pytest.raises(SystemExit, match="z13, place 0: the servers differ"):
        agreement.check(seen)
