"""GeoSOT with heights: what products print, and the laws of layers."""

from __future__ import annotations

import csv
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcode import geosot
from gridcode.errors import CoordinateError, GridCodeError, LengthError, SymbolError
from gridcode.geosot.solid import Reading
from gridcode.heights import face, layer

TABLE = Path(__file__).parent.parent / "golden" / "geosot_3d.csv"
GOLDEN = list(csv.DictReader(TABLE.read_text("utf-8").splitlines()))
READINGS = ("nested", "packed")

heights = st.floats(-6_000_000, 400_000_000)
levels = st.integers(1, 32)
readings = st.sampled_from(READINGS)


def coded(row: dict[str, str]) -> str:
    if row["code"]:
        return row["code"]
    place = float(row["lon"]), float(row["lat"]), float(row["height"])
    return geosot.encode_3d(*place, int(row["level"]), cast("Reading", row["reading"]))


def word(code: str) -> int:
    """The 32 bits of height of a code."""
    return int("".join(str(int(digit) & 1) for digit in code[2:]).ljust(32, "0"), 2)


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["clause"])
def test_printed_vectors(row: dict[str, str]) -> None:
    reading, level = cast("Reading", row["reading"]), int(row["level"])
    if row["kind"] == "face":
        number, metres = row["value"].split()
        finest = int(number) << 32 - level
        assert face(finest, 1 << 23) == pytest.approx(float(metres), rel=1e-11)
        return
    code = coded(row)
    cell = geosot.decode_3d(code, reading)
    if row["kind"] == "encode":
        place = float(row["lon"]), float(row["lat"]), float(row["height"])
        assert geosot.encode_3d(*place, level, reading) == row["code"]
    elif row["kind"] == "layer":
        assert cell.layer == int(row["value"])
        assert cell.bottom <= float(row["height"]) < cell.top
    elif row["kind"] == "word":
        assert word(code) == int(row["value"])
    elif row["kind"] == "base":
        assert cell.base.code == row["value"]
    else:
        wanted = [float(metres) for metres in row["value"].split()]
        assert [cell.bottom, cell.top][: len(wanted)] == pytest.approx(wanted, rel=5e-8)


@given(heights, st.sampled_from([7372800, 1 << 23]))
def test_layers_are_those_of_the_formula(height: float, parts: int) -> None:
    with localcontext() as context:
        context.prec = 50
        pi = Decimal("3.14159265358979323846264338327950288419716939937510582")
        exact = parts * (1 + Decimal(height) / 6378137).ln() / (1 + pi / 180).ln()
    found = layer(height, parts)
    assert found - Decimal("1e-6") <= exact < found + 1 + Decimal("1e-6")
    assert found - 1 <= layer(Fraction(height), parts) <= found + 1
    if abs(exact - round(exact)) > Decimal("1e-6"):
        assert found == layer(Fraction(height), parts) == math.floor(exact)
    assert layer(face(found, parts), parts) == found


@given(heights, levels, levels, readings)
def test_a_beginning_is_the_ancestor(height: float, a: int, b: int, reading: Reading) -> None:
    high, deep = sorted([a, b])
    above, below = (geosot.encode_3d(112.1, 32.0, height, n, reading) for n in (high, deep))
    assert below.startswith(above)
    outer, inner = geosot.decode_3d(above, reading), geosot.decode_3d(below, reading)
    assert outer.bottom <= inner.bottom <= height < inner.top <= outer.top
    assert outer.base.contains(inner.base)


@given(heights, levels, readings)
def test_up_and_down_again(height: float, level: int, reading: Reading) -> None:
    cell = geosot.decode_3d(geosot.encode_3d(-71.5, -33.4, height, level, reading), reading)
    if cell.layer + 1 < 2 ** (level - 1) and cell.top < 400_000_000:
        above = cell.above()
        assert above.bottom == cell.top
        assert above.below() == cell
        assert geosot.decode_3d(above.code, reading) == above
    assert cell.normal_heights(20.0) == (cell.bottom - 20.0, cell.top - 20.0)


def test_columns_are_as_points() -> None:
    rng = np.random.default_rng(5)
    lon, lat = rng.uniform(-180, 180, 200), rng.uniform(-87, 87, 200)
    metres = rng.uniform(-5000, 90000, 200)
    for reading in READINGS:
        for level in (1, 9, 15, 23, 32):
            codes = geosot.encode_3d(lon, lat, metres, level, reading)
            points = zip(lon.tolist(), lat.tolist(), metres.tolist(), strict=True)
            assert [code.decode() for code in codes.tolist()] == [
                geosot.encode_3d(*point, level, reading) for point in points
            ]


def test_a_code_that_only_one_reading_has() -> None:
    code = geosot.encode_3d(112.1, 32.0, 110_000, 15, "nested")
    assert geosot.decode_3d(code).bottom <= 110_000
    with pytest.raises(SymbolError, match="reading='nested'"):
        geosot.decode_3d(code, "packed")


def test_what_is_no_3d_code() -> None:
    with pytest.raises(SymbolError):
        geosot.decode_3d("G0013")
    with pytest.raises(SymbolError):
        geosot.decode_3d("GZ0082")
    with pytest.raises(LengthError):
        geosot.decode_3d("GZ")
    with pytest.raises(GridCodeError, match="nested, packed"):
        geosot.encode_3d(1, 1, 1, 5, "radix")  # type: ignore[call-overload]
    with pytest.raises(CoordinateError, match="beyond the layers"):
        geosot.encode_3d(1, 1, 6e8, 5)
    with pytest.raises(CoordinateError):
        geosot.encode_3d(1, 1, float("nan"), 5)
