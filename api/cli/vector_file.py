"""Options of commands that read a vector file (矢量文件选项), and the features in one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import shapely
import typer
from numpy.typing import NDArray

from api.errors import InvalidParameter
from cim.assignment.geometry import GeometryCheck, GeometryRules
from cim.assignment.problems import Problems
from layers.crs.placing import ACCEPTABLE, Asked, place
from layers.errors import RowsRefused
from layers.source import open_source

__all__ = [
    "Accept",
    "Alias",
    "Crs",
    "Division",
    "Encoding",
    "File",
    "NameField",
    "Reference",
    "SourceLayer",
    "SwapAxes",
    "TransformationGiven",
    "aliases_of",
    "placing_of",
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
Crs = Annotated[
    str | None,
    typer.Option(
        help="CRS to read the file in, instead of its own: an EPSG code, a name, WKT, GCJ-02, "
        "BD-09, LOCAL."
    ),
]
TransformationGiven = Annotated[
    str | None,
    typer.Option(
        "--transformation",
        help="To CGCS2000, instead of the best known: an EPSG code, or a file (or text) with a "
        "PROJ string or the city's parameters as JSON.",
    ),
]
SwapAxes = Annotated[
    bool, typer.Option("--swap-axes", help="y (latitude, northing) stands first in the file.")
]
Reference = Annotated[
    str | None, typer.Option(help="Layer of the same things, to compare the places with.")
]
Accept = Annotated[
    list[str] | None,
    typer.Option(help="Rule of the CRS (crs.…) that shall not refuse the file; repeatable."),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        help="Encoding of Shapefile or text file, such as GBK, instead of the one that is found."
    ),
]


MOST_PATH = 1000  # characters


def aliases_of(pairs: list[str] | None) -> dict[str, str]:
    """Fields by scheme."""
    split = [pair.partition("=") for pair in pairs or []]
    for scheme, equals, field in split:
        if not (scheme and equals and field):
            raise typer.BadParameter(f"--alias is SCHEME=FIELD, not {scheme}{equals}{field!r}")
    return {scheme: field for scheme, _, field in split}


def placing_of(
    transformation: str | None,
    swap_axes: bool,
    reference: str | None = None,
    accept: list[str] | None = None,
) -> Asked:
    """What is said of the CRS; a transformation may stand in a file, where no history keeps it."""
    unknown = set(accept or ()) - set(ACCEPTABLE)
    if unknown:
        raise typer.BadParameter(
            f"--accept is one of {', '.join(ACCEPTABLE)}, not {', '.join(sorted(unknown))}"
        )
    text = transformation
    if text is not None and len(text) < MOST_PATH and Path(text).is_file():
        try:
            text = Path(text).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeError) as error:
            raise typer.BadParameter(f"{transformation} cannot be read: {error}") from error
    elif text is not None and text.lower().endswith((".json", ".txt")):
        raise typer.BadParameter(f"{transformation}: there is no such file")
    return Asked(text, swap_axes, reference, tuple(accept or ()))


def shapes(text: str, *, repair: bool = False) -> NDArray[Any]:
    """The geometries of a file, or that of WKT or GeoJSON, in degrees of CGCS2000.

    Invalid ones of a file are refused, or repaired.
    """
    if Path(text[:1000]).suffix and Path(text[:1000]).exists():
        return _of_file(Path(text), GeometryRules(repair))
    read = shapely.from_geojson if text.lstrip().startswith("{") else shapely.from_wkt
    try:
        return np.array([read(text)], object)
    except shapely.errors.GEOSException:
        raise InvalidParameter("geometry", f"{text[:100]!r} is neither a file nor WKT") from None


def _of_file(path: Path, rules: GeometryRules) -> NDArray[Any]:
    problems = Problems()
    with open_source(path) as source:
        first, whole = source.looked_into()
        placement = place(path, (source.declared, source.said_by), first)
        check = GeometryCheck(placement.frame, problems, rules)
        found = []
        for batch in whole.batches():
            batch.tell(problems)
            found.append(check(batch.geometries, batch.first_row, batch.unread))
    if problems.count:
        raise RowsRefused(path, problems.kept, problems.count)
    return np.concatenate(found) if found else np.empty(0, object)
