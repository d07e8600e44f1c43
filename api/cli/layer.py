"""``cim layer``: load, list and remove vector layers (矢量图层)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.cli.database import open_database
from api.cli.terminal import Json, answer, print_json, progress
from cim import registry
from cim.access import ANONYMOUS
from cim.registry import Text
from cim.settings import Settings
from layers.errors import RowsRefused
from layers.load import VectorFile, load, remove
from layers.watch import Watch

__all__ = ["group"]

group = typer.Typer(help="Load, list and remove vector layers.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A vector file that GDAL reads.")]
Name = Annotated[str, typer.Option("--layer", help="Name of the layer: a-z, 0-9 and _.")]
Title = Annotated[str, typer.Option(help="Title in Chinese.")]
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
Alias = Annotated[
    list[str] | None,
    typer.Option(
        help="SCHEME=FIELD: the field holds the feature's code in that scheme; repeatable."
    ),
]
Division = Annotated[
    str | None,
    typer.Option(help="Division code for every feature, instead of the county it is in."),
]
SourceLayer = Annotated[str | None, typer.Option(help="Layer of a file that has several.")]
Crs = Annotated[str | None, typer.Option(help="CRS to read the file in, instead of its own.")]
Encoding = Annotated[
    str | None, typer.Option(help="Encoding of Shapefile or CSV text, such as GBK.")
]


@group.command("load")
def load_file(
    file: File,
    layer: Name,
    title: Title,
    title_en: TitleEn = "",
    description: Description = "",
    key: Key = None,
    class_code: Class = None,
    alias: Alias = None,
    division: Division = None,
    source_layer: SourceLayer = None,
    crs: Crs = None,
    encoding: Encoding = None,
    as_json: Json = False,
) -> None:
    """Load a vector file as a layer, or bring a layer to what its file now says.

    Every feature gets an entity code and a BeiDou grid code. A file with a broken row is refused
    with the row and the reason, and nothing is changed.
    """
    wanted = VectorFile(
        path=file,
        layer=layer,
        title=Text(title, title_en),
        description=Text(description, description) if description else None,
        key=key,
        class_code=class_code,
        aliases=_aliases(alias or []),
        division=division,
        source_layer=source_layer,
        crs=crs,
        encoding=encoding,
    )
    load_vector(wanted, Settings.from_environment(), as_json=as_json)


def load_vector(wanted: VectorFile, settings: Settings, *, as_json: bool = False) -> None:
    """Load the file in one transaction, telling progress; refused rows go to stderr."""
    engine = open_database(settings)
    try:
        with _bar(wanted.path.name) as bar, engine.begin() as connection:
            report = load(connection, engine, wanted, Watch(lambda _, rows, __: bar(rows)))
    except RowsRefused as refused:
        for problem in refused.problems:
            progress.print(str(problem), soft_wrap=True, markup=False)
        raise
    finally:
        engine.dispose()
    if as_json:
        print_json(asdict(report))
        return
    answer.print(
        f"{report.layer}: {report.added:,} added, {report.changed:,} changed, "
        f"{report.unchanged:,} unchanged, {report.retired:,} retired, {report.repaired:,} repaired"
    )


@group.command("list")
def list_layers(as_json: Json = False) -> None:
    """List the vector layers."""
    engine = open_database(Settings.from_environment())
    with engine.connect() as connection:
        layers = [la for la in registry.read(connection).visible(ANONYMOUS) if la.kind == "vector"]
    engine.dispose()
    rows = [
        {
            "name": la.name,
            "title": asdict(la.title),
            "class": la.class_code,
            "key": la.key_field,
            "geometry_type": la.geometry_type,
            "count": la.feature_count,
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
            f"{la.feature_count:,}",
        )
    answer.print(table if layers else "No vector layer is loaded.")


@group.command("remove")
def remove_layer(name: Annotated[str, typer.Argument(help="Name of the layer.")]) -> None:
    """Remove a layer from the map. Its entities are retired; their codes keep resolving."""
    engine = open_database(Settings.from_environment())
    with engine.begin() as connection:
        retired = remove(connection, name, ANONYMOUS)
    engine.dispose()
    answer.print(f"{name}: removed, {retired:,} entities retired")


def _aliases(pairs: list[str]) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    for scheme, equals, field in split:
        if not (scheme and equals and field):
            raise typer.BadParameter(f"--alias is SCHEME=FIELD, not {scheme}{equals}{field!r}")
    return {scheme: field for scheme, _, field in split}


@contextmanager
def _bar(words: str) -> Iterator[Callable[[int], None]]:
    """A bar that gets rows read so far."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=progress, transient=True, disable=not progress.is_terminal
    ) as bars:
        task = bars.add_task(words, total=None)
        yield lambda rows: bars.update(task, completed=rows)
