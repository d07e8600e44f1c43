"""Scenes of other formats and of several files: the same pixels, or refused with nothing left."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from raster_city import MOMENT, City
from rasterio.shutil import copy
from rasterio.transform import Affine
from rasterio.windows import Window
from sqlalchemy import Engine, text

from layers.errors import CogInvalid, LayerError, RasterUnfit, RecipeUnfit, SourceUnreadable
from layers.imagery.recipe import Named, Recipe
from layers.raster import RasterFile
from layers.store import damaged

Write = Callable[..., Path]
Damage = Callable[[Path], None]

LOSSLESS = {"reversible": "YES", "quality": "100"}
FORMATS = [("ENVI", "dat", {}), ("HFA", "img", {}), ("JP2OpenJPEG", "jp2", LOSSLESS)]


@pytest.fixture
def city(engine: Engine, tmp_path: Path) -> City:
    return City(engine, tmp_path / "rasters")


@pytest.fixture
def noise() -> NDArray[np.uint16]:
    return np.random.default_rng(11).integers(1, 4000, (2, 300, 260), dtype="uint16")


@pytest.fixture
def files(tmp_path: Path, noise: NDArray[np.uint16], write_geotiff: Write) -> Callable[..., Path]:
    """Writes the noise in a format."""

    def write(driver: str, ending: str, **more: Any) -> Path:
        plain = write_geotiff(tmp_path / "plain.tif", noise, ("red", "nir"))
        made = tmp_path / f"scene.{ending}"
        copy(plain, made, driver=driver, **more)
        return made

    return write


@pytest.mark.parametrize(("driver", "ending", "more"), FORMATS)
def test_a_file_of_a_format_has_the_same_pixels(
    city: City,
    files: Write,
    noise: NDArray[np.uint16],
    driver: str,
    ending: str,
    more: dict[str, str],
) -> None:
    city.load(RasterFile(files(driver, ending, **more), "imagery", MOMENT))
    [made] = city.layer().scenes
    assert (made.crs, made.resolution) == ("EPSG:4546", 10)
    assert [(band.name, band.common) for band in made.bands] == [("red", "red"), ("nir", "nir")]
    np.testing.assert_array_equal(city.pixels(made), noise)


def test_variables_of_netcdf_are_bands(city: City, files: Write, noise: NDArray[np.uint16]) -> None:
    path = files("netCDF", "nc")
    city.load(RasterFile(path, "imagery", MOMENT))
    [made] = city.layer().scenes
    assert [band.name for band in made.bands] == ["Band1", "Band2"]
    np.testing.assert_array_equal(city.pixels(made), noise)
    one = Recipe(variables=("Band2",), bands=(Named("近红外", ""),))
    city.load(RasterFile(path, "imagery", MOMENT, recipe=one))
    [made] = city.layer().scenes
    assert [(band.name, band.common) for band in made.bands] == [("近红外", "nir")]
    np.testing.assert_array_equal(city.pixels(made), noise[1:])
    with pytest.raises(RasterUnfit, match="no 'Band3'; it has Band1, Band2"):
        city.load(RasterFile(path, "imagery", MOMENT, recipe=Recipe(variables=("Band3",))))


def _half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _scratched(path: Path) -> None:
    """The middle is overwritten; the head and the end stay."""
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 30_000] = b"\xff" * 30_000
    path.write_bytes(whole)


@pytest.mark.parametrize(
    ("driver", "ending", "more", "damage"),
    [
        ("ENVI", "dat", {}, _half),
        ("HFA", "img", {}, _half),
        ("JP2OpenJPEG", "jp2", LOSSLESS, _half),
        ("netCDF", "nc", {"FORMAT": "NC4", "COMPRESS": "DEFLATE"}, _half),
        ("netCDF", "nc", {"FORMAT": "NC4", "COMPRESS": "DEFLATE"}, _scratched),
        ("netCDF", "nc", {"FORMAT": "NC"}, _half),
    ],
)
def test_a_damaged_file_of_a_format_is_refused_and_leaves_nothing(
    city: City, files: Write, driver: str, ending: str, more: dict[str, str], damage: Damage
) -> None:
    path = files(driver, ending, **more)
    damage(path)
    with pytest.raises(SourceUnreadable, match=path.name):
        city.load(RasterFile(path, "imagery", MOMENT))
    assert city.nothing_is_left()


def test_integers_that_would_not_be_kept_are_refused(
    city: City, tmp_path: Path, write_geotiff: Write
) -> None:
    for value, kept in ((2**53, True), (2**60 + 1, False)):
        path = write_geotiff(tmp_path / "wide.tif", np.full((1, 30, 30), value, dtype="uint64"))
        if kept:
            city.load(RasterFile(path, "imagery", MOMENT))
            continue
        with pytest.raises(CogInvalid, match="not kept exactly"):
            city.load(RasterFile(path, "wide", MOMENT))


def test_files_of_one_grid_become_one_scene(
    city: City, tmp_path: Path, noise: NDArray[np.uint16], write_geotiff: Write
) -> None:
    """As Sentinel-2 has them: a file for each band, one of them half as fine."""
    stem = "T49SDR_20240501T030541_"
    red = write_geotiff(tmp_path / f"{stem}B04_10m.tif", noise[:1])
    nir = write_geotiff(tmp_path / f"{stem}B08_10m.tif", noise[1:])
    coarse = np.random.default_rng(2).integers(1, 9000, (1, 150, 130), dtype="uint16")
    grid = Affine(20, 0, 603_600, 0, -20, 3_550_540)
    swir = write_geotiff(tmp_path / f"{stem}B11_20m.tif", coarse, transform=grid)
    recipe = Recipe(sensor="sentinel-2", cloud_cover=3.5)
    file = RasterFile(red, "s2", MOMENT, more=(nir, swir), recipe=recipe)
    city.load(file)
    [made] = city.layer("s2").scenes
    told = [(b.name, b.common, b.scale, b.offset) for b in made.bands]
    assert told == [
        ("B04", "red", 0.0001, -0.1),
        ("B08", "nir", 0.0001, -0.1),
        ("B11", "swir16", 0.0001, -0.1),
    ]
    expected = np.concatenate([noise, coarse.repeat(2, axis=1).repeat(2, axis=2)])
    np.testing.assert_array_equal(city.pixels(made), expected)
    with rasterio.open(city.store / made.path) as cog:
        assert (cog.nodata, cog.scales[0], cog.offsets[0]) == (0, 0.0001, -0.1)
    assert city.load(file).change == "unchanged"
    with rasterio.open(swir, "r+") as changed:
        changed.write(np.full((1, 5, 5), 7, "uint16"), window=Window(0, 0, 5, 5))
    assert city.load(file).change == "replaced"


def test_bands_named_by_their_colour_are_those_of_the_sensor(
    city: City, tmp_path: Path, noise: NDArray[np.uint16], write_geotiff: Write
) -> None:
    """Else an index would be of counts, and wrong by the offset, without a word."""
    path = write_geotiff(tmp_path / "scene.tif", noise)
    asked = [Named("RED", ""), Named("near", "nir")]
    for sensor, told in {
        "sentinel-2": [("red", 0.0001, -0.1, 0.665), ("nir", 0.0001, -0.1, 0.833)],
        "landsat-8-9": [("red", 2.75e-05, -0.2, 0.655), ("nir", 2.75e-05, -0.2, 0.865)],
    }.items():
        recipe = Recipe(sensor=sensor, bands=tuple(asked))
        city.load(RasterFile(path, "named", MOMENT, recipe=recipe))
        [made] = city.layer("named").scenes
        details = city.details("named")
        found = [
            (band.common, band.scale, band.offset, detail["center"])
            for band, detail in zip(made.bands, details, strict=True)
        ]
        assert found == told


@pytest.mark.parametrize(
    ("profile", "says"),
    [
        ({"transform": Affine(10, 0, 603_605, 0, -10, 3_550_540)}, "grid is not that of a.tif"),
        ({"crs": "EPSG:4547"}, "CRS is not that of a.tif"),
    ],
)
def test_files_of_other_grids_are_refused(
    city: City, tmp_path: Path, write_geotiff: Write, profile: dict[str, Any], says: str
) -> None:
    values = np.ones((1, 30, 20), "uint8")
    one = write_geotiff(tmp_path / "a.tif", values)
    other = write_geotiff(tmp_path / "b.tif", values, **profile)
    with pytest.raises(RasterUnfit, match=says):
        city.load(RasterFile(one, "imagery", MOMENT, more=(other,)))
    assert city.nothing_is_left()


def test_each_band_may_have_a_value_for_nothing(
    city: City, tmp_path: Path, write_geotiff: Write
) -> None:
    """One value stands for it in all bands: one that no band has as a real value."""
    one = np.arange(1, 601, dtype="int16").reshape(1, 30, 20)
    one[0, 0, :5] = -1
    other = one.astype("uint8") % 250
    other[0, 2, :7] = 255
    paths = [
        write_geotiff(tmp_path / "a.tif", one, nodata=-1),
        write_geotiff(tmp_path / "b.tif", other, nodata=255),
    ]
    city.load(RasterFile(paths[0], "both", MOMENT, more=(paths[1],)))
    [made] = city.layer("both").scenes
    with rasterio.open(city.store / made.path) as cog:
        found = cog.read(masked=True)
    expected = np.ma.stack([np.ma.masked_equal(one[0], -1), np.ma.masked_equal(other[0], 255)])
    np.testing.assert_array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(expected))
    np.testing.assert_array_equal(found.filled(0), expected.filled(0))
    assert found.dtype == "int16"


def test_what_is_said_ranks_over_the_file(city: City, tmp_path: Path, write_geotiff: Write) -> None:
    """Classes without a colour table; a CRS that the file lacks; names; a scale."""
    classes = np.random.default_rng(3).choice([1, 9], (1, 1100, 1100)).astype("uint8")
    path = write_geotiff(tmp_path / "cover.tif", classes, crs=None)
    recipe = Recipe(
        categorical=True,
        crs="EPSG:4546",
        nodata=255,
        scale=2.0,
        offset=-1.0,
        bands=(Named.read("cover=pan"),),
    )
    city.load(RasterFile(path, "cover", MOMENT, recipe=recipe))
    [made] = city.layer("cover").scenes
    band = made.bands[0]
    assert (band.name, band.common, band.scale, band.offset) == ("cover", "pan", 2.0, -1.0)
    with rasterio.open(city.store / made.path) as cog:
        assert (cog.crs.to_epsg(), cog.nodata, cog.tags()["OVERVIEW_RESAMPLING"]) == (
            4546,
            255,
            "MODE",
        )
        assert set(np.unique(cog.read(1, out_shape=(550, 550)))) == {1, 9}


@pytest.mark.parametrize(
    ("recipe", "says"),
    [
        (Recipe(bands=(Named("a", ""),)), "1 bands are named; there are 2"),
        (Recipe(bands=(Named("a", ""), Named("a", ""))), "'a' cannot name a band, or names two"),
        (Recipe(bands=(Named("a", "mauve"), Named("b", ""))), "'mauve' is no common name"),
        (Recipe(sensor="modis"), "no sensor 'modis'; known are sentinel-2"),
        (Recipe(nodata=-1), "-1 is no value of uint16"),
    ],
)
def test_what_does_not_fit_the_file_is_refused(
    city: City, files: Write, recipe: Recipe, says: str
) -> None:
    with pytest.raises(LayerError, match=says):
        city.load(RasterFile(files("HFA", "img"), "imagery", MOMENT, recipe=recipe))
    assert city.nothing_is_left()


@pytest.mark.parametrize("dtype", ["int8", "int16", "uint32", "int32", "float64", "int64"])
def test_every_type_keeps_its_values(
    city: City, tmp_path: Path, write_geotiff: Write, dtype: str
) -> None:
    ends = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else np.finfo("float32")
    least, most = max(int(ends.min), -(2**53)), min(int(ends.max), 2**53)
    values = np.random.default_rng(5).uniform(least, most, (1, 60, 50)).astype(dtype)
    values[0, 0, :2] = least, most
    city.load(RasterFile(write_geotiff(tmp_path / "a.tif", values), "any", MOMENT))
    [made] = city.layer("any").scenes
    np.testing.assert_array_equal(city.pixels(made), values)
    told = city.details("any")[0]["statistics"]
    assert (told["minimum"], told["maximum"]) == (float(values.min()), float(values.max()))
    assert told["mean"] == pytest.approx(values.astype("float64").mean())
    assert told["stddev"] == pytest.approx(values.astype("float64").std())


def test_statistics_are_those_of_the_valid_pixels(
    city: City, tmp_path: Path, write_geotiff: Write
) -> None:
    values = np.random.default_rng(8).normal(1000, 90, (1, 1300, 900)).astype("uint16")
    values[0, :130] = 0
    city.load(RasterFile(write_geotiff(tmp_path / "a.tif", values, nodata=0), "some", MOMENT))
    [made] = city.layer("some").scenes
    told, valid = city.details("some")[0]["statistics"], values[values > 0]
    assert told["valid_percent"] == pytest.approx(90)
    assert not made.whole
    assert told["mean"] == pytest.approx(valid.mean())
    assert told["stddev"] == pytest.approx(valid.std())
    np.testing.assert_allclose(
        (made.bands[0].low, made.bands[0].high), np.percentile(valid, (2, 98)), atol=1
    )
    assert sum(told["buckets"]) == len(valid)


def test_a_moment_may_have_several_scenes(city: City, tmp_path: Path, write_geotiff: Write) -> None:
    values = np.ones((1, 30, 20), "uint8")
    for name in ("east", "west"):
        path = write_geotiff(tmp_path / f"{name}.tif", values)
        assert city.load(RasterFile(path, "tiles", MOMENT)).change == "added"
    names = [scene.name for scene in city.layer("tiles").scenes]
    assert names == ["east_20240501T030500Z", "west_20240501T030500Z"]
    assert city.load(RasterFile(path, "tiles", MOMENT, name="w")).change == "added"
    with pytest.raises(RecipeUnfit):
        city.load(RasterFile(path, "tiles", MOMENT, recipe=Recipe(nodata=1.5)))


def test_a_stored_file_that_changed_is_found(
    city: City, tmp_path: Path, write_geotiff: Write
) -> None:
    path = write_geotiff(tmp_path / "a.tif", np.ones((1, 30, 20), "uint8"))
    city.load(RasterFile(path, "one", MOMENT, name="a"))
    [made] = city.layer("one").scenes
    with city.engine.connect() as connection:
        assert list(damaged(connection, city.store)) == []
        _half(city.store / made.path)
        assert list(damaged(connection, city.store)) == [("a", "its file is not what was stored")]
        (city.store / made.path).unlink()
        assert list(damaged(connection, city.store)) == [("a", "its file is gone")]
        assert connection.execute(text("SELECT count(*) FROM cim.raster_scene")).scalar() == 1
