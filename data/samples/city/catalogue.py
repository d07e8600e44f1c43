"""The manifest (清单): what `cim up` loads, in order, divisions first.

Classes are the project's own, under major 99 of CJ/T 553, which the standard leaves to the place.
"""

from __future__ import annotations

from typing import Any

import numpy
import pyogrio
import rasterio
import shapely

Entry = dict[str, Any]

VECTORS: list[Entry] = [
    {
        "layer": "divisions",
        "file": "divisions.gpkg",
        "source_layer": "divisions",
        "title": {"zh": "县级行政区", "en": "County-level divisions"},
        "description": {
            "zh": "襄阳市九个县级行政区，代码和名称真实，界线为生成",
            "en": "The nine divisions of Xiangyang: real codes and names, made-up borders",
        },
        "key": "code",
        "class": "990501",
        "aliases": {},
    },
    {
        "layer": "parcels",
        "file": "parcels.gpkg",
        "source_layer": "parcels",
        "title": {"zh": "宗地", "en": "Parcels"},
        "description": {
            "zh": "城区宗地：代码、用地用海分类（2023）、面积、权利性质、容积率",
            "en": "Parcels of the city: code, land use (2023), area, use right, floor area ratio",
        },
        "key": "parcel_code",
        "class": "990101",
        "aliases": {"parcel": "parcel_code", "real_estate_unit": "real_estate_unit"},
    },
]
RASTERS: list[Entry] = []


def manifest() -> Entry:
    """The manifest with the versions of the libraries that decide the bytes."""
    return {
        "title": {"zh": "示例城市（生成数据）", "en": "Sample city (generated data)"},
        "made_with": made_with(),
        "vectors": VECTORS,
        "rasters": RASTERS,
    }


def made_with() -> dict[str, str]:
    """Library versions; with the same ones the files come out with the same bytes."""
    return {
        "numpy": numpy.__version__,
        "shapely": shapely.__version__,
        "geos": ".".join(map(str, shapely.geos_version)),
        "gdal_vector": ".".join(map(str, pyogrio.__gdal_version__)),
        "gdal_raster": rasterio.__gdal_version__,
    }
