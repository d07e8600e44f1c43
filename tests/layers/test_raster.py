"""Loading GeoTIFFs: the same pixels as a COG, the same again, what replaces, what is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from raster_city import MOMENT, City
from rasterio.enums import ColorInterp
from rasterio.transform import Affine
from rio_cogeo.cogeo import cog_validate
from sqlalchemy import Engine, text

from cim.access import ANONYMOUS
from cim.errors import LayerNotFound
from cim.layer import Text
from layers import store
from layers.errors import (
    CrsRefused,
    KindTaken,
    LayerError,
    RasterUnfit,
    RasterUnplaced,
    SourceUnreadable,
    StoreUnwritable,
)
from layers.raster import RasterFile, load, remove

LANDSAT = Path(__file__).parents[2].parent / "shared" / "data" / "landsat7_olinda.tif"
Write = Callable[..., Path]


@pytest.fixture
def city(engine: Engine, tmp_path: Path) -> City:
    return City(engine, tmp_path / "rasters")


@pytest.fixture
def noise() -> NDArray[np.uint16]:
    """Two bands larger than a block, with holes (0 is nodata)."""
    values = np.random.default_rng(7).integers(0, 4000, (2, 700, 600), dtype="uint16")
    values[:, :100, :100] = 0
    return values


@pytest.fixture
def scene(tmp_path: Path, noise: NDArray[np.uint16], write_geotiff: Write) -> RasterFile:
    path = write_geotiff(tmp_path / "scene.tif", noise, ("red", "nir"), nodata=0)
    return RasterFile(path, "imagery", MOMENT, Text("影像", "Imagery"))


def test_a_scene_is_a_cog_with_the_same_pixels(
    city: City, scene: RasterFile, noise: NDArray[np.uint16]
) -> None:
    report = city.load(scene)
    assert report.change == "added"
    [made] = city.layer().scenes
    path = city.store / made.path
    assert city.files() == [store.path_of(report.sha256)]
    assert cog_validate(path, strict=True, quiet=True)[0]
    with rasterio.open(path) as cog, rasterio.open(scene.path) as source:
        np.testing.assert_array_equal(cog.read(), noise)
        assert (cog.transform, cog.crs, cog.nodata) == (source.transform, source.crs, 0)
        assert cog.descriptions == ("red", "nir")
        assert cog.overviews(1) == [2]
    assert (made.crs, made.width, made.height, made.resolution) == ("EPSG:4546", 600, 700, 10)
    assert [band.name for band in made.bands] == ["red", "nir"]
    low, high = np.percentile(noise[0][noise[0] > 0], (2, 98))
    assert made.bands[0].low == pytest.approx(low, rel=0.1)
    assert made.bands[0].high == pytest.approx(high, rel=0.1)


def test_the_footprint_is_the_grid_in_degrees(city: City, scene: RasterFile) -> None:
    city.load(scene)
    layer = city.layer()
    to_degrees = Transformer.from_crs(4546, 4490, always_xy=True)
    corners = [(603_600, 3_550_540), (609_600, 3_550_540), (609_600, 3_543_540), (603_600, 3543540)]
    degrees = np.array([to_degrees.transform(*corner) for corner in corners])
    outline = np.array(layer.scenes[0].footprint["coordinates"][0])
    for corner in degrees:
        assert np.abs(outline - corner).max(axis=1).min() < 1e-7
    assert len(outline) > 40  # its sides bend
    assert layer.extent == pytest.approx((*outline.min(axis=0), *outline.max(axis=0)), abs=1e-7)


def test_the_extent_holds_all_scenes(
    city: City,
    scene: RasterFile,
    tmp_path: Path,
    noise: NDArray[np.uint16],
    write_geotiff: Write,
) -> None:
    city.load(scene)
    first = city.layer().extent
    east = write_geotiff(
        tmp_path / "east.tif", noise, transform=Affine(10, 0, 620_000, 0, -10, 3_550_540)
    )
    later = replace(scene, path=east, acquired_at=MOMENT.replace(year=2025), title=None)
    assert city.load(later).change == "added"
    layer = city.layer()
    assert [found.acquired_at.year for found in layer.scenes] == [2024, 2025]
    assert first is not None
    assert layer.extent is not None
    assert layer.extent[0] == first[0]
    assert layer.extent[2] > first[2] + 0.1
    assert layer.title == Text("影像", "Imagery")


def test_the_same_file_again_changes_nothing(city: City, scene: RasterFile) -> None:
    city.load(scene)
    before, scenes = city.registry, city.layer().scenes
    stamp = (city.store / city.files()[0]).stat().st_mtime_ns
    assert city.load(scene).change == "unchanged"
    assert city.load(replace(scene, title=None)).change == "unchanged"
    assert (city.registry.version, city.layer().scenes) == (before.version, scenes)
    assert (city.store / city.files()[0]).stat().st_mtime_ns == stamp
    assert city.load(replace(scene, title=Text("新", "New"))).change == "unchanged"
    assert city.layer().title == Text("新", "New")
    assert city.registry.version == before.version + 1


def test_a_lost_file_is_made_again(city: City, scene: RasterFile) -> None:
    city.load(scene)
    [path] = city.files()
    (city.store / path).unlink()
    assert city.load(scene).change == "replaced"
    assert city.files() == [path]


def test_another_file_of_the_moment_takes_its_place(
    city: City, scene: RasterFile, noise: NDArray[np.uint16], write_geotiff: Write
) -> None:
    old = city.load(scene)
    write_geotiff(scene.path, noise + 1, ("red", "nir"))
    new = city.load(scene)
    assert new.change == "replaced"
    assert [found.path for found in city.layer().scenes] == [store.path_of(new.sha256)]
    assert old.sha256 != new.sha256
    with city.engine.begin() as connection:
        store.sweep(connection, city.store)
    assert city.files() == [store.path_of(new.sha256)]


def test_a_world_file_belongs_to_the_file(
    city: City, tmp_path: Path, noise: NDArray[np.uint16], write_geotiff: Write
) -> None:
    path = write_geotiff(tmp_path / "old.tif", noise, transform=None)
    file = RasterFile(path, "imagery", MOMENT)
    for easting in (603_605, 613_605):
        path.with_suffix(".tfw").write_text(f"10\n0\n0\n-10\n{easting}\n3550535\n")
        city.load(file)
        with rasterio.open(city.store / city.layer().scenes[0].path) as cog:
            assert cog.transform.c == easting - 5


def test_a_rollback_leaves_no_file_and_a_later_one_takes_none(
    city: City, scene: RasterFile
) -> None:
    with city.engine.connect() as connection:
        load(connection, scene, city.store)
        assert len(city.files()) == 1
        connection.rollback()
        assert city.files() == []
        load(connection, scene, city.store)
        connection.commit()
        connection.execute(text("SELECT 1"))
        connection.rollback()
    assert city.files() == [city.layer().scenes[0].path]


def test_removed_with_its_files_unless_they_are_named_elsewhere(
    city: City, scene: RasterFile
) -> None:
    city.load(scene)
    city.load(replace(scene, collection="copy"))
    for name, left in (("imagery", 1), ("copy", 0)):
        with city.engine.begin() as connection:
            assert remove(connection, name, ANONYMOUS) == 1
        with city.engine.begin() as connection:
            store.sweep(connection, city.store)
        assert len(city.files()) == left
    with city.engine.begin() as connection, pytest.raises(LayerNotFound):
        remove(connection, "imagery", ANONYMOUS)


def test_floats_may_say_nothing_with_nan(city: City, tmp_path: Path, write_geotiff: Write) -> None:
    values = np.linspace(-5, 90, 60 * 50, dtype="float32").reshape(1, 60, 50)
    values[0, :30] = np.nan
    city.load(RasterFile(write_geotiff(tmp_path / "dem.tif", values), "dem", MOMENT))
    [made] = city.layer("dem").scenes
    with rasterio.open(city.store / made.path) as cog:
        np.testing.assert_array_equal(cog.read(), values)
        assert not cog.read_masks(1)[:30].any()
    assert made.bands[0].name == "band1"
    assert 42 < made.bands[0].low < made.bands[0].high < 90


def test_alpha_becomes_the_mask(city: City, tmp_path: Path, write_geotiff: Write) -> None:
    values = np.full((4, 40, 40), 200, dtype="uint8")
    values[3, :20], values[3, 20:] = 0, 255
    path = write_geotiff(tmp_path / "photo.tif", values, photometric="RGB", alpha="YES")
    city.load(RasterFile(path, "photo", MOMENT))
    [made] = city.layer("photo").scenes
    assert [band.name for band in made.bands] == ["red", "green", "blue"]
    with rasterio.open(city.store / made.path) as cog:
        assert cog.count == 3
        np.testing.assert_array_equal(cog.dataset_mask(), values[3])


def test_overviews_of_classes_are_classes(city: City, tmp_path: Path, write_geotiff: Write) -> None:
    values = np.random.default_rng(3).choice([1, 9], (1, 1100, 1100)).astype("uint8")
    path = write_geotiff(tmp_path / "cover.tif", values, photometric="palette")
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {1: (0, 90, 0, 255), 9: (0, 0, 200, 255)})
    city.load(RasterFile(path, "cover", MOMENT))
    with rasterio.open(city.store / city.layer("cover").scenes[0].path) as cog:
        assert cog.colorinterp == (ColorInterp.palette,)
        assert set(np.unique(cog.read(1, out_shape=(550, 550)))) == {1, 9}


def _cut(path: Path, share: float) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])


def _scratch(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    middle = len(whole) // 2
    whole[middle : middle + 200_000] = b"\xff" * 200_000  # a block and its head at the least
    path.write_bytes(whole)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.write_text("not a picture"), "not a GeoTIFF"),
        (lambda path: path.unlink(), "no such file"),
        (lambda path: path.write_bytes(b""), "not a GeoTIFF"),
        (_scratch, "the block at column"),
        (lambda path: _cut(path, 0.98), "block"),
        (lambda path: _cut(path, 0.5), "block"),
        (lambda path: _cut(path, 0.00005), "GeoTIFF"),
    ],
)
def test_a_damaged_file_is_refused_and_leaves_nothing(
    city: City,
    scene: RasterFile,
    noise: NDArray[np.uint16],
    write_geotiff: Write,
    damage: Callable[[Path], Any],
    says: str,
) -> None:
    write_geotiff(scene.path, noise, compress="deflate", tiled=True, blockxsize=128, blockysize=128)
    damage(scene.path)
    before = city.registry
    with pytest.raises(SourceUnreadable, match=says):
        city.load(scene)
    assert city.registry == before
    assert city.files() == []


@pytest.mark.parametrize(
    ("profile", "error", "says"),
    [
        ({"crs": None}, RasterUnplaced, "no CRS"),
        ({"transform": Affine.identity()}, RasterUnplaced, "no georeference"),
        ({"transform": Affine(9, 1, 0, 1, -9, 0)}, RasterUnplaced, "north-up"),
        ({"transform": Affine(10, 0, 9e9, 0, -10, 9e9)}, RasterUnplaced, "nowhere"),
        ({"crs": 'LOCAL_CS["mine grid",UNIT["metre",1]]'}, RasterUnplaced, "no way to CGCS2000"),
        ({"dtype": "complex64"}, RasterUnfit, "complex64"),
    ],
)
def test_what_cannot_be_a_scene_is_refused_and_leaves_nothing(
    city: City,
    tmp_path: Path,
    write_geotiff: Write,
    profile: dict[str, Any],
    error: type[LayerError],
    says: str,
) -> None:
    values = np.ones((1, 20, 20), dtype=profile.get("dtype", "uint8"))
    path = write_geotiff(tmp_path / "wrong.tif", values, **profile)
    with pytest.raises(error, match=says):
        city.load(RasterFile(path, "wrong", MOMENT))
    assert not city.registry.layers
    assert city.files() == []


@pytest.mark.parametrize(
    ("place", "error", "says"),
    [
        ((2434, 500_000), CrsRefused, r"crs\.transformation.*Beijing 1954.*gdalwarp -ct"),
        ((2361, 37_500_000), CrsRefused, r"crs\.transformation.*Xian 1980.*tens of metres"),
        ((2412, 36_550_000), RasterUnplaced, r"EPSG:15936.*gdalwarp -t_srs EPSG:4326"),
    ],
)
def test_a_scene_of_another_datum_is_refused_until_that_is_accepted(
    city: City,
    tmp_path: Path,
    write_geotiff: Write,
    place: tuple[int, float],
    error: type[LayerError],
    says: str,
) -> None:
    epsg, easting = place
    grid = {"crs": f"EPSG:{epsg}", "transform": Affine(10, 0, easting, 0, -10, 4_040_000)}
    path = write_geotiff(tmp_path / "old.tif", np.ones((1, 20, 20), "uint8"), **grid)
    scene = RasterFile(path, "old", MOMENT)
    with pytest.raises(error, match=says) as refused:
        city.load(scene)
    if isinstance(refused.value, CrsRefused):
        assert "gdalwarp -ct" in refused.value.said.zh
        assert "--transformation" not in refused.value.said.en
    assert city.files() == []
    assert city.load(replace(scene, accept=("crs.transformation",))).change == "added"
    with pytest.raises(error):  # the same again is told as well
        city.load(scene)


def test_a_scene_whose_datum_is_that_of_wgs84_is_taken(
    city: City, tmp_path: Path, write_geotiff: Write
) -> None:
    place = Affine(10, 0, 500_000, 0, -10, 5_500_000)
    for crs in ("EPSG:25832", "EPSG:32649"):  # of ETRS89, which a null shift leads from
        path = write_geotiff(
            tmp_path / "near.tif", np.ones((1, 20, 20), "uint8"), crs=crs, transform=place
        )
        assert city.load(RasterFile(path, crs[5:].join("es"), MOMENT)).change == "added"


def test_a_scene_of_nothing_is_refused(city: City, tmp_path: Path, write_geotiff: Write) -> None:
    empty = np.zeros((1, 20, 20), dtype="uint8")
    path = write_geotiff(tmp_path / "empty.tif", empty, nodata=0)
    with pytest.raises(RasterUnfit, match="no value at all"):
        city.load(RasterFile(path, "empty", MOMENT))
    assert city.files() == []


def test_a_name_has_one_kind(city: City, scene: RasterFile) -> None:
    with city.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO cim.layer (name, kind, title, description) "
                "VALUES ('imagery', 'vector', :t, :t)"
            ),
            {"t": '{"zh": "", "en": ""}'},
        )
    with pytest.raises(KindTaken):
        city.load(scene)


def test_a_store_that_cannot_be_written_to_is_told(city: City, scene: RasterFile) -> None:
    city.store.write_text("a file where the folder should be")
    with pytest.raises(StoreUnwritable, match="cannot be written to"):
        city.load(scene)


@pytest.mark.skipif(not LANDSAT.exists(), reason="no ../shared/data/landsat7_olinda.tif here")
def test_a_real_scene_of_another_datum(city: City) -> None:
    city.load(RasterFile(LANDSAT, "olinda", MOMENT))
    layer = city.layer("olinda")
    [made] = layer.scenes
    assert layer.extent == pytest.approx((-34.917, -8.041, -34.826, -7.950), abs=1e-3)
    assert [band.name for band in made.bands] == [f"band{n}" for n in range(1, 7)]
    with rasterio.open(LANDSAT) as source, rasterio.open(city.store / made.path) as cog:
        np.testing.assert_array_equal(cog.read(), source.read())
        assert cog.transform == source.transform


def test_a_raster_of_too_many_pixels_is_refused(city: City, tmp_path: Path) -> None:
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "crs": "EPSG:4546"}
    place = {"transform": Affine(1, 0, 5e5, 0, -1, 3.6e6), "width": 200_000, "height": 200_000}
    sparse = {"tiled": True, "blockxsize": 4096, "blockysize": 4096, "compress": "deflate"}
    with rasterio.open(tmp_path / "huge.tif", "w", **profile, **place, **sparse, SPARSE_OK="TRUE"):
        pass  # no block is ever written: the file has 20 kB
    with pytest.raises(RasterUnfit, match="too many"):
        city.load(RasterFile(tmp_path / "huge.tif", "huge", MOMENT))
    assert city.files() == []
