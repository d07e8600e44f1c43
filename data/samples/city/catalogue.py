"""The manifest (清单): what `cim up` loads, in order, divisions first.

Classes are the project's own, under major 99 of CJ/T 553, which the standard leaves to the place.
`layer` is the name that the layer is served under, `source_layer` the one inside a GeoPackage.
"""

from __future__ import annotations

from typing import Any

import numpy
import pyogrio
import rasterio
import shapely

from city import imagery

Entry = dict[str, Any]


def manifest() -> Entry:
    """The manifest with the versions of the libraries that decide the bytes."""
    return {
        "title": _text("示例城市（生成数据）", "Sample city (generated data)"),
        "made_with": made_with(),
        "vectors": VECTORS,
        "rasters": [_scene(scene.day) for scene in imagery.SCENES],
        "observations": [OBSERVATIONS],
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


def _text(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


VECTORS: list[Entry] = [
    {
        "layer": "divisions",
        "file": "divisions.gpkg",
        "source_layer": "divisions",
        "title": _text("县级行政区", "County-level divisions"),
        "description": _text(
            "襄阳市九个县级行政区，代码和名称真实，界线为生成",
            "The nine divisions of Xiangyang: real codes and names, made-up borders",
        ),
        "key": "code",
        "name": "name",
        "class": "990501",
        "aliases": {},
    },
    {
        "layer": "parcels",
        "file": "parcels.gpkg",
        "source_layer": "parcels",
        "title": _text("宗地", "Parcels"),
        "description": _text(
            "城区宗地：代码、用地用海分类（2023）、面积、权利性质、容积率",
            "Parcels of the city: code, land use (2023), area, use right, floor area ratio",
        ),
        "key": "parcel_code",
        "name": "name",
        "class": "990101",
        "aliases": {"parcel": "parcel_code", "real_estate_unit": "real_estate_unit"},
    },
    {
        "layer": "basic_farmland",
        "file": "control_lines.gpkg",
        "source_layer": "basic_farmland",
        "title": _text("永久基本农田", "Permanent basic farmland"),
        "description": _text("控制线之一，部分跨县", "A control line; parts cross counties"),
        "key": "BSM",
        "name": "HXMC",
        "class": "990110",
        "aliases": {},
    },
    {
        "layer": "ecological_redline",
        "file": "control_lines.gpkg",
        "source_layer": "ecological_redline",
        "title": _text("生态保护红线", "Ecological protection red line"),
        "description": _text("控制线之一，部分跨县", "A control line; parts cross counties"),
        "key": "BSM",
        "name": "HXMC",
        "class": "990111",
        "aliases": {},
    },
    {
        "layer": "urban_boundary",
        "file": "urban_boundary.geojson",
        "title": _text("城镇开发边界", "Urban development boundary"),
        "description": _text("控制线之一，部分跨县", "A control line; parts cross counties"),
        "key": "BSM",
        "name": "HXMC",
        "class": "990112",
        "aliases": {},
    },
    {
        "layer": "buildings",
        "file": "buildings.shp",
        "encoding": "GBK",
        "title": _text("建筑物", "Buildings"),
        "description": _text(
            "建筑基底，含层数和高度（米）；属性为 GBK 编码",
            "Footprints with floors and heights in metres; attributes are GBK",
        ),
        "key": "bldg_id",
        "name": "name",
        "class": "990301",
        "aliases": {},
    },
    {
        "layer": "rivers",
        "file": "rivers.geojson",
        "title": _text("河流", "Rivers"),
        "description": _text("河流中心线", "Centre lines of rivers"),
        "key": "river_key",
        "name": "name",
        "class": "990201",
        "aliases": {},
    },
    {
        "layer": "water_surfaces",
        "file": "water_surfaces.geojson",
        "title": _text("河流水面", "Water surfaces"),
        "description": _text(
            "宽河及护城河的枯水期水面",
            "Surfaces of the wide rivers and the moat at low water",
        ),
        "key": "surface_key",
        "name": "name",
        "class": "990204",
        "aliases": {},
    },
    {
        "layer": "reservoirs",
        "file": "reservoirs.geojson",
        "title": _text("水库", "Reservoirs"),
        "description": _text(
            "水库水面及特征水位，均为示例值",
            "Reservoir surfaces with characteristic levels, all sample values",
        ),
        "key": "reservoir_key",
        "name": "name",
        "class": "990202",
        "aliases": {},
    },
    {
        "layer": "hydro_stations",
        "file": "hydro_stations.csv",
        "x": "lon",
        "y": "lat",
        "crs": "EPSG:4490",
        "title": _text("水文站", "Hydrological stations"),
        "description": _text(
            "水文站点、基面和控制水位；除注明外为示例值",
            "Stations, datum and control stages; sample values unless the source says otherwise",
        ),
        "key": "station",
        "name": "name",
        "class": "990203",
        "aliases": {"hydro_station": "station"},
    },
]
OBSERVATIONS: Entry = {
    "file": "hydro_observations.csv.gz",
    "layer": "hydro_stations",
    "key": "station",
    "time": "time",
    "values": {
        "stage_m": {**_text("水位", "Stage"), "unit": "m", "parameter": "stage"},
        "flow_m3s": {**_text("流量", "Flow"), "unit": "m3/s", "parameter": "flow"},
        "rain_mm": {
            **_text("时段降水量", "Rain of the hour before"),
            "unit": "mm",
            "parameter": "rainfall",
        },
    },
    "datum": {"field": "datum", "offset_field": "datum_correction_m"},
    "known_errors": "hydro_known_errors.csv",
}


def _scene(day: str) -> Entry:
    return {
        "collection": "imagery",
        "file": f"imagery_{day}.tif",
        "title": _text("多光谱影像", "Multispectral imagery"),
        "description": _text(
            "蓝、绿、红、近红外，10 米，反射率乘 10000，空值 0",
            "Blue, green, red, near infrared at 10 m; reflectance times 10,000; nodata 0",
        ),
        "datetime": f"{day}T03:05:00Z",
        "bands": list(imagery.BANDS),
    }
