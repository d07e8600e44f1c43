"""``cim dataset load``: a data set of many files, on several workers (多文件数据集入库)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.caller import Who
from api.cli.database import opened
from api.cli.terminal import Json, answer, print_json
from api.errors import InvalidParameter
from api.ingest import asked
from cim import moments
from cim.database.connect import database_url
from cim.registry import Text
from cim.settings import Settings
from layers import distributed
from layers.distributed import File, Outcome, Target
from layers.imagery.recipe import Named, Recipe
from layers.raster import RasterFile

__all__ = ["group"]

_OF_SCENES = {"collection", "datetime", "datetime_in_name", "title", "title_en", "sensor", "bands"}
_OF_SCENES |= {"categorical", "nodata", "scale", "offset", "crs", "cloud_cover", "gsd"}

group = typer.Typer(help="Load data sets of many files on several workers.", no_args_is_help=True)


@group.command("load")
def load_dataset(
    manifest: Annotated[Path, typer.Argument(help="A JSON array; see docs/ingest.md.")],
    scheduler: Annotated[
        str, typer.Option(help="Address of a dask scheduler (CIM_SCHEDULER).")
    ] = "",
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Processes, where there is no scheduler.")
    ] = 2,
    who: Who = None,
    as_json: Json = False,
) -> None:
    """Load the files of a manifest. A refused file leaves the others to be loaded; then it is 1.

    Vector files are brought by upsert and need a key; one that comes again changes nothing.
    """
    files = list(_files(manifest, who or "anonymous"))
    settings = Settings.from_environment()
    with (
        opened(settings),
        distributed.engine(scheduler or settings.scheduler, workers) as client,
    ):
        target = Target(database_url(settings), settings.rasters)
        ended = [_told(each, as_json) for each in distributed.load_all(client, target, files)]
    if as_json:
        print_json({"files": [{**asdict(each), "path": str(each.path)} for each in ended]})
    if any(each.refused for each in ended):
        raise typer.Exit(1)


def _told(ended: Outcome, as_json: bool) -> Outcome:
    if not as_json:
        said = ended.done or f"refused: {ended.refused}"
        answer.print(f"{ended.into}: {ended.path.name}: {said}")
    return ended


def _files(manifest: Path, who: str) -> Iterator[File]:
    """The files that a manifest names, patterns among them in the order of their names."""
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidParameter("manifest", f"{manifest} cannot be read: {error}") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InvalidParameter("manifest", f"{manifest} is not an array of objects")
    for place, entry in enumerate(entries, 1):
        at = f"entry {place} of {manifest.name}"
        said = dict(entry)
        for path in _paths(manifest.parent, said.pop("files", None), at):
            yield _scene(path, said, at) if "collection" in said else _vector(path, said, who)


def _paths(folder: Path, pattern: Any, at: str) -> list[Path]:
    if not isinstance(pattern, str) or not pattern:
        raise InvalidParameter("manifest", f"{at}: files must be a path or a pattern")
    named = Path(pattern)
    root = Path(named.anchor) if named.is_absolute() else folder.absolute()
    found = sorted(root.glob(str(named.relative_to(named.anchor))))
    if not found:
        raise InvalidParameter("manifest", f"{at}: there is no file {pattern}")
    return found


def _vector(path: Path, said: Mapping[str, Any], who: str) -> File:
    """The options are those of POST /layers."""
    fields = {
        name: [_text(value)] if not isinstance(value, list) else [_text(each) for each in value]
        for name, value in said.items()
    }
    return asked.read(fields, who, path)


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value)


def _scene(path: Path, said: Mapping[str, Any], at: str) -> File:
    unknown = set(said) - _OF_SCENES
    if unknown:
        raise InvalidParameter("manifest", f"{at}: no such field: {', '.join(sorted(unknown))}")
    title = said.get("title")
    bands = tuple(Named.read(band) for band in said.get("bands", ()))
    numbers = {name: said.get(name) for name in ("nodata", "scale", "offset", "cloud_cover", "gsd")}
    recipe = Recipe(
        sensor=said.get("sensor"),
        bands=bands,
        categorical=said.get("categorical"),
        crs=said.get("crs"),
        **{name: float(value) for name, value in numbers.items() if value is not None},
    )
    return RasterFile(
        path,
        str(said["collection"]),
        _moment(path, said, at),
        Text(title, said.get("title_en", title)) if title else None,
        recipe=recipe,
    )


def _moment(path: Path, said: Mapping[str, Any], at: str) -> datetime:
    """When a scene was taken: told, or in the name of its file as `strptime` reads it, in UTC."""
    if "datetime" in said:
        return moments.parse_instant(str(said["datetime"]))
    pattern = said.get("datetime_in_name")
    if not isinstance(pattern, str):
        raise InvalidParameter("manifest", f"{at}: it names neither datetime nor datetime_in_name")
    try:
        return datetime.strptime(path.stem, pattern).replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidParameter("manifest", f"{at}: {path.name}: {error}") from None
