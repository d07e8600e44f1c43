"""A database and a raster store to load into, for the tests of rasters."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import rasterio
from numpy.typing import NDArray
from sqlalchemy import Engine, text

from cim import registry
from cim.access import ANONYMOUS
from cim.bucket import Place
from cim.layer import Layer
from cim.registry import Registry
from cim.scenes import Scene
from layers import places
from layers.raster import RasterFile, RasterReport, load

MOMENT = datetime(2024, 5, 1, 3, 5, tzinfo=UTC)


class City:
    def __init__(self, engine: Engine, store: Place) -> None:
        self.engine, self.place = engine, store

    @property
    def store(self) -> Path:
        assert isinstance(self.place, Path)
        return self.place

    def load(self, file: RasterFile) -> RasterReport:
        with self.engine.begin() as connection:
            return load(connection, file, self.place)

    def layer(self, name: str = "imagery") -> Layer:
        return self.registry.layer(name, ANONYMOUS)

    @property
    def registry(self) -> Registry:
        with self.engine.connect() as connection:
            return registry.read(connection)

    def details(self, name: str) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            asked = "SELECT details FROM cim.raster_scene WHERE layer_id = :id"
            found: list[dict[str, Any]] = connection.execute(
                text(asked), {"id": self.layer(name).id}
            ).scalar_one()
            return found

    def pixels(self, scene: Scene) -> NDArray[Any]:
        files = places.at(self.place)
        with files.reading(), rasterio.open(files.address(scene.path)) as cog:
            return cog.read()

    def files(self) -> list[str]:
        """Everything that is in the store."""
        return sorted(
            p.relative_to(self.store).as_posix() for p in self.store.rglob("*") if p.is_file()
        )

    def nothing_is_left(self) -> bool:
        """No file, no draft, no row."""
        return not list(self.store.glob("*")) and not self.registry.layers
