"""Heights as layers (高度域剖分, GB/T 39409-2020 annex C, GB/T 40087-2021 6.3 and annex B).

Both grids stack layers on the ellipsoid that grow with the distance from the centre of the earth:
layer n begins at r0 * ((1 + pi/180)^(n / parts) - 1) metres, where parts is the number of layers
to a degree of height, 111.3 km at the ground.  Layers are counted over 256 degrees up and down.
Heights are geodetic (ellipsoidal) metres on CGCS2000; r0 = 6378137.

A double is in the layer whose faces, as doubles, it lies between; so the bottom of a layer is
always read as that layer.  Decimal and Fraction are exact.

>>> layer(100.0, 7372800), layer(-10.0, 7372800)
(6680, -669)
>>> round(face(1, 1), 4), layer(face(6680, 7372800), 7372800)
(111319.4908, 6680)
>>> layer(-6302106.8, 7372800)
Traceback (most recent call last):
...
gridcode.errors.CoordinateError: height is beyond the layers in '-6302106.8'; \
allowed: -6302106.7226 m to 528680171.1252 m
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gridcode.errors import CoordinateError
from gridcode.lattice import Lattice

__all__ = ["DEGREES", "RADIUS", "HeightAxis", "face", "faces", "layer", "layers"]

RADIUS = 6378137
DEGREES = 256
_STEP = float(np.log1p(np.pi / 180))
_PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")


def face(number: int, parts: int) -> float:
    """Where a layer begins, metres."""
    return float(faces(np.array([number], np.int64), parts)[0])


def faces(number: NDArray[np.int64], parts: int) -> NDArray[np.float64]:
    """Where n layers begin, metres."""
    found: NDArray[np.float64] = RADIUS * np.expm1(number / parts * _STEP)
    return found


def layer(height: float | Decimal | Fraction, parts: int) -> int:
    """The layer of a height in metres; CoordinateError beyond 256 degrees."""
    if isinstance(height, (Decimal, Fraction)):
        return _exact(height, parts)
    return int(layers(np.array([height], np.float64), parts)[0])


def layers(heights: NDArray[Any], parts: int) -> NDArray[np.int64]:
    """The layers of n heights in metres."""
    metres = np.asarray(heights, np.float64)
    low, high = faces(np.array([-DEGREES, DEGREES]), 1)
    bad = ~((metres >= low) & (metres < high))
    if bad.any():
        raise _beyond(float(metres[bad.argmax()]))
    number = np.floor(np.log1p(metres / RADIUS) / _STEP * parts).astype(np.int64)
    number -= metres < faces(number, parts)
    number += metres >= faces(number + 1, parts)
    return number


def _exact(height: Decimal | Fraction, parts: int) -> int:
    with localcontext() as context:
        context.prec = 60
        metres = Decimal(Fraction(height).numerator) / Decimal(Fraction(height).denominator)
        if metres <= -RADIUS:
            raise _beyond(height)
        degrees = (1 + metres / RADIUS).ln() / (1 + _PI / 180).ln()
        if not -DEGREES <= degrees < DEGREES:
            raise _beyond(height)
        return int((degrees * parts).to_integral_value(ROUND_FLOOR))


def _beyond(height: object) -> CoordinateError:
    low, high = faces(np.array([-DEGREES, DEGREES]), 1)
    return CoordinateError(
        "height is beyond the layers", str(height), None, f"{low:.4f} m to {high:.4f} m"
    )


class HeightAxis(NamedTuple):
    """The layers of one level: an axis of heights in metres, as a lattice is one of degrees."""

    lattice: Lattice
    parts: int

    def own(self, metres: NDArray[np.float64]) -> NDArray[np.int64]:
        """The layer of each height: 0, 1, 2 up and -1, -2 down."""
        return self.at(layers(metres, self.parts))

    def at(self, fine: NDArray[np.int64]) -> NDArray[np.int64]:
        """The layer that holds each of the finest layers."""
        below = fine < 0
        number = self.lattice.number(np.where(below, -1 - fine, fine))
        found: NDArray[np.int64] = np.where(below, -1 - number, number)
        return found

    def above(self, metres: NDArray[np.float64]) -> NDArray[np.int64]:
        """The layer just over each height, which owns its bottom."""
        return self.own(metres)

    def below(self, metres: NDArray[np.float64]) -> NDArray[np.int64]:
        """The layer just under each height."""
        number = self.own(metres)
        under: NDArray[np.int64] = number - (metres == self.edge(number))
        return under

    def edge(self, number: NDArray[np.int64]) -> NDArray[np.float64]:
        """The bottom of each layer, metres."""
        return faces(self.lattice.edge(number), self.parts)

    def near(self, number: NDArray[np.int64]) -> NDArray[np.int64]:
        """The finest layers between the ellipsoid and each layer: the same up and down."""
        near: NDArray[np.int64] = np.abs(self.lattice.edge(number + (number < 0)))
        return near
