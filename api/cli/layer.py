"""``cim layer``: load, list and remove vector layers (矢量图层), and undo what was loaded.

Tables that are layers where they stand have commands of their own (`api.cli.registered`).
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.cli import export, ingest_log, registered
from api.cli.caller import Document, ValidFrom, Who, Why, moment
from api.cli.database import reading, writing
from api.cli.ingest import load_vector
from api.cli.shaping import Covering, GapWidth, Repair, SliverWidth, Tolerance
from api.cli.terminal import Json, answer, print_json
from api.cli.vector_file import (
    Accept,
    Alias,
    Crs,
    Division,
    Encoding,
    File,
    NameField,
    Reference,
    SourceLayer,
    SwapAxes,
    TransformationGiven,
    aliases_of,
    placing_of,
)
from cim import column_index, registry
from cim.access import ANONYMOUS, Caller
from cim.layer import Layer, Text
from cim.settings import Settings
from layers.load import VectorFile, remove
from layers.vector_file import SLIVER_WIDTH, Mode, Shaping

__all__ = ["group"]

group = typer.Typer(help="Load, register, list and remove vector layers.", no_args_is_help=True)
group.command("export")(export.export_layer)
group.command("runs")(ingest_log.list_runs)
group.command("rollback")(ingest_log.undo)
group.command("register")(registered.register_table)
group.command("refresh")(registered.follow)
group.command("status")(registered.tell_status)

Name = Annotated[str, typer.Option("--layer", help="Name of the layer: a-z, 0-9 and _.")]
Title = Annotated[
    str, typer.Option(help="Title in Chinese; kept when not given, at first the layer's name.")
]
TitleEn = Annotated[
    str, typer.Option(help="Title in English; kept when not given, at first the Chinese one.")
]
Description = Annotated[
    str, typer.Option(help="What the layer holds, for people; kept when not given.")
]
Key = Annotated[
    str | None,
    typer.Option(help="Field that names a feature; without one a feature is known by its content."),
]
Class = Annotated[
    str | None, typer.Option("--class", help="Class code of 6 digits, such as 990101.")
]
Ingest = Annotated[
    Mode,
    typer.Option(
        help="replace: the file is the whole layer. append: it adds to it. upsert: it adds and "
        "changes. delete: it names the keys of features to retire."
    ),
]
SkipRefused = Annotated[
    bool, typer.Option("--skip-refused", help="Load the good rows and leave out the others.")
]
Report = Annotated[
    Path | None, typer.Option(help="Write what was found in every row to this file, as JSON.")
]
Refused = Annotated[
    Path | None, typer.Option(help="Write the refused rows to this GeoPackage, to be mended.")
]


@group.command("load")
def load_file(
    file: File,
    layer: Name,
    who: Who,
    title: Title = "",
    title_en: TitleEn = "",
    description: Description = "",
    key: Key = None,
    name_field: NameField = None,
    class_code: Class = None,
    alias: Alias = None,
    division: Division = None,
    source_layer: SourceLayer = None,
    crs: Crs = None,
    transformation: TransformationGiven = None,
    swap_axes: SwapAxes = False,
    reference: Reference = None,
    accept: Accept = None,
    encoding: Encoding = None,
    valid_from: ValidFrom = None,
    why: Why = None,
    document: Document = None,
    mode: Ingest = "replace",
    skip_refused: SkipRefused = False,
    repair: Repair = False,
    sliver_width: SliverWidth = SLIVER_WIDTH,
    coverage: Covering = None,
    tolerance: Tolerance = None,
    gap_width: GapWidth = None,
    report: Report = None,
    refused: Refused = None,
    as_json: Json = False,
) -> None:
    """Load a vector file as a layer, or bring a layer to what its file now says.

    Every feature gets an entity code and a BeiDou grid code. A file with a broken row is refused
    with the row and the reason, and nothing is changed. Each run is in the ingest log
    ("cim layer runs") and can be undone ("cim layer rollback").
    """
    wanted = VectorFile(
        path=file,
        layer=layer,
        title=Text(title, title_en),
        description=Text(description, description) if description else None,
        key=key,
        class_code=class_code,
        aliases=aliases_of(alias),
        division=division,
        source_layer=source_layer,
        crs=crs,
        encoding=encoding,
        name_field=name_field,
        valid_from=moment(valid_from),
        who=who,
        why=why,
        document=document,
        mode=mode,
        skip_refused=skip_refused,
        placing=placing_of(transformation, swap_axes, reference, accept),
        shaping=Shaping(repair, sliver_width, coverage, tolerance, gap_width),
    )
    load_vector(wanted, Settings.from_environment(), (report, refused), as_json=as_json)


@group.command("list")
def list_layers(as_json: Json = False) -> None:
    """List the vector layers."""
    with reading() as connection:
        layers = [la for la in registry.read(connection).visible(ANONYMOUS) if la.kind == "vector"]
    rows = [
        {
            "name": la.name,
            "title": asdict(la.title),
            "class": la.class_code,
            "key": la.key_field,
            "geometry_type": la.geometry_type,
            "count": _count(la),
            "registered": la.source is not None,
            "coverage": la.coverage._asdict() if la.coverage else None,
        }
        for la in layers
    ]
    if as_json:
        print_json({"layers": rows})
        return
    table = Table("layer", "title", "class", "key", "geometry", "count", box=None, pad_edge=False)
    for la in layers:
        table.add_row(
            la.name,
            la.title.zh,
            la.class_code,
            la.key_field or "—",
            la.geometry_type,
            "—" if _count(la) is None else f"{la.feature_count:,}",
        )
    answer.print(table if layers else "No vector layer is loaded.")


def _count(layer: Layer) -> int | None:
    """How many features there are, of a registered table with a code; None where nobody counts."""
    return None if layer.growing and layer.source is None else layer.feature_count


@group.command("index")
def index_layer(
    name: Annotated[str, typer.Argument(help="Name of the layer.")],
    columns: Annotated[list[str], typer.Argument(help="Properties that are much sorted by.")],
) -> None:
    """Make indexes, so that sorting by a property and comparing it need not look at every row."""
    with writing() as connection:
        layer = registry.read(connection).own(name, ANONYMOUS)
        made = [column_index.create(connection, layer, column) for column in columns]
    for column, new in zip(columns, made, strict=True):
        answer.print(f"{name}.{column}: {'indexed' if new else 'has an index already'}")


@group.command("remove")
def remove_layer(
    name: Annotated[str, typer.Argument(help="Name of the layer.")], who: Who, why: Why = None
) -> None:
    """Remove a layer from the map. Its entities are retired; their codes keep resolving.

    The table of a registered layer stays as it is.
    """
    with writing() as connection:
        retired = remove(connection, name, Caller(who), why)
    answer.print(f"{name}: removed, {retired:,} entities retired")
