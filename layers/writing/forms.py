"""The formats in which data is taken away (数据导出格式表), and how each of them is written.

How one that broke off is told from one that is whole, besides that HTTP ends the body of the former
without its last chunk:

===========  ===================================================================================
geojson      closes at its end, after the number of features
jsonfg       the same
geojsonseq   has nothing at its end: the header OGC-NumberMatched tells how many rows there are
ndjson, csv  the same
arrow        the same, and the schema tells it as `numberMatched`
geoparquet   cannot be opened without its end
others       are made before they are sent, with their length and SHA-256
===========  ===================================================================================
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from cim.item_query import Shown
from layers.writing import by_gdal, columnar, csv_text, json_text, shapefile
from layers.writing.content import Content

__all__ = ["ALIASES", "FORMS", "MEDIA_TYPES", "PMTILES", "Form", "write_file"]

Encode = Callable[[Content], Iterator[bytes]]
Make = Callable[[Content, Path], None]


class Form(NamedTuple):
    """A format.

    shown     as what it wants its rows
    encode    how it is written piece by piece; None where it is made as a file
    make      how that file is made
    endless   has nothing at its end, so that the number of its rows is told before
    degrees   is in WGS 84 alone
    """

    name: str
    zh: str
    en: str
    media_type: str
    suffix: str
    shown: Shown
    encode: Encode | None = None
    make: Make | None = None
    endless: bool = False
    degrees: bool = False


_FORMS = (
    Form(
        *("geojson", "GeoJSON", "GeoJSON", "application/geo+json", ".geojson"),
        shown="geojson",
        encode=json_text.geojson,
    ),
    Form(
        *("geojsonseq", "GeoJSON 文本序列", "GeoJSON text sequence"),
        *("application/geo+json-seq", ".geojsons"),
        shown="geojson",
        encode=json_text.geojson_seq,
        endless=True,
    ),
    Form(
        *("ndjson", "逐行 GeoJSON", "Newline-delimited GeoJSON"),
        *("application/x-ndjson", ".ndjson"),
        shown="geojson",
        encode=json_text.ndjson,
        endless=True,
    ),
    Form(
        *("jsonfg", "JSON-FG", "JSON-FG", "application/vnd.ogc.fg+json", ".fg.json"),
        shown="jsonfg",
        encode=json_text.json_fg_document,
    ),
    Form(
        *("csv", "CSV（几何为 WKT）", "CSV with WKT", "text/csv", ".csv"),
        shown="columns",
        encode=csv_text.csv,
        endless=True,
    ),
    Form(
        *("geoparquet", "GeoParquet", "GeoParquet"),
        *("application/vnd.apache.parquet", ".parquet"),
        shown="columns",
        encode=columnar.geoparquet,
    ),
    Form(
        *("arrow", "Arrow IPC 流", "Arrow IPC stream"),
        *("application/vnd.apache.arrow.stream", ".arrows"),
        shown="columns",
        encode=columnar.arrow,
        endless=True,
    ),
    Form(
        *("flatgeobuf", "FlatGeobuf（含索引）", "FlatGeobuf with index"),
        *("application/flatgeobuf", ".fgb"),
        shown="columns",
        make=by_gdal.flatgeobuf,
    ),
    Form(
        *("gpkg", "GeoPackage", "GeoPackage", "application/geopackage+sqlite3", ".gpkg"),
        shown="columns",
        make=by_gdal.geopackage,
    ),
    Form(
        *("shapefile", "Shapefile（压缩包）", "Shapefile in a zip", "application/zip", ".shp.zip"),
        shown="columns",
        make=shapefile.shapefile,
    ),
    Form(
        *("kml", "KML", "KML", "application/vnd.google-earth.kml+xml", ".kml"),
        shown="columns",
        make=by_gdal.kml,
        degrees=True,
    ),
)
FORMS = {form.name: form for form in _FORMS}
PMTILES = Form(
    *("pmtiles", "PMTiles 矢量瓦片", "PMTiles of vector tiles"),
    *("application/vnd.pmtiles", ".pmtiles"),
    shown="columns",
)
"""Written by `tiles.archive`, of tiles and not of rows."""
MEDIA_TYPES = {form.media_type: form for form in _FORMS}
ALIASES = {
    **{"parquet": "geoparquet", "fgb": "flatgeobuf", "geopackage": "gpkg", "shp": "shapefile"},
    **{"json": "geojson", "fg": "jsonfg"},
}
"""Other names of formats."""


def write_file(form: Form, content: Content, path: Path) -> int:
    """Write a file that is not there yet; how many rows. FileUnwritable, OSError."""
    if form.encode is None:
        assert form.make is not None
        form.make(content, path)
        return content.tally.rows
    with path.open("xb") as file:
        for chunk in form.encode(content):
            file.write(chunk)
    return content.tally.rows
