"""Rasters and their store (栅格与影像库)."""

from collections.abc import Sequence
from pathlib import Path

from layers.errors.root import LayerError


class FormatMissing(LayerError):
    def __init__(self, path: Path, name: str, driver: str) -> None:
        super().__init__(f"{path} is {name}, which the GDAL here cannot read: it lacks {driver}")


class SensorUnknown(LayerError):
    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"no sensor {name!r}; known are {', '.join(known)}")


class RecipeUnfit(LayerError):
    """What was said of the bands, or left unsaid, does not fit them."""


class SceneUnknown(LayerError):
    def __init__(self, layer: str, scene: str) -> None:
        super().__init__(f"the raster layer {layer!r} has no scene {scene!r}")


class RasterUnplaced(LayerError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be placed on the earth: {reason}")


class RasterUnfit(LayerError):
    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be a scene: {reason}")


class CogInvalid(LayerError):
    def __init__(self, path: Path, reasons: Sequence[str]) -> None:
        super().__init__(f"no valid COG could be made of {path}: {'; '.join(reasons)}")


class StoreUnwritable(LayerError):
    def __init__(self, place: object, reason: str) -> None:
        super().__init__(f"the raster store {place} cannot be written to: {reason}")
