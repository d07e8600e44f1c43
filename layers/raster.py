"""Loads a GeoTIFF as a scene of a raster layer (影像入库): a checked COG, or nothing changes.

A raster layer is a series of scenes of one place, each of its own moment. The same file for the
same moment changes nothing; another file for that moment takes its place. The caller owns the
transaction: readers see the layer before or the layer after, and a file that was stored goes
when the transaction rolls back (`layers.store`).
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import shapely
from rasterio.io import DatasetReader
from sqlalchemy import Connection, text

from cim import registry
from cim.access import Caller
from cim.names import layer_name
from cim.registry import Band, Layer, Text
from layers import cog, geotiff, store
from layers.errors import KindTaken

_CHECKED = 40  # per cent of a load that reading the file takes; making the COG is the rest


Change = Literal["added", "replaced", "unchanged"]


def _silent(percent: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class RasterFile:
    """A GeoTIFF and the scene that it is to be.

    `acquired_at` has a time zone. Without a title or description the layer keeps its own; a new
    one is called by its name.
    """

    path: Path
    collection: str
    acquired_at: datetime
    title: Text | None = None
    description: Text | None = None


@dataclass(frozen=True, slots=True)
class RasterReport:
    """What a load did: the scene was added, replaced another one, or was there already."""

    collection: str
    change: Change
    acquired_at: datetime
    sha256: str


@dataclass(frozen=True, slots=True)
class _Made:
    """What the registry says of a COG; `footprint` is in EPSG:4490."""

    crs: str
    width: int
    height: int
    resolution: float
    bands: tuple[Band, ...]
    footprint: shapely.Polygon


def load(
    connection: Connection,
    file: RasterFile,
    folder: Path,
    progress: Callable[[int], None] = _silent,
) -> RasterReport:
    """Make the file the layer's scene of its moment; `folder` is the raster store.

    Raises a LayerError or CimError and then the caller must roll back; `progress` gets per cent.
    """
    name = layer_name(file.collection)
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:n))"), {"n": f"layer {name}"})
    before = _existing(connection, name)
    held = _held(before, file.acquired_at)
    with geotiff.open_geotiff(file.path) as source, store.draft(folder) as draft:
        sha256 = geotiff.digest(source)
        made = None
        if held != store.path_of(sha256) or not (folder / held).exists():
            made = _make(source, file.path, draft, progress)
            store.keep(connection, folder, draft, sha256)
    layer_id = _register_layer(connection, file, before, changed=made is not None)
    if made:
        _register_scene(connection, layer_id, file.acquired_at, sha256, made)
    return RasterReport(name, _change(made, held), file.acquired_at, sha256)


def remove(connection: Connection, name: str, caller: Caller) -> int:
    """Take a raster layer off the map; how many scenes it had. LayerNotFound.

    `store.sweep` in a transaction after this one takes the files.
    """
    layer = registry.read(connection).layer(name, caller, "raster")
    connection.execute(text("DELETE FROM cim.layer WHERE id = :id"), {"id": layer.id})
    registry.publish(connection)
    return len(layer.scenes)


def _existing(connection: Connection, name: str) -> Layer | None:
    layer = registry.read(connection).layers.get(name)
    if layer is not None and layer.kind != "raster":
        raise KindTaken(name, layer.kind)
    return layer


def _held(before: Layer | None, moment: datetime) -> str | None:
    """Path of the scene that the layer has of that moment."""
    scenes = before.scenes if before else ()
    return next((scene.path for scene in scenes if scene.acquired_at == moment), None)


def _change(made: _Made | None, held: str | None) -> Change:
    if made is None:
        return "unchanged"
    return "replaced" if held else "added"


def _make(
    source: DatasetReader, path: Path, target: Path, progress: Callable[[int], None]
) -> _Made:
    geotiff.check(source, path)
    outline = geotiff.footprint(source, path)
    geotiff.check_blocks(source, path, lambda share: progress(int(share * _CHECKED)))
    bands = cog.make(source, path, target)
    progress(100)
    return _Made(
        crs=source.crs.to_string(),
        width=source.width,
        height=source.height,
        resolution=max(source.res),
        bands=bands,
        footprint=outline,
    )


def _register_layer(
    connection: Connection, file: RasterFile, before: Layer | None, *, changed: bool
) -> int:
    """The layer with its texts; told to every worker when these or its scenes `changed`."""
    title = file.title or (before.title if before else Text(file.collection, file.collection))
    description = file.description or (before.description if before else Text("", ""))
    if before and not changed and (title, description) == (before.title, before.description):
        return before.id
    registry.publish(connection)
    values = {
        "name": file.collection,
        "title": json.dumps(asdict(title)),
        "description": json.dumps(asdict(description)),
    }
    return int(connection.execute(_LAYER, values).scalar_one())


def _register_scene(
    connection: Connection, layer_id: int, moment: datetime, sha256: str, made: _Made
) -> None:
    values = {
        **asdict(made),
        "layer_id": layer_id,
        "acquired_at": moment,
        "sha256": sha256,
        "path": store.path_of(sha256),
        "bands": json.dumps([asdict(band) for band in made.bands]),
        "footprint": made.footprint.wkb,
    }
    connection.execute(_SCENE, values)
    connection.execute(_EXTENT, {"layer_id": layer_id})


_LAYER = text("""
    INSERT INTO cim.layer (name, kind, title, description) VALUES (:name, 'raster', :title,
        :description)
    ON CONFLICT (name) DO UPDATE SET
        title = excluded.title, description = excluded.description,
        version = cim.layer.version + 1, updated_at = now()
    RETURNING id
""")

_SCENE = text("""
    INSERT INTO cim.raster_scene (layer_id, acquired_at, sha256, path, crs, width, height,
                                  resolution, bands, footprint)
    VALUES (:layer_id, :acquired_at, :sha256, :path, :crs, :width, :height,
            :resolution, :bands, ST_GeomFromWKB(:footprint, 4490))
    ON CONFLICT (layer_id, acquired_at) DO UPDATE SET
        (sha256, path, crs, width, height, resolution, bands, footprint, registered_at) =
        (excluded.sha256, excluded.path, excluded.crs, excluded.width, excluded.height,
         excluded.resolution, excluded.bands, excluded.footprint, now())
""")

_EXTENT = text("""
    UPDATE cim.layer SET extent = (
        SELECT ARRAY[ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)]
        FROM (SELECT ST_Extent(footprint) AS e FROM cim.raster_scene
              WHERE layer_id = :layer_id) scenes)
    WHERE id = :layer_id
""")
