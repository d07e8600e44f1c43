"""Whether pixels may stay where their CRS has them (影像基准核定): they are taken, not moved.

What leads from a datum to CGCS2000 depends on the CRS that is asked for: PROJ moves Beijing 1954
to WGS 84 in Ordos, but not to CGCS2000, so that a scene would lie in two places. Only a scene whose
datum is CGCS2000, or within a metre of it, is where it should be. Others are refused by the rule
that holds for vector files, `crs.transformation`, unless that is accepted.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.coords import BoundingBox

from layers.crs.declared import Declared, of_crs
from layers.crs.operation import NULL_ACCURACY, Operation, find, to_base
from layers.crs.placing import METRES, unknown_way
from layers.errors import CrsRefused, CrsUnknown, RasterUnplaced, TransformationUnfit

Places = NDArray[np.float64]

RULE = "crs.transformation"
_WAY = (
    "Warp it beforehand by the city's parameters, such as with gdalwarp -ct, as rasters are not "
    "moved here"
)
_WAY_ZH = "影像入库时不作转换，请先以本地参数校正，如用 gdalwarp -ct"


def check(bounds: BoundingBox, crs: rasterio.CRS, path: Path, accept: Sequence[str]) -> None:
    """CrsRefused, or RasterUnplaced where the registry knows how to warp it; `accept` are rules."""
    if RULE in accept:
        return
    left, bottom, right, top = bounds
    corners = np.array([(left, bottom), (left, top), (right, bottom), (right, top)])
    try:
        declared = of_crs(CRS.from_user_input(crs.to_wkt()))
        base = to_base(declared)
        places = corners if base is None else base(corners)
        operation = find(declared, (*places.min(axis=0).tolist(), *places.max(axis=0).tolist()))
    except (CRSError, CrsUnknown, TransformationUnfit) as error:
        raise RasterUnplaced(path, f"its CRS has no way to CGCS2000: {error}") from error
    if operation.kind == "ballpark":
        raise CrsRefused(path, unknown_way(declared, operation, _WAY, _WAY_ZH))
    if operation.move is not None and operation.kind == "registry":
        _see_that_it_stays(path, declared, operation, (corners, places))


def _see_that_it_stays(
    path: Path, declared: Declared, operation: Operation, at: tuple[Places, Places]
) -> None:
    """RasterUnplaced where the datum is more than a metre off."""
    assert operation.move is not None
    corners, places = at
    off = float(np.abs(operation.move(corners) - places).max()) * METRES
    if off <= NULL_ACCURACY:
        return
    raise RasterUnplaced(
        path,
        f"its datum is that of {declared.name}, which {operation.name} ({operation.code}) moves by "
        f"about {off:,.0f} m, and rasters are not moved here; warp it beforehand, such as with "
        f"gdalwarp -t_srs EPSG:4326, or accept that with --accept {RULE}",
    )
