"""GeoSOT against printed vectors, against a slow oracle, and its own laws."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import oracle_geosot as oracle
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gridcode import conversion, geosot
from gridcode.errors import CodeError, GridCodeError, LevelError, PolarError, SymbolError

TABLE = Path(__file__).parent.parent / "golden" / "geosot.csv"
GOLDEN = list(csv.DictReader(TABLE.read_text("utf-8").splitlines()))
UNIT = 7372800

body_lat = st.integers(-88 * UNIT + 1, 88 * UNIT - 1)
any_lon = st.integers(-180 * UNIT, 180 * UNIT)
levels = st.integers(1, 32)


def golden(*kinds: str) -> list[dict[str, str]]:
    return [row for row in GOLDEN if row["kind"] in kinds]


def number(text: str) -> float | str:
    return text if "°" in text else float(text)


@pytest.mark.parametrize("row", golden("encode", "cap"), ids=lambda row: row["code"])
def test_printed_codes(row: dict[str, str]) -> None:
    code = geosot.encode(number(row["lon"]), number(row["lat"]), int(row["level"]))
    assert geosot.compact(code) == geosot.compact(row["code"])
    if row["kind"] == "cap":
        assert geosot.decode(code).exact_bounds == tuple(map(Fraction, row["value"].split()))


@pytest.mark.parametrize("row", golden("bounds", "box"), ids=lambda row: row["value"])
def test_printed_bounds(row: dict[str, str]) -> None:
    code = row["code"] or geosot.encode(float(row["lon"]), float(row["lat"]), int(row["level"]))
    wanted = [float(side) for side in row["value"].split()]
    assert geosot.decode(code).bounds == pytest.approx(wanted, abs=6e-7)


@pytest.mark.parametrize("row", golden("decimal", "point"), ids=lambda row: row["value"])
def test_printed_decimals(row: dict[str, str]) -> None:
    code = row["code"] or geosot.encode(float(row["lon"]), float(row["lat"]), int(row["level"]))
    assert geosot.format_morton(code) == row["value"]
    assert geosot.parse_morton(row["value"]) == geosot.validate(code)


@pytest.mark.parametrize("row", golden("beidou", "twin"), ids=lambda row: row["value"])
def test_printed_twins(row: dict[str, str]) -> None:
    if row["kind"] == "beidou":
        assert conversion.to_beidou(row["code"]) == row["value"]
    else:
        assert geosot.format_morton(conversion.to_geosot(row["code"])) == row["value"]


@given(any_lon, body_lat, st.integers(0, 32))
@example(-180 * UNIT, 0, 32)
def test_the_oracle_agrees(x: int, y: int, level: int) -> None:
    lon, lat = Fraction(x, UNIT), Fraction(y, UNIT)
    code = geosot.encode(lon, lat, level)
    if abs(x) == 180 * UNIT:
        x, lon = -1, Fraction(-180 * UNIT + 1, UNIT)
    assert code == oracle.code(lon, lat, level, x < 0, y < 0)
    assert geosot.decode(code).exact_bounds == oracle.bounds(code)


@given(st.text("0123", min_size=1, max_size=32))
@example("001310322333300")
@example("112110")
def test_only_real_cells_are_codes(digits: str) -> None:
    code = "G" + digits
    _, south, _, north = oracle.bounds(code)
    polar = len(digits) >= 8 and max(north, -south) > 88
    if not polar:
        assert geosot.is_valid(code) == oracle.exists(code)
    elif len(digits) <= 10 and geosot.is_valid(code):
        assert geosot.encode(*geosot.corner(code), len(digits)) == geosot.validate(code)


@given(any_lon, body_lat, levels)
def test_code_corner_code(x: int, y: int, level: int) -> None:
    code = geosot.encode(Fraction(x, UNIT), Fraction(y, UNIT), level)
    assert geosot.encode(*geosot.corner(code), level) == code
    assert geosot.validate(geosot.compact(code).lower()) == code == geosot.validate(code)


@given(any_lon, body_lat, levels, levels)
def test_a_beginning_is_the_ancestor(x: int, y: int, deep: int, high: int) -> None:
    high, deep = sorted([high, deep])
    lon, lat = Fraction(x, UNIT), Fraction(y, UNIT)
    above, below = geosot.encode(lon, lat, high), geosot.encode(lon, lat, deep)
    assert geosot.compact(below).startswith(geosot.compact(above))
    assert geosot.parent(below, high) == above
    assert geosot.contains(above, below)
    first, last = geosot.integer_range(geosot.to_integer(above))
    assert first <= geosot.to_integer(below) <= last


@given(any_lon, body_lat, st.integers(0, 31))
def test_children_are_the_whole(x: int, y: int, level: int) -> None:
    cell = geosot.decode(geosot.encode(Fraction(x, UNIT), Fraction(y, UNIT), level))
    children = cell.children()
    area = sum(_area(child.exact_bounds) for child in children)
    cut_off = level < 8 and max(cell.exact_bounds.north, -cell.exact_bounds.south) > 88
    if level == 7 and cut_off:
        assert not children or area < _area(cell.exact_bounds)
    else:
        assert area == _area(cell.exact_bounds)
    assert all(child.parent() == cell for child in children)
    assert 1 <= len(children) <= 4 or cut_off


def _area(bounds: tuple[Fraction, Fraction, Fraction, Fraction]) -> Fraction:
    west, south, east, north = bounds
    return (east - west) * (north - south)


@given(any_lon, st.one_of(body_lat, st.integers(-90 * UNIT, 90 * UNIT)), levels, st.booleans())
@example(x=0, y=88 * UNIT - 1, level=9, diagonal=True)
@example(x=60 * UNIT, y=-88 * UNIT + 1, level=10, diagonal=False)
def test_neighbours_are_mutual(x: int, y: int, level: int, diagonal: bool) -> None:
    try:
        cell = geosot.decode(geosot.encode(Fraction(x, UNIT), Fraction(y, UNIT), level))
    except PolarError:
        return
    for other in cell.neighbours(diagonal):
        assert cell in other.neighbours(diagonal)
        assert other.level == level
        assert other != cell


def test_neighbours_cross_clipped_sides() -> None:
    cell = geosot.decode("G001310322-230230")
    assert len(cell.neighbours()) == 8
    west = geosot.decode(geosot.encode(Fraction(116) - Fraction(1, UNIT), 39.91, 16))
    assert west.exact_bounds.east == 116
    assert west.exact_bounds.west == 116 - Fraction(28, 3600)
    east = [other for other in west.neighbours(diagonal=False) if other.exact_bounds.west == 116]
    assert len(east) == 1


def test_columns_are_as_points() -> None:
    rng = np.random.default_rng(20)
    edges = np.array([0.0, -0.0, 180.0, -180.0, 128.0, -128.0, 1 / 60, -1e-12])
    lon = np.concatenate([rng.uniform(-180, 180, 60), edges])
    lat = np.concatenate([rng.uniform(-90, 90, 60), [88.0, -88.0, 90.0, -90.0, 0.0, 89.0, 1.0, 0]])
    for level in range(33):
        if level > 10:
            lat = np.clip(lat, -87.9, 87.9)
        codes = geosot.encode(lon, lat, level)
        points = zip(lon.tolist(), lat.tolist(), strict=True)
        single = [geosot.encode(x, y, level) for x, y in points]
        assert [code.decode() for code in codes.tolist()] == single
        numbers = geosot.encode_integer(lon, lat, level)
        assert numbers.tolist() == [geosot.to_integer(code) for code in single]
        assert (geosot.to_integer(codes) == numbers).all()
        plain = np.char.replace(np.char.replace(codes, b"-", b""), b".", b"")
        assert (geosot.to_integer(plain) == numbers).all()
        assert (geosot.from_integer(numbers) == codes).all()
        cells = geosot.decode(codes)
        wanted = np.array([geosot.decode(code).bounds for code in single])
        assert np.array_equal(np.column_stack(cells[1:]), wanted)


def test_numbers_are_in_the_order_of_codes() -> None:
    rng = np.random.default_rng(4)
    codes = geosot.encode(rng.uniform(-180, 180, 500), rng.uniform(-88, 88, 500), 20)
    numbers = geosot.to_integer(codes)
    assert (np.argsort(codes, kind="stable") == np.argsort(numbers, kind="stable")).all()


def test_columns_of_mixed_levels_round_trip() -> None:
    codes = [geosot.encode(112.14, 32.02, level) for level in range(33)]
    numbers = geosot.to_integer(np.array(codes))
    assert [code.decode() for code in geosot.from_integer(numbers).tolist()] == codes


@pytest.mark.parametrize(
    ("code", "error", "position"),
    [
        ("G4", SymbolError, 1),
        ("N0", SymbolError, 0),
        ("G02", SymbolError, 2),
        ("G001310322-333300", SymbolError, 14),
        ("G0013103-22", CodeError, 8),
        ("G" + "0" * 33, CodeError, 33),
        ("G00202201", SymbolError, 8),
        ("G002022002-20", PolarError, None),
    ],
)
def test_what_is_no_code(code: str, error: type[GridCodeError], position: int | None) -> None:
    with pytest.raises(error) as caught:
        geosot.validate(code)
    assert caught.value.position == position
    assert not geosot.is_valid(code)


def test_bad_rows_are_named() -> None:
    with pytest.raises(SymbolError, match="row 1: "):
        geosot.to_integer(np.array(["G001", "G004"]))
    with pytest.raises(CodeError, match="row 1 "):
        geosot.from_integer(np.array([0, -(2**63)]))


def test_caps_below_level_10_are_refused() -> None:
    with pytest.raises(PolarError, match="no level 11"):
        geosot.encode(0, 88, 11)
    with pytest.raises(PolarError, match="no level 32"):
        geosot.encode(np.array([0.0]), np.array([-89.0]), 32)
    with pytest.raises(LevelError):
        geosot.encode(0, 0, 33)


def test_the_kin_of_the_caps_is_the_table() -> None:
    cap = geosot.decode("G00202200")
    assert [cell.code for cell in cap.children()] == [
        "G002022002", "G002022000", "G002022001", "G102022000",
    ]  # fmt: skip
    assert {cell.parent(8) for cell in cap.children(10)} == {cap}
    assert len(cap.children(10)) == 16
    assert len(geosot.decode("G").children(8)) == 90 * 88 * 2 + 2
    assert cap.parent(0).contains(cap)
    assert not geosot.contains("G0020220", "G00202200")


def test_a_number_of_no_cell_has_no_range() -> None:
    for number in (-(1 << 63), 1 << 63, 10**30):
        with pytest.raises(CodeError):
            geosot.integer_range(number)
