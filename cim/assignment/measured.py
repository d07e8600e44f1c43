"""Geometries with measures (带 M 值的几何): moved with their measures, or freed of them.

GEOS 3.14 carries measures through most of what it does, but shapely 2.2 gives coordinates back
with x, y and z alone. Here the places are moved where they stand in the WKB (ISO 13249-3).
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Places = NDArray[np.float64]
Move = Callable[[Places], Places]

_POINT, _LINE, _POLYGON = 1, 2, 3


def moved(geometries: NDArray[Any], move: Move) -> NDArray[Any]:
    """The geometries with other x and y; all of them have measures. `move` takes rows of x, y."""
    written = [bytearray(wkb) for wkb in shapely.to_wkb(geometries, byte_order=1, flavor="iso")]
    places = [place for wkb in written for place in _places(wkb)]
    if places:
        changed = move(np.concatenate([place[:, :2] for place in places]))
        for place, new in zip(
            places,
            np.split(changed, np.cumsum([len(place) for place in places])[:-1]),
            strict=True,
        ):
            place[:, :2] = new
    made: NDArray[Any] = shapely.from_wkb(np.array([bytes(wkb) for wkb in written], object))
    return made


def without_measures(geometries: NDArray[Any]) -> NDArray[Any]:
    """The geometries without measures; heights stay."""
    result = geometries.copy()
    for i in np.flatnonzero(shapely.has_m(geometries)):
        dimensions = 3 if shapely.has_z(geometries[i]) else 2
        result[i] = shapely.from_wkb(shapely.to_wkb(geometries[i], output_dimension=dimensions))
    return result


def _places(wkb: bytearray) -> Iterator[Places]:
    """Views of the coordinates of a WKB, run by run."""
    at = 0

    def number() -> int:
        nonlocal at
        (found,) = struct.unpack_from("<I", wkb, at)
        at += 4
        return int(found)

    def run(size: int, dimensions: int) -> Places:
        nonlocal at
        view = np.frombuffer(wkb, "<f8", size * dimensions, at).reshape(size, dimensions)
        at += view.nbytes
        return view

    left = 1
    while left:
        left -= 1
        at += 1
        kind, dimensions = _kind(number())
        if kind == _POINT:
            yield run(1, dimensions)
        elif kind == _LINE:
            yield run(number(), dimensions)
        elif kind == _POLYGON:
            for _ in range(number()):
                yield run(number(), dimensions)
        else:
            left += number()


def _kind(code: int) -> tuple[int, int]:
    """The kind of a geometry without its dimensions, and how many these are."""
    more, kind = divmod(code, 1000)
    return kind, (2, 3, 3, 4)[more]
