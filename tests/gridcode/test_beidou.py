"""The BeiDou grid against printed vectors, against a slow oracle, and its own laws."""

from __future__ import annotations

import csv
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import oracle_beidou as oracle
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gridcode import beidou
from gridcode.beidou import reference
from gridcode.cell import Cell
from gridcode.errors import (
    CodeError,
    CoordinateError,
    LengthError,
    LevelError,
    MixedSystemsError,
    PolarError,
    SymbolError,
)

TABLE = Path(__file__).parent.parent / "golden" / "beidou.csv"
GOLDEN = list(csv.DictReader(TABLE.read_text("utf-8").splitlines()))
UNIT = 7372800

body_lat = st.one_of(st.integers(-88 * UNIT + 1, 88 * UNIT - 1), st.integers(-9000, 9000))
any_lon = st.one_of(st.integers(-180 * UNIT, 180 * UNIT), st.integers(-9000, 9000))
levels = st.integers(1, 10)


def golden(*kinds: str) -> list[dict[str, str]]:
    return [row for row in GOLDEN if row["kind"] in kinds]


def at(x: int, y: int, level: int) -> str:
    return beidou.encode(Fraction(x, UNIT), Fraction(y, UNIT), level)


@pytest.mark.parametrize("row", golden("encode", "cap", "corner"), ids=lambda row: row["code"])
def test_printed_codes(row: dict[str, str]) -> None:
    level = int(row["level"])
    # A printed corner is a rounded double: half a finest cell inwards it is beyond all doubt.
    nudge = Fraction(1, 2 * UNIT) if row["kind"] == "corner" else 0
    place = [
        row[axis] if "°" in row[axis] else Fraction(row[axis]) + nudge for axis in ("lon", "lat")
    ]
    assert beidou.encode(place[0], place[1], level) == row["code"]
    if row["kind"] == "cap":
        assert beidou.decode(row["code"]).exact_bounds == tuple(map(Fraction, row["value"].split()))
    elif row["kind"] == "corner":
        corner = [float(side.degrees) for side in beidou.corner(row["code"])]
        assert corner == pytest.approx([float(row["lon"]), float(row["lat"])], abs=1e-13)


@pytest.mark.parametrize("row", golden("reference"), ids=lambda row: row["value"])
def test_printed_reference_codes(row: dict[str, str]) -> None:
    assert reference.decode(row["value"]) == row["code"]
    assert reference.encode(row["code"], row["value"].split("-")[0]) == row["value"]


@given(any_lon, body_lat, st.integers(0, 10))
@example(-180 * UNIT, 0, 10)
@example(180 * UNIT, -1, 10)
@example(-6 * UNIT, -4 * UNIT, 2)
def test_the_oracle_agrees(x: int, y: int, level: int) -> None:
    code = at(x, y, level)
    if abs(x) == 180 * UNIT:  # both are just inside the western edge
        x = -180 * UNIT + 1
    assert code == oracle.code(Fraction(x, UNIT), Fraction(y, UNIT), level, x < 0, y < 0)
    if level:
        assert beidou.decode(code).exact_bounds == oracle.bounds(code)


@given(any_lon, body_lat, st.fractions(0, Fraction(2047, 2048), max_denominator=10**9), levels)
def test_exact_input_is_exact(x: int, y: int, part: Fraction, level: int) -> None:
    """Anything within a finest cell has its code, and so has its text and its (d, m, s)."""
    x = abs(x) % (180 * UNIT)
    lon = (x + part) / UNIT
    code = beidou.encode(lon, Fraction(y, UNIT), level)
    assert code == at(x, y, level)
    degrees, minutes = x // UNIT, x % UNIT // (60 * 2048)
    seconds = Decimal(x % (60 * 2048)) / 2048
    assert beidou.encode((degrees, minutes, seconds), Fraction(y, UNIT), level) == code
    for text in (f"{degrees}°{minutes}'{seconds}\"E", f"东经{degrees}度{minutes}分{seconds}秒"):
        assert beidou.encode(text, Fraction(y, UNIT), level) == code


@given(st.floats(-180, 180), st.floats(-88, 88, exclude_max=True, exclude_min=True), levels)
def test_a_float_is_multiplied_once(lon: float, lat: float, level: int) -> None:
    x, y = (math.floor(abs(value) * 7372800.0) for value in (lon, lat))
    west = lon < 0 or x == 180 * UNIT
    wanted = oracle.code(
        Fraction(min(x, 180 * UNIT - 1), UNIT), Fraction(y, UNIT), level, west, lat < 0
    )
    assert beidou.encode(lon, lat, level) == wanted
    assert beidou.encode(np.array([lon]), np.array([lat]), level)[0].decode() == wanted


@given(any_lon, body_lat, st.integers(0, 10))
def test_code_corner_code(x: int, y: int, level: int) -> None:
    code = at(x, y, level)
    assert beidou.encode(*beidou.corner(code), level) == code
    assert beidou.encode(*beidou.decode(code).exact_center, level) == code
    assert beidou.validate(f" {code.lower()} ") == code == beidou.validate(code)
    assert beidou.compact(beidou.format(code, " ")) == code
    assert "".join(beidou.parse(code).segments) == code
    assert beidou.from_integer(beidou.to_integer(code)) == code


@given(any_lon, body_lat, levels, levels)
def test_a_beginning_is_the_ancestor(x: int, y: int, deep: int, high: int) -> None:
    high, deep = sorted([high, deep])
    above, below = at(x, y, high), at(x, y, deep)
    assert below.startswith(above)
    assert beidou.parent(below, high) == above
    assert beidou.contains(above, below)
    first, last = beidou.integer_range(beidou.to_integer(above))
    assert first <= beidou.to_integer(below) <= last
    assert not beidou.contains(below, above) or high == deep


@given(st.integers(1, 180 * UNIT - 1), st.integers(1, 88 * UNIT - 1), st.integers(2, 10))
def test_quadrants_mirror(x: int, y: int, level: int) -> None:
    codes = [at(a, b, level) for a, b in ((x, y), (-x, y), (-x, -y), (x, -y))]
    assert len({code[3:] for code in codes}) == 1
    assert [code[0] for code in codes] == ["N", "N", "S", "S"]
    zones = [int(code[1:3]) for code in codes]
    assert zones[0] + zones[1] == 61
    assert zones == [zones[0], zones[1], zones[1], zones[0]]


@given(any_lon, body_lat, any_lon, body_lat, levels, levels)
def test_numbers_stand_in_the_order_of_codes(
    x: int, y: int, other_x: int, other_y: int, level: int, other: int
) -> None:
    codes = sorted([at(x, y, level), at(other_x, other_y, other)])
    numbers = [beidou.to_integer(code) for code in codes]
    assert numbers == sorted(numbers)
    assert (numbers[0] == numbers[1]) == (codes[0] == codes[1])
    assert numbers[0] >= 0
    assert numbers[1] < 2**63
    first, last = beidou.integer_range(numbers[0])
    assert (first <= numbers[1] <= last) == beidou.contains(codes[0], codes[1])


def touching(a: Cell, b: Cell) -> tuple[bool, bool]:
    """Whether two cells share part of a side, and whether they share at least a corner."""
    one, two = a.exact_bounds, b.exact_bounds
    across = min(one.north, two.north) - max(one.south, two.south)
    along = max(
        min(one.east + 360 * (one.west > one.east), two.east + 360 * (two.west > two.east) + turn)
        - max(one.west, two.west + turn)
        for turn in (-360, 0, 360)
    )
    meet = min(across, along) == 0
    return meet and max(across, along) > 0, meet


@settings(deadline=None)  # a cap has 720 cells below it
@given(any_lon, st.integers(-90 * UNIT, 90 * UNIT), levels)
@example(0, 0, 1)
@example(-180 * UNIT, 0, 10)
@example(179 * UNIT, -88 * UNIT + 1, 1)
@example(5 * UNIT, 88 * UNIT - 1, 2)
@example(-120 * UNIT, 88 * UNIT, 2)
@example(0, 89 * UNIT + UNIT // 4, 2)
@example(0, 90 * UNIT, 2)
@example(0, -90 * UNIT, 1)
def test_neighbours_touch_and_are_mutual(x: int, y: int, level: int) -> None:
    if abs(y) >= 88 * UNIT:
        level = min(level, 2)
    cell = beidou.decode(at(x, y, level))
    for diagonal in (False, True):
        found = cell.neighbours(diagonal)
        assert len({other.code for other in found}) == len(found)
        assert all(touching(cell, other)[diagonal] for other in found)
        for other in found:
            assert cell in other.neighbours(diagonal)
    inner = abs(y) < 84 * UNIT
    assert not inner or (len(cell.neighbours(False)), len(cell.neighbours())) == (4, 8)


@pytest.mark.parametrize("level", [1, 2])
def test_caps_have_all_their_neighbours(level: int) -> None:
    """Around each cap cell every cell that touches it is a neighbour, in the cap and below it."""
    outermost = ("V", "7")[:level]  # of the body, the only rows that can touch the cap
    north = [c for c in beidou.children("N", level) if c[:4] == "N000" or (*c[3::2],) == outermost]
    cells = [beidou.decode(code) for code in north]
    for cell in cells:
        if cell.code.startswith("N000"):
            found = {other.code for other in cell.neighbours()}
            wanted = {o.code for o in cells if o != cell and touching(cell, o)[1]}
            assert found == wanted


@settings(max_examples=40)
@given(any_lon, body_lat, st.integers(0, 9))
def test_children_are_the_whole(x: int, y: int, level: int) -> None:
    cell = beidou.decode(at(x, y, level))
    children = cell.children()
    assert all(child.parent() == cell for child in children)
    assert [child.code for child in children] == sorted({child.code for child in children})
    assert sum(_area(child) for child in children) == _area(cell)


def _area(cell: Cell) -> Fraction:
    west, south, east, north = cell.exact_bounds
    return (east - west + 360 * (west > east)) * (north - south)


@pytest.mark.parametrize(
    ("lon", "lat", "code"),
    [
        (0, 0, "N31A00"),
        (-0.0, -0.0, "N31A00"),
        (-1e-9, -1e-9, "S30A00"),
        (-6, 4, "N29B00"),
        (6, -4, "S32B00"),
        (180, 0, "N01AB0"),
        (-180, 0, "N01AB0"),
        (179.99999999999997, 87.99999999999999, "N60VB7"),
        (0, 88, "N00010"),
        (0, -88, "S00010"),
        (0, 90, "N00000"),
    ],
)
def test_edges(lon: float, lat: float, code: str) -> None:
    assert beidou.encode(lon, lat, 2) == code
    assert beidou.encode(np.array([lon, 1.0]), np.array([lat, 1.0]), 2)[0].decode() == code
    assert beidou.to_integer(code) == beidou.encode_integer(lon, lat, 2)


@pytest.mark.parametrize("level", range(3, 11))
def test_caps_refuse_deeper_levels(level: int) -> None:
    for lat in (88, -88, 90, -89.5):
        with pytest.raises(PolarError, match="does not draw"):
            beidou.encode(10, lat, level)
        with pytest.raises(PolarError, match="does not draw"):
            beidou.encode(np.array([10.0]), np.array([lat], float), level)
        with pytest.raises(PolarError, match="does not draw"):
            beidou.encode_integer(np.array([10.0]), np.array([lat], float), level)


@pytest.mark.parametrize(
    ("text", "error", "position"),
    [
        ("", LengthError, 0),
        ("N50J4", LengthError, 4),
        ("X50J", SymbolError, 0),
        ("N00A", SymbolError, 1),
        ("N61A", SymbolError, 1),
        ("N5XA", SymbolError, 2),
        ("N50W", SymbolError, 3),
        ("N50JC7", SymbolError, 4),
        ("N50J48", SymbolError, 5),
        ("N50J476", SymbolError, 6),
        ("N50J4753A", SymbolError, 8),
        ("N50J475F9", SymbolError, 7),
        ("N50J47539B84", SymbolError, 11),
        ("N50J47539B8285", SymbolError, 12),
        ("N50J47539B8258", SymbolError, 13),
        ("N00004", SymbolError, 5),
        ("N00040", SymbolError, 4),
        ("N0001000", LengthError, 7),
    ],
)
def test_what_is_no_code(text: str, error: type[CodeError], position: int) -> None:
    with pytest.raises(error) as caught:
        beidou.validate(text)
    assert (caught.value.text, caught.value.position) == (text, position)
    assert not beidou.is_valid(text)
    with pytest.raises(CodeError) as in_column:
        beidou.to_integer(np.array([b"N", text.encode() or b"?"]))
    assert in_column.value.row == 1


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        (math.nan, 0),
        (math.inf, 0),
        (Decimal("NaN"), 0),
        (180.0000001, 0),
        (0, Fraction(-90 * UNIT - 1, UNIT)),
        ("116°60'E", 0),
        ("116N", 0),
        ("-116W", 0),
        (0, "12°34'56\"E"),
        ((1, -2, 3), 0),
        ((1, 2), 0),
        (True, 0),
        ("east", 0),
        (0, "95"),
    ],
)
def test_what_is_no_place(lon: object, lat: object) -> None:
    with pytest.raises(CoordinateError):
        beidou.encode(lon, lat, 5)  # type: ignore[call-overload]


def test_errors_of_cells() -> None:
    for level in (-1, 11, 2.5, True, "3"):
        with pytest.raises(LevelError):
            beidou.encode(1, 1, level)  # type: ignore[call-overload]
    cell = beidou.decode("N50J47")
    with pytest.raises(LevelError):
        cell.parent(2)
    with pytest.raises(LevelError):
        cell.children(2)
    with pytest.raises(MixedSystemsError):
        cell.contains(Cell("h3", "x", 1, cell.exact_bounds, cell.exact_center))
    for number in (-1, 2**63 - 1):
        with pytest.raises(CodeError):
            beidou.from_integer(number)
        with pytest.raises(CodeError):
            beidou.from_integer(np.array([0, number]))
