"""The registry of layers and classes (图层注册表): what is served, read as one value.

A `Registry` is immutable. Publishing a change moves `cim.registry.version` in the same
transaction and PostgreSQL tells every listening worker on the channel `cim_registry`.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import orjson
from sqlalchemy import Connection, text

from cim import classes
from cim.access import Caller
from cim.catalog import bound
from cim.classes import EntityClass
from cim.errors import LayerFused, LayerNotFound, LayerOfOtherKind, LayerUnreadable
from cim.fusion import fused
from cim.fusion.fused import Fusion
from cim.layer import Column, Coverage, Layer, Text
from cim.scenes import Band, Scene
from cim.source_table import parse as parse_source

CHANNEL = "cim_registry"

READ = f"""
SELECT json_build_object(
    'version', (SELECT version FROM cim.registry),
    'layers', (SELECT coalesce(json_agg(l ORDER BY l.id), '[]') FROM cim.layer l),
    'scenes', (SELECT coalesce(json_agg(s ORDER BY s.acquired_at), '[]') FROM (
        SELECT id, layer_id, acquired_at, path, crs, width, height, resolution, bands, name, whole,
               transform, ST_AsGeoJSON(footprint, 8, 0)::json AS footprint
        FROM cim.raster_scene) s),
    'observed', (SELECT coalesce(json_agg(o ORDER BY o.parameter), '[]') FROM (
        SELECT DISTINCT e.layer_id, d.parameter
        FROM cim.datastream d JOIN cim.entity e ON e.code = d.station
        WHERE e.layer_id IS NOT NULL) o),
    'bindings', ({bound.READ}),
    'fusions', ({fused.READ}),
    'tile_matrix_sets', (SELECT coalesce(json_object_agg(name, document ORDER BY name), '{{}}')
                         FROM cim.tile_matrix_set),
    'classes', (SELECT coalesce(json_agg(c ORDER BY c.code), '[]') FROM cim.entity_class c)
)::text
"""


@dataclass(frozen=True, slots=True)
class Registry:
    """Layers by name and entity classes by code, deprecated ones too, as one version has them.

    `unreadable` are names of layers that are left out, since their tables cannot be read now.
    `tile_matrix_sets` are the documents of those that the city registered, by name, as JSON.
    `read` is what each layer was made of.
    """

    version: int
    layers: Mapping[str, Layer]
    classes: Mapping[str, EntityClass]
    tile_matrix_sets: Mapping[str, str] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()
    read: Mapping[int, tuple[Any, Layer]] = field(default_factory=dict, repr=False, compare=False)

    def visible(self, caller: Caller) -> list[Layer]:
        """Layers that the caller may know of, in the order of their first load."""
        return list(self.layers.values())

    def layer(self, name: str, caller: Caller, kind: str | None = None) -> Layer:
        """Layer of that name (and kind, when given); LayerNotFound, which is LayerOfOtherKind where
        there is one, LayerUnreadable."""
        if name in self.unreadable:
            raise LayerUnreadable(name)
        found = self.layers.get(name)  # visible to whoever asks, as all of them are
        if found is None:
            raise LayerNotFound(name)
        if kind is not None and found.kind != kind:
            raise LayerOfOtherKind(name, found.kind, kind)
        return found

    def without(self, names: Collection[str]) -> "Registry":
        """The registry without layers whose tables cannot be read."""
        left = {name: layer for name, layer in self.layers.items() if name not in names}
        return replace(self, layers=MappingProxyType(left), unreadable=frozenset(names))

    def own(self, name: str, caller: Caller) -> Layer:
        """Vector layer with rows of its own, to write into; LayerNotFound, LayerFused."""
        found = self.layer(name, caller, "vector")
        if found.base is not None:
            raise LayerFused(name, found.base.name)
        return found


def read(connection: Connection) -> Registry:
    return parse(connection.exec_driver_sql(READ).scalar_one())


def parse(document: str | Mapping[str, Any], held: Registry | None = None) -> Registry:
    """Registry out of what `READ` gives.

    A layer that `held` has just so stays the same object, with all that is remembered of it.
    """
    raw = orjson.loads(document) if isinstance(document, str) else document
    known = held.read if held else {}
    read: dict[int, tuple[Any, Layer]] = {}
    for parts in _parts(raw):
        key = parts[0]["id"]
        before, layer = known.get(key, (None, None))
        read[key] = (parts, layer if layer and before == parts else _layer(*parts))
    layers = {key: layer for key, (_, layer) in read.items()}
    layers |= _with_bases(layers, raw["fusions"], held)
    return Registry(
        raw["version"],
        MappingProxyType({layer.name: layer for layer in layers.values()}),
        MappingProxyType({row["code"]: classes.read(row) for row in raw["classes"]}),
        MappingProxyType({k: json.dumps(v) for k, v in raw["tile_matrix_sets"].items()}),
        read=read,
    )


def _parts(raw: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """For each layer its row, the rows of its scenes, its binding, what its features observe."""
    scenes: dict[int, list[Any]] = {}
    for row in raw["scenes"]:
        scenes.setdefault(row["layer_id"], []).append(row)
    observed: dict[int, list[str]] = {}
    for row in raw["observed"]:
        observed.setdefault(row["layer_id"], []).append(row["parameter"])
    bindings = {row["layer_id"]: row for row in raw["bindings"]}
    for row in raw["layers"]:
        key = row["id"]
        yield row, scenes.get(key, []), bindings.get(key), observed.get(key, [])


def _with_bases(
    layers: Mapping[int, Layer], fusions: list[Any], held: Registry | None
) -> dict[int, Layer]:
    """Those that are fused, with what they have of their bases."""
    found = {}
    for row in fusions:
        fusion = fused.parse(row)
        base, made = layers[fusion.base_id], layers[fusion.layer_id]
        before = held.layers.get(made.name) if held else None
        same = before is not None and before.base is base and before.fusion == fusion
        unmoved = held is not None and held.read.get(made.id, (None, None))[1] is made
        found[made.id] = before if before and same and unmoved else _fused(made, base, fusion)
    return found


def _fused(made: Layer, base: Layer, fusion: Fusion) -> Layer:
    return replace(
        made,
        class_code=base.class_code,
        key_field=base.key_field,
        geometry_type=base.geometry_type,
        feature_count=base.feature_count,
        extent=base.extent,
        version=base.version + made.version,
        updated_at=max(base.updated_at, made.updated_at),
        name_field=base.name_field,
        growing=base.growing,
        source=base.source,
        largest=base.largest,
        fusion=fusion,
        base=base,
    )


def _scene(row: Mapping[str, Any]) -> Scene:
    made = {name: value for name, value in row.items() if name != "layer_id"}
    made["acquired_at"] = datetime.fromisoformat(row["acquired_at"]).astimezone(UTC)
    made["bands"] = tuple(Band(**band) for band in row["bands"])
    made["transform"] = tuple(row["transform"]) if row["transform"] else None
    return Scene(**made)


def _layer(row: Mapping[str, Any], scenes: list[Any], binding: Any, observed: list[str]) -> Layer:
    made = {name: value for name, value in row.items() if name != "created_at"}
    made["updated_at"] = datetime.fromisoformat(row["updated_at"])
    made["title"] = Text(**row["title"])
    made["description"] = Text(**row["description"])
    made["columns"] = tuple(Column(**column) for column in row["columns"])
    made["extent"] = tuple(row["extent"]) if row["extent"] else None
    made["source"] = parse_source(row["source"]) if row["source"] else None
    made["coverage"] = Coverage(**row["coverage"]) if row["coverage"] else None
    made["scenes"] = tuple(map(_scene, scenes))
    made["binding"] = bound.parse(binding) if binding else None
    return Layer(**made, observed=tuple(observed))


def publish(connection: Connection) -> None:
    """Tell every worker, when the caller's transaction commits, that the registry has changed."""
    connection.execute(text("UPDATE cim.registry SET version = version + 1"))
