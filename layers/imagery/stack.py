"""A virtual raster (VRT) of the bands of a scene, which its COG is made of.

No value is changed but those that say that nothing is there: of bands with a value of their own
for it, those pixels get the value for all. An alpha band, or the mask of the one file that has
one, becomes the mask of all bands.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from rasterio.dtypes import dtype_rev, typename_fwd
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.io import DatasetReader

from layers.errors import RasterUnfit
from layers.imagery.naming import Plan
from layers.imagery.parts import Grid

Element = ElementTree.Element


@dataclass(frozen=True, slots=True)
class Stack:
    """What a COG is made of: bands on a grid, of one type, with one value for nothing."""

    grid: Grid
    plans: Sequence[Plan]
    dtype: str
    nodata: float | None


def dtype_of(plans: Sequence[Plan], path: Path) -> str:
    """The type that holds the values of all bands; RasterUnfit when there is none."""
    kinds = {np.dtype(plan.source.dtypes[plan.index - 1]) for plan in plans}
    found = np.result_type(*kinds)
    if not all(np.can_cast(kind, found, "safe") and _exact(kind, found) for kind in kinds):
        names = ", ".join(sorted(kind.name for kind in kinds))
        raise RasterUnfit(path, f"no type holds the values of all its bands: {names}")
    return found.name


def _exact(kind: np.dtype, found: np.dtype) -> bool:
    """NumPy calls int64 to float64 safe, which it is not."""
    return not (kind.kind in "iu" and found.kind == "f" and kind.itemsize >= found.itemsize)


def write(stack: Stack, path: Path) -> None:
    """Write the VRT; RasterUnfit when several files have a mask."""
    grid = stack.grid
    root = Element("VRTDataset", rasterXSize=str(grid.width), rasterYSize=str(grid.height))
    _text(root, "SRS", grid.crs.to_wkt())
    _text(root, "GeoTransform", ", ".join(map(repr, grid.transform.to_gdal())))
    for number, plan in enumerate(stack.plans, 1):
        root.append(_band(stack, plan, number))
    mask = _mask(stack)
    if mask is not None:
        root.append(mask)
    ElementTree.ElementTree(root).write(path, encoding="utf-8")


def _band(stack: Stack, plan: Plan, number: int) -> Element:
    source = plan.source
    band = Element("VRTRasterBand", dataType=typename_fwd[dtype_rev[stack.dtype]], band=str(number))
    _text(band, "Description", plan.name)
    if stack.nodata is not None:
        _text(band, "NoDataValue", repr(stack.nodata))
    colour = source.colorinterp[plan.index - 1]
    _text(band, "ColorInterp", "Palette" if colour is ColorInterp.palette else "Gray")
    if colour is ColorInterp.palette:
        band.append(_colours(source, plan.index))
    _text(band, "UnitType", plan.unit)
    _text(band, "Offset", repr(plan.offset))
    _text(band, "Scale", repr(plan.scale))
    band.append(_source(stack, plan))
    return band


def _colours(source: DatasetReader, index: int) -> Element:
    table = Element("ColorTable")
    for _, colour in sorted(source.colormap(index).items()):
        ElementTree.SubElement(
            table, "Entry", {f"c{i}": str(part) for i, part in enumerate(colour, 1)}
        )
    return table


def _source(stack: Stack, plan: Plan) -> Element:
    other = plan.nodata is not None and not _same(plan.nodata, stack.nodata)
    source = _reading(stack, plan.source, str(plan.index), "Complex" if other else "Simple")
    if other:
        _text(source, "NODATA", repr(plan.nodata))
    return source


def _same(one: float, other: float | None) -> bool:
    return one == other or (other is not None and math.isnan(one) and math.isnan(other))


def _mask(stack: Stack) -> Element | None:
    """The mask of all bands, where no value says that nothing is there."""
    if stack.nodata is not None:
        return None
    sources = list({id(plan.source): plan.source for plan in stack.plans}.values())
    masked = [(source, _mask_band(source)) for source in sources if _mask_band(source)]
    if not masked:
        return None
    if len(masked) > 1:
        path = stack.plans[0].part.path
        raise RasterUnfit(path, "several of the files have a mask; give --nodata")
    element = Element("MaskBand")
    band = ElementTree.SubElement(element, "VRTRasterBand", dataType="Byte")
    band.append(_reading(stack, masked[0][0], masked[0][1], "Simple"))
    return element


def _mask_band(source: DatasetReader) -> str:
    """The band that a VRT reads the mask from; nothing when every pixel is valid."""
    if ColorInterp.alpha in source.colorinterp:
        return str(source.colorinterp.index(ColorInterp.alpha) + 1)
    return "mask,1" if MaskFlags.per_dataset in source.mask_flag_enums[0] else ""


def _reading(stack: Stack, source: DatasetReader, band: str, kind: str) -> Element:
    element = Element(f"{kind}Source")
    _text(element, "SourceFilename", source.name, relativeToVRT="0")
    _text(element, "SourceBand", band)
    for name, (height, width) in (
        ("SrcRect", source.shape),
        ("DstRect", (stack.grid.height, stack.grid.width)),
    ):
        place = {"xOff": "0", "yOff": "0", "xSize": str(width), "ySize": str(height)}
        ElementTree.SubElement(element, name, place)
    return element


def _text(parent: Element, name: str, text: str, **attributes: str) -> None:
    element = ElementTree.SubElement(parent, name, attributes)
    element.text = text
