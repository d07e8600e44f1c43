"""Reference codes and short codes (GB/T 39409-2020 clauses 7 and 8)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcode import beidou
from gridcode.beidou import reference
from gridcode.beidou.reference import PlaceNames
from gridcode.coordinates import Angle
from gridcode.errors import GridCodeError, LevelError, OffsetError, PlaceNameError, SymbolError

UNIT = 7372800
TURN, POLE = 180 * UNIT, 88 * UNIT
OFFSETS = "01234567ABCDEFG"
SIZE = {5: 8192, 6: 4096, 7: 512, 8: 64, 9: 8, 10: 1}


def code_at(east: int, north: int, level: int) -> str:
    """The cell of a whole place, where -1 is the first unit west or south of zero."""
    east = (east + TURN) % (2 * TURN) - TURN
    lon = Angle(-1 - east, True) if east < 0 else Angle(east, False)
    lat = Angle(-1 - north, True) if north < 0 else Angle(north, False)
    return beidou.encode(lon, lat, level)


places = st.tuples(
    st.one_of(st.integers(-TURN, TURN - 1), st.integers(-70_000, 70_000)),
    st.one_of(st.integers(-POLE + 70_000, POLE - 70_000), st.integers(-70_000, 70_000)),
)
steps = st.integers(-7, 7)


@given(places, steps, steps, st.integers(5, 10), st.integers(0, 5))
def test_offsets_are_geographic_in_every_quadrant(
    place: tuple[int, int], east: int, north: int, level: int, deeper: int
) -> None:
    size, depth = SIZE[level], min(10, level + deeper)
    known = code_at(*place, level)
    target = code_at(place[0] + east * size, place[1] + north * size, depth)
    text = reference.encode(target, known)
    letters = [str(n) if n >= 0 else chr(ord("A") - 1 - n) for n in (east, north)]
    assert text.startswith(f"{known}-{''.join(letters)}")
    assert len(text) == len(known) + 3 * (1 + depth - level)
    assert reference.decode(text.lower()) == target


@pytest.mark.parametrize(
    ("text", "error", "position"),
    [
        ("N50J475491E", SymbolError, 11),
        ("N50J475491E-8A", SymbolError, 12),
        ("N50J475491E-2", SymbolError, 12),
        (" N50J 475491E-2-0", SymbolError, 12),
        ("N50J475491E-20-02", SymbolError, 15),
        ("N50J47549-20", LevelError, None),
        ("N50J47539B825534-00-00-00-00", LevelError, 26),
        ("N00000-00", LevelError, None),
    ],
)
def test_what_is_no_reference_code(
    text: str, error: type[GridCodeError], position: int | None
) -> None:
    with pytest.raises(error) as caught:
        reference.decode(text)
    assert caught.value.position == position


def test_targets_out_of_reach() -> None:
    top = code_at(0, POLE - 1, 5)
    with pytest.raises(OffsetError, match="polar cap"):
        reference.decode(f"{top}-01")
    with pytest.raises(OffsetError, match="8 cells east"):
        reference.encode(code_at(8 * 8192, 0, 5), code_at(0, 0, 5))
    with pytest.raises(LevelError, match="above the reference"):
        reference.encode("N50J47549", "N50J475491E")


def test_register_of_place_names() -> None:
    names = PlaceNames({"求是塔": "n50j475491e"})
    names.register("襄阳 古城", "N49I80081532")
    assert dict(names) == {"求是塔": "N50J475491E", "襄阳 古城": "N49I80081532"}
    assert names.decode(" 求是塔-2 0 ") == "N50J475493E"
    for name in ("求是塔", "", " x", "a-b"):
        with pytest.raises(PlaceNameError):
            names.register(name, "N50J475491E")
    with pytest.raises(PlaceNameError, match="no such place"):
        names.encode("N50J475491E", "鼓楼")
    with pytest.raises(LevelError):
        names.register("市", "N50J")
    with pytest.raises(SymbolError, match="hyphen"):
        names.decode("求是塔")
