"""Rasters in a bucket: a real S3 server, asked over HTTP by obstore and by GDAL."""

import logging
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from moto.server import ThreadedMotoServer
from raster_city import MOMENT, City
from sqlalchemy import Engine

from cim.access import ANONYMOUS
from cim.bucket import Bucket
from cim.errors import SceneUnreadable
from cim.item_query import BBox
from cim.settings import Settings
from layers import places, raster, store
from layers.errors import LayerError, SourceUnreadable, StoreUnwritable
from layers.raster import RasterFile
from tiles import coverage
from tiles.coverage import Part
from tiles.drawing import Drawing
from tiles.matrix_sets import WEB_MERCATOR_QUAD
from tiles.raster import Look, tile

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, tmp_path: Path) -> Bucket:
    """A bucket of one test's own, as the settings name it."""
    name = f"cim-{abs(hash(tmp_path)):x}"
    made = urllib.request.Request(f"{endpoint}/{name}", method="PUT")
    urllib.request.urlopen(made).close()
    settings = Settings.from_environment(
        {
            "CIM_HOME": str(tmp_path),
            "CIM_RASTER_STORE": f"s3://{name}/city/rasters",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }
    )
    assert isinstance(settings.rasters, Bucket)
    return settings.rasters


@pytest.fixture
def city(engine: Engine, bucket: Bucket) -> City:
    return City(engine, bucket)


@pytest.fixture
def file(tmp_path: Path, write_geotiff: Write) -> RasterFile:
    """More than one part of an upload: noise does not deflate."""
    values = np.random.default_rng(4).integers(1, 65_000, (3, 2200, 2000), dtype="uint16")
    path = write_geotiff(tmp_path / "a.tif", values, ("red", "green", "blue"), nodata=0)
    return RasterFile(path, "imagery", MOMENT)


def stored(bucket: Bucket) -> list[str]:
    return sorted(places.at(bucket).names())


def test_a_scene_in_a_bucket_is_read_by_ranges_and_removed(
    city: City, bucket: Bucket, file: RasterFile
) -> None:
    report = city.load(file)
    assert stored(bucket) == [store.path_of(report.sha256)]
    assert not list(bucket.drafts.iterdir())
    [scene] = city.layer().seen()
    west, south, east, north = scene.extent
    middle = BBox(*[(west + east) / 2, (south + north) / 2] * 2)
    values = coverage.read([scene], Part(bbox=middle), bucket)
    assert values.array.shape == (3, 1, 1)
    x, y = (int((middle.west + 180) / 360 * 2**12), 1663)
    assert tile(
        [scene], WEB_MERCATOR_QUAD.address(12, x, y), Look(Drawing(), {}), bucket
    ).startswith(b"\x89PNG")
    assert city.load(file).change == "unchanged"
    with city.engine.connect() as connection:
        assert list(store.damaged(connection, bucket)) == []
    with city.engine.begin() as connection:
        raster.remove(connection, "imagery", ANONYMOUS)
    with city.engine.begin() as connection:
        store.sweep(connection, bucket)
    assert stored(bucket) == []


def test_a_rollback_and_a_broken_file_leave_nothing_in_the_bucket(
    city: City, bucket: Bucket, file: RasterFile
) -> None:
    with city.engine.connect() as connection:
        raster.load(connection, file, bucket)
        assert len(stored(bucket)) == 1
        connection.rollback()
    assert stored(bucket) == []
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceUnreadable):
        city.load(file)
    assert stored(bucket) == []
    assert not list(bucket.drafts.iterdir())


def test_an_object_that_is_gone_is_told_and_made_again(
    city: City, bucket: Bucket, file: RasterFile
) -> None:
    city.load(file)
    [scene] = city.layer().seen()
    places.at(bucket).delete(scene.path)
    with pytest.raises(SceneUnreadable, match=scene.path):
        coverage.read([scene], Part(x=(603_605, 603_605), y=(3_550_535, 3_550_535)), bucket)
    with city.engine.connect() as connection:
        assert [reason for _, reason in store.damaged(connection, bucket)] == ["its file is gone"]
    assert city.load(file).change == "replaced"
    assert stored(bucket) == [scene.path]


@pytest.mark.parametrize("change", [{"name": "no-such-bucket"}, {"endpoint": "http://127.0.0.1:9"}])
def test_a_bucket_that_takes_nothing_is_told(
    engine: Engine, bucket: Bucket, file: RasterFile, change: dict[str, str]
) -> None:
    city = City(engine, replace(bucket, **change))  # type: ignore[arg-type]
    with pytest.raises(StoreUnwritable, match="cannot be written to"):
        city.load(file)
    assert not city.registry.layers
    assert issubclass(StoreUnwritable, LayerError)
