"""Mosaics and formulas: each pixel of the newest scene that has one, reflectance and not counts."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine
from rasterio.warp import reproject
from sqlalchemy import Engine

from cim import registry
from cim.access import ANONYMOUS
from cim.layer import Layer
from cim.moments import EVER, parse
from layers import raster
from layers.imagery.recipe import Recipe
from layers.raster import RasterFile
from tiles import coverage, drawing, formula, selection
from tiles.coverage import Part
from tiles.drawing import Drawing
from tiles.errors import BandMissing, DrawingUnfit, FormulaInvalid
from tiles.matrix_sets import WEB_MERCATOR_QUAD
from tiles.raster import Look, tile
from tiles.selection import Asked

Write = Callable[..., Path]
Pixels = NDArray[np.uint8]

NAMES = ("blue", "green", "red", "nir", "swir16")
LEFT, TOP, STEP, SIDE = 603_600.0, 3_550_540.0, 10.0, 120
TILE = WEB_MERCATOR_QUAD.address(
    14, 13293, 6650
)  # holds the corner where the two scenes of a day meet


class Sky:
    """Loads scenes of one layer."""

    def __init__(self, engine: Engine, folder: Path, write: Write) -> None:
        self.engine, self.folder, self.write = engine, folder, write

    def load(self, name: str, values: NDArray[Any], when: str, **profile: Any) -> None:
        names = NAMES[: len(values)]
        path = self.write(self.folder / f"{name}.tif", values, names, nodata=0, **profile)
        moment = parse(when).start
        assert moment is not None
        recipe = Recipe(scale=0.0001, offset=-0.1)
        with self.engine.begin() as connection:
            file = RasterFile(path, "sky", moment, name=name, recipe=recipe)
            raster.load(connection, file, self.folder / "store")

    @property
    def layer(self) -> Layer:
        with self.engine.connect() as connection:
            return registry.read(connection).layer("sky", ANONYMOUS)

    def values(self, part: Part = Part(), when: str | None = None) -> coverage.Values:  # noqa: B008
        scenes = self.layer.seen(parse(when) if when else EVER)
        return coverage.read(scenes, part, self.folder / "store")

    def tile(self, how: Drawing = Drawing(), when: str | None = None) -> Pixels:  # noqa: B008
        """(row, column, channel)"""
        time = parse(when) if when else EVER
        layer = self.layer
        of = drawing.levels(layer, time)
        found = selection.seen(layer, Asked(time, TILE.degrees(), how.needs))
        return _drawn(tile(found, TILE, Look(how, of), self.folder / "store"))


def _drawn(png: bytes) -> Pixels:
    with (
        pytest.warns(NotGeoreferencedWarning),
        rasterio.MemoryFile(BytesIO(png)) as memory,
        memory.open() as file,
    ):
        return np.moveaxis(file.read(), 0, -1)


@pytest.fixture
def sky(engine: Engine, tmp_path: Path, write_geotiff: Write) -> Sky:
    return Sky(engine, tmp_path, write_geotiff)


def noise(seed: int, bands: int = 5) -> NDArray[np.uint16]:
    return np.random.default_rng(seed).integers(1100, 6000, (bands, SIDE, SIDE), dtype="uint16")


def at(columns: int, rows: int = 0) -> dict[str, Affine]:
    """A grid moved by whole pixels."""
    return {"transform": Affine(STEP, 0, LEFT + columns * STEP, 0, -STEP, TOP - rows * STEP)}


def test_a_coverage_is_every_scene_the_newest_on_top(sky: Sky) -> None:
    old, east, west = noise(1), noise(2), noise(3)
    west[:, :, 60:] = 0  # nothing: what is below is seen
    sky.load("old", old, "2023-05-01")
    sky.load("east", east, "2024-05-01", **at(SIDE))
    sky.load("west", west, "2024-05-01")
    day = sky.values(when="2024-05-01")
    expected = np.concatenate([west, east], axis=2)
    np.testing.assert_array_equal(day.array.filled(0), expected)
    assert day.array.mask[:, :, 60:120].all()
    ever = sky.values()
    expected[:, :, 60:120] = old[:, :, 60:]
    np.testing.assert_array_equal(ever.array.filled(0), expected)
    assert ever.transform @ (0, 0) == (LEFT, TOP)
    part = Part(("nir",), None, (LEFT + 500, LEFT + 1300), (TOP - 100, TOP))
    np.testing.assert_array_equal(sky.values(part).array.data, expected[3:4, :10, 50:130])


def test_a_scene_on_another_grid_is_brought_to_that_of_the_newest(sky: Sky) -> None:
    """By the nearest pixel, as GDAL does it for the whole scene."""
    old, new = noise(1, 1), noise(2, 1)
    new[:, :, :60] = 0
    with rasterio.Env():
        moved = rasterio.warp.transform("EPSG:4546", "EPSG:4547", [LEFT - 100], [TOP + 100])
    grid = {"transform": Affine(STEP, 0, moved[0][0], 0, -STEP, moved[1][0]), "crs": "EPSG:4547"}
    sky.load("old", old, "2023-05-01", **grid)
    sky.load("new", new, "2024-05-01")
    inside = Part(x=(LEFT, LEFT + SIDE * STEP), y=(TOP - SIDE * STEP, TOP))
    found = sky.values(inside)
    expected, mine = np.zeros((1, SIDE, SIDE), "uint16"), at(0)["transform"]
    reproject(
        old,
        expected,
        src_transform=grid["transform"],
        src_crs="EPSG:4547",
        dst_transform=mine,
        dst_crs="EPSG:4546",
        src_nodata=0,
        dst_nodata=0,
    )
    expected[:, :, 60:] = new[:, :, 60:]
    same = found.array.filled(0) == expected
    assert same.mean() > 0.99  # a pixel in a hundred lies on an edge, and either is the nearest
    assert (expected[:, :, :60] > 0).mean() > 0.8


def test_a_tile_shows_the_scenes_of_the_time(sky: Sky) -> None:
    dark, bright = (np.full((3, SIDE, SIDE), v, "uint16") for v in (1500, 5000))
    bright[:, :, 60:] = 0
    sky.load("dark", dark, "2023-05-01")
    sky.load("bright", bright, "2024-05-01")
    how = Drawing(("red",), level=(1000, 6000))
    both, new = sky.tile(how), sky.tile(how, "2024-05-01")
    assert set(np.unique(both[..., 0][both[..., 1] == 255])) <= {25, 204}
    assert {25, 204} <= set(np.unique(both[..., 0]))
    assert new[..., 1].sum() < both[..., 1].sum()
    assert (new[..., 1] == 255).sum() == pytest.approx((both[..., 0] == 204).sum(), rel=0.05)


def test_an_index_is_of_reflectance(sky: Sky) -> None:
    values = noise(4)
    sky.load("a", values, "2024-05-01")
    green, red, nir, swir = (values[i] * 1e-4 - 0.1 for i in (1, 2, 3, 4))
    pairs = {"ndvi": (nir, red), "ndwi": (green, nir), "mndwi": (green, swir)}
    for name, (one, other) in pairs.items():
        found = sky.values(Part(formula=formula.index(name)))
        assert found.bands == (name,)
        np.testing.assert_allclose(found.array[0], (one - other) / (one + other), atol=2e-4)
    own = sky.values(Part(formula=formula.expression("2.5*(nir-red)/(nir+6*red-7.5*blue+1)")))
    blue = values[0] * 1e-4 - 0.1
    expected = 2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1)
    np.testing.assert_allclose(own.array[0], expected, rtol=1e-2, atol=1e-2)


def test_an_index_without_a_value_is_nothing(sky: Sky) -> None:
    values = noise(4)
    values[:, :5] = 0
    values[2:4, 5:9] = 1000  # reflectance 0 in both bands
    sky.load("a", values, "2024-05-01")
    found = sky.values(Part(formula=formula.index("ndvi")))
    assert found.array.mask[0, :9].all()
    assert not found.array.mask[0, 9:].any()
    with rasterio.MemoryFile(coverage.geotiff(found)) as memory, memory.open() as file:
        assert file.dtypes == ("float32",)
        assert file.descriptions == ("ndvi",)
        assert not file.read_masks(1)[:9].any()


def test_an_index_is_drawn_in_colours(sky: Sky) -> None:
    green, bare = np.full((5, SIDE, SIDE), 1500, "uint16"), np.full((5, SIDE, SIDE), 3000, "uint16")
    green[3] = 5000
    green[:, :, 60:] = bare[:, :, 60:]
    sky.load("a", green, "2024-05-01")
    pixels = sky.tile(Drawing(formula=formula.index("ndvi")))
    shown = pixels[pixels[..., 3] == 255][:, :3].astype(int)
    assert (shown[:, 1] > shown[:, 0] + 40).mean() > 0.3
    assert (shown.std(axis=0) > 20).all()
    grey = sky.tile(Drawing(formula=formula.expression("nir"), level=(0, 0.5)))
    assert set(np.unique(grey[..., 0][grey[..., 1] == 255])) == {102, 204}
    coloured = sky.tile(Drawing(("nir",), colours="viridis"))
    assert coloured.shape[-1] == 4


def test_scenes_that_lack_a_band_are_passed_over_until_none_is_left(sky: Sky) -> None:
    sky.load("five", noise(1), "2023-05-01")
    sky.load("three", noise(2, 3), "2024-05-01")
    assert sky.tile(Drawing(formula=formula.index("ndvi"))).any()
    with pytest.raises(BandMissing, match="no band 'nir'; the scene three has blue, green, red"):
        sky.tile(Drawing(formula=formula.index("ndvi")), "2024-05-01")


def test_near_infrared_may_be_narrow() -> None:
    from cim.scenes import Band, Scene

    bands = (Band("B4", "uint16", 0, 1, "red"), Band("B5", "uint16", 0, 1, "nir08"))
    moment = parse("2024-05-01").start
    assert moment is not None
    scene = Scene(1, moment, "", "EPSG:4490", 1, 1, 1.0, bands, {}, "landsat")
    assert formula.index("ndvi").indexes(scene) == [2, 1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nir +",
        "nir ** 99",
        "nir if red else 1",
        "f(nir)",
        "nir.data",
        "1 + 1",
        "'nir'",
        "x" * 301,
    ],
)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(FormulaInvalid):
        formula.expression(text)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        (Drawing(("red", "nir")), "one band or three, not 2"),
        (Drawing(("red",), formula.index("ndvi")), "give one of them"),
        (Drawing(("red",), colours="mauve"), "no colour map 'mauve'"),
        (Drawing(colours="viridis"), "a colour map is for one band"),
        (Drawing(formula=formula.expression("nir - red")), "needs rescale"),
    ],
)
def test_what_makes_no_picture_is_refused(how: Drawing, says: str) -> None:
    with pytest.raises(DrawingUnfit, match=says):
        how.check()
