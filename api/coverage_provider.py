"""A coverage provider of pygeoapi that reads mosaics of scenes (覆盖数据提供者).

pygeoapi's own rasterio provider puts the longitudes and latitudes of a bbox on the axes of a
projected grid, gives the values of all bands as one, names a GeoTIFF's bands None, and opens the
file in its constructor. This one leaves the parameters to pygeoapi and the reading to
`tiles.coverage`; its errors are ours, and pass through to our own edge.
"""

from collections.abc import Sequence
from typing import Any

from pygeoapi.provider.base import BaseProvider

from api.errors import InvalidParameter
from cim.bucket import Place
from cim.item_query import BBox
from cim.scenes import Scene
from tiles import coverage
from tiles.coverage import EVERYWHERE, MAX_JSON_VALUES, MAX_VALUES, Part, Range
from tiles.formula import Formula

GEOTIFF = "image/tiff; application=geotiff"
NATIVE = "GTiff"


def definition(
    scenes: Sequence[Scene], place: Place, formula: Formula | None = None
) -> dict[str, Any]:
    """What pygeoapi's configuration says of scenes, the newest first; `data` is their store."""
    return {
        "type": "coverage",
        "name": f"{__name__}.{SceneProvider.__name__}",
        "data": place,
        "scenes": scenes,
        "formula": formula,
        "axes": coverage.axes(scenes[0]),
        "format": {"name": NATIVE, "mimetype": GEOTIFF},
    }


class SceneProvider(BaseProvider):  # type: ignore[misc]  # pygeoapi has no types
    """Made by pygeoapi for each request; nothing is opened before `query`."""

    def __init__(self, provider_def: dict[str, Any]) -> None:
        super().__init__(provider_def)
        self._scenes: Sequence[Scene] = provider_def["scenes"]
        self._scene = self._scenes[0]
        self._formula: Formula | None = provider_def["formula"]
        self.axes = list(provider_def["axes"])
        self.crs = self._scene.crs
        self.num_bands = len(self._scene.bands)
        self.get_fields()

    def get_fields(self) -> dict[str, dict[str, str]]:
        self._fields = {
            band.name: {"title": band.name, "type": "number" if "f" in band.dtype else "integer"}
            for band in self._scene.bands
        }
        return self._fields

    def query(
        self,
        properties: list[str] | None = None,
        subsets: dict[str, list[Any]] | None = None,
        bbox: list[float] | None = None,
        format_: str = "json",
        **_: Any,
    ) -> dict[str, Any] | bytes:
        """The part as pygeoapi answers it: a CoverageJSON document or the bytes of a GeoTIFF."""
        x, y = (_range(axis, (subsets or {}).get(axis)) for axis in self.axes)
        bands = tuple(dict.fromkeys(properties or ()))
        part = Part(bands, _box(bbox) if bbox else None, x, y, self._formula)
        native = format_ == NATIVE
        most = MAX_VALUES if native else MAX_JSON_VALUES
        values = coverage.read(self._scenes, part, self.data, most)
        return coverage.geotiff(values) if native else coverage.coverage_json(values)


def _box(numbers: list[float]) -> BBox:
    west, south, east, north = numbers
    return BBox(west, south, east, north)


def _range(axis: str, ends: list[Any] | None) -> Range:
    """Lowest and highest coordinate of `axis(low:high)` or `axis(at)`; InvalidParameter."""
    if ends is None:
        return EVERYWHERE
    low, high = ends[0], ends[-1]
    if not all(isinstance(end, int | float) for end in (low, high)):
        raise InvalidParameter("subset", f"{axis} is from a number to a number, not {ends}")
    if low > high:
        raise InvalidParameter("subset", f"{axis} runs from {low:g} down to {high:g}")
    return float(low), float(high)
