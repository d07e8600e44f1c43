"""compact and uncompact: the same area, fewer cells, and back."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_cover import GRIDS, SIZES, polygons

from gridcode import beidou, geosot
from gridcode.cover import Cover, compact, cover, uncompact
from gridcode.errors import LevelError, TooManyCellsError


@pytest.mark.parametrize(("system", "level"), GRIDS)
@given(data=st.data())
@settings(max_examples=25)
def test_compact_and_back(system: str, level: int, data: st.DataObject) -> None:
    shape = data.draw(polygons(2 * SIZES[system][level]))
    cells = cover(shape, level, system=system)
    small = compact(cells, system=system)
    assert len(small) <= len(cells)
    assert set(uncompact(small, level, system=system)) == set(cells)
    assert sorted(compact(uncompact(small, level, system=system), system=system)) == sorted(small)
    few = compact(cells, 8, system=system)
    assert len(few) <= 8
    assert set(cells) <= set(uncompact(few, level, system=system))
    assert sorted(compact(few, system=system)) == sorted(few)


def test_compact_takes_all_children_for_the_parent() -> None:
    for code in ("N50J47", "S29C15", "N31A"):
        children = [child.code for child in beidou.decode(code).children()]
        assert compact(children) == [code]
        assert len(compact(children[1:])) == len(children) - 1
        assert compact([*children[1:], code]) == [code]
    clipped = geosot.decode("G001310322-22")
    for below in (12, 14, 17):
        codes = [child.code for child in clipped.children(below)]
        assert compact(codes, system="geosot") == [clipped.code]


def test_compact_of_many_geometries_keeps_them_apart() -> None:
    children = [child.code for child in beidou.decode("N50J475").children()]
    column = np.array([*children, *children[:9]], np.bytes_)
    found = compact(Cover(np.array([0, 150, 150, 159]), column), 8)
    assert found.offsets.tolist() == [0, 1, 1, 2]
    assert found.cells[0] == b"N50J475"


def test_a_bound_that_cannot_be_kept() -> None:
    across = cover(shapely.box(-0.01, -0.01, 0.01, 0.01), 4)
    assert len(compact(across, 2)) == 2
    with pytest.raises(TooManyCellsError):
        compact(across, 1)
    assert compact(cover(shapely.box(-1, -1, 1, 1), 9, system="geosot"), 1, system="geosot") == [
        "G"
    ]


def test_uncompact_of_what_holds_the_caps() -> None:
    assert set(uncompact(["N"], 2)) == set(beidou.children("N", 2))
    assert set(uncompact(["S000", "S31A"], 2)) == {
        child for code in ("S000", "S31A") for child in beidou.children(code, 2)
    }
    assert compact(uncompact(["N"], 2)) == ["N"]
    whole = uncompact(["G"], 8, system="geosot")
    assert len(whole) == len(set(whole)) == 90 * 2 * 88 + 2
    assert uncompact(["G0020220"], 7, system="geosot") == ["G0020220"]
    assert uncompact(["G0020220"], 9, system="geosot") == []
    caps = uncompact(["G00202200"], 10, system="geosot")
    assert len(caps) == 16
    assert compact(caps, system="geosot") == ["G00202200"]


def test_uncompact_refuses_to_go_up() -> None:
    with pytest.raises(LevelError):
        uncompact(["N50J475"], 2)
