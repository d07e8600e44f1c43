"""``cim raster``: load, list and remove raster layers (影像图层)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import Engine

from api.cli.database import opened, reading
from api.cli.terminal import Json, answer, print_json, progress
from cim import moments, registry
from cim.access import ANONYMOUS
from cim.layer import Layer, Text
from cim.scenes import Scene
from cim.settings import Settings
from layers import raster, store
from layers.imagery import datum, sensors
from layers.imagery.recipe import Named, Recipe
from layers.raster import RasterFile, RasterReport

__all__ = ["group"]

_HEADS = ("layer", "title", "scene", "moment", "size", "resolution", "bands", "crs")

group = typer.Typer(help="Load, list and remove raster layers.", no_args_is_help=True)

Files = Annotated[
    list[Path],
    typer.Argument(
        help="A GeoTIFF, ENVI, Erdas IMG, JPEG 2000 or NetCDF file, or several of one scene."
    ),
]
Name = Annotated[
    str, typer.Option("--collection", help="Name of the layer the scene belongs to: a-z, 0-9, _.")
]
Moment = Annotated[
    str,
    typer.Option(
        "--datetime", help="When the scene was taken, such as 2024-05-01T11:05:00+08:00 (RFC 3339)."
    ),
]
Scene_ = Annotated[
    str, typer.Option("--scene", help="Name of the scene; that of the file and the moment without.")
]
Sensor = Annotated[
    str, typer.Option(help="Sensor, for wavelengths and scales: " + ", ".join(sensors.names()))
]
Bands = Annotated[
    str, typer.Option(help="Names of the bands in order, such as blue,green,red,B8=nir.")
]
Variables = Annotated[
    list[str] | None,
    typer.Option("--variable", help="A variable of a NetCDF file that is to be a band."),
]
Categorical = Annotated[
    bool | None,
    typer.Option(
        "--categorical/--continuous",
        help="Values are classes, or are not; without it, a colour table means classes.",
    ),
]
Nodata = Annotated[float | None, typer.Option(help="The value that stands for nothing.")]
Scale = Annotated[float | None, typer.Option(help="Reflectance is value x scale + offset.")]
Offset = Annotated[float | None, typer.Option(help="See --scale.")]
Crs = Annotated[str, typer.Option("--crs", help="CRS of a file that names none: EPSG:4546.")]
Accept = Annotated[
    list[str] | None,
    typer.Option(help="Rule that shall not refuse the scene: " + datum.RULE + "."),
]
Clouds = Annotated[float | None, typer.Option("--cloud-cover", min=0, max=100, help="Per cent.")]
Gsd = Annotated[float | None, typer.Option(min=0, help="Size of a pixel on the ground in metres.")]
Title = Annotated[str, typer.Option(help="Title of the layer in Chinese; kept when not given.")]
TitleEn = Annotated[str, typer.Option(help="Title in English; the Chinese one by default.")]
Description = Annotated[str, typer.Option(help="What the layer shows; kept when not given.")]


@group.command("load")
def load_file(
    files: Files,
    collection: Name,
    moment: Moment,
    scene: Scene_ = "",
    sensor: Sensor = "",
    bands: Bands = "",
    variables: Variables = None,
    categorical: Categorical = None,
    nodata: Nodata = None,
    scale: Scale = None,
    offset: Offset = None,
    crs: Crs = "",
    accept: Accept = None,
    cloud_cover: Clouds = None,
    gsd: Gsd = None,
    title: Title = "",
    title_en: TitleEn = "",
    description: Description = "",
    as_json: Json = False,
) -> None:
    """Load raster files as a scene of a raster layer; its tiles and coverage answer at once.

    A Cloud Optimised GeoTIFF is made of them and kept in the raster store. Other files under the
    same scene name take its place. A file that is damaged or has no CRS is refused.
    """
    if set(accept or ()) - {datum.RULE}:
        raise typer.BadParameter(f"--accept is {datum.RULE}, not {', '.join(accept or ())}")
    wanted = RasterFile(
        path=files[0],
        more=tuple(files[1:]),
        collection=collection,
        acquired_at=moments.parse_instant(moment),
        name=scene or None,
        title=Text(title, title_en or title) if title else None,
        description=Text(description, description) if description else None,
        recipe=Recipe(
            sensor=sensor or None,
            bands=tuple(Named.read(part) for part in bands.split(",") if part),
            variables=tuple(variables or ()),
            categorical=categorical,
            nodata=nodata,
            scale=scale,
            offset=offset,
            crs=crs or None,
            cloud_cover=cloud_cover,
            gsd=gsd,
        ),
        accept=tuple(accept or ()),
    )
    settings = Settings.from_environment()
    with _bar(files[0].name) as bar, opened(settings) as engine:
        report = load_scene(engine, settings, wanted, bar)
    if as_json:
        print_json({**asdict(report), "acquired_at": report.acquired_at.isoformat()})
        return
    answer.print(
        f"{report.collection}: scene of {report.acquired_at:%Y-%m-%d %H:%M}Z {report.change}"
    )


def load_scene(
    engine: Engine, settings: Settings, file: RasterFile, told: Callable[[int], None]
) -> RasterReport:
    """Load the file in one transaction, then take what the store no longer needs."""
    with engine.begin() as connection:
        report = raster.load(connection, file, settings.rasters, told)
    with engine.begin() as connection:
        store.sweep(connection, settings.rasters)
    return report


@group.command("list")
def list_layers(as_json: Json = False) -> None:
    """List the raster layers and their scenes."""
    with reading() as connection:
        layers = [la for la in registry.read(connection).visible(ANONYMOUS) if la.kind == "raster"]
    if as_json:
        print_json({"layers": [_document(layer) for layer in layers]})
        return
    table = Table(
        "layer", "title", "scene", "moment", "size", "resolution", "bands", "crs", box=None
    )
    for layer in layers:
        for scene in layer.scenes:
            table.add_row(layer.name, layer.title.zh, *_row(scene))
    answer.print(table if layers else "No raster layer is loaded.")


@group.command("remove")
def remove_layer(
    name: Annotated[str, typer.Argument(help="Name of the layer.")],
    scene: Annotated[str, typer.Option(help="Only the scene of this name.")] = "",
) -> None:
    """Remove a raster layer with all its scenes and their files, or one scene."""
    settings = Settings.from_environment()
    with opened(settings) as engine:
        with engine.begin() as connection:
            scenes = raster.remove(connection, name, ANONYMOUS, scene or None)
        with engine.begin() as connection:
            store.sweep(connection, settings.rasters)
    answer.print(f"{name}: removed, {scenes} scenes")


@group.command("check")
def check_store() -> None:
    """Read every stored file and compare it with the SHA-256 it was stored by; 1 if one differs."""
    settings = Settings.from_environment()
    with reading(settings) as connection:
        bad = list(store.damaged(connection, settings.rasters))
    for scene, reason in bad:
        answer.print(f"{scene}: {reason}")
    answer.print(f"{len(bad)} scenes are damaged" if bad else "every scene is as it was stored")
    if bad:
        raise typer.Exit(1)


def _document(layer: Layer) -> dict[str, object]:
    return {
        "name": layer.name,
        "title": asdict(layer.title),
        "scenes": [
            {
                "name": scene.name,
                "datetime": scene.acquired_at.isoformat(),
                "width": scene.width,
                "height": scene.height,
                "resolution": scene.resolution,
                "bands": [band.name for band in scene.bands],
                "crs": scene.crs,
            }
            for scene in layer.scenes
        ],
    }


def _row(scene: Scene) -> tuple[str, ...]:
    return (
        scene.name,
        f"{scene.acquired_at:%Y-%m-%d %H:%M}Z",
        f"{scene.width} x {scene.height}",
        f"{scene.resolution:g}",
        ", ".join(band.name for band in scene.bands),
        scene.crs if len(scene.crs) < 20 else "WKT",
    )


@contextmanager
def _bar(words: str) -> Iterator[Callable[[int], None]]:
    """A bar that gets per cent."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=progress, transient=True, disable=not progress.is_terminal
    ) as bars:
        task = bars.add_task(words, total=100)
        yield lambda percent: bars.update(task, completed=percent)
