"""GCJ-02 (国测局坐标、火星坐标) and BD-09 (百度坐标): coordinates of Chinese web maps, and back.

Longitude, latitude in degrees. GCJ-02 moves WGS 84 by up to 720 m within a box around China, BD-09
moves GCJ-02 once more by about 900 m. Neither has an EPSG code, nor a published definition. The
forward formulas are those that are in public use since 2010 (googollee/eviltransform and others,
from a file EvilTransform.cs): reverse-engineered, not official. Answers of the map services
themselves lie up to 0.75 m from them (`docs/crs.md`), so that a metre is what can be stated.

The way back has no closed form and is iterated to less than a micrometre. Outside of the box
nothing is moved. BD-09 in metres (bd09mc) is not here: its polynomials are known only from the
script of the map service.

>>> import numpy as np
>>> moved = to_gcj02(np.array([[121.5272106, 31.1774276]]))
>>> moved.round(6).tolist()
[[121.531542, 31.175304]]
>>> from_gcj02(moved).round(9).tolist()
[[121.5272106, 31.1774276]]
>>> from_bd09(to_bd09(np.array([[112.14, 32.02]]))).round(9).tolist()
[[112.14, 32.02]]
>>> to_gcj02(np.array([[-104.99, 39.74]])).tolist()
[[-104.99, 39.74]]
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.float64]

ACCURACY = 1.0  # metres, of the public formulas against what the services answer

# The box in which places are moved: west, south, east, north.
BOX = (72.004, 0.8293, 137.8347, 55.8271)

# Krasovsky 1940, whose degrees the formula turns metres into.
_A, _EE = 6378245.0, 0.00669342162296594323
_X_PI = np.pi * 3000.0 / 180.0
_ENOUGH = 1e-10  # degrees of the last correction: what remains is a hundredth of it
_MOST_ROUNDS = 20
_FURTHEST = 0.03  # degrees that anything is moved by


def to_gcj02(places: Places) -> Places:
    """GCJ-02 of places in WGS 84, an array of (longitude, latitude)."""
    return _forward(places, _gcj02)


def from_gcj02(places: Places) -> Places:
    """WGS 84 of places in GCJ-02."""
    return _back(places, _gcj02)


def to_bd09(places: Places) -> Places:
    """BD-09 of places in WGS 84."""
    return _forward(places, _bd09)


def from_bd09(places: Places) -> Places:
    """WGS 84 of places in BD-09."""
    return _back(places, _bd09)


def gcj02_to_bd09(places: Places) -> Places:
    """BD-09 of places in GCJ-02, in the box or not."""
    x, y = places[:, 0], places[:, 1]
    length = np.hypot(x, y) + 0.00002 * np.sin(y * _X_PI)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _X_PI)
    return np.column_stack((length * np.cos(angle) + 0.0065, length * np.sin(angle) + 0.006))


def _bd09(places: Places) -> Places:
    return gcj02_to_bd09(_gcj02(places))


def _forward(places: Places, move: Callable[[Places], Places]) -> Places:
    moved, inside = places.copy(), _in_box(places)
    moved[inside] = move(places[inside])
    return moved


def _back(places: Places, forward: Callable[[Places], Places]) -> Places:
    """The places that `forward` moves here; those outside of the box stay.

    What it moves by changes by less than a hundredth from here to there, so that each round takes
    two digits of the error away.
    """
    found, near = places.copy(), _in_box(places, _FURTHEST)
    wanted = places[near]
    made = wanted.copy()
    for _ in range(_MOST_ROUNDS):
        error = forward(made) - wanted
        made -= error
        if (np.abs(error) <= _ENOUGH).all():
            break
    inside = _in_box(made)
    wanted[inside] = made[inside]
    found[near] = wanted
    return found


def _in_box(places: Places, margin: float = 0.0) -> NDArray[np.bool_]:
    west, south, east, north = BOX
    x, y = places[:, 0], places[:, 1]
    across = (x >= west - margin) & (x <= east + margin)
    inside: NDArray[np.bool_] = across & (y >= south - margin) & (y <= north + margin)
    return inside


def _gcj02(places: Places) -> Places:
    """GCJ-02 of places as if all were in the box."""
    x, y = places[:, 0] - 105.0, places[:, 1] - 35.0
    root = np.sqrt(np.abs(x))
    waves = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    latitude = np.radians(places[:, 1])
    magic = 1.0 - _EE * np.sin(latitude) ** 2
    along_parallel = _A / np.sqrt(magic) * np.cos(latitude)
    along_meridian = _A * (1.0 - _EE) / (magic * np.sqrt(magic))
    moved = np.column_stack((np.degrees(east / along_parallel), np.degrees(north / along_meridian)))
    result: Places = places + moved
    return result
