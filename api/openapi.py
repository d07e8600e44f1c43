"""The OpenAPI description of the service (接口描述), made from the registry of layers.

It says what this service answers now. Up to `MOST_NAMED` collections of a kind have paths of their
own, with the properties that filter them, so that clients such as GDAL need not guess; more than
those share one set of paths with the name as a parameter, so that the description of a thousand
layers can still be read. `api.described` keeps it as bytes; what holds for every operation is
added by `api.openapi_whole`.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from api import filters_description, openapi_examples, scene_parameters
from api import tiles_description as tiles
from api.catalog import description as catalog
from api.classes import description as classes
from api.column_types import schema_of
from api.editing import description as editing
from api.entities import description as entities
from api.entities.schemas import schemas
from api.exports import description as exports
from api.filters_description import FILTER
from api.fusion import description as fusion
from api.grid import description as grid
from api.ingest import description as ingest
from api.items_asked import PARAMETERS as OF_ITEMS
from api.items_asked import filterable
from api.labels import description as labels
from api.landing import DESCRIPTION, TITLE
from api.landing_description import SCHEMAS as OF_LANDING
from api.landing_description import paths as of_landing
from api.maps import description as maps
from api.observations import description as observations
from api.openapi_shared import DEFAULT, PARAMETERS, SCHEMAS
from api.records import description as records
from api.resolve_bulk import description as resolve_table
from api.resolving import description as resolving
from api.stac import description as stac
from api.styles import description as styles
from cim.layer import Layer, Text
from cim.queryables import of_layer

Json = dict[str, Any]

MOST_NAMED = 100
_ANY = "{collectionId}"
_FAMILIES = (
    filters_description,
    resolving,
    grid,
    classes,
    catalog,
    records,
    stac,
    fusion,
    entities,
    ingest,
    exports,
    labels,
    tiles,
    maps,
    styles,
)


@cache
def head(language: str) -> Json:
    """The description without its paths."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": TITLE[language],
            "description": DESCRIPTION[language],
            "version": "1.0.0",
            "x-OGC-limits": maps.LIMITS,
        },
        "components": {
            "parameters": PARAMETERS
            | filters_description.PARAMETERS
            | scene_parameters.PARAMETERS
            | maps.PARAMETERS
            | exports.PARAMETERS,
            "schemas": SCHEMAS
            | OF_LANDING
            | classes.SCHEMAS
            | catalog.SCHEMAS
            | fusion.SCHEMAS
            | ingest.SCHEMAS
            | schemas(),
        },
    }


@cache
def fixed(language: str) -> Json:
    """The paths that there are whatever layers there are."""
    paths = of_landing(language)
    for family in _FAMILIES:
        paths |= family.paths(language)
    paths["/resolve"]["post"] = resolve_table.operation(language)
    return paths


def named(layers: Iterable[Layer]) -> tuple[list[Layer], list[list[Layer]]]:
    """The layers that have paths of their own, and the kinds of which there are too many."""
    kinds: dict[str, list[Layer]] = {"vector": [], "raster": []}
    for layer in layers:
        kinds[layer.kind].append(layer)
    few = [layer for kind in kinds.values() if len(kind) <= MOST_NAMED for layer in kind]
    return few, [kind for kind in kinds.values() if len(kind) > MOST_NAMED]


def of_many(layers: list[Layer], language: str) -> Json:
    """The paths that many layers of a kind share; those of stations are each one's own."""
    any_of_them = replace(
        layers[0],
        name=_ANY,
        columns=(),
        title=Text("一个图层", "A collection"),
        scenes=(),
        observed=(),
        binding=None,
        base=None,
        fusion=None,
        source=None,
    )
    names = {"type": "string", "enum": [layer.name for layer in layers]}
    name = {"name": "collectionId", "in": "path", "required": True, "schema": names}
    paths = of_one(any_of_them, language)
    for operations in paths.values():
        for operation in operations.values():
            operation["operationId"] = operation["operationId"].replace(_ANY, layers[0].kind)
            operation["parameters"] = [name, *operation["parameters"]]
    for layer in layers:
        title = layer.title.in_language(language)
        paths |= observations.paths(layer, f"/collections/{layer.name}", title)
    return paths


def of_one(layer: Layer, language: str) -> Json:
    """The paths of a layer."""
    here = f"/collections/{layer.name}"
    title = layer.title.in_language(language)
    paths = {here: _operation(f"describe_{layer.name}", title, [], _COLLECTION)}
    more = _items(layer, here, language) if layer.kind == "vector" else _scenes(layer, here, title)
    return paths | more | styles.of_layer(layer, language)


def _items(layer: Layer, here: str, language: str) -> Json:
    title = layer.title.in_language(language)
    names = openapi_examples.written(
        [_ref(name) for name in OF_ITEMS],
        PARAMETERS | filters_description.PARAMETERS | exports.PARAMETERS,
        openapi_examples.of_features(layer),
    )
    filters = [_property(layer, name) for name in sorted(filterable(layer))]
    return {
        f"{here}/items": _operation(f"items_{layer.name}", title, [*names, *filters], _PAGES)
        | editing.of_items(layer, language),
        f"{here}/items/{{featureId}}": _operation(
            f"item_{layer.name}",
            title,
            [_ref("featureId"), _ref("crs"), _ref("datetime")],
            _GEOJSON,
        )
        | editing.of_item(layer, language),
        **_tiles(
            layer,
            f"{here}/tiles",
            title,
            _operation("vector", title, [*_tile(layer), *tiles.TIME, *FILTER], _MVT),
        ),
        **maps.of_layer(layer, title, []),
        **filters_description.of_layer(layer.name, language),
        **exports.of_layer(layer, language, filters),
        **observations.paths(layer, here, title),
    }


def _scenes(layer: Layer, here: str, title: str) -> Json:
    bands = dict.fromkeys(band.name for scene in layer.scenes for band in scene.bands)
    of_bands = _list("properties", list(bands))
    drawing, reading = (
        [_ref(name) for name in names]
        for names in (scene_parameters.DRAWING, scene_parameters.READING)
    )
    drawn = [*_tile(layer), *tiles.TIME[1:], *drawing, of_bands]
    tile = _operation("map", title, drawn, _PNG)
    scene = [scene_parameters.PARAMETERS["sceneId"]]
    if layer.scenes:
        scene = [{**scene[0], "example": layer.scenes[-1].name}]
    return {
        f"{here}/coverage": _operation(
            f"coverage_{layer.name}", title, [*reading, of_bands], _COVERAGE
        ),
        f"{here}/scenes": _operation(f"scenes_{layer.name}", title, [_ref("sceneTime")]),
        f"{here}/scenes/{{scene}}": _operation(f"scene_{layer.name}", title, scene, _GEOJSON),
        f"{here}/scenes/{{scene}}/cog": _operation(f"cog_{layer.name}", title, scene, _COG),
        **stac.of_layer(layer, here, title),
        **maps.of_layer(
            layer, title, [*(each for each in drawing if each != _ref("sceneTime")), of_bands]
        ),
        **_tiles(layer, f"{here}/map/tiles", title, tile),
    }


def _tile(layer: Layer) -> list[Json]:
    shown = openapi_examples.of_tiles(layer)
    return [{**each, "example": shown[each["name"]]} for each in tiles.TILE]


def _tiles(layer: Layer, here: str, title: str, tile: Json) -> Json:
    """`tile` is named after the data type of the tiles."""
    of = f"{layer.name}.collection.{tile['get']['operationId']}"
    tile["get"]["operationId"] = f"{of}.getTile"
    return {
        here: _operation(f"{of}.getTileSetsList", title, []),
        f"{here}/{{tileMatrixSetId}}": _operation(f"{of}.getTileSet", title, [tiles.SET]),
        f"{here}/{{tileMatrixSetId}}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": tile,
    }


def _list(name: str, values: list[str]) -> Json:
    schema: Json = {"type": "array", "items": {"type": "string", "enum": values}}
    return {"name": name, "in": "query", "schema": schema, "style": "form", "explode": False}


def _property(layer: Layer, name: str) -> Json:
    queryable = of_layer(layer).get(name)
    schema = schema_of(queryable.type if queryable else None)
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _operation(
    name: str, summary: str, parameters: list[Json], content: Json | None = None
) -> Json:
    responses: Json = {"200": {"description": "OK", "content": content or _JSON}}
    if content in (_MVT, _PNG):
        responses["204"] = {"description": "Nothing to draw"}
    if content in (_COVERAGE, _PNG):
        responses["413"] = {"$ref": "#/components/responses/refused413"}
    responses |= DEFAULT
    f = "coverageFormat" if content is _COVERAGE else "f"
    f = "itemsFormat" if content is _PAGES else f
    common = [_ref(f), _ref("lang")]
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "parameters": [*parameters, *common],
            "responses": responses,
        }
    }


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/parameters/{name}"}


_DATETIME = _ref("datetime")
_JSON: Json = {"application/json": {"schema": {"type": "object"}}, "text/html": {}}
_COLLECTION: Json = {
    "application/json": {"schema": {"$ref": "#/components/schemas/collection"}},
    "text/html": {},
}
_GEOJSON: Json = {
    "application/geo+json": {"schema": {"$ref": "#/components/schemas/geojson"}},
    "text/html": {},
}
_PAGES: Json = _GEOJSON | exports.PAGES
_MVT: Json = {"application/vnd.mapbox-vector-tile": {}}
_PNG: Json = {"image/png": {}, "image/webp": {}, "image/jpeg": {}}
_COG: Json = {"image/tiff; application=geotiff": {}}
_COVERAGE: Json = {
    "image/tiff; application=geotiff": {},
    "application/prs.coverage+json": {"schema": {"type": "object"}},
}
