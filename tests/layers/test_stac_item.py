"""Scenes as STAC items: valid by pystac's own validator, and true of the COG."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pystac.validation
import pytest
import stac_rules
from pystac.errors import STACValidationError
from pystac.validation import JsonSchemaSTACValidator
from raster_city import MOMENT, City
from sqlalchemy import Engine, text

from cim import stac
from cim.database.sql import run
from layers.imagery.recipe import Named, Recipe
from layers.raster import RasterFile

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def _offline() -> Iterator[None]:
    """pystac's validator with all schemas at hand."""
    validator = JsonSchemaSTACValidator()
    validator.schema_cache |= stac_rules.schemas()
    pystac.validation.set_validator(validator)
    yield
    pystac.validation.set_validator(JsonSchemaSTACValidator())


@pytest.fixture
def city(engine: Engine, tmp_path: Path) -> City:
    return City(engine, tmp_path / "rasters")


@pytest.fixture
def file(tmp_path: Path, write_geotiff: Write) -> RasterFile:
    values = np.random.default_rng(9).integers(1, 4000, (4, 90, 70), dtype="uint16")
    path = write_geotiff(tmp_path / "s2.tif", values, ("B02", "B03", "B04", "B08"))
    recipe = Recipe(sensor="sentinel-2", cloud_cover=12.5)
    return RasterFile(path, "imagery", MOMENT, name="T49SDR", recipe=recipe)


def item(city: City, collection: str, name: str) -> pystac.Item:
    with city.engine.connect() as connection:
        asked = stac.scene(city.layer(collection).id, name)
        [row] = run(connection, asked.sql, *asked.values)
        found = row.scene if isinstance(row.scene, dict) else json.loads(row.scene)
        return stac.item(found, "https://cim.example/cog.tif", "https://cim.example/c")


def test_an_item_is_valid_and_true(city: City, file: RasterFile) -> None:
    city.load(file)
    made = item(city, "imagery", "T49SDR")
    assert len(made.validate()) == 5  # STAC itself and four extensions
    told: dict[str, Any] = json.loads(json.dumps(made.to_dict(), allow_nan=False))
    assert told["stac_version"] == "1.1.0"
    assert (told["id"], told["collection"]) == ("T49SDR", "imagery")
    assert told["bbox"] == pytest.approx(city.layer().extent)
    properties = told["properties"]
    assert properties["datetime"] == "2024-05-01T03:05:00Z"
    assert (properties["eo:cloud_cover"], properties["gsd"]) == (12.5, 10)
    assert properties["proj:code"] == "EPSG:4546"
    assert properties["proj:shape"] == [90, 70]
    assert properties["proj:transform"][:6] == [10, 0, 603_600, 0, -10, 3_550_540]
    asset = told["assets"]["data"]
    [stored] = city.files()
    whole = (city.store / stored).read_bytes()
    assert asset["file:checksum"] == "1220" + hashlib.sha256(whole).hexdigest()
    assert asset["file:size"] == len(whole)
    nir = asset["eo:bands"][3]
    assert nir == {
        "name": "B08",
        "common_name": "nir",
        "center_wavelength": 0.833,
        "full_width_half_max": 0.106,
    }
    raster = asset["raster:bands"][3]
    pixels = city.pixels(city.layer().scenes[0])[3]
    assert (raster["scale"], raster["offset"], raster["nodata"]) == (0.0001, -0.1, 0)
    assert raster["statistics"]["mean"] == pytest.approx(pixels.mean())
    assert raster["statistics"]["valid_percent"] == 100
    assert sum(raster["histogram"]["buckets"]) == pixels.size
    assert (raster["histogram"]["min"], raster["histogram"]["max"]) == (pixels.min(), pixels.max())


def test_what_breaks_a_rule_is_found(city: City, file: RasterFile) -> None:
    """The rules are not empty."""
    city.load(file)
    made = item(city, "imagery", "T49SDR")
    for field, value in (("eo:cloud_cover", 120), ("proj:shape", ["a"]), ("raster:bandz", 1)):
        broken = pystac.Item.from_dict(made.to_dict())
        broken.properties[field] = value
        with pytest.raises(STACValidationError):
            broken.validate()


def test_scenes_of_every_kind_are_valid(
    city: City, file: RasterFile, tmp_path: Path, write_geotiff: Write
) -> None:
    """Floats without a value in some pixels, a CRS without a number, no sensor; an old row."""
    heights = np.linspace(-5, 90, 60 * 50, dtype="float32").reshape(1, 60, 50)
    heights[0, :30] = np.nan
    own = "+proj=tmerc +lon_0=112.3 +x_0=500000 +ellps=GRS80 +units=m +no_defs"
    path = write_geotiff(tmp_path / "dem.tif", heights, crs=own)
    city.load(RasterFile(path, "dem", MOMENT, name="dem", accept=("crs.transformation",)))
    made = item(city, "dem", "dem")
    assert len(made.validate()) == 5
    assert made.assets["data"].extra_fields["raster:bands"][0]["nodata"] == "nan"
    assert made.properties["proj:code"] is None
    degrees = write_geotiff(tmp_path / "d.tif", heights, crs="EPSG:4490", transform=_small())
    flat = replace(file, path=degrees, name="flat", recipe=Recipe(bands=(Named("高程", ""),)))
    city.load(flat)
    assert len(item(city, "imagery", "flat").validate()) == 5
    with city.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE cim.raster_scene SET details = '[]', properties = '{}', checksum = NULL,"
                " size = NULL, transform = NULL"
            )
        )
    assert len(item(city, "dem", "dem").validate()) == 4


def _small() -> Any:
    from rasterio.transform import Affine

    return Affine(0.001, 0, 112.1, 0, -0.001, 32.1)
