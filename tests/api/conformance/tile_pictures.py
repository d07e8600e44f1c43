"""Map tiles as pictures: what the classes of their encodings look at."""

import io
from typing import Any

import numpy as np
from PIL import Image
from starlette.testclient import TestClient

GRIDS = {
    "WebMercatorQuad": "12/1662/3323",
    "WorldCRS84Quad": "11/659/3323",
    "CGCS2000Quad": "12/659/3323",
}


def picture(client: TestClient, grid: str, form: str, **how: Any) -> Any:
    path = f"/collections/imagery/map/tiles/{grid}/{GRIDS[grid]}"
    answer = client.get(path, **how).raise_for_status()
    assert answer.headers["content-type"] == f"image/{form}"
    return Image.open(io.BytesIO(answer.content))


def is_given(client: TestClient, grid: str, form: str) -> None:
    """By `f` and by Accept; of the size that the grid has, and not all alike."""
    named = picture(client, grid, form, params={"f": form})
    accepted = picture(client, grid, form, headers={"Accept": f"image/{form}"})
    assert named.format == accepted.format == form.upper()
    assert named.size == (256, 256)
    values = np.asarray(named.convert("RGB")).astype(int)
    assert values.std() > 1
    assert np.abs(values - np.asarray(accepted.convert("RGB"))).max() == 0


def is_like_png(client: TestClient, form: str) -> None:
    """The same pixels, but for what is lost: within a few steps of 256 on the average."""
    grid = "WebMercatorQuad"
    exact = picture(client, grid, "png", params={"f": "png"}).convert("RGBA")
    found = picture(client, grid, form, params={"f": form}).convert("RGB")
    seen = np.asarray(exact)[..., 3] == 255
    difference = np.abs(np.asarray(exact)[..., :3].astype(int) - np.asarray(found))[seen]
    assert seen.any()
    assert difference.mean() < 8
