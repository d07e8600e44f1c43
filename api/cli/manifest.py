"""The manifest of a data set (数据集清单): a JSON array that says which files become what.

An entry names files by a path or a pattern, from the folder of the manifest on, and says of them
what `cim layer load` or `cim raster load` would be told: with `layer` they are vector files, whose
options are those of POST /layers, with `collection` they are scenes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.errors import BodyUnfit, FileFault
from api.ingest import asked
from cim import moments
from cim.errors import CimError
from cim.layer import Text
from cim.names import layer_name
from layers.brought import File, into
from layers.imagery import datum
from layers.imagery.recipe import Named, Recipe
from layers.raster import RasterFile
from layers.vector_file import VectorFile

__all__ = ["read"]

_NUMBERS = ("nodata", "scale", "offset", "cloud_cover", "gsd")
_TEXTS = ("collection", "datetime", "datetime_in_name", "title", "title_en", "sensor", "crs")
_LISTS = ("bands", "variables", "accept")
_OF_SCENES = (*_TEXTS, *_LISTS, *_NUMBERS, "categorical")


def read(manifest: Path, who: str) -> list[File]:
    """The files, those of a pattern in the order of their names; FileFault names the entry."""
    try:
        entries = json.loads(manifest.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FileFault(manifest, error.strerror or str(error)) from None
    except ValueError as error:
        raise FileFault(manifest, f"it is no JSON: {error}") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FileFault(manifest, "it is no array of objects")
    found: list[File] = []
    for place, entry in enumerate(entries, 1):
        try:
            found += _files(manifest.parent, entry, who)
        except BodyUnfit as error:
            raise FileFault(manifest, f"entry {place}: {_words(error)}") from None
        except CimError as error:
            raise FileFault(manifest, f"entry {place}: {error}") from None
    if not found:
        raise FileFault(manifest, "it names no files")
    _see_once(manifest, found)
    return found


def _words(error: BodyUnfit) -> str:
    return "; ".join(f"{field}: {reason}" for field, reason in error.faults)


def _see_once(manifest: Path, files: list[File]) -> None:
    """No file is brought to a layer twice, and no two are the same scene; FileFault."""
    paths = Counter((into(file), file.path, getattr(file, "source_layer", None)) for file in files)
    for (layer, path, _), times in paths.items():
        if times > 1:
            raise FileFault(manifest, f"{path} is brought to {layer} {times} times")
    scenes: dict[tuple[str, str], Path] = {}
    for file in files:
        if isinstance(file, RasterFile):
            other = scenes.setdefault((file.collection, file.scene), file.path)
            if other != file.path:
                reason = f"{other} and {file.path} would both be the scene {file.scene}"
                raise FileFault(manifest, f"{reason} of {file.collection}")


def _files(folder: Path, entry: Mapping[str, Any], who: str) -> Iterator[File]:
    said = {name: value for name, value in entry.items() if name != "files"}
    if ("layer" in said) is ("collection" in said):
        raise BodyUnfit([("layer, collection", "one of them must be given")])
    for path in _paths(folder, entry.get("files")):
        yield _scene(path, said) if "collection" in said else _vector(path, said, who)


def _paths(folder: Path, pattern: Any) -> list[Path]:
    if not isinstance(pattern, str) or not pattern:
        raise BodyUnfit([("files", "it must be a path or a pattern")])
    named = Path(pattern)
    root = Path(named.anchor) if named.is_absolute() else folder.absolute()
    if (root / named).exists():  # a name may have brackets in it
        return [root / named]
    found = sorted(root.glob(str(named.relative_to(named.anchor))))
    if not found:
        raise BodyUnfit([("files", f"there is no file {pattern}")])
    return found


def _vector(path: Path, said: Mapping[str, Any], who: str) -> VectorFile:
    if said.get("mode", "upsert") != "upsert":
        raise BodyUnfit([("mode", "files of a data set are brought by upsert")])
    fields = {
        name: [_text(each) for each in (value if isinstance(value, list) else [value])]
        for name, value in said.items()
    }
    return asked.read(fields | {"mode": ["upsert"]}, who, path)


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool | int | float) else str(value or "")


def _scene(path: Path, said: Mapping[str, Any]) -> RasterFile:
    faults = list(_faults(said))
    if faults:
        raise BodyUnfit(faults)
    title = said.get("title")
    return RasterFile(
        path,
        layer_name(said["collection"]),
        _moment(path, said),
        Text(title, said.get("title_en") or title) if title else None,
        recipe=_recipe(said),
        accept=tuple(said.get("accept", ())),
    )


def _recipe(said: Mapping[str, Any]) -> Recipe:
    numbers = {name: None if said.get(name) is None else float(said[name]) for name in _NUMBERS}
    return Recipe(
        sensor=said.get("sensor"),
        bands=tuple(Named.read(band) for band in said.get("bands", ())),
        variables=tuple(said.get("variables", ())),
        categorical=said.get("categorical"),
        nodata=numbers["nodata"],
        scale=numbers["scale"],
        offset=numbers["offset"],
        crs=said.get("crs"),
        cloud_cover=numbers["cloud_cover"],
        gsd=numbers["gsd"],
    )


def _faults(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in said.items():
        if name not in _OF_SCENES:
            yield name, f"no such field; there are files, {', '.join(_OF_SCENES)}"
        elif name in _TEXTS and not isinstance(value, str):
            yield name, "it must be a text"
        elif name in _LISTS and not _texts(value):
            yield name, "it must be an array of texts"
        elif name in _NUMBERS and (isinstance(value, bool) or not isinstance(value, int | float)):
            yield name, "it must be a number"
        elif name == "categorical" and not isinstance(value, bool):
            yield name, "it must be true or false"
        elif name == "accept" and set(value) - {datum.RULE}:
            yield name, f"it may hold {datum.RULE}"
    if ("datetime" in said) is ("datetime_in_name" in said):
        yield "datetime, datetime_in_name", "one of them must be given"


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _moment(path: Path, said: Mapping[str, str]) -> datetime:
    """When a scene was taken: told, or in the name of its file as `strptime` reads it, in UTC."""
    if "datetime" in said:
        return moments.parse_instant(said["datetime"])
    try:
        found = datetime.strptime(path.stem, said["datetime_in_name"])
    except ValueError as error:
        raise BodyUnfit([("datetime_in_name", f"{path.name}: {error}")]) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
