"""Raster tiles: what lies where on the earth lies there in the tile, in the scene's colours."""

import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from math import asinh, pi, radians, tan
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.errors import NotGeoreferencedWarning

from cim.errors import SceneUnreadable
from cim.scenes import Band, Scene
from tiles import raster
from tiles.drawing import Drawing, shown_bands
from tiles.matrix_sets import WEB_MERCATOR_QUAD, TileAddress
from tiles.raster import Look

Write = Callable[..., Path]
Pixels = NDArray[np.uint8]

TO_DEGREES = Transformer.from_crs(4546, 4490, always_xy=True)
LOW, HIGH = 1000, 3000
MARK = (603_600 + 10 * 320.5, 3_550_540 - 10 * 160.5)  # centre of pixel (160, 320)


def scene(path: Path, *names: str, low: float = LOW, high: float = HIGH) -> Scene:
    bands = tuple(Band(name, "uint16", low, high) for name in names)
    moment = datetime(2024, 5, 1, tzinfo=UTC)
    box = (603_600, 3_550_540 - 4800, 603_600 + 6400, 3_550_540)
    outline = shapely.box(*TO_DEGREES.transform_bounds(*box))
    footprint = {"coordinates": [[list(corner) for corner in outline.exterior.coords]]}
    return Scene(1, moment, path.name, "EPSG:4546", 640, 480, 10.0, bands, footprint)


def tile(of: Scene, address: TileAddress, folder: Path) -> bytes:
    """A scene alone, drawn as it is when nothing else is asked for."""
    return raster.tile([of], address, Look(Drawing(), {}), folder)


def place(longitude: float, latitude: float, z: int) -> tuple[TileAddress, int, int]:
    """Tile and its pixel (row, column) at a place: the formula of the tile matrix set."""
    x = (longitude + 180) / 360 * 2**z
    y = (1 - asinh(tan(radians(latitude))) / pi) / 2 * 2**z
    return WEB_MERCATOR_QUAD.address(z, int(x), int(y)), int(y % 1 * 256), int(x % 1 * 256)


def drawn(png: bytes) -> Pixels:
    """(row, column, channel) of a tile, by GDAL's PNG driver."""
    with warnings.catch_warnings(), rasterio.MemoryFile(BytesIO(png)) as memory:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # a picture has no place
        with memory.open() as file:
            return np.moveaxis(file.read(), 0, -1)


def mark(z: int) -> tuple[TileAddress, int, int]:
    return place(*TO_DEGREES.transform(*MARK), z)


@pytest.fixture
def marked(tmp_path: Path, write_geotiff: Write) -> Path:
    """Blue, green, red: dark, but for 5 x 5 pixels that are red."""
    values = np.full((3, 480, 640), LOW, dtype="uint16")
    values[2, 158:163, 318:323] = HIGH
    return write_geotiff(tmp_path / "marked.tif", values, tiled=True)


@pytest.mark.parametrize("z", [0, 1, 5, 9, 10, 11, 12])
def test_a_scene_is_a_spot_from_afar(marked: Path, z: int) -> None:
    """Read for what it shows and not at its own resolution: that of the world would take days."""
    of = scene(marked, "blue", "green", "red")
    west, south, east, north = of.extent
    address, row, column = place(west, north, z)
    end, lowest, rightmost = place(east, south, z)
    seen = np.argwhere(drawn(tile(of, address, marked.parent))[..., 3] > 0)
    if (end.x, end.y) != (address.x, address.y):
        lowest = lowest if end.y == address.y else 255
        rightmost = rightmost if end.x == address.x else 255
    assert abs(seen.min(0) - [row, column]).max() <= 1
    assert abs(seen.max(0) - [lowest, rightmost]).max() <= 1


@pytest.mark.parametrize("z", [13, 15, 17, 20])
def test_a_mark_is_where_it_is_and_red(marked: Path, z: int) -> None:
    address, row, column = mark(z)
    pixels = drawn(tile(scene(marked, "blue", "green", "red"), address, marked.parent))
    assert pixels.shape == (256, 256, 4)
    assert pixels[row, column].tolist() == pytest.approx([255, 0, 0, 255], abs=40)
    if z == 15:
        bright = pixels[..., 0] > 128
        assert 90 < bright.sum() < 250  # 50 m over 4.05 m a pixel there, squared
        assert not pixels[~bright & (pixels[..., 3] == 255)][:, 1:3].any()


def test_outside_is_transparent_or_nothing(marked: Path) -> None:
    shown = scene(marked, "blue", "green", "red")
    address, row, column = place(*TO_DEGREES.transform(603_600, 3_550_540), 13)
    alpha = drawn(tile(shown, address, marked.parent))[..., 3]
    assert set(np.unique(alpha)) == {0, 255}
    assert alpha[row + 3, column + 3] == 255
    assert alpha[row - 3, column - 3] == 0
    for nowhere in (
        WEB_MERCATOR_QUAD.address(13, 0, 0),
        WEB_MERCATOR_QUAD.address(13, address.x - 3, address.y),
    ):
        assert tile(shown, nowhere, marked.parent) == b""


def test_a_tile_of_nodata_alone_is_nothing(tmp_path: Path, write_geotiff: Write) -> None:
    values = np.full((1, 480, 640), 7, dtype="uint16")
    values[:, 60:260, 220:420] = 0
    path = write_geotiff(tmp_path / "hole.tif", values, nodata=0)
    address, _, _ = mark(16)
    assert tile(scene(path, "band1"), address, tmp_path) == b""
    assert tile(scene(path, "band1"), mark(11)[0], tmp_path) != b""


def test_values_are_stretched_and_clipped(tmp_path: Path, write_geotiff: Write) -> None:
    for value, grey in ((0, 0), (LOW, 0), (2000, 127), (HIGH, 255), (60_000, 255)):
        values = np.full((1, 480, 640), value, dtype="uint16")
        path = write_geotiff(tmp_path / "flat.tif", values)
        address, row, column = mark(15)
        pixels = drawn(tile(scene(path, "band1"), address, tmp_path))
        assert pixels[row, column].tolist() == [grey, 255]


def test_a_colour_table_is_used_as_it_is(tmp_path: Path, write_geotiff: Write) -> None:
    values = np.full((1, 480, 640), 9, dtype="uint8")
    path = write_geotiff(tmp_path / "cover.tif", values, photometric="palette")
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {9: (10, 20, 200, 255)})
    address, row, column = mark(15)
    pixels = drawn(tile(scene(path, "band1"), address, tmp_path))
    assert pixels[row, column].tolist() == [10, 20, 200, 255]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (("blue", "green", "red", "nir"), (3, 2, 1)),
        (("Red", "Green", "Blue"), (1, 2, 3)),
        (("近红外", "红", "绿", "蓝"), (2, 3, 4)),
        (("band1", "band2", "band3", "band4"), (1, 2, 3)),
        (("red", "nir"), (1,)),
        (("dem",), (1,)),
    ],
)
def test_which_bands_are_shown(names: tuple[str, ...], shown: tuple[int, ...]) -> None:
    assert shown_bands(scene(Path("x"), *names).bands) == shown


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(SceneUnreadable, match=r"gone\.tif"):
        tile(scene(tmp_path / "gone.tif", "dem"), mark(15)[0], tmp_path)
