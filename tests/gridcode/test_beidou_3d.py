"""BeiDou codes with heights: what the standard and products print, and the laws of layers."""

from __future__ import annotations

import csv
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gridcode import beidou
from gridcode.beidou.solid import READINGS, Reading, height_axis
from gridcode.cover import cover, cover_3d
from gridcode.errors import CodeError, CoordinateError, GridCodeError, LengthError, PolarError
from gridcode.heights import face

TABLE = Path(__file__).parent.parent / "golden" / "beidou_3d.csv"
GOLDEN = list(csv.DictReader(TABLE.read_text("utf-8").splitlines()))
UNIT = 7372800
PLACE = 112.1, 32.0

# Height digits a0, a1a2, a3 to a11 as the standard says them, written out here once more:
# radices of tables 6.1 and 6.2, and the bits of C.14 from the top one (32) to the lowest (1).
RADICES = (64, 8, 2, 15, 15, 2, 8, 8, 8, 8)
BITS = (
    (31, 26),
    (25, 23),
    (22, 22),
    (21, 18),
    (17, 14),
    (13, 13),
    (12, 10),
    (9, 7),
    (6, 4),
    (3, 1),
)
PLACES = (1, 3, 2, 1, 2, 2, 1, 2, 2, 2, 2)

heights = st.one_of(st.floats(-6_300_000, 528_000_000), st.floats(-2500, 2500))
levels = st.integers(0, 10)
readings = st.sampled_from(READINGS)


def counted(height: Fraction) -> int:
    """The layer by C.12, with sixty digits."""
    with localcontext() as context:
        context.prec = 60
        pi = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
        metres = Decimal(height.numerator) / Decimal(height.denominator)
        degrees = (1 + metres / 6378137).ln() / (1 + pi / 180).ln()
        return int((UNIT * degrees).to_integral_value("ROUND_FLOOR"))


def written(layer: int, reading: str) -> list[str]:
    """The twelve digits of a layer, by level: the mirror rule, then the reading."""
    near, below = (layer, "0") if layer >= 0 else (-1 - layer, "1")
    if reading == "bits":
        word = f"{near:032b}"
        steps = [int(word[32 - high : 33 - low], 2) for high, low in BITS]
    else:
        steps = []
        for radix in reversed(RADICES):
            near, step = divmod(near, radix)
            steps.insert(0, step)
    return [below, f"{steps[0]:02}", *(f"{step:X}" for step in steps[1:])]


def interleaved(flat: str, digits: list[str]) -> str:
    """A 2D code and height digits, level by level."""
    text = ""
    for length, digit in zip(PLACES, digits, strict=True):
        segment, flat = flat[:length], flat[length:]
        text += segment + digit if segment else ""
    return text


def apart(code: str) -> str:
    """The twelve height digits of a code of level 10."""
    found, start = "", 0
    for number, length in enumerate(PLACES):
        start += length
        found += code[start : start + 1 + (number == 1)]
        start += 1 + (number == 1)
    return found


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: f"{row['kind']} {row['height']}")
def test_printed_vectors(row: dict[str, str]) -> None:
    for reading in READINGS if row["reading"] == "both" else (row["reading"],):
        level = int(row["level"])
        code = row["code"]
        if row["lon"]:
            place = float(row["lon"]), float(row["lat"]), float(row["height"])
            code = beidou.encode_3d(*place, level, reading)
        cell = beidou.decode_3d(code, reading)
        if row["kind"] == "base":
            assert [cell.base.code, str(cell.layer)] == row["value"].split()
        elif row["kind"] == "encode":
            assert code == row["code"]
        elif row["kind"] == "layer":
            assert cell.layer == int(row["value"])
        elif row["kind"] == "digits":
            assert apart(code) == row["value"]
        elif row["kind"] == "digit":
            assert apart(code)[5:7] == row["value"].replace(" ", "")
        else:
            assert code[-2:] == row["value"]


@given(heights, levels, readings)
@example(1839.5852749814966, 10, "radix")
@example(-1e-9, 10, "bits")
@example(0.0, 0, "radix")
def test_the_oracle_agrees(height: float, level: int, reading: Reading) -> None:
    layer = counted(Fraction(height))
    flat = beidou.encode(*PLACE, level)
    wanted = interleaved(flat, written(layer, reading))
    assert beidou.encode_3d(*PLACE, Fraction(height), level, reading) == wanted
    # a double nearer than a hundred-millionth of a layer to a face may be read on its other side
    found = beidou.encode_3d(*PLACE, height, level, reading)
    assert found in {interleaved(flat, written(layer + near, reading)) for near in (-1, 0, 1)}
    cell = beidou.decode_3d(found, reading)
    assert cell.bottom <= height < cell.top
    assert cell.base.code == flat


@given(st.floats(-1839.05, 1839.58))  # 122880 layers, which are thinner below
def test_the_readings_agree_near_the_ground(height: float) -> None:
    code = beidou.encode_3d(*PLACE, height)
    assert code == beidou.encode_3d(*PLACE, height, reading="bits")
    assert beidou.readings_3d(code) == ("radix", "bits")
    assert beidou.decode_3d(code).bottom == beidou.decode_3d(code, "bits").bottom


def test_where_the_readings_part() -> None:
    assert counted(Fraction("1839.585274981496")) == 122879
    assert counted(Fraction("1839.585274981497")) == 122880
    for number, same in ((122879, True), (122880, False)):
        height = face(number, UNIT)
        codes = {beidou.encode_3d(*PLACE, height, 10, reading) for reading in READINGS}
        assert len(codes) == (1 if same else 2)


@given(heights, levels, levels, readings)
def test_a_beginning_is_the_ancestor(height: float, a: int, b: int, reading: Reading) -> None:
    high, deep = sorted([a, b])
    above, below = (beidou.encode_3d(*PLACE, height, n, reading) for n in (high, deep))
    assert below.startswith(above)
    outer, inner = beidou.decode_3d(above, reading), beidou.decode_3d(below, reading)
    assert outer.bottom <= inner.bottom < inner.top <= outer.top
    assert outer.base.contains(inner.base)


@given(st.integers(-256 * UNIT, 256 * UNIT - 1), levels, readings)
@example(0, 10, "radix")
@example(-256 * UNIT, 10, "bits")
def test_code_bottom_code_and_up_and_down(number: int, level: int, reading: Reading) -> None:
    layer = int(height_axis(level, reading).at(np.array([number]))[0])
    bottom = float(height_axis(level, reading).edge(np.array([layer]))[0])
    code = beidou.encode_3d(*PLACE, bottom, level, reading)
    cell = beidou.decode_3d(code.lower(), reading)
    assert (cell.code, cell.layer, cell.bottom) == (code, layer, bottom)
    assert cell.normal_heights(-12.5) == (bottom + 12.5, cell.top + 12.5)
    half = height_axis(level, reading).lattice.half
    if layer + 1 < half:
        assert cell.above().bottom == cell.top
        assert cell.above().below() == cell
    else:
        with pytest.raises(CoordinateError, match="no layer beyond"):
            cell.above()


def test_columns_are_as_points() -> None:
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(-180, 180, 200), rng.uniform(-88, 88, 200)
    metres = np.concatenate([rng.uniform(-5000, 90000, 190), np.linspace(-1e-9, 1e-9, 10)])
    for reading in READINGS:
        for level in range(11):
            codes = beidou.encode_3d(lon, lat, metres, level, reading)
            points = zip(lon.tolist(), lat.tolist(), metres.tolist(), strict=True)
            assert [code.decode() for code in codes.tolist()] == [
                beidou.encode_3d(*point, level, reading) for point in points
            ]
    assert beidou.encode_3d(lon[:0], lat[:0], metres[:0], 8).dtype == "S26"


@pytest.mark.parametrize(
    ("code", "only"),
    [("N050J0047050340D9F", "bits"), ("N050J004705034F", "bits"), ("N050J57", "radix")],
)
def test_a_code_that_only_one_reading_has(code: str, only: Reading) -> None:
    other = next(reading for reading in READINGS if reading != only)
    assert beidou.readings_3d(code) == (only,)
    assert beidou.decode_3d(code, only).code == code
    with pytest.raises(CodeError, match=f"reading='{only}', the only one"):
        beidou.decode_3d(code, other)


@pytest.mark.parametrize(
    ("code", "position"),
    [
        ("", 0),
        ("N50J47", 2),
        ("N250J00", 1),
        ("N050J64", 5),
        ("N050J70", 5),
        ("N050J0A", 6),
        ("N050J00478", 9),
        ("N050J004705234", 12),
    ],
)
def test_what_is_no_3d_code(code: str, position: int) -> None:
    for reading in READINGS:
        with pytest.raises(CodeError) as caught:
            beidou.decode_3d(code, reading)
        assert caught.value.position == position


def test_what_has_no_3d_code() -> None:
    with pytest.raises(LengthError):
        beidou.decode_3d("N050J0")
    with pytest.raises(GridCodeError, match="radix, bits"):
        beidou.encode_3d(1, 1, 1, 5, "nested")  # type: ignore[call-overload]
    for height in (6e8, -6378137.0, float("nan"), Fraction(10**9)):
        with pytest.raises(CoordinateError, match="beyond the layers"):
            beidou.encode_3d(1, 1, height, 5)
    with pytest.raises(CoordinateError, match="another length"):
        beidou.encode_3d(np.zeros(2), np.zeros(2), np.zeros(3), 5)
    with pytest.raises(PolarError):
        beidou.encode_3d(1, 89, 1, 5)


def test_caps_have_heights_at_their_levels() -> None:
    cell = beidou.decode_3d(beidou.encode_3d(130, -89.2, -5, 2))
    assert (cell.code, cell.base.code, cell.layer) == ("S100000020", "S00002", -1)


def test_prisms_are_footprints_times_layers() -> None:
    roof = shapely.box(112.14, 32.02, 112.1411, 32.0208)
    flat = cover(roof, 6)
    for reading in READINGS:
        codes = cover_3d(roof, 6, -30.0, 200.0, reading=reading)
        cells = [beidou.decode_3d(code, reading) for code in codes]
        assert {cell.base.code for cell in cells} == set(flat)
        assert {cell.layer for cell in cells} == {-1, 0, 1, 2, 3}
        assert len(cells) == 5 * len(flat)


@settings(max_examples=15)
@given(heights, st.integers(1, 9), readings)
def test_kin_of_solids(height: float, level: int, reading: Reading) -> None:
    cell = beidou.decode_3d(beidou.encode_3d(-0.01, 0.01, height, level, reading), reading)
    children = cell.children() if level not in (3, 4) else []
    assert all(child.parent() == cell and cell.contains(child) for child in children)
    assert [child.code for child in children if not child.code.startswith(cell.code)] == []
    assert len({child.code for child in children}) == len(children)
    if children:
        assert min(child.bottom for child in children) == cell.bottom
        assert max(child.top for child in children) == cell.top
    for diagonal, count in ((True, 26), (False, 6)):
        found = cell.neighbours(diagonal)
        if abs(height) < 400_000_000 and height > -6_000_000 and level > 1:
            assert len({other.code for other in found}) == count
        assert all(cell in other.neighbours(diagonal) for other in found[:3])
        assert not any(cell.contains(other) for other in found)
