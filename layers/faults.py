"""Writes the places of faults as a layer of a GeoPackage (问题位置), to be looked at in QGIS.

An invalid geometry has a point where it is at fault, an overlap and a gap are the areas that they
are, a sliver is the area itself. All are degrees of CGCS2000, whatever CRS the file is in.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from cim.assignment.problems import Level, Problem
from layers.findings import Findings

LAYER = "faults"
_GEOMETRY = "geometry"
_ROWS = 10_000  # that are written at once
_SCHEMA = pa.schema(
    [
        pa.field("level", pa.string()),
        pa.field("row", pa.int64()),
        *(pa.field(name, pa.string()) for name in ("rule", "value", "zh", "en")),
        *(pa.field(name, pa.float64()) for name in ("area", "width")),
        pa.field(_GEOMETRY, pa.binary()),
    ]
)


def write(findings: Findings, path: Path) -> None:
    """Add the layer to a GeoPackage, if any finding has a place; OSError."""
    found = findings.faults()
    first = list(islice(found, _ROWS))
    if not first:
        return
    reader = pa.RecordBatchReader.from_batches(_SCHEMA, _batches(first, found))
    try:
        pyogrio.write_arrow(
            reader,
            path,
            layer=LAYER,
            driver="GPKG",
            geometry_name=_GEOMETRY,
            geometry_type="Unknown",
            crs="EPSG:4490",
            append=False,
        )
    except (DataSourceError, DataLayerError) as error:
        raise OSError(str(error)) from error


def _batches(
    first: list[tuple[Level, Problem]], others: Iterator[tuple[Level, Problem]]
) -> Iterator[pa.RecordBatch]:
    some = first
    while some:
        yield pa.RecordBatch.from_pylist([_row(level, one) for level, one in some], _SCHEMA)
        some = list(islice(others, _ROWS))


def _row(level: Level, one: Problem) -> dict[str, object]:
    measured = one.details or {}
    return {
        "level": level,
        "row": one.row,
        "rule": one.rule,
        "value": one.value,
        "zh": one.zh,
        "en": one.reason,
        "area": measured.get("area"),
        "width": measured.get("width"),
        _GEOMETRY: one.shape,
    }
