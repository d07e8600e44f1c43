"""Scenes that are kept open give what rio-tiler gives of a file that is opened for one tile."""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import transform_bounds
from rio_cogeo.cogeo import cog_translate
from rio_tiler.io import Reader

from tiles import opened, png

WIDTH, HEIGHT = 1500, 1100
UTM = {"crs": "EPSG:32649", "transform": Affine(10, 0, 560_000, 0, -10, 3_600_000)}
DEGREES = {"crs": "EPSG:4490", "transform": Affine(1e-4, 0, 111.6, 0, -1e-4, 32.5)}
MERCATOR = {"crs": "EPSG:3857", "transform": Affine(11.9, 0, 12_430_000, 0, -11.9, 3_830_000)}


def cog(path: Path, masked: bool = False, resampling: str = "average", **profile: Any) -> Path:
    """Noise with a hole and a corner without values, with overviews of 2, 4 and 8."""
    rng = np.random.default_rng(20260101)
    shape = (3, HEIGHT, WIDTH)
    values = rng.integers(1, 5000, shape, dtype="uint16")
    values[:, :300, :200] = 0
    values[1, 500:640, 700:900] = 0
    profile |= {"driver": "GTiff", "count": 3, "height": HEIGHT, "width": WIDTH, "dtype": "uint16"}
    with (
        warnings.catch_warnings(),
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True, GDAL_TIFF_OVR_BLOCKSIZE=128),
        rasterio.MemoryFile() as memory,
    ):
        warnings.simplefilter("ignore")
        with memory.open(**profile) as file:
            file.write(values)
            if masked:
                file.write_mask(values[0] > 0)
        out = {"driver": "GTiff", "tiled": True, "blockxsize": 128, "blockysize": 128}
        with memory.open() as file:
            cog_translate(
                file, path, out, quiet=True, use_cog_driver=True, overview_resampling=resampling
            )
    return path


def boxes(path: Path, crs: CRS) -> list[tuple[float, float, float, float]]:
    """Squares of a seed in and around the scene, from a seventieth of it to more than all."""
    rng = np.random.default_rng(7)
    with rasterio.open(path) as file:
        west, south, east, north = transform_bounds(file.crs, crs, *file.bounds)
    found = []
    for share in (0.014, 0.1, 0.16, 0.27, 0.32, 0.34, 0.5, 0.65, 0.7, 1.1, 1.3, 1.9):
        side = (east - west) * share
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        found.append((x - side / 2, y - side / 2, x + side / 2, y + side / 2))
    return found


@pytest.mark.parametrize("srid", [3857, 4490, 4326])
@pytest.mark.parametrize(
    "profile",
    [
        {**UTM, "nodata": 0},
        UTM,
        {**UTM, "masked": True},
        {**UTM, "nodata": 0, "resampling": "mode"},
        {**DEGREES, "nodata": 0},
        {**MERCATOR, "nodata": 0},
    ],
    ids=["nodata", "whole", "mask", "classes", "degrees", "mercator"],
)
def test_every_pixel_is_that_of_a_file_opened_anew(
    tmp_path: Path, profile: dict[str, Any], srid: int
) -> None:
    path, crs = cog(tmp_path / "a.tif", **profile), CRS.from_epsg(srid)
    method = "nearest" if profile.get("resampling") == "mode" else "bilinear"
    for box in boxes(path, crs):
        for width, height in ((256, 256), (180, 230)):
            with Reader(str(path)) as reader:
                expected = reader.part(
                    box,
                    dst_crs=crs,
                    bounds_crs=crs,
                    indexes=(3, 1),
                    width=width,
                    height=height,
                    resampling_method=method,
                ).array
            with opened.scene(tmp_path, path.name) as file:
                found = file.read(box, crs, (width, height), (3, 1))
            np.testing.assert_array_equal(found.data, expected.data)
            np.testing.assert_array_equal(found.mask, expected.mask)


def test_a_file_that_was_changed_is_opened_anew(tmp_path: Path) -> None:
    crs = CRS.from_epsg(3857)
    (box,) = boxes(cog(tmp_path / "a.tif", nodata=0, **UTM), crs)[3:4]
    with opened.scene(tmp_path, "a.tif") as file:
        before = file.read(box, crs, (256, 256), (1,))
    with opened.scene(tmp_path, "a.tif") as again:
        assert again is file
        with opened.scene(tmp_path, "a.tif") as another:
            assert another is not file  # lent to one at a time
    other = cog(tmp_path / "b.tif", nodata=3, **UTM)
    other.rename(tmp_path / "a.tif")
    with opened.scene(tmp_path, "a.tif") as new:
        assert new is not file
        assert (new.read(box, crs, (256, 256), (1,)).mask != before.mask).any()


def test_no_more_files_stay_open_than_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opened, "MOST", 3)
    path = cog(tmp_path / "0.tif", nodata=0, **UTM)
    for i in range(1, 8):
        os.link(path, tmp_path / f"{i}.tif")
    for i in range(8):
        with opened.scene(tmp_path, f"{i}.tif"):
            pass
    held = [one.key for one in opened._idle]
    assert held == [
        (tmp_path, f"{i}.tif", opened.places.at(tmp_path).stamp(f"{i}.tif")) for i in (5, 6, 7)
    ]


@pytest.mark.parametrize("bands", [1, 3])
def test_a_png_has_the_pixels_that_went_into_it(bands: int) -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (bands, 33, 70), dtype="uint8")
    clear = np.broadcast_to(rng.random((33, 70)) < 0.2, pixels.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        memory = rasterio.MemoryFile(png.encoded(np.ma.MaskedArray(pixels, clear)))
        with memory, memory.open() as file:
            found = file.read()
    np.testing.assert_array_equal(found[:bands], pixels)
    np.testing.assert_array_equal(found[bands], np.where(clear[0], 0, 255))
