"""Writers whose bytes depend on nothing but the content: no clock, no path, no random id.

GeoPackage, Shapefile and GeoTIFF go through GDAL with a fixed date; GeoJSON (RFC 7946, lon lat in
CRS84) and CSV are written here. Each file says in its own metadata, where the format has any, that
it is generated.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyogrio
import rasterio
import shapely

from city import imagery

DATE = "2025-06-01"
"""The date that stands in the files, whenever they are made."""
NOTICE = (
    "示例数据，由 data/samples/make.py 随机种子生成，非测绘成果，不得用于实际管理。"
    "Generated sample data, not a survey. Licence: Apache-2.0."
)


@dataclass(frozen=True)
class Table:
    """A layer: shapes beside columns of equal length."""

    name: str
    title: str
    crs: str
    shapes: Sequence[shapely.Geometry]
    columns: dict[str, npt.NDArray[Any]]


def geopackage(path: Path, *tables: Table) -> None:
    """Each table as a layer of one new GeoPackage."""
    path.unlink(missing_ok=True)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{DATE}T00:00:00.000Z"})
    for table in tables:
        options = {"IDENTIFIER": table.title, "DESCRIPTION": NOTICE}
        _ogr(path, table, driver="GPKG", layer=table.name, layer_options=options)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def shapefile(path: Path, table: Table) -> None:
    """One Shapefile with attributes in GBK and a .cpg that says so."""
    for old in path.parent.glob(f"{path.stem}.*"):
        old.unlink()
    options = {"RESIZE": "YES", "DBF_DATE_LAST_UPDATE": DATE}
    _ogr(path, table, driver="ESRI Shapefile", encoding="GBK", layer_options=options)


def _ogr(path: Path, table: Table, **options: Any) -> None:
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array(table.shapes, dtype=object), flavor="iso"),
        geometry_type=table.shapes[0].geom_type,
        field_data=list(table.columns.values()),
        fields=list(table.columns),
        crs=table.crs,
        append=path.exists(),
        **options,
    )


def geojson(path: Path, table: Table) -> None:
    """One feature a line, coordinates with 7 decimals, exterior rings counter-clockwise."""
    shapes = shapely.set_precision(np.array(table.shapes, dtype=object), 1e-7)
    shapes = shapely.orient_polygons(shapes)
    head = {"type": "FeatureCollection", "name": table.name, "description": NOTICE}
    lines = [_feature(shape, row) for shape, row in zip(shapes, rows(table.columns), strict=True)]
    start = json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n'
    path.write_text(start + ",\n".join(lines) + "\n]}\n", encoding="utf-8")


def _feature(shape: shapely.Geometry, properties: dict[str, Any]) -> str:
    geometry = json.loads(shapely.to_geojson(shape), parse_float=lambda x: round(float(x), 7))
    feature = {"type": "Feature", "properties": properties, "geometry": geometry}
    return json.dumps(feature, ensure_ascii=False)


def rows(columns: dict[str, npt.NDArray[Any]]) -> list[dict[str, Any]]:
    """Columns as rows of plain Python values."""
    values = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in values]


def csv_file(path: Path, header: Sequence[str], lines: Iterable[Sequence[object]]) -> None:
    """A CSV in UTF-8 with one header line and LF line ends; gzipped where the name ends in .gz."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    content = text.getvalue().encode("utf-8")
    path.write_bytes(gzip.compress(content, 9, mtime=0) if path.suffix == ".gz" else content)


def geotiff(path: Path, profile: dict[str, Any], values: npt.NDArray[Any], day: str) -> None:
    """A GeoTIFF of reflectance times 10,000 with named bands and the day of acquisition."""
    path.unlink(missing_ok=True)
    tags = {
        "TIFFTAG_IMAGEDESCRIPTION": NOTICE,
        "TIFFTAG_DATETIME": f"{day.replace('-', ':')} 11:05:00",
        "REFLECTANCE_SCALE": "0.0001",
    }
    with rasterio.open(path, "w", **profile) as file:
        file.update_tags(**tags)
        file.descriptions = imagery.BANDS
        file.write(values)


def json_file(path: Path, content: object) -> None:
    """JSON for people to read."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
