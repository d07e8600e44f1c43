"""``cim crs``: what would become of the coordinates of a file (坐标系查询), or of a CRS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from shapely import points

from api.cli.terminal import Json, print_json, say
from api.cli.vector_file import (
    Crs,
    Encoding,
    SourceLayer,
    SwapAxes,
    TransformationGiven,
    placing_of,
)
from layers.crs.declared import declare
from layers.crs.placing import ACCEPTABLE, place
from layers.source import open_source

__all__ = ["show", "words"]

Target = Annotated[str, typer.Argument(help="A vector file, or a CRS such as EPSG:2361.")]
At = Annotated[
    str | None, typer.Option("--at", help="X,Y in that CRS: the place that operations are for.")
]


def show(
    target: Target,
    at: At = None,
    crs: Crs = None,
    transformation: TransformationGiven = None,
    swap_axes: SwapAxes = False,
    source_layer: SourceLayer = None,
    encoding: Encoding = None,
    as_json: Json = False,
) -> None:
    """Show how a file, or a CRS, comes to CGCS2000 (EPSG:4490), how accurately, and what is
    doubtful. Nothing is loaded, and no database is needed.
    """
    asked = placing_of(transformation, swap_axes, accept=list(ACCEPTABLE))
    path = Path(target)
    if len(target) < 1000 and path.exists():
        with open_source(path, source_layer, crs, encoding) as source:
            first, _ = source.looked_into()
            placement = place(path, (source.declared, source.said_by), first, asked)
    else:
        there = points([_pair(at)]) if at else np.empty(0, object)
        placement = place(path, (declare(target), "option"), there, asked)
    if as_json:
        print_json(placement.describe())
        return
    for line in words(placement.describe()):
        say(line)


def words(placement: Mapping[str, Any]) -> Iterator[str]:
    """What is told of a placement (`layers.crs.placing`), line by line."""
    swapped = ", axes swapped" if placement["swapped"] else ""
    yield f"CRS: {_named(placement, 'name', 'code')}, by the {placement['said_by']}{swapped}"
    known = placement["accuracy"]
    accuracy = "accuracy not known" if known is None else f"accuracy {known:g} m"
    yield f"to CGCS2000: {_named(placement, 'operation', 'operation_code')}, {accuracy}"
    if placement["moved"]:
        east, north = placement["moved"]
        yield f"it moves the data {east:.1f} m east and {north:.1f} m north"
    for grid in placement["grids_missing"]:
        yield f"better, but its grids are not here: {grid}"
    if beside := placement["reference"]:
        by = f"{beside['features']:,} features by their {beside['compared_by']}"
        yield (
            f"beside the layer {beside['layer']}: {beside['east']:.2f} m east, "
            f"{beside['north']:.2f} m north (spread {beside['spread']:.2f} m; {by})"
        )
    for note in placement["notes"]:
        yield f"{note['rule']}: {note['en']}"
        yield f"{'':{len(note['rule']) + 2}}{note['zh']}"


def _named(placement: Mapping[str, Any], name: str, code: str) -> str:
    return f"{placement[name]} ({placement[code]})" if placement[code] else str(placement[name])


def _pair(text: str) -> list[float]:
    try:
        x, y = map(float, text.split(","))
    except ValueError:
        raise typer.BadParameter(f"--at is X,Y, not {text!r}") from None
    return [x, y]
