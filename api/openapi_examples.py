"""Requests that the OpenAPI description shows (接口示例): each works in the sample city.

The parameters of one request have an example of the same name. What is made while a city lives -
jobs, reviews, reservations - has none: links lead there.
"""

from __future__ import annotations

from typing import Any

from cim.layer import Layer
from tiles.matrix_sets import EVERYBODYS

Json = dict[str, Any]

MERCATOR = EVERYBODYS["WebMercatorQuad"]
_ZOOM = 12
_PARCEL = "4206029901010000000017"
_PLACE = {"lon": 112.14, "lat": 32.012}
_TILE = {"tileMatrix": 12, "tileRow": 1664, "tileCol": 3323}
_PARCELS = {"collectionId": "parcels"}

_REQUESTS: dict[str, dict[str, Json]] = {
    "getCollectionsList": {"page": {"limit": 5}},
    "resolve": {
        "code": {"code": "420602001001GB00001"},
        "place": {**_PLACE, "within": 50},
        "cell": {"grid": "N49I80081", "class": "990101"},
        "name": {"q": "汉江花园"},
        "past": {"code": "420602990101000000001", "datetime": "2020-01-01/.."},
        "filtered": {**_PLACE, "filter": "region_code = '420602'"},
    },
    "id": {"parcel": {"code": _PARCEL}, "geojson": {"code": _PARCEL, "f": "geojson"}},
    "id_history": {"parcel": {"code": _PARCEL}},
    "label": {"parcel": {"code": _PARCEL}, "png": {"code": _PARCEL, "f": "png", "size": 40}},
    "grid_encode": {
        "beidou": {"system": "beidou", "lon": "112.14", "lat": "32.02", "level": 8},
        "geosot": {"system": "geosot", "lon": "112°8'24\"E", "lat": "32°1'12\"N", "level": 20},
    },
    "grid_encode_table": {"beidou": {"system": "beidou", "level": 8}},
    "grid_cell": {
        "beidou": {"system": "beidou", "code": "N49I80081"},
        "geosot": {"system": "geosot", "code": "G001310000-001002-01320"},
    },
    "grid_cover": {"beidou": {"system": "beidou", "level": 6, "mode": "intersects"}},
    "resolve_table": {"codes": {"scheme": "uic"}},
    "classes": {"active": {"state": "active"}},
    "class_show": {"parcel": {"code": "990101"}},
    "class_history": {"parcel": {"code": "990101"}},
    "class_change": {"tap": {"code": "990799"}},
    "class_remove": {"tap": {"code": "990799", "why": "误增"}},
    "catalog_element": {"parcel": {"code": "parcel"}},
    "catalog_field": {"land_use": {"code": "parcel.land_use"}},
    "catalog_list": {"levels": {"code": "division_level"}},
    "catalog_version": {"cim": {"reference": "cim@1"}},
    "catalog_use": {"cim": {"reference": "cim@1"}},
    "catalog_diff": {"same": {"from": "cim", "to": "cim@1"}},
    "catalogue_dcat": {"words": {"q": ["宗地"]}},
    "binding": {"parcels": _PARCELS},
    "binding_set": {"parcels": _PARCELS},
    "binding_remove": {"parcels": {**_PARCELS, "why": "重新认定"}},
    "binding_suggestions": {"parcels": _PARCELS},
    "binding_history": {"parcels": _PARCELS},
    "provenance": {"parcels": _PARCELS},
    "records": {
        "words": {"q": ["宗地", "河流"], "limit": 5},
        "filtered": {"filter": "grade = 'general2'", "sortby": ["-updated"]},
    },
    "record": {"parcels": {"recordId": "parcels"}},
    "search": {
        "newest": {"sortby": ["-datetime"], "limit": 1},
        "place": {"bbox": [112.1, 31.9, 112.2, 32.1], "datetime": "2025-01-01/.."},
        "filtered": {"filter": "gsd < 20"},
    },
    "leases": {"parcels": {"division": "420602", "class": "990101"}},
    "changes": {"first": {"limit": 5}, "newest": {"since": "latest"}},
    "quota_set": {"department": {"department": "城市管理局"}},
    "entity_change": {"parcel": {"code": "420606990101000000008"}},
    "entity_retire": {"parcel": {"code": "420606990101000000003"}},
    "entity_void": {"parcel": {"code": "420606990101000000004"}},
    "entity_split": {"parcel": {"code": "420606990101000000005"}},
    "layer_runs": {"parcels": {"name": "parcels"}},
    "kpis": {"parcels": {"kind": "layer", "name": "parcels"}},
    "map": {
        "land": {"collections": ["parcels", "buildings"], "width": 600},
        "around": {
            "center": [112.14, 32.012],
            "scale-denominator": 10000,
            "width": 600,
            "height": 400,
        },
    },
    "style_put": {"own": {"styleId": "residential"}},
    "style_remove": {"own": {"styleId": "residential"}},
    "style_describe": {"given": {"styleId": "parcels-plain"}},
    "all.dataset.vector.getTileSet": {"mercator": {"tileMatrixSetId": "WebMercatorQuad"}},
    "getTileMatrixSet": {"tianditu": {"tileMatrixSetId": "CGCS2000Quad"}},
    "putTileMatrixSet": {"city": {"tileMatrixSetId": "CityGrid"}},
    "removeTileMatrixSet": {"city": {"tileMatrixSetId": "CityGrid"}},
    "all.dataset.vector.getTile": {
        "land": {
            "tileMatrixSetId": "WebMercatorQuad",
            **_TILE,
            "collections": ["parcels", "buildings"],
        }
    },
}

_SQUARE = {
    "type": "Polygon",
    "coordinates": [[[112.1, 32], [112.12, 32], [112.12, 32.02], [112.1, 32.02], [112.1, 32]]],
}
_GRID = {
    "id": "CityGrid",
    "title": "城市网格",
    "crs": "http://www.opengis.net/def/crs/EPSG/0/4546",
    "orderedAxes": ["X", "Y"],
    "tileMatrices": [
        {
            "id": "0",
            "scaleDenominator": 35714.285714285714,
            "cellSize": 10,
            "pointOfOrigin": [3560000, 600000],
            "tileWidth": 256,
            "tileHeight": 256,
            "matrixWidth": 100,
            "matrixHeight": 100,
        }
    ],
}
_BODIES: dict[str, dict[str, Any]] = {
    "grid_cover": {"application/geo+json": _SQUARE},
    "grid_encode_table": {"text/csv": "lon,lat\n112.14,32.02\n"},
    "resolve_table": {"application/json": {"codes": ["420602990101000000001", "nothing"]}},
    "label_sheets": {"application/json": {"codes": ["420602990101000000001"], "columns": 2}},
    "putTileMatrixSet": {"application/json": _GRID},
    "style_describe": {
        "application/merge-patch+json": {"title": {"zh": "宗地", "en": "Parcels"}},
    },
}


def of_features(layer: Layer) -> dict[str, Json]:
    """Of the items of a layer: those of its middle, and of a division."""
    shown: dict[str, Json] = {"filtered": {"filter": "region_code LIKE '42%'", "limit": 5}}
    if layer.extent:
        west, south, east, north = layer.extent
        x, y = (east - west) / 3, (north - south) / 3
        box = [round(n, 4) for n in (west + x, south + y, east - x, north - y)]
        shown["place"] = {"bbox": box, "limit": 5}
    return shown


def of_tiles(layer: Layer) -> Json:
    """The tile in the middle of a layer."""
    west, south, east, north = layer.extent or (112.0, 32.0, 112.2, 32.1)
    tile = MERCATOR.model.tile((west + east) / 2, (south + north) / 2, _ZOOM)
    return {
        "tileMatrixSetId": MERCATOR.name,
        "tileMatrix": tile.z,
        "tileRow": tile.y,
        "tileCol": tile.x,
    }


def written(parameters: list[Json], shared: Json, requests: dict[str, Json]) -> list[Json]:
    """The parameters with the examples of requests; one that is shared is written out for that."""
    examples: dict[str, Json] = {}
    for name, request in requests.items():
        for parameter, value in request.items():
            examples.setdefault(parameter, {})[name] = {"value": value}
    made = []
    for each in parameters:
        whole = shared.get(each.get("$ref", "").rpartition("/")[2], each)
        shown = examples.get(whole.get("name", ""))
        told = {name: value for name, value in whole.items() if name != "example"}
        made.append({**told, "examples": shown} if shown else each)
    return made


def requests(operation: str) -> dict[str, Json]:
    """The requests of an operation that is there whatever layers there are."""
    return _REQUESTS.get(operation, {})


def bodies(operation: str) -> dict[str, Any]:
    """For media types of the body an example, where the family has none of its own."""
    return _BODIES.get(operation, {})
