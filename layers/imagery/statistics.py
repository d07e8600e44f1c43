"""Statistics of the bands of a COG (波段统计), by reading it to its end.

This proves that what was made can be read. Least, greatest, mean, deviation and share of valid
pixels are exact; so are percentiles and histogram of integers of up to 16 bits, and those of
other types are of an overview of about a thousand pixels a side.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.io import DatasetReader
from rasterio.windows import Window

from layers.errors import RasterUnfit

BUCKETS = 256

_SAMPLE_SIDE = 1024
_STRIP = 512  # rows


@dataclass(frozen=True, slots=True)
class Statistics:
    """`low` and `high` are the 2nd and 98th percentile; `buckets` count values from `minimum`
    to `maximum`; `valid_percent` is a share of all pixels."""

    minimum: float
    maximum: float
    mean: float
    stddev: float
    valid_percent: float
    low: float
    high: float
    buckets: tuple[int, ...]


def of(cog: Path, path: Path, progress: Callable[[float], None]) -> list[Statistics]:
    """Of each band; RasterUnfit when one has no value at all. `path` is what errors name."""
    with rasterio.open(cog, num_threads="ALL_CPUS") as source:
        tallies = [_tally(source.dtypes[0]) for _ in source.indexes]
        for share, values, valid in _strips(source):
            for tally, band, there in zip(tallies, values, valid, strict=True):
                tally.add(band[there])
            progress(share)
        sample = None if isinstance(tallies[0], _Counted) else _sample(source)
        size = source.width * source.height
        names = source.descriptions
    found = []
    for i, tally in enumerate(tallies):
        if tally.count == 0:
            raise RasterUnfit(path, f"band {names[i]} has no value at all")
        found.append(tally.result(size, None if sample is None else sample[i]))
    return found


def _strips(source: DatasetReader) -> Iterator[tuple[float, NDArray[Any], NDArray[np.bool_]]]:
    for row in range(0, source.height, _STRIP):
        rows = min(_STRIP, source.height - row)
        window = Window(0, row, source.width, rows)
        values = source.read(window=window)
        yield (row + rows) / source.height, values, _valid(source, values, window)


def _valid(source: DatasetReader, values: NDArray[Any], window: Window) -> NDArray[np.bool_]:
    there = np.isfinite(values) if values.dtype.kind == "f" else np.ones(values.shape, bool)
    if source.nodata is not None:
        there &= values != source.nodata
    elif not all("all_valid" in flag.name for flag in source.mask_flag_enums[0]):
        there &= source.read_masks(1, window=window) > 0
    return there


def _sample(source: DatasetReader) -> list[NDArray[Any]]:
    shrink = max(1.0, max(source.shape) / _SAMPLE_SIDE)
    shape = tuple(max(1, round(side / shrink)) for side in source.shape)
    found = source.read(out_shape=(source.count, *shape), masked=True)
    bands = [band.compressed() for band in found]
    return [band[np.isfinite(band)] for band in bands]


def _tally(dtype: str) -> "_Counted | _Summed":
    kind = np.dtype(dtype)
    small = kind.kind in "iu" and kind.itemsize <= 2
    return _Counted(int(np.iinfo(kind).min)) if small else _Summed()


@dataclass(slots=True)
class _Counted:
    """How often each value is there, `least` being the least that can be."""

    least: int
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1 << 16, np.int64))

    @property
    def count(self) -> int:
        return int(self.counts.sum())

    def add(self, values: NDArray[Any]) -> None:
        seen = np.bincount(values.astype(np.int32) - self.least)
        self.counts[: len(seen)] += seen

    def result(self, size: int, _: object) -> Statistics:
        there = np.flatnonzero(self.counts)
        values, counts = there + self.least, self.counts[there]
        total = counts.sum()
        mean = float((values * counts).sum() / total)
        upto = np.cumsum(counts) / total
        low, high = (float(values[np.searchsorted(upto, share)]) for share in (0.02, 0.98))
        buckets, _edges = np.histogram(values, _edges_of(values), weights=counts)
        return Statistics(
            minimum=float(values[0]),
            maximum=float(values[-1]),
            mean=mean,
            stddev=float(np.sqrt((counts * (values - mean) ** 2).sum() / total)),
            valid_percent=float(total / size * 100),
            low=low,
            high=high,
            buckets=tuple(int(n) for n in buckets),
        )


@dataclass(slots=True)
class _Summed:
    """Sums about a first value, so that large values lose no digits."""

    count: int = 0
    first: float = 0.0
    minimum: float = np.inf
    maximum: float = -np.inf
    total: float = 0.0
    squares: float = 0.0

    def add(self, values: NDArray[Any]) -> None:
        if not values.size:
            return
        if not self.count:
            self.first = float(values[0])
        moved = values.astype(np.float64) - self.first
        self.count += values.size
        self.minimum = min(self.minimum, float(values.min()))
        self.maximum = max(self.maximum, float(values.max()))
        self.total += float(moved.sum())
        self.squares += float((moved**2).sum())

    def result(self, size: int, sample: NDArray[Any] | None) -> Statistics:
        mean = self.total / self.count
        ends = np.array([self.minimum, self.maximum])
        seen = ends if sample is None or not sample.size else sample.astype(np.float64)
        low, high = np.percentile(seen, (2, 98))
        buckets, _edges = np.histogram(seen, _edges_of(ends))
        return Statistics(
            minimum=self.minimum,
            maximum=self.maximum,
            mean=self.first + mean,
            stddev=float(np.sqrt(max(self.squares / self.count - mean**2, 0.0))),
            valid_percent=self.count / size * 100,
            low=float(low),
            high=float(high),
            buckets=tuple(int(n) for n in buckets),
        )


def _edges_of(values: NDArray[Any]) -> NDArray[np.float64]:
    low, high = float(values.min()), float(values.max())
    return np.linspace(low, high if high > low else low + 1, BUCKETS + 1)
