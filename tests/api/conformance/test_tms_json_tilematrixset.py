"""OGC 17-083r4, JSON encoding of TileMatrixSet."""

from typing import Any

import jsonschema
import morecantile
import pytest
from documents import JSON
from starlette.testclient import TestClient

CLASS = "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset"

_COUNT = {"type": "integer", "minimum": 1}
# What tileMatrixSet.json of the standard demands.
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["crs", "tileMatrices"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "keywords": {"type": "array", "items": {"type": "string"}},
        "uri": {"type": "string", "format": "uri"},
        "orderedAxes": {"type": "array", "minItems": 1, "items": {"type": "string"}},
        "wellKnownScaleSet": {"type": "string", "format": "uri"},
        "crs": {
            "oneOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "oneOf": [{"required": ["uri"]}, {"required": ["wkt"]}],
                },
            ]
        },
        "tileMatrices": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [
                    "id", "scaleDenominator", "cellSize", "pointOfOrigin",
                    "tileWidth", "tileHeight", "matrixWidth", "matrixHeight",
                ],
                "properties": {
                    "id": {"type": "string"},
                    "scaleDenominator": {"type": "number"},
                    "cellSize": {"type": "number"},
                    "cornerOfOrigin": {"enum": ["topLeft", "bottomLeft"]},
                    "pointOfOrigin": {
                        "type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"},
                    },
                    "tileWidth": _COUNT, "tileHeight": _COUNT,
                    "matrixWidth": _COUNT, "matrixHeight": _COUNT,
                },
            },
        },
    },
}  # fmt: skip
GRIDS = ("WebMercatorQuad", "WorldCRS84Quad", "CGCS2000Quad")


@pytest.mark.parametrize("grid", GRIDS)
def test_schema(client: TestClient, grid: str) -> None:
    """/conf/json-tilematrixset/schema, ietf, model"""
    body = client.get(f"/tileMatrixSets/{grid}").raise_for_status().json()
    jsonschema.validate(body, SCHEMA)
    read = morecantile.TileMatrixSet.model_validate(body)
    assert read.id == grid
    assert len(read.tileMatrices) == len(body["tileMatrices"])


@pytest.mark.parametrize("grid", GRIDS)
def test_media_type(client: TestClient, grid: str) -> None:
    """/conf/json-tilematrixset/media-type"""
    answer = client.get(f"/tileMatrixSets/{grid}", headers=JSON).raise_for_status()
    assert answer.headers["content-type"] == "application/json"
