"""``cim layer export``: a layer as a file (导出), as `POST /collections/{c}/exports` makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer

from api.cli.database import opened as database
from api.cli.terminal import row_bar, say
from api.errors import FileFault
from api.exports.asked import form_of, of_parameters
from api.output import whole
from cim import registry
from cim.access import ANONYMOUS
from layers.export import opened
from layers.writing.content import Content
from layers.writing.forms import FORMS, PMTILES, Form, write_file
from tiles import archive
from tiles.archive import FINEST, Levels

__all__ = ["export_layer"]

_SUFFIXES = {
    **{form.suffix: form for form in (*FORMS.values(), PMTILES)},
    ".json": FORMS["geojson"],
    ".geojsonl": FORMS["ndjson"],
    ".geoparquet": FORMS["geoparquet"],
    ".arrow": FORMS["arrow"],
    ".zip": FORMS["shapefile"],
}

_USUAL = Levels()

Filter = Annotated[str | None, typer.Option("--filter", help="CQL2 text that features must meet.")]
Box = Annotated[str | None, typer.Option(help="west,south,east,north in degrees.")]
Crs = Annotated[str | None, typer.Option(help="CRS of the file, such as EPSG:4547; else CRS84.")]
When = Annotated[str | None, typer.Option("--datetime", help="As it was then (RFC 3339).")]
Properties = Annotated[str | None, typer.Option(help="Properties that are wanted, with commas.")]
SortBy = Annotated[str | None, typer.Option("--sortby", help="Properties in whose order, -x down.")]
MinZoom = Annotated[int, typer.Option(help="Coarsest level of PMTiles.", min=0, max=FINEST)]
MaxZoom = Annotated[int, typer.Option(help="Finest level of PMTiles.", min=0, max=FINEST)]
Format = Annotated[
    str | None, typer.Option("--format", help="Format, where the name of the file does not tell.")
]


def export_layer(
    layer: Annotated[str, typer.Argument(help="Name of the layer.")],
    file: Annotated[Path, typer.Argument(help="File to write; its suffix tells the format.")],
    form: Format = None,
    filter_: Filter = None,
    bbox: Box = None,
    crs: Crs = None,
    when: When = None,
    properties: Properties = None,
    sortby: SortBy = None,
    min_zoom: MinZoom = _USUAL.first,
    max_zoom: MaxZoom = _USUAL.last,
) -> None:
    """Write a layer, or what a filter selects of it, to a file.

    GeoJSON, JSON-FG, newline GeoJSON, CSV, GeoParquet, Arrow, FlatGeobuf, GeoPackage, zipped
    Shapefile, KML; or its vector tiles as PMTiles. The file is whole, or it is not there.
    """
    told = {
        "filter": filter_,
        "bbox": bbox,
        "crs": crs,
        "datetime": when,
        "properties": properties,
        "sortby": sortby,
    }
    given = {name: value for name, value in told.items() if value is not None}
    wanted_form = _form(file, form)
    with database() as engine, whole(file) as temporary:
        with engine.connect() as connection:
            found = registry.read(connection).layer(layer, ANONYMOUS, "vector")
        wanted = of_parameters(found, wanted_form, given, ANONYMOUS, Levels(min_zoom, max_zoom))
        with row_bar(file.name) as done:
            if wanted_form is PMTILES:
                pack = archive.Pack(found, wanted.export.query, wanted.levels, ANONYMOUS)
                count = archive.write(engine, pack, temporary, done)
            else:
                with opened(engine, wanted.export) as (content, _):
                    watched = replace(content, read=lambda: _told(content, done))
                    count = write_file(wanted_form, watched, temporary)
    say(f"{file}: {count:,} {'tiles' if wanted_form is PMTILES else 'features'}")


def _told(content: Content, done: Callable[[int], None]) -> Iterator[pa.RecordBatch]:
    rows = 0
    for batch in content.read():
        yield batch
        rows += batch.num_rows
        done(rows)


def _form(file: Path, name: str | None) -> Form:
    """The format of that name, else the one that the file is called for; FileFault."""
    if name is not None:
        return form_of(name)
    lower = file.name.lower()
    ends = sorted(_SUFFIXES, key=len, reverse=True)
    found = next((_SUFFIXES[end] for end in ends if lower.endswith(end)), None)
    if found is None:
        raise FileFault(file, f"no format is called so; known are {', '.join(_SUFFIXES)}")
    return found
