"""Adds a column of codes to a file (文件加码): CSV, Parquet with GeoParquet, GeoPackage.

The format of the file stays. Places stand in two columns of degrees or, in GeoParquet and
GeoPackage, in the geometry: a point itself, of anything else a point on it, moved to CGCS2000
(EPSG:4490) where the file is projected. Rows pass in batches; what is made has another name until
it is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataSourceError
from pyproj import CRS

from api.errors import BadRow, BadTable, UnsupportedTable
from api.grid.columns import BLOCK, Coding, add_to_csv, codes_of_columns, with_column
from api.output import whole
from layers.crs.declared import of
from layers.crs.operation import Move, find
from layers.parquet import CRS84, geometry_of, schema_of
from layers.source import open_source

Codes = Callable[[pa.RecordBatch, int], NDArray[np.bytes_]]


def add_codes(path: Path, output: Path, coding: Coding, *, by_columns: bool) -> None:
    """Write the file with the codes; an error leaves nothing behind.

    `by_columns` takes the columns of the coding also where there is a geometry.
    """
    kind = path.suffix.lower()
    if kind not in _ADDERS:
        raise UnsupportedTable(kind, _ADDERS)
    if output.suffix.lower() != kind:
        raise BadTable(f"{output.name} must end in {kind}, as {path.name} does")
    with whole(output) as temporary:
        _ADDERS[kind](path, temporary, coding, by_columns)


def _csv(path: Path, output: Path, coding: Coding, _by_columns: bool) -> None:
    with path.open("rb") as source, output.open("wb") as target:
        add_to_csv(source, target, coding)


def _parquet(path: Path, output: Path, coding: Coding, by_columns: bool) -> None:
    try:
        with pq.ParquetFile(path) as source:
            schema = source.schema_arrow
            geometry = None if by_columns else _geometry(path, schema_of(source))
            codes = _codes(schema.names, geometry, coding)
            schema = schema.append(pa.field(coding.column, pa.string()))
            with pq.ParquetWriter(output, schema) as target:
                for batch in _coded(source.iter_batches(BLOCK), codes, schema):
                    target.write_batch(batch)
    except pa.ArrowException as error:
        raise BadTable(f"{path} is not a Parquet file: {error}") from None


def _geometry(path: Path, schema: pa.Schema) -> tuple[str, CRS] | None:
    told = geometry_of(path, schema)
    return None if told is None else (told[0], told[1] or CRS84)


def _geopackage(path: Path, output: Path, coding: Coding, by_columns: bool) -> None:
    with open_source(path) as source:
        schema = source.schema
        geometry = None if by_columns else (source.geometry_name, source.crs)
        codes = _codes(schema.names, geometry, coding)
        schema = schema.append(pa.field(coding.column, pa.string()))
        broken: list[Exception] = []
        batches = _kept(_coded((read.record for read in source.records), codes, schema), broken)
        info = pyogrio.read_info(path)
        try:
            pyogrio.write_arrow(
                pa.RecordBatchReader.from_batches(schema, batches),
                output,
                driver="GPKG",
                layer=info["layer_name"],
                geometry_name=source.geometry_name,
                geometry_type=info["geometry_type"],
                crs=source.crs.to_wkt(),
            )
        except (RuntimeError, DataSourceError) as error:
            raise broken[0] if broken else BadTable(f"{output}: {error}") from None


def _kept(batches: Iterator[Any], broken: list[Exception]) -> Iterator[Any]:
    """The batches, keeping what ends them: on its way through GDAL an error loses its kind."""
    try:
        yield from batches
    except Exception as error:
        broken.append(error)
        raise


def _coded(batches: Any, codes: Codes, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    first = 1
    for batch in batches:
        yield with_column(batch, codes(batch, first), schema)
        first += batch.num_rows


def _codes(names: list[str], geometry: tuple[str, CRS] | None, coding: Coding) -> Codes:
    """How the codes of a batch are made: from the geometry, or from two columns."""
    if geometry is None:
        coding.check(names)
        return lambda batch, first: codes_of_columns(batch, coding, first)
    name, crs = geometry
    coding.check(names, [name])
    move = _move(crs)

    def of_geometry(batch: pa.RecordBatch, first: int) -> NDArray[np.bytes_]:
        x, y = _points(batch.column(name), first)
        if move is not None:
            x, y = move(np.column_stack((x, y))).T
        return coding.codes(x, y, first)

    return of_geometry


def _move(crs: CRS) -> Move | None:
    """To degrees of CGCS2000; BadTable where nobody knows how accurately."""
    operation = find(of(crs), None)
    if operation.accuracy is None:
        reason = f"from {crs.name} there is {operation.name}; move it to CGCS2000 beforehand"
        raise BadTable(f"its geometry cannot be placed: {reason}")
    return operation.move


def _points(wkb: pa.Array, first: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    try:
        shapes = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False))
    except shapely.errors.GEOSException as error:
        raise BadTable(f"a geometry after row {first - 1} cannot be read: {error}") from None
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if missing.any():
        raise BadRow(first + int(missing.argmax()), "it has no geometry")
    points = shapely.point_on_surface(shapes)
    return shapely.get_x(points), shapely.get_y(points)


_ADDERS: dict[str, Callable[[Path, Path, Coding, bool], None]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".gpkg": _geopackage,
}
