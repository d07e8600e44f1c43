"""What the pages say of rasters is so: options, parameters, formats, sensors, limits."""

from pathlib import Path

import pytest

from api.raster_tiles import PARAMETERS
from layers.imagery import sensors
from layers.imagery.formats import ENVI, FORMATS
from tiles import coverage, raster
from tiles.formula import INDICES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["rasters.md", "rasters.zh.md"])
def test_pages_are_complete(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    for form in (*FORMATS, ENVI):
        assert f"| {form.driver} |" in text
    for name in (*PARAMETERS, *INDICES):
        assert name in text
    for number in (raster.MOST_SCENES, coverage.MAX_SCENES):
        assert str(number) in text


def test_every_band_of_a_sensor_has_a_common_name_and_a_wavelength() -> None:
    for name in sensors.names():
        for band in sensors.sensor(name).bands.values():
            assert band.common in sensors.COMMON
            assert 0.4 < band.center < 13
            assert band.width < band.center
    assert sensors.band("landsat-8-9", "B10") != sensors.band("landsat-8-9", "B1")
    assert sensors.band("sentinel-2", "B8A") != sensors.band("sentinel-2", "B08")
