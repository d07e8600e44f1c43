"""Boxes that part a layer into tiles of about as many vertices each (分块).

>>> import numpy as np
>>> places = np.array([[0.1, 0.1], [0.2, 0.8], [0.9, 0.4], [0.8, 0.6]])
>>> split(places, np.ones(4), Box(0, 0, 1, 1), 2)
[Box(west=0, south=0, east=0.5, north=1), Box(west=0.5, south=0, east=1, north=1)]
"""

from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


class Box(NamedTuple):
    """A box in degrees; what lies on its east or north side belongs to its neighbour."""

    west: float
    south: float
    east: float
    north: float

    def shape(self) -> Any:
        return shapely.box(*self)

    def own(self, x: Numbers, y: Numbers) -> NDArray[np.bool_]:
        """Which places belong to the box."""
        return (x >= self.west) & (x < self.east) & (y >= self.south) & (y < self.north)


def split(places: Numbers, weights: Numbers, box: Box, most: float) -> list[Box]:
    """Halve a box where its weight is halved until none weighs more than that."""
    if weights.sum() <= most or len(places) < 2:
        return [box]
    axis = int((box.north - box.south) > (box.east - box.west))
    order = np.argsort(places[:, axis], kind="stable")
    heavy = int(np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2))
    here, next_ = places[order[np.clip([heavy, heavy + 1], 0, len(order) - 1)], axis]
    at = float((here + next_) / 2)
    low, high = (box.south, box.north) if axis else (box.west, box.east)
    below = places[:, axis] < at
    if not low < at < high or not below.any() or below.all():  # they lie above each other
        return [box]
    first = box._replace(north=at) if axis else box._replace(east=at)
    second = box._replace(south=at) if axis else box._replace(west=at)
    return [
        *split(places[below], weights[below], first, most),
        *split(places[~below], weights[~below], second, most),
    ]
