"""The Gauss-Kruger zones of China (高斯-克吕格投影带) as the EPSG registry has them.

Each datum has zones of 3 and of 6 degrees, with the number of the zone in front of the easting
(带号, 38500000) and without it (500000). Zone 38 of 3 degrees has its central meridian at 114 E,
zone 19 of 6 degrees at 111 E.

>>> zone(4525).name
'CGCS2000 / 3-degree Gauss-Kruger zone 37'
>>> zone(4525)[2:]
('CGCS2000', 3, 111, 37)
>>> [z.code for z in like(zone(4525), numbered=False)]
[4546]
>>> [z.name for z in of_easting("Xian 1980", 37_612_000.0)]
['Xian 1980 / 3-degree Gauss-Kruger zone 37']
>>> zone(3857) is None
True
"""

import re
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.database import query_crs_info
from pyproj.enums import PJType

_NAME = re.compile(
    r"(CGCS2000|Xian 1980|Beijing 1954|New Beijing) / (3-degree )?Gauss-Kruger"
    r" (?:zone (\d+)|CM (\d+)E)"
)

# How the datums of the registry call themselves, and how its projected CRSs call them.
DATUMS = {
    "China 2000": "CGCS2000",
    "Xian 1980": "Xian 1980",
    "Beijing 1954": "Beijing 1954",
    "New Beijing": "New Beijing",
}


class Zone(NamedTuple):
    """A zone: `meridian` is in degrees east, `number` None where eastings go without it."""

    code: int
    name: str
    datum: str
    width: int
    meridian: int
    number: int | None

    def places(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Longitude and latitude, of its own datum, of eastings and northings."""
        crs = CRS.from_epsg(self.code)
        move = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        return np.column_stack(move.transform(xy[:, 0], xy[:, 1]))


@cache
def zones() -> tuple[Zone, ...]:
    """Every zone, those of 3 degrees first."""
    known = query_crs_info(auth_name="EPSG", pj_types=PJType.PROJECTED_CRS)
    found = (_zone(int(info.code), info.name) for info in known if not info.deprecated)
    return tuple(sorted((z for z in found if z), key=lambda z: (z.width, z.code)))


def zone(code: int | None) -> Zone | None:
    """The zone of an EPSG code, None where it is of none."""
    return next((z for z in zones() if z.code == code), None)


def like(other: Zone, *, numbered: bool) -> list[Zone]:
    """The same zone with its number in the easting, or without."""
    return [z for z in zones() if z[2:5] == other[2:5] and (z.number is not None) == numbered]


def of_easting(datum: str, easting: float) -> list[Zone]:
    """The zones of a datum whose number stands in front of an easting."""
    return [z for z in zones() if z.datum == datum and z.number == int(easting // 1_000_000)]


def plain(datum: str) -> list[Zone]:
    """The zones of a datum whose eastings have no number: 3 degrees, then 6."""
    return [z for z in zones() if z.datum == datum and z.number is None]


def _zone(code: int, name: str) -> Zone | None:
    said = _NAME.fullmatch(name)
    if said is None:
        return None
    datum, three, number, meridian = said.groups()
    width = 3 if three else 6
    east = int(meridian) if meridian else int(number) * width - (3 if width == 6 else 0)
    return Zone(code, name, datum, width, east, int(number) if number else None)
