"""Options of commands that read a vector file (矢量文件选项), and the features in one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import shapely
import typer
from numpy.typing import NDArray

from api.errors import InvalidParameter
from cim.assignment.geometry import GeometryCheck
from cim.assignment.problems import Problems
from layers.errors import RowsRefused
from layers.source import open_source

__all__ = [
    "Alias",
    "Crs",
    "Division",
    "Encoding",
    "File",
    "NameField",
    "SourceLayer",
    "aliases_of",
    "shapes",
]

File = Annotated[
    Path,
    typer.Argument(
        help="GeoPackage, Shapefile, GeoJSON, FileGDB, KML, DXF, CSV, Parquet or the like, or a "
        "zip of one."
    ),
]
Alias = Annotated[
    list[str] | None,
    typer.Option(
        help="SCHEME=FIELD: the field holds the feature's code in that scheme; repeatable."
    ),
]
NameField = Annotated[
    str | None, typer.Option(help="Field that names a feature for people, and for search.")
]
Division = Annotated[
    str | None,
    typer.Option(help="Division code for every feature, instead of the county it is in."),
]
SourceLayer = Annotated[
    str | None,
    typer.Option(
        help="Layer of a file that has several, Shapefile of a zip, folder of a KML, or lines or "
        "polygons of a DXF."
    ),
]
Crs = Annotated[str | None, typer.Option(help="CRS to read the file in, instead of its own.")]
Encoding = Annotated[
    str | None,
    typer.Option(
        help="Encoding of Shapefile or text file, such as GBK, instead of the one that is found."
    ),
]


def aliases_of(pairs: list[str] | None) -> dict[str, str]:
    """Fields by scheme."""
    split = [pair.partition("=") for pair in pairs or []]
    for scheme, equals, field in split:
        if not (scheme and equals and field):
            raise typer.BadParameter(f"--alias is SCHEME=FIELD, not {scheme}{equals}{field!r}")
    return {scheme: field for scheme, _, field in split}


def shapes(text: str) -> NDArray[Any]:
    """The geometries of a file, or that of WKT or GeoJSON, in degrees of CGCS2000."""
    if Path(text[:1000]).suffix and Path(text[:1000]).exists():
        return _of_file(Path(text))
    read = shapely.from_geojson if text.lstrip().startswith("{") else shapely.from_wkt
    try:
        return np.array([read(text)], object)
    except shapely.errors.GEOSException:
        raise InvalidParameter("geometry", f"{text[:100]!r} is neither a file nor WKT") from None


def _of_file(path: Path) -> NDArray[Any]:
    problems = Problems()
    with open_source(path) as source:
        check = GeometryCheck(source.crs, problems)
        found = []
        for batch in source.batches():
            batch.tell(problems)
            found.append(check(batch.geometries, batch.first_row, batch.unplaced))
    if problems.count:
        raise RowsRefused(path, problems.kept, problems.count)
    return np.concatenate(found) if found else np.empty(0, object)
