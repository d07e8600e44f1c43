"""Longitudes and latitudes as whole numbers of 1/2048 second (经纬度的精确读取).

Both grids end at 1/2048 arc second, 7,372,800 to the degree (GB/T 39409-2020 table 1, GB/T
40087-2021 6.2).  A coordinate is read once into a sign and a magnitude in that unit, rounded
towards zero; all that follows is whole numbers.

* A float x means ``floor(fl(|x| * 7372800))`` in IEEE double, so that SQL gives the same.
* Decimal, Fraction, int, (degrees, minutes, seconds) and text are exact.
* Zero is east and north.  A tiny negative number is west or south with magnitude 0.
* The antimeridian has one owner: +180 and -180 are both read as just inside the western edge of
  the map, since no cell begins there.

Degrees, CGCS2000 (EPSG:4490); the axis is said by the caller, longitude first everywhere.

>>> angle(-0.5, LONGITUDE)
Angle(units=3686400, negative=True)
>>> angle('39°59\\'35.38"N', LATITUDE) == angle((39, 59, Decimal("35.38")), LATITUDE)
True
>>> angle(180, LONGITUDE)
Angle(units=1327103999, negative=True)
>>> angle(90.5, LATITUDE)
Traceback (most recent call last):
...
gridcode.errors.CoordinateError: latitude is off the earth in '90.5'; allowed: -90 to 90
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gridcode.errors import CoordinateError

__all__ = [
    "LATITUDE",
    "LONGITUDE",
    "UNITS_PER_DEGREE",
    "Angle",
    "Axis",
    "Coordinate",
    "Units",
    "angle",
    "is_scalar",
    "units",
]

UNITS_PER_DEGREE = 60 * 60 * 2048


class Angle(NamedTuple):
    """A signed magnitude in 1/2048": it tells 0 W from 0 E, which a number cannot."""

    units: int
    negative: bool

    @property
    def degrees(self) -> Fraction:
        """Degrees, exact, negative to the west and south."""
        return Fraction(-self.units if self.negative else self.units, UNITS_PER_DEGREE)


class Axis(NamedTuple):
    """What one axis is called, where it ends, and how its two sides are written."""

    name: str
    limit: int
    positive: tuple[str, ...]
    negative: tuple[str, ...]

    @property
    def allowed(self) -> str:
        """The range in words, for messages."""
        return f"-{self.limit} to {self.limit}"


class Units(NamedTuple):
    """Many angles: magnitudes in 1/2048" (int64) and which of them are west or south (bool)."""

    units: NDArray[np.int64]
    negative: NDArray[np.bool_]


LONGITUDE = Axis("longitude", 180, ("E", "东经", "东"), ("W", "西经", "西"))
LATITUDE = Axis("latitude", 90, ("N", "北纬", "北"), ("S", "南纬", "南"))

Number: TypeAlias = int | float | Decimal | Fraction
Coordinate: TypeAlias = Number | str | tuple[Number, Number, Number] | Angle

_HALF_TURN = 180 * UNITS_PER_DEGREE
_NUMBER = r"\d+(?:\.\d*)?|\.\d+"
_TEXT = re.compile(
    rf"\s*(?P<head>[A-Z]|[东西北南][经纬]?)?\s*(?P<sign>[+\-−])?\s*"
    rf"(?P<d>{_NUMBER})\s*(?:[°º度D:]\s*|\s|$|(?=[A-Z东西北南]))"
    rf"(?:(?P<m>{_NUMBER})\s*(?:['′’分M:]\s*|\s|$|(?=[A-Z东西北南])))?"
    rf"(?:(?P<s>{_NUMBER})\s*(?:[\"″”秒]|''|′′|S(?=\s*[EWNS]))?\s*)?"
    rf"(?P<tail>[A-Z]|[东西北南])?\s*",
    re.IGNORECASE,
)


def is_scalar(value: object) -> bool:
    """Whether this is one coordinate (a number, a text, (d, m, s), an Angle), not a column."""
    return isinstance(value, (int, float, Decimal, Fraction, str, tuple, np.generic))


def angle(value: Coordinate, axis: Axis) -> Angle:
    """Read one coordinate in degrees; CoordinateError if it cannot be read or is off the earth."""
    if isinstance(value, Angle):
        return _on_earth(value, value, axis)
    if isinstance(value, (float, np.floating)):
        return _on_earth(_from_float(float(value), axis), value, axis)
    degrees = _exact(value, axis)
    magnitude = abs(degrees) * UNITS_PER_DEGREE
    if abs(degrees) > axis.limit:
        raise CoordinateError(f"{axis.name} is off the earth", str(value), None, axis.allowed)
    return _on_earth(Angle(int(magnitude), degrees < 0), value, axis)


def _from_float(value: float, axis: Axis) -> Angle:
    if not abs(value) <= axis.limit:
        raise CoordinateError(f"{axis.name} is off the earth", str(value), None, axis.allowed)
    return Angle(int(abs(value) * float(UNITS_PER_DEGREE)), value < 0)


def _on_earth(found: Angle, value: object, axis: Axis) -> Angle:
    if found.units > axis.limit * UNITS_PER_DEGREE:
        raise CoordinateError(f"{axis.name} is off the earth", str(value), None, axis.allowed)
    if axis is LONGITUDE and found.units == _HALF_TURN:
        return Angle(_HALF_TURN - 1, True)
    return found


def _exact(value: object, axis: Axis) -> Fraction:
    if isinstance(value, str):
        return _from_text(value, axis)
    if isinstance(value, tuple):
        return _from_parts(value, axis)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, Fraction, np.integer)):
        raise CoordinateError(
            f"{axis.name} of type {type(value).__name__} cannot be read",
            str(value),
            None,
            "float, int, Decimal, Fraction, (d, m, s) or text",
        )
    return _fraction(value, axis)


def _fraction(value: Any, axis: Axis) -> Fraction:
    try:
        return Fraction(int(value) if isinstance(value, np.integer) else value)
    except (ValueError, OverflowError, TypeError) as error:  # nan, infinity, not a number
        raise CoordinateError(
            f"{axis.name} is not a finite number", str(value), None, axis.allowed
        ) from error


def _from_parts(parts: tuple[Any, ...], axis: Axis) -> Fraction:
    """(degrees, minutes, seconds); the first part that is not zero carries the sign."""
    if len(parts) != 3:
        raise CoordinateError(f"{axis.name} needs three parts", str(parts), None, "(d, m, s)")
    d, m, s = (_fraction(part, axis) for part in parts)
    first = next((part for part in (d, m, s) if part), Fraction(0))
    if sum(part < 0 for part in (d, m, s)) > (first < 0):
        raise CoordinateError(
            f"{axis.name} has a sign inside", str(parts), None, "a sign on the first part alone"
        )
    magnitude = _sexagesimal(abs(d), abs(m), abs(s), str(parts), axis)
    return -magnitude if first < 0 else magnitude


def _sexagesimal(d: Fraction, m: Fraction, s: Fraction, text: str, axis: Axis) -> Fraction:
    if m >= 60 or s >= 60:
        raise CoordinateError(
            f"{axis.name} has too many minutes or seconds", text, None, "less than 60 of each"
        )
    if (d.denominator != 1 and (m or s)) or (m.denominator != 1 and s):
        raise CoordinateError(
            f"{axis.name} has a fraction before its last part", text, None, "whole d and m"
        )
    return d + m / 60 + s / 3600


def _from_text(text: str, axis: Axis) -> Fraction:
    match = _TEXT.fullmatch(text.upper())
    if match is None:
        raise CoordinateError(
            f"{axis.name} cannot be read",
            text,
            _stop(text),
            "116.3126, 116°18'45.37\"E, 116d18'45.37\"E or 116 18 45.37 E",
        )
    try:
        parts = [Fraction(Decimal(match[name] or "0")) for name in "dms"]
    except InvalidOperation as error:  # pragma: no cover - the pattern lets only numbers in
        raise CoordinateError(f"{axis.name} cannot be read", text) from error
    magnitude = _sexagesimal(parts[0], parts[1], parts[2], text, axis)
    return -magnitude if _is_negative(match, text, axis) else magnitude


def _stop(text: str) -> int:
    """Where a coordinate text stops making sense: its first character that none can have."""
    known = re.match(r"[\d\s.+\-−°º度D:'′’分M\"″”秒EWNS东西北南经纬]*", text, re.IGNORECASE)
    return known.end() if known else 0


def _is_negative(match: re.Match[str], text: str, axis: Axis) -> bool:
    sides = [side for side in (match["head"], match["tail"]) if side]
    for side in sides:
        if side not in axis.positive + axis.negative:
            raise CoordinateError(
                f"{axis.name} cannot be {side}",
                text,
                text.upper().find(side),
                ", ".join(axis.positive + axis.negative),
            )
    if len(sides) + (match["sign"] is not None) > 1:
        raise CoordinateError(
            f"{axis.name} has two signs", text, None, "one of a sign, a letter before, one after"
        )
    return match["sign"] in {"-", "−"} or (bool(sides) and sides[0] in axis.negative)


def units(values: NDArray[Any] | Sequence[Any], axis: Axis, start: int = 0) -> Units:
    """Read a one-dimensional column of degrees.

    Floats and integers are read as one vector; an object or text column item by item, exactly.
    ``start`` is the row of the first item in the caller's column: errors name the row.
    """
    column = np.asarray(values)
    if column.dtype.kind in "iuf":
        return _from_numbers(column, axis, start)
    found = [_item(value, axis, start + row) for row, value in enumerate(column.tolist())]
    return Units(
        np.array([item.units for item in found], np.int64),
        np.array([item.negative for item in found], np.bool_),
    )


def _from_numbers(column: NDArray[Any], axis: Axis, start: int) -> Units:
    magnitude = np.abs(column.astype(np.float64, copy=False))
    if column.size and not magnitude.max() <= axis.limit:
        row = int(np.argmin(magnitude <= axis.limit))
        raise CoordinateError(
            f"{axis.name} of row {start + row} is off the earth",
            str(column[row]),
            None,
            axis.allowed,
            start + row,
        )
    magnitude *= float(UNITS_PER_DEGREE)
    whole = magnitude.astype(np.int64)
    negative = column < 0
    if axis is LONGITUDE and column.size and whole.max() == _HALF_TURN:
        edge = whole == _HALF_TURN
        whole[edge] -= 1
        negative |= edge
    return Units(whole, negative)


def _item(value: Any, axis: Axis, row: int) -> Angle:
    try:
        return angle(value, axis)
    except CoordinateError as error:
        raise CoordinateError(
            f"row {row}: {error.problem}", error.text, error.position, error.allowed, row
        ) from error
