"""One value for "nothing here" in all bands of a scene (无效值), as a GeoTIFF has it.

Bands of several files may each have their own. The value of one of them is taken for all, as long
as no other band has it as a real value; floats take not-a-number.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rasterio.enums import MaskFlags
from rasterio.io import DatasetReader

from layers.errors import RecipeUnfit
from layers.imagery.naming import Plan


def common(plans: Sequence[Plan], dtype: str, path: Path) -> float | None:
    """The value for all bands, None when they have none; RecipeUnfit when none is free."""
    told = list(dict.fromkeys(plan.nodata for plan in plans))
    if dtype.startswith("float") and (told != [None] or _all_valid(plans)):
        return told[0] if len(told) == 1 and told[0] is not None else float("nan")
    if len(told) == 1:
        return _fitting(told[0], dtype)
    free = [value for value in _candidates(told, dtype) if not _taken(plans, value)]
    if not free:
        raise RecipeUnfit(f"the bands of {path.name} share no value for nothing; give --nodata")
    return free[0]


def _all_valid(plans: Sequence[Plan]) -> bool:
    return all(
        flags == [MaskFlags.all_valid] for plan in plans for flags in plan.source.mask_flag_enums
    )


def _fitting(value: float | None, dtype: str) -> float | None:
    if value is None:
        return None
    limits = np.iinfo(dtype)
    if not (limits.min <= value <= limits.max and value == int(value)):
        raise RecipeUnfit(f"{value:g} is no value of {dtype}, so it cannot stand for nothing")
    return value


def _candidates(told: Sequence[float | None], dtype: str) -> list[float]:
    limits = np.iinfo(dtype)
    values = [value for value in told if value is not None]
    return [v for v in (*values, limits.min, limits.max) if limits.min <= v <= limits.max]


def _taken(plans: Sequence[Plan], value: float) -> bool:
    return any(_has(plan.source, plan.index, value) for plan in plans if plan.nodata != value)


def _has(source: DatasetReader, index: int, value: float) -> bool:
    windows = (window for _, window in source.block_windows(index))
    return any((source.read(index, window=window) == value).any() for window in windows)
