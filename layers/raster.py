"""Loads raster files as a scene of a raster layer (影像入库): a checked COG, or nothing changes.

A raster layer is a mosaic of scenes, each of its own place and moment, and called by a name of
its own. The same files under the same name change nothing; others take the scene's place. The
caller owns the transaction: readers see the layer before or the layer after, and a file that was
stored goes when the transaction rolls back (`layers.store`).
"""

import math
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import rasterio
from shapely import Polygon
from sqlalchemy import Connection, text

from cim import registry
from cim.access import Caller
from cim.bucket import Place
from cim.errors import BadName
from cim.layer import Layer, Text
from cim.names import layer_name
from cim.scenes import Band
from layers import places, scene_table, store
from layers.errors import KindTaken, SceneUnknown
from layers.imagery import cog, datum, heads, naming, nodata, parts, sensors, stack, statistics
from layers.imagery.naming import Plan
from layers.imagery.parts import Grid, Part
from layers.imagery.recipe import PLAIN, Recipe
from layers.imagery.stack import Stack
from layers.imagery.statistics import Statistics
from layers.scene_table import Held, Row

CACHE_BYTES = 256 * 2**20  # of blocks, whatever the machine has: a scene is larger anyway

_MADE = 70  # per cent of a load that making the COG takes; reading it back is the rest
_NAME = re.compile(r"[^\s/?#%]{1,200}")
_UNFIT = re.compile(r"[\s/?#%]+")

Change = Literal["added", "replaced", "unchanged"]


def _silent(percent: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class RasterFile:
    """A raster file, or several of one scene, and what they are to be.

    `acquired_at` has a time zone. Without a title or description the layer keeps its own; a new
    one is called by its name. Without a name the scene is called by the file and the moment.
    `accept` are rules of the CRS that shall not refuse it (`layers.imagery.datum`).
    """

    path: Path
    collection: str
    acquired_at: datetime
    title: Text | None = None
    description: Text | None = None
    more: tuple[Path, ...] = ()
    name: str | None = None
    recipe: Recipe = PLAIN
    accept: tuple[str, ...] = ()

    @property
    def scene(self) -> str:
        """Name of the scene; BadName."""
        stem = _UNFIT.sub("-", self.path.stem)[:180]
        name = self.name or f"{stem}_{self.acquired_at:%Y%m%dT%H%M%SZ}"
        if not _NAME.fullmatch(name):
            raise BadName(name, "a scene's name has no spaces and none of / ? # %")
        return name


@dataclass(frozen=True, slots=True)
class RasterReport:
    """What a load did: the scene was added, replaced another one, or was there already.

    `sha256` is that of the COG.
    """

    collection: str
    change: Change
    acquired_at: datetime
    sha256: str
    scene: str = ""


def load(
    connection: Connection,
    file: RasterFile,
    place: Place,
    progress: Callable[[int], None] = _silent,
) -> RasterReport:
    """Make the files the scene of that name; `place` is the raster store.

    Raises a LayerError or CimError and then the caller must roll back; `progress` gets per cent.
    """
    name = layer_name(file.collection)
    with (
        rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES),
        parts.opened([file.path, *file.more], file.recipe) as opened,
    ):
        grid = parts.grid_of(opened, file.recipe)
        outline = heads.footprint(grid.bounds, grid.crs, file.path)
        datum.check(grid.bounds, grid.crs, file.path, file.accept)
        sha256 = parts.digest(opened, file.recipe)
        if _stands(_held(connection, name, file), sha256, file.acquired_at, place):
            return _bring(connection, file, (None, None), place)
        # Made before the layer is locked: scenes of a layer are made side by side.
        with places.draft(place) as draft:
            made = _make(opened, (grid, outline), file, sha256, draft, progress)
            return _bring(connection, file, (made, draft), place)


def _bring(
    connection: Connection, file: RasterFile, made: tuple[Row | None, Path | None], place: Place
) -> RasterReport:
    """Put what was made in its place, unless it has come to stand there meanwhile."""
    name = layer_name(file.collection)
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:n))"), {"n": f"layer {name}"})
    before = _existing(connection, name)
    held = scene_table.held(connection, before, file.scene)
    row, draft = made
    if row and _stands(held, row.sha256, file.acquired_at, place):
        row = None
    if row and draft:
        store.keep(connection, place, draft, row.checksum)
    texts = (file.title, file.description)
    layer_id = scene_table.put_layer(connection, name, texts, before, changed=row is not None)
    if row:
        scene_table.put_scene(connection, layer_id, row)
    checksum = row.checksum if row else Path(held.path if held else "").stem
    return RasterReport(name, _change(row, held), file.acquired_at, checksum, file.scene)


def _held(connection: Connection, name: str, file: RasterFile) -> Held | None:
    return scene_table.held(connection, _existing(connection, name), file.scene)


def remove(connection: Connection, name: str, caller: Caller, scene: str | None = None) -> int:
    """Take a raster layer, or one scene of it, off the map; how many scenes went.

    LayerNotFound, SceneUnknown. `store.sweep` in a transaction after this one takes the files.
    """
    layer = registry.read(connection).layer(name, caller, "raster")
    names = [found.name for found in layer.scenes]
    if scene is not None and scene not in names:
        raise SceneUnknown(name, scene)
    registry.publish(connection)
    if scene is None or names == [scene]:
        connection.execute(text("DELETE FROM cim.layer WHERE id = :id"), {"id": layer.id})
        return len(names)
    scene_table.remove_scene(connection, layer.id, scene)
    return 1


def _existing(connection: Connection, name: str) -> Layer | None:
    layer = registry.read(connection).layers.get(name)
    if layer is not None and layer.kind != "raster":
        raise KindTaken(name, layer.kind)
    return layer


def _stands(held: Held | None, sha256: str, moment: datetime, place: Place) -> bool:
    """Whether the scene is what it is to be already."""
    return held is not None and (
        (held.sha256, held.acquired_at) == (sha256, moment) and places.at(place).has(held.path)
    )


def _change(made: Row | None, held: Held | None) -> Change:
    if made is None:
        return "unchanged"
    return "replaced" if held else "added"


def _make(
    opened: list[Part],
    place: tuple[Grid, Polygon],
    file: RasterFile,
    sha256: str,
    target: Path,
    progress: Callable[[int], None],
) -> Row:
    grid, outline = place
    plans = naming.plans(opened, file.recipe)
    dtype = stack.dtype_of(plans, file.path)
    scene = Stack(grid, plans, dtype, nodata.common(plans, dtype, file.path))
    cog.make(scene, file.path, target, categorical=file.recipe.categorical)
    progress(_MADE)
    found = statistics.of(target, file.path, lambda s: progress(int(_MADE + s * (100 - _MADE))))
    return Row(
        name=file.scene,
        acquired_at=file.acquired_at,
        sha256=sha256,
        crs=grid.crs.to_string(),
        width=grid.width,
        height=grid.height,
        resolution=max(abs(grid.transform.a), abs(grid.transform.e)),
        transform=list(grid.transform)[:6],
        bands=[_band(plan, dtype, of) for plan, of in zip(plans, found, strict=True)],
        details=[_detail(plan, scene.nodata, of) for plan, of in zip(plans, found, strict=True)],
        properties=_properties(file),
        footprint=outline,
        whole=all(of.valid_percent == 100 for of in found),
        checksum=store.digest(target),
        size=target.stat().st_size,
    )


def _band(plan: Plan, dtype: str, of: Statistics) -> dict[str, Any]:
    band = Band(plan.name, dtype, of.low, of.high, plan.common, plan.scale, plan.offset)
    return asdict(band)


def _detail(plan: Plan, nodata: float | None, of: Statistics) -> dict[str, Any]:
    """What only STAC tells of a band."""
    none = "nan" if nodata is not None and math.isnan(nodata) else nodata
    told = {"nodata": none, "unit": plan.unit or None, "center": plan.center, "width": plan.width}
    return {k: v for k, v in told.items() if v is not None} | {"statistics": asdict(of)}


def _properties(file: RasterFile) -> dict[str, Any]:
    """What STAC tells of a scene: its sensor, the size of a pixel on the ground, its clouds."""
    recipe = file.recipe
    known = sensors.sensor(recipe.sensor) if recipe.sensor else None
    told = {
        "sensor": recipe.sensor,
        "platforms": list(known.platforms) if known else None,
        "gsd": recipe.gsd or (known.gsd if known else None),
        "cloud_cover": recipe.cloud_cover,
        "source": file.path.name,
    }
    return {name: value for name, value in told.items() if value is not None}
