"""The rows of raster layers and their scenes (影像登记). The caller owns the transaction."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

import shapely
from sqlalchemy import Connection, text

from cim import registry
from cim.layer import Layer, Text
from layers import store


class Held(NamedTuple):
    """A scene that a layer has; `sha256` is that of what it was made of."""

    sha256: str
    acquired_at: datetime
    path: str


@dataclass(frozen=True, slots=True)
class Row:
    """A scene as the registry keeps it; `footprint` is in EPSG:4490, `checksum` of the COG."""

    name: str
    acquired_at: datetime
    sha256: str
    crs: str
    width: int
    height: int
    resolution: float
    transform: list[float]
    bands: list[dict[str, Any]]
    details: list[dict[str, Any]]
    properties: dict[str, Any]
    footprint: shapely.Polygon
    whole: bool
    checksum: str
    size: int


def held(connection: Connection, layer: Layer | None, name: str) -> Held | None:
    """The scene of that name."""
    if layer is None:
        return None
    row = connection.execute(_HELD, {"layer_id": layer.id, "name": name}).one_or_none()
    return Held(*row) if row else None


def put_layer(
    connection: Connection,
    name: str,
    texts: tuple[Text | None, Text | None],
    before: Layer | None,
    *,
    changed: bool,
) -> int:
    """The layer with a title and a description, which it keeps where there is none.

    Every worker is told when these or its scenes `changed`.
    """
    title = texts[0] or (before.title if before else Text(name, name))
    description = texts[1] or (before.description if before else Text("", ""))
    if before and not changed and (title, description) == (before.title, before.description):
        return before.id
    registry.publish(connection)
    values = {
        "name": name,
        "title": json.dumps(asdict(title)),
        "description": json.dumps(asdict(description)),
    }
    return int(connection.execute(_LAYER, values).scalar_one())


def put_scene(connection: Connection, layer_id: int, row: Row) -> None:
    """The scene, in the place of one of its name."""
    values = {
        **asdict(row),
        "layer_id": layer_id,
        "path": store.path_of(row.checksum),
        "bands": json.dumps(row.bands),
        "details": json.dumps(row.details),
        "properties": json.dumps(row.properties),
        "footprint": row.footprint.wkb,
    }
    connection.execute(_SCENE, values)
    connection.execute(_EXTENT, {"layer_id": layer_id})


def remove_scene(connection: Connection, layer_id: int, name: str) -> None:
    connection.execute(_REMOVE, {"layer_id": layer_id, "name": name})
    connection.execute(_EXTENT, {"layer_id": layer_id})


_HELD = text("""
    SELECT sha256, acquired_at, path FROM cim.raster_scene
    WHERE layer_id = :layer_id AND name = :name
""")

_REMOVE = text("DELETE FROM cim.raster_scene WHERE layer_id = :layer_id AND name = :name")

_LAYER = text("""
    INSERT INTO cim.layer (name, kind, title, description) VALUES (:name, 'raster', :title,
        :description)
    ON CONFLICT (name) DO UPDATE SET
        title = excluded.title, description = excluded.description,
        version = cim.layer.version + 1, updated_at = now()
    RETURNING id
""")

_SCENE = text("""
    INSERT INTO cim.raster_scene (
        layer_id, acquired_at, name, sha256, path, crs, width, height, resolution, bands,
        footprint, whole, checksum, size, transform, details, properties)
    VALUES (
        :layer_id, :acquired_at, :name, :sha256, :path, :crs, :width, :height, :resolution, :bands,
        ST_GeomFromWKB(:footprint, 4490), :whole, :checksum, :size, :transform, :details,
        :properties)
    ON CONFLICT (layer_id, name) DO UPDATE SET
        (acquired_at, sha256, path, crs, width, height, resolution, bands,
         footprint, whole, checksum, size, transform, details, properties, registered_at) =
        (excluded.acquired_at, excluded.sha256, excluded.path, excluded.crs, excluded.width,
         excluded.height, excluded.resolution, excluded.bands, excluded.footprint, excluded.whole,
         excluded.checksum, excluded.size, excluded.transform, excluded.details,
         excluded.properties, now())
""")

_EXTENT = text("""
    UPDATE cim.layer SET extent = (
        SELECT ARRAY[ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)]
        FROM (SELECT ST_Extent(footprint) AS e FROM cim.raster_scene
              WHERE layer_id = :layer_id) scenes)
    WHERE id = :layer_id
""")
