"""The grids that are served (网格体系), and what parameters may ask of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from api.errors import InvalidParameter
from gridcode import beidou, geosot, h3grid
from gridcode.errors import MixedSystemsError


@dataclass(frozen=True, slots=True)
class GridSystem:
    """A grid: the module that knows it, its names, its standard, its levels, its 3D readings."""

    name: str
    module: Any
    title: dict[str, str]
    standard: str
    levels: range
    readings: tuple[str, ...] = ()

    def level(self, text: str | None) -> int:
        """The level that a parameter asks for, by default the deepest."""
        if text is None:
            return self.levels[-1]
        level = whole_number("level", text)
        if level not in self.levels:
            allowed = f"{self.levels[0]} to {self.levels[-1]}"
            raise InvalidParameter("level", f"{self.name} has no level {level}; it has {allowed}")
        return level

    def solid(
        self, place: tuple[Any, Any, int], height: str, reading: str | None
    ) -> dict[str, Any]:
        """The code with height, its layer, and how far it reaches in ellipsoidal metres.

        A place is longitude, latitude and level.
        """
        metres = self._metres(height)
        read = reading or self.readings[0]
        if read not in self.readings:
            raise InvalidParameter("reading", f"{read!r} is not one of {', '.join(self.readings)}")
        lon, lat, level = place
        code = self.module.encode_3d(lon, lat, metres, level, reading=read)
        cell = self.module.decode_3d(code, reading=read)
        height_of = {"layer": cell.layer, "bottom": cell.bottom, "top": cell.top}
        return {"code3d": code, "reading": read, **height_of}

    def _metres(self, text: str) -> float:
        if not self.readings:
            raise InvalidParameter("height", f"{self.name} has no heights")
        try:
            metres = float(text)
        except ValueError:
            raise InvalidParameter("height", f"{text!r} is not a number of metres") from None
        if not isfinite(metres):
            raise InvalidParameter("height", f"{text!r} is not a finite number of metres")
        return metres


SYSTEMS = {
    system.name: system
    for system in (
        GridSystem(
            "beidou",
            beidou,
            {"zh": "北斗网格位置码", "en": "BeiDou grid location code"},
            "GB/T 39409-2020",
            range(beidou.MAX_LEVEL + 1),
            ("radix", "bits"),
        ),
        GridSystem(
            "geosot",
            geosot,
            {"zh": "地球空间网格编码", "en": "GeoSOT grid code"},
            "GB/T 40087-2021",
            range(geosot.MAX_LEVEL + 1),
            ("nested", "packed"),
        ),
        GridSystem(
            "h3",
            h3grid,
            {"zh": "H3 六边形网格", "en": "H3 hexagons"},
            "https://h3geo.org",
            range(h3grid.MAX_LEVEL + 1),
        ),
    )
}


def system(name: str) -> GridSystem:
    """The grid of a name; MixedSystemsError where there is none."""
    if name not in SYSTEMS:
        raise MixedSystemsError("there is no such grid", name, None, ", ".join(SYSTEMS))
    return SYSTEMS[name]


def whole_number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InvalidParameter(name, f"{text!r} is not a whole number")
    return int(text)


def required(given: Mapping[str, str], name: str) -> str:
    if not given.get(name):
        raise InvalidParameter(name, "it is missing")
    return given[name]
