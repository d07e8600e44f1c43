"""Maps that are asked for, as pixels, read by Pillow, and where their pixels lie on the earth."""

from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from httpx import Response
from numpy.typing import NDArray
from PIL import Image
from starlette.testclient import TestClient

PARCELS = "/collections/parcels/map"
CITY = "112.13,32.01,112.15,32.02"  # a box with parcels everywhere
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


class Picture(NamedTuple):
    """A map: (row, column, channel) of red, green, blue and opacity, and what its headers say."""

    pixels: NDArray[np.uint8]
    bbox: tuple[float, ...]
    crs: str
    answer: Response

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def drawn(self) -> NDArray[np.bool_]:
        return self.pixels[..., 3] > 0


def read(answer: Response) -> Picture:
    assert answer.status_code == 200, answer.text
    with Image.open(BytesIO(answer.content)) as image:
        pixels = np.array(image.convert("RGBA"))
    bbox = tuple(float(part) for part in answer.headers["content-bbox"].split(","))
    return Picture(pixels, bbox, answer.headers["content-crs"].strip("<>"), answer)


def ask(client: TestClient, path: str = PARCELS, **parameters: Any) -> Picture:
    """A map of PNG; `bbox_crs` is `bbox-crs`."""
    named = {name.replace("_", "-"): value for name, value in parameters.items()}
    return read(client.get(path, params=named))


def refused(client: TestClient, path: str = PARCELS, **parameters: Any) -> dict[str, Any]:
    """The problem of a request that should be refused."""
    named = {name.replace("_", "-"): value for name, value in parameters.items()}
    answer = client.get(path, params=named)
    assert 400 <= answer.status_code < 500, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    return body
