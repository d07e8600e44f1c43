"""Scenes as STAC items (影像元数据): STAC 1.1 with the extensions eo, projection, raster and file.

The geometry is the outline of the grid in CGCS2000, longitude before latitude; STAC says WGS 84,
from which it differs by centimetres. Wavelengths are in micrometres. `file:checksum` is a
multihash: 1220 and the SHA-256 of the COG. Where a scene was registered by an earlier version of
this program, what was not kept then is left out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pystac
import shapely
from pyproj import CRS
from pystac.extensions.eo import Band as EoBand
from pystac.extensions.eo import EOExtension
from pystac.extensions.file import FileExtension
from pystac.extensions.projection import ProjectionExtension
from pystac.extensions.raster import (
    DataType,
    Histogram,
    RasterBand,
    RasterExtension,
    Sampling,
    Statistics,
)

from cim.statement import Statement

COG = pystac.MediaType.COG
ASSET = "data"

_SHA256 = "1220"

# What `item` reads of a scene `s` of a layer `l`.
COLUMNS = """l.name AS collection, s.name, s.acquired_at, s.registered_at, s.crs, s.width, s.height,
    s.resolution, s.transform, s.bands, s.details, s.properties, s.checksum, s.size,
    ST_AsGeoJSON(s.footprint, 8, 0)::json AS footprint"""

_SCENE = f"""
    SELECT row_to_json(s) AS scene FROM (
        SELECT {COLUMNS} FROM cim.raster_scene s JOIN cim.layer l ON l.id = s.layer_id
        WHERE l.id = $1 AND s.name = $2) s
"""


def scene(layer_id: int, name: str) -> Statement:
    """Row (scene): what `item` reads, as JSON; no row where there is no such scene."""
    return Statement(_SCENE, (layer_id, name))


def item(row: Mapping[str, Any], cog: str, collection: str) -> pystac.Item:
    """The item of a scene; where its COG and its collection are to be had."""
    made = pystac.Item(
        id=row["name"],
        geometry=row["footprint"],
        bbox=list(shapely.Polygon(row["footprint"]["coordinates"][0]).bounds),
        datetime=datetime.fromisoformat(row["acquired_at"]),
        properties=_properties(row),
        collection=row["collection"],
    )
    made.add_link(pystac.Link("collection", collection, pystac.MediaType.JSON))
    asset = pystac.Asset(cog, media_type=COG, roles=["data"])
    made.add_asset(ASSET, asset)
    _eo(made, asset, row)
    _projection(made, row)
    RasterExtension.ext(asset, add_if_missing=True).bands = _raster_bands(row)
    if row["checksum"]:
        file = FileExtension.ext(asset, add_if_missing=True)
        file.apply(checksum=_SHA256 + row["checksum"], size=row["size"])
    return made


def _properties(row: Mapping[str, Any]) -> dict[str, Any]:
    told = row["properties"]
    platforms = told.get("platforms") or []
    found = {
        "created": datetime.fromisoformat(row["registered_at"]).isoformat(),
        "gsd": told.get("gsd"),
        "platform": platforms[0] if len(platforms) == 1 else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _eo(made: pystac.Item, asset: pystac.Asset, row: Mapping[str, Any]) -> None:
    EOExtension.ext(made, add_if_missing=True).cloud_cover = row["properties"].get("cloud_cover")
    EOExtension.ext(asset).bands = [
        EoBand.create(
            name=band["name"],
            common_name=band.get("common") or None,
            center_wavelength=detail.get("center"),
            full_width_half_max=detail.get("width"),
        )
        for band, detail in _bands(row)
    ]


def _projection(made: pystac.Item, row: Mapping[str, Any]) -> None:
    """A CRS that EPSG has no number for is told as PROJJSON."""
    crs = CRS.from_user_input(row["crs"])
    number = crs.to_epsg()
    projection = ProjectionExtension.ext(made, add_if_missing=True)
    projection.apply(
        code=f"EPSG:{number}" if number else None,
        projjson=None if number else crs.to_json_dict(),
        shape=[row["height"], row["width"]],
        transform=row["transform"],
    )
    if row["transform"]:
        a, _, c, _, e, f = row["transform"]
        projection.bbox = [c, f + e * row["height"], c + a * row["width"], f]


def _raster_bands(row: Mapping[str, Any]) -> list[RasterBand]:
    metres = CRS.from_user_input(row["crs"]).axis_info[0].unit_name == "metre"
    return [
        RasterBand.create(
            data_type=DataType(band["dtype"]),
            sampling=Sampling.AREA,
            nodata=detail.get("nodata"),
            unit=detail.get("unit"),
            scale=band.get("scale"),
            offset=band.get("offset"),
            spatial_resolution=row["resolution"] if metres else None,
            statistics=_statistics(detail),
            histogram=_histogram(detail),
        )
        for band, detail in _bands(row)
    ]


def _statistics(detail: Mapping[str, Any]) -> Statistics | None:
    told = detail.get("statistics")
    names = ("minimum", "maximum", "mean", "stddev", "valid_percent")
    return Statistics.create(**{name: told[name] for name in names}) if told else None


def _histogram(detail: Mapping[str, Any]) -> Histogram | None:
    told = detail.get("statistics")
    if not told:
        return None
    least, most, buckets = told["minimum"], told["maximum"], told["buckets"]
    return Histogram.create(len(buckets), least, max(most, least), buckets)


def _bands(row: Mapping[str, Any]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each band with its details, none for a scene of an earlier version."""
    details = row["details"] or [{}] * len(row["bands"])
    return list(zip(row["bands"], details, strict=True))
