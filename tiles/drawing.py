"""How a scene is drawn (影像显示): which bands, stretched between which values, in what colours.

Colours are natural where bands are red, green and blue (红绿蓝), else the first three; one or two
bands are grey. A colour table is used as it is. Values are stretched between the 2nd and the 98th
percentile, taken over the scenes that are shown together so that neighbours look alike; an index
is drawn from -1 to 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rio_tiler.colormap import cmap

from cim.layer import Layer
from cim.moments import Interval
from cim.scenes import Band, Scene
from tiles import formula
from tiles.errors import DrawingUnfit
from tiles.formula import INDICES, Formula, Masked

Level = tuple[float, float]
Levels = Mapping[tuple[str, str], Level]

_NATURAL = ({"red", "r", "红"}, {"green", "g", "绿"}, {"blue", "b", "蓝"})


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is asked for; everything may be left out.

    `names` are one band or three. A `formula` stands instead of them. `level` is the least and the
    greatest value to be told apart, `colours` the name of a colour map of one band.
    """

    names: tuple[str, ...] = ()
    formula: Formula | None = None
    level: Level | None = None
    colours: str | None = None

    def check(self) -> None:
        """DrawingUnfit."""
        if self.names and self.formula:
            raise DrawingUnfit("bands and a formula are not drawn together; give one of them")
        if len(self.names) not in {0, 1, 3}:
            raise DrawingUnfit(f"a picture has one band or three, not {len(self.names)}")
        if self.colours is not None and self.colours.lower() not in cmap.list():
            raise DrawingUnfit(f"no colour map {self.colours!r}; some are viridis, rdylgn, terrain")
        if self.colours is not None and not (self.formula or len(self.names) == 1):
            raise DrawingUnfit("a colour map is for one band or an index; name one")
        if self.formula and self.level is None and self.formula.title not in INDICES:
            raise DrawingUnfit("a formula of your own needs rescale=LOW,HIGH")

    def indexes(self, scene: Scene) -> list[int]:
        """Indexes from 1 of the bands of a scene that are read; BandMissing."""
        if self.formula:
            return self.formula.indexes(scene)
        if self.names:
            return [formula.named(scene, name) for name in self.names]
        return list(shown_bands(scene.bands))

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the bands that a scene must have."""
        return self.formula.names if self.formula else self.names

    @property
    def palette(self) -> str | None:
        """The colour map that is named, or that of the index."""
        if self.colours is None and self.formula and self.formula.title in INDICES:
            return INDICES[self.formula.title][1].lower()
        return self.colours.lower() if self.colours else None


def shown_bands(bands: Sequence[Band]) -> tuple[int, ...]:
    """Indexes from 1 of the bands that are drawn: red, green, blue, or one grey."""
    names = [{band.name.lower(), band.common} for band in bands]
    found = [next((i for i, n in enumerate(names, 1) if n & wanted), 0) for wanted in _NATURAL]
    if all(found):
        return tuple(found)
    return (1, 2, 3) if len(bands) >= len(_NATURAL) else (1,)


@lru_cache(maxsize=256)
def levels(layer: Layer, when: Interval) -> Levels:
    """Percentiles of the bands of the scenes of an interval, the mean of them, by name and type."""
    found: dict[tuple[str, str], list[Level]] = {}
    for scene in layer.scenes:
        if when.holds(scene.acquired_at):
            for band in scene.bands:
                found.setdefault((band.name, band.dtype), []).append((band.low, band.high))
    return {key: (_mean(pairs, 0), _mean(pairs, 1)) for key, pairs in found.items()}


def _mean(pairs: list[Level], side: int) -> float:
    return sum(pair[side] for pair in pairs) / len(pairs)


def drawn(drawing: Drawing, scene: Scene, read: Masked, of: Levels) -> Masked:
    """Bytes of one grey or three colours out of the values of `drawing.indexes`."""
    if drawing.formula:
        values = formula.values(drawing.formula, scene, read)
        bytes_ = _stretched(values, [drawing.level or (-1.0, 1.0)])
    else:
        bands = [scene.bands[i - 1] for i in drawing.indexes(scene)]
        own = [of.get((band.name, band.dtype), (band.low, band.high)) for band in bands]
        bytes_ = _stretched(read, [drawing.level or level for level in own])
    table: Any = cmap.get(drawing.palette) if drawing.palette else None
    return coloured(bytes_, table) if table else bytes_


def coloured(values: Masked, table: Mapping[int, Any]) -> Masked:
    """Three colours of one band; a value without a colour, or with a clear one, is masked."""
    least, most = min(table), max(table)
    colours = np.zeros((most - least + 1, 4), dtype="uint8")
    for value, colour in table.items():
        colours[value - least] = colour
    index = values.data[0].astype("int64") - least
    inside = (index >= 0) & (index <= most - least)
    picked = np.moveaxis(colours[np.where(inside, index, 0)], -1, 0)
    clear = np.ma.getmaskarray(values)[0] | ~inside | (picked[3] == 0)
    return np.ma.MaskedArray(picked[:3], np.broadcast_to(clear, picked[:3].shape))


def _stretched(read: Masked, level: Sequence[Level]) -> Masked:
    pairs = zip(read.data, level, strict=True)
    return np.ma.MaskedArray(
        np.stack([_stretch(values, *ends) for values, ends in pairs]), np.ma.getmaskarray(read)
    )


def _stretch(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
        unsigned = values.view(f"u{values.dtype.itemsize}")
        return np.take(_table(values.dtype.str, low, high), unsigned)
    return _shares(values, low, high)


@lru_cache(maxsize=64)
def _table(dtype: str, low: float, high: float) -> NDArray[np.uint8]:
    """What each value of a small type becomes, by its bits: a tile has as many pixels as those."""
    size = np.dtype(dtype).itemsize
    return _shares(np.arange(256**size, dtype=f"u{size}").view(dtype), low, high)


def _shares(values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    share = np.nan_to_num((values.astype("float64") - low) / ((high - low) or 1.0))
    return np.asarray(np.clip(share, 0.0, 1.0) * 255).astype("uint8")
