"""Scenes of raster layers (影像景): which of them are seen in a box, the newest on top.

A layer is a mosaic (镶嵌) of its scenes. What is asked of it is asked of those of a moment or an
interval that meet a box; a scene that lies wholly under newer ones without holes is left out, so
that a tile reads few files however many there are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import shapely

from cim.moments import Interval

Box = tuple[float, float, float, float]

_SPECK = 1e-14  # square degrees: what is left of a tile where two outlines differ by rounding


@dataclass(frozen=True, slots=True)
class Band:
    """A band of a scene (波段), `low` and `high` being its 2nd and 98th percentile.

    `common` is the common name of STAC (red, nir, swir16…) or nothing. A value times `scale` plus
    `offset` is what was measured, such as reflectance.
    """

    name: str
    dtype: str
    low: float
    high: float
    common: str = ""
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A registered remote-sensing raster (遥感影像): one COG of one moment.

    `path` is relative to the raster store. `crs` is the CRS of the grid, as EPSG code or WKT,
    and `resolution` is in its units. `footprint` is a GeoJSON polygon in CGCS2000; a `whole`
    scene has a value in every pixel of it. `transform` is the affine map from column and row to
    the CRS (a, b, c, d, e, f); scenes of earlier versions of this program have none.
    """

    id: int
    acquired_at: datetime
    path: str
    crs: str
    width: int
    height: int
    resolution: float
    bands: tuple[Band, ...]
    footprint: Mapping[str, Any] = field(hash=False)
    name: str = ""
    whole: bool = False
    transform: tuple[float, ...] | None = None

    @property
    def extent(self) -> Box:
        """West, south, east, north of the footprint in degrees."""
        longitudes, latitudes = zip(*self.footprint["coordinates"][0], strict=True)
        return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


class Mosaic:
    """The scenes of a layer with an index of their outlines."""

    def __init__(self, scenes: Sequence[Scene]) -> None:
        self._scenes = sorted(scenes, key=lambda s: (s.acquired_at, s.id), reverse=True)
        self._moments = {scene.acquired_at for scene in scenes}
        rings = [scene.footprint["coordinates"][0] for scene in self._scenes]
        self._outlines = [shapely.Polygon(ring) for ring in rings]
        self._tree = shapely.STRtree(self._outlines)

    def has(self, when: Interval) -> bool:
        return any(when.holds(moment) for moment in self._moments)

    def seen(
        self,
        when: Interval,
        box: Box | None = None,
        suits: Callable[[Scene], bool] | None = None,
        most: int | None = None,
    ) -> list[Scene]:
        """Scenes of an interval that suit and are seen in a box in degrees, the newest first.

        An instant is itself where a scene is of it, else its day. At most so many are looked at.
        """
        if when.instant in self._moments:
            when = Interval(when.instant, when.instant)
        near = range(len(self._scenes)) if box is None else self._near(box)
        chosen = [i for i in near if when.holds(self._scenes[i].acquired_at)]
        if suits is not None:
            chosen = [i for i in chosen if suits(self._scenes[i])]
        return self._uncovered(chosen[:most], box)

    def _near(self, box: Box) -> list[int]:
        found = self._tree.query(shapely.box(*box), predicate="intersects")
        return [int(i) for i in np.sort(found)]

    def _uncovered(self, chosen: list[int], box: Box | None) -> list[Scene]:
        outlines = [self._outlines[i] for i in chosen]
        rest = shapely.union_all(outlines) if box is None else shapely.box(*box)
        seen = []
        for i, outline in zip(chosen, outlines, strict=True):
            if rest.area < _SPECK:
                break
            if rest.intersection(outline).area < _SPECK:
                continue
            seen.append(self._scenes[i])
            if self._scenes[i].whole:
                rest = rest.difference(outline)
        return seen
