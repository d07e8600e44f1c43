"""The OpenAPI 3.0 description of the service (接口描述), made from the registry of layers.

It says what this service answers now: a path for each collection, with the properties that
filter it and the limits that hold, so that clients such as GDAL need not guess.
"""

from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking, filters_description, pages, scene_parameters
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
from api.items import PARAMETERS as OF_ITEMS
from api.items import filterable
from api.labels import description as labels
from api.landing import DESCRIPTION, OPENAPI, TITLE
from api.maps import description as maps
from api.observations import description as observations
from api.openapi_shared import DEFAULT, PARAMETERS, SCHEMAS
from api.records import description as records
from api.resolve_bulk import description as resolve_table
from api.resolving import description as resolving
from api.stac import description as stac
from api.styles import description as styles
from cim.queryables import of_layer
from cim.registry import Layer

Json = dict[str, Any]


async def api_document(request: Request) -> Response:
    """JSON for programs; for people a page that lists the operations."""
    asking.only(request, ())
    kind = asking.media_type(request, (OPENAPI, asking.JSON, asking.HTML))
    layers = tuple(asking.service(request).registry.visible(asking.caller(request)))
    body = _document(layers, asking.language(request))
    body = {**body, "servers": [{"url": asking.base_url(request)}]}
    if kind == asking.HTML:
        return pages.page(request, "api.html", document=body)
    return JSONResponse(body, media_type=OPENAPI if kind == OPENAPI else asking.JSON)


@lru_cache(maxsize=4)
def _document(layers: tuple[Layer, ...], language: str) -> Json:
    paths: Json = {
        "/": _get("getLandingPage", {"zh": "服务首页", "en": "Landing page"}, language),
        "/conformance": _get("getConformance", {"zh": "符合性声明", "en": "Conformance"}, language),
        "/api": _get("getAPI", {"zh": "本接口描述", "en": "This description"}, language),
        "/collections": _get(
            "getCollectionsList", {"zh": "数据集列表", "en": "Collections"}, language
        ),
        "/healthz": _get("alive", {"zh": "进程存活", "en": "Process health"}, language),
        "/readyz": _get("ready", {"zh": "数据库就绪", "en": "Database readiness"}, language),
    }
    for family in (
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
    ):
        paths |= family.paths(language)
    paths["/resolve"]["post"] = resolve_table.operation(language)
    for layer in layers:
        paths |= _collection(layer, language)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": TITLE[language],
            "description": DESCRIPTION[language],
            "version": "1.0.0",
            "x-OGC-limits": maps.LIMITS,
        },
        "paths": paths,
        "components": {
            "parameters": PARAMETERS
            | filters_description.PARAMETERS
            | scene_parameters.PARAMETERS
            | maps.PARAMETERS
            | exports.PARAMETERS,
            "schemas": SCHEMAS
            | classes.SCHEMAS
            | catalog.SCHEMAS
            | fusion.SCHEMAS
            | ingest.SCHEMAS
            | schemas(),
        },
    }


def _collection(layer: Layer, language: str) -> Json:
    here = f"/collections/{layer.name}"
    title = layer.title.in_language(language)
    paths = {here: _operation(f"describe_{layer.name}", title, [])}
    more = _items(layer, here, language) if layer.kind == "vector" else _scenes(layer, here, title)
    return paths | more | styles.of_layer(layer, language)


def _items(layer: Layer, here: str, language: str) -> Json:
    title = layer.title.in_language(language)
    names = [_ref(name) for name in OF_ITEMS]
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
            _operation("vector", title, [*tiles.TILE, *tiles.TIME, *FILTER], _MVT),
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
    drawn = [*tiles.TILE, *tiles.TIME[1:], *drawing, of_bands]
    tile = _operation("map", title, drawn, _PNG)
    scene = [_ref("sceneId")]
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


def _get(name: str, summary: dict[str, str], language: str) -> Json:
    return _operation(name, summary[language], [])


def _operation(
    name: str, summary: str, parameters: list[Json], content: Json | None = None
) -> Json:
    responses: Json = {"200": {"description": "OK", "content": content or _JSON}}
    if content in (_MVT, _PNG):
        responses["204"] = {"description": "Nothing to draw"}
    responses |= DEFAULT
    f = "coverageFormat" if content is _COVERAGE else "f"
    f = "itemsFormat" if content is _PAGES else f
    common = [] if name in {"alive", "ready"} else [_ref(f), _ref("lang")]
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


_JSON: Json = {"application/json": {"schema": {"type": "object"}}, "text/html": {}}
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
