"""Sensors and their bands (传感器波段表): Sentinel-2, Landsat 7 to 9, GF-1 and GF-2, as data.

Wavelengths and widths are in micrometres; common names are those of the STAC extension eo 1.1.
`sensors.csv` says where each row is from and how sure it is (`conf` G: from the guide named, as
remembered). Scale and offset make reflectance, or kelvin of a thermal band, out of a value.

>>> band("sentinel-2", "b8").common, band("landsat-8-9", "SR_B4").center
('nir', 0.655)
>>> band("gf-2-pms", "MSS9")
>>> sensor("modis")
Traceback (most recent call last):
layers.errors.SensorUnknown: no sensor 'modis'; known are sentinel-2, sentinel-2-before-2022, \
landsat-8-9, landsat-7, gf-1-pms, gf-1-wfv, gf-2-pms
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from layers.errors import SensorUnknown

COMMON = (
    *("coastal", "blue", "green", "red", "rededge", "yellow", "pan", "nir", "nir08", "nir09"),
    *("cirrus", "swir16", "swir22", "lwir", "lwir11", "lwir12"),
)

_NUMBER = re.compile(r"(?:^|_)B?0*(\d+A?|PAN)$")


@dataclass(frozen=True, slots=True)
class SensorBand:
    """A band of a sensor; `scale` and `offset` are None where values are counts."""

    name: str
    common: str
    center: float
    width: float
    scale: float | None
    offset: float | None


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor with its bands by number, such as 8A."""

    name: str
    platforms: tuple[str, ...]
    gsd: float
    nodata: float | None
    bands: dict[str, SensorBand]


def names() -> list[str]:
    return list(_table())


def sensor(name: str) -> Sensor:
    """SensorUnknown."""
    table = _table()
    if name not in table:
        raise SensorUnknown(name, list(table))
    return table[name]


def band(of_sensor: str, name: str) -> SensorBand | None:
    """The band that a name ends with: B8, B08, SR_B4, 8A."""
    found = _NUMBER.search(name.upper())
    return sensor(of_sensor).bands.get(found[1]) if found else None


def of_colour(of_sensor: str, common: str) -> SensorBand | None:
    """The one band of this common name; a sensor without `nir` has its `nir08` called so.

    >>> of_colour("sentinel-2", "red").name, of_colour("landsat-8-9", "nir").name
    ('B04', 'B5')
    >>> of_colour("sentinel-2", "rededge")  # it has three
    """
    bands = list(sensor(of_sensor).bands.values())
    found = [band for band in bands if band.common == common]
    if common == "nir" and not found:
        found = [band for band in bands if band.common == "nir08"]
    return found[0] if len(found) == 1 else None


@cache
def _table() -> dict[str, Sensor]:
    rows = _rows("sensor_bands.csv")
    table = {}
    for row in _rows("sensors.csv"):
        family = row["sensor"].removesuffix("-before-2022")
        bands = [_band(b, row) for b in rows if b["sensor"] == family]
        table[row["sensor"]] = Sensor(
            name=row["sensor"],
            platforms=tuple(row["platforms"].split(";")),
            gsd=float(row["gsd"]),
            nodata=_number(row["nodata"]),
            bands={_NUMBER.findall(b.name)[0]: b for b in bands},
        )
    return table


def _band(row: dict[str, str], of_sensor: dict[str, str]) -> SensorBand:
    return SensorBand(
        name=row["band"],
        common=row["common"],
        center=float(row["center"]),
        width=float(row["width"]),
        scale=_number(row["scale"] or of_sensor["scale"]),
        offset=_number(row["offset"] or of_sensor["offset"]),
    )


def _number(text: str) -> float | None:
    return float(text) if text else None


def _rows(name: str) -> list[dict[str, str]]:
    with (files("layers.imagery") / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
