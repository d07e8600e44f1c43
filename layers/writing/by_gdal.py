"""Rows as GeoPackage, FlatGeobuf and KML (GDAL 导出), written by GDAL from Arrow batches.

A GeoPackage is SQLite, for which `Name` and `name` are one: where two properties differ by case
alone, the later one has another name. FlatGeobuf has its index at the beginning, so that it is
sorted before it is written. KML is in WGS 84, longitude first.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from layers.errors import FileUnwritable
from layers.writing.content import Content

__all__ = ["Reading", "distinct", "flatgeobuf", "geopackage", "kml"]

_NONE: Mapping[str, str] = {}


def geopackage(content: Content, path: Path) -> None:
    title = content.layer.title
    options = {
        "FID": _free("fid", content.schema.names),
        "GEOMETRY_NAME": content.geometry,
        "IDENTIFIER": title.zh,
        "DESCRIPTION": content.layer.description.zh,
    }
    names = distinct(content.schema.names, [options["FID"]])
    _write(content, path, "GPKG", names, options, {"VERSION": "1.3"})


def flatgeobuf(content: Content, path: Path) -> None:
    """FileUnwritable where GDAL would leave heights out."""
    if content.heights == "some" or (content.heights == "all" and content.geometry_type is None):
        reason = "FlatGeobuf has heights only where all geometries are of one type and have them"
        raise FileUnwritable(path, f"{reason}; GeoPackage and GeoParquet have them")
    title, described = content.layer.title.zh, content.layer.description.zh
    options = {"TITLE": title, "DESCRIPTION": described, "TEMPORARY_DIR": str(path.parent)}
    _write(content, path, "FlatGeobuf", content.schema.names, options)


def kml(content: Content, path: Path) -> None:
    """A placemark is called by the field of its layer that names things, else by its code.

    Without an altitude mode what has heights is laid onto the ground (OGC 12-007r2, altitudeMode).
    GDAL gives it to what has none as well, which would be buried at 0 m: all have heights then.
    """
    names, field = content.schema.names, content.layer.name_field
    named = field if field is not None and field in names else "code"
    dataset = {"NameField": named, "DescriptionField": ""}
    if content.heights == "all":
        dataset["AltitudeMode"] = "absolute"
    _write(content, path, "KML", names, {}, dataset)


def _write(
    content: Content,
    path: Path,
    driver: str,
    names: Sequence[str],
    options: Mapping[str, str],
    dataset: Mapping[str, str] = _NONE,
) -> None:
    """Write the rows with other names of their columns; FileUnwritable."""
    schema = pa.schema([f.with_name(n) for f, n in zip(content.schema, names, strict=True)])
    reading = Reading(content.table_batches(), schema)
    crs = "OGC:CRS84" if driver == "KML" else content.authority
    reading.write(
        path,
        driver=driver,
        layer=content.layer.name,
        geometry_name=schema.names[-1],
        geometry_type=typed(content),
        crs="EPSG:4326" if crs == "OGC:CRS84" and driver != "KML" else crs,
        dataset_options=dict(dataset),
        layer_options=dict(options),
    )


def typed(content: Content) -> str:
    """The type of a layer, as pyogrio calls it."""
    kind = content.geometry_type
    if kind is None or content.heights == "some":
        return "Unknown"
    return f"{kind} Z" if content.heights == "all" else kind


class Reading:
    """Batches that GDAL reads; an error of theirs is told as it was, not as GDAL tells of it."""

    def __init__(self, batches: Iterator[pa.RecordBatch], schema: pa.Schema) -> None:
        self._batches = batches
        self._schema = schema
        self._error: BaseException | None = None

    def write(self, path: Path, **how: object) -> None:
        reader = pa.RecordBatchReader.from_batches(self._schema, self._each())
        try:
            pyogrio.write_arrow(reader, path, **how)
        except (DataSourceError, DataLayerError, pa.ArrowException, OSError, RuntimeError) as error:
            if self._error is None:
                raise FileUnwritable(path, str(error)) from error
        if self._error is not None:
            raise self._error

    def _each(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._batches:
                yield pa.RecordBatch.from_arrays(batch.columns, schema=self._schema)
        except BaseException as error:
            self._error = error
            raise


def distinct(names: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """Names that differ even where case does not count, as in SQLite.

    >>> distinct(["code", "Name", "name"]), distinct(["fid"], ["fid"])
    (['code', 'Name', 'name_2'], ['fid_2'])
    """
    used, made = {name.lower() for name in taken}, []
    for name in names:
        made.append(_free(name, used))
        used.add(made[-1].lower())
    return made


def _free(name: str, taken: Sequence[str] | set[str]) -> str:
    used = {each.lower() for each in taken}
    number = 2
    free = name
    while free.lower() in used:
        free = f"{name}_{number}"
        number += 1
    return free
