"""Where the data of a file are expected (预期范围): the loaded counties, or China without them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layers.crs.operation import Bounds

_MARGIN = 0.1  # degrees around the counties: things at the border lie on both sides
_CHINA: Bounds = (73.4, 3.3, 135.2, 53.7)

Places = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Area:
    """Where data are expected; `counties` tells that it is that of the loaded counties."""

    bounds: Bounds = _CHINA
    counties: bool = False

    def share(self, places: Places) -> float:
        """The share of longitudes and latitudes that lie here."""
        west, south, east, north = self.bounds
        x, y = places[:, 0], places[:, 1]
        return float(((x >= west) & (x <= east) & (y >= south) & (y <= north)).mean())


CHINA = Area()
WORLD = Area((-180.0, -90.0, 180.0, 90.0))


def around(bounds: Bounds) -> Area:
    """The area of the loaded counties."""
    west, south, east, north = bounds
    return Area((west - _MARGIN, south - _MARGIN, east + _MARGIN, north + _MARGIN), counties=True)
