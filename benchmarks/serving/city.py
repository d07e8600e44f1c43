"""A generated city of parcels in a cluster of its own (生成的宗地), loaded as any file is.

Parcels stand in a lattice of cells of 0.0025 degrees (about 240 by 280 m) from 110.7 E, 31.2 N: a
polygon of 7 vertices in each, which holds the middle of its cell and stays within it. So a box
from the middle of one cell to the middle of another meets a known number of parcels. The rows go
through ``layers.load``: codes, entities, aliases and BeiDou codes are those of a real layer.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray
from sqlalchemy import text

from cim.database.cluster import Cluster
from cim.database.connect import connect
from cim.database.migrate import upgrade
from cim.layer import Text
from cim.settings import Settings
from layers.load import VectorFile, load

CELL = 0.0025
WEST, SOUTH = 110.7, 31.2
VERTICES = 7
SEED = 20260101
LAYER = "parcels"

_DIVISION = "420606"
_USES = (
    ("0101", "水田"),
    ("0103", "旱地"),
    ("070102", "二类城镇住宅用地"),
    ("0901", "商业用地"),
    ("100101", "一类工业用地"),
    ("1401", "公园绿地"),
)
_RIGHTS = ("划拨", "出让", "租赁", "作价出资")

# What the baselines read: their form of the same rows, with an index that their queries meet.
_BASELINE_GEOMETRY = "ST_SetSRID(geom, 4326)::geometry(Polygon, 4326)"
_BASELINE = f"""
    CREATE INDEX parcels_4326 ON layer.parcels USING gist (({_BASELINE_GEOMETRY}));
    CREATE VIEW public.parcels AS
    SELECT code, region_code, type_code, beidou_code, parcel_code, name, landuse, landuse_name,
           area_m2, use_right, {_BASELINE_GEOMETRY} AS geom
    FROM item.parcels;
"""


@dataclass(frozen=True, slots=True)
class Lattice:
    """How many cells there are from west to east and from south to north."""

    columns: int
    rows: int

    @classmethod
    def of(cls, parcels: int) -> Lattice:
        """The lattice of at least so many cells, about twice as wide as high."""
        columns = round((parcels * 2) ** 0.5)
        return cls(columns, -(-parcels // columns))


@dataclass(frozen=True, slots=True)
class City:
    """The loaded city: where its database is, its lattice, and the codes of its parcels."""

    cluster: Cluster
    folder: Path
    lattice: Lattice
    codes: tuple[str, ...]
    parcel_codes: tuple[str, ...]

    @property
    def settings(self) -> Settings:
        return Settings(home=self.folder, database_url=self.cluster.url)


@contextmanager
def city(parcels: int) -> Iterator[City]:
    """Make, load and at the end remove a city of so many parcels (rounded up to whole rows)."""
    folder = Path(tempfile.mkdtemp(prefix="cim-bench-"))
    folder.chmod(0o755)  # as root the cluster runs as postgres, which must come in
    cluster = Cluster(folder)
    try:
        cluster.start()
        lattice = Lattice.of(parcels)
        file = folder / "parcels.fgb"
        _write(lattice, file)
        _load(Settings(home=folder, database_url=cluster.url), file)
        file.unlink()
        yield City(cluster, folder, lattice, *_prepare(cluster.url))
    finally:
        cluster.stop()
        shutil.rmtree(cluster.folder, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _write(lattice: Lattice, file: Path) -> None:
    rng = np.random.default_rng(SEED)
    count = lattice.columns * lattice.rows
    row, column = np.divmod(np.arange(count), lattice.columns)
    shapes = _polygons(WEST + (column + 0.5) * CELL, SOUTH + (row + 0.5) * CELL, rng)
    uses = np.array(_USES)[rng.integers(len(_USES), size=count)]
    frame = geopandas.GeoDataFrame(
        {
            "parcel_code": [_parcel_code(n) for n in range(count)],
            "name": [f"襄州区第{n + 1}号宗地" for n in range(count)],
            "landuse": uses[:, 0],
            "landuse_name": uses[:, 1],
            "area_m2": np.round(shapely.area(shapes) * 1.05e10, 2),
            "use_right": np.array(_RIGHTS)[rng.integers(len(_RIGHTS), size=count)],
        },
        geometry=shapes,
        crs=4490,
    )
    frame.to_file(file, engine="pyogrio", SPATIAL_INDEX="NO")


def _polygons(x: NDArray[np.float64], y: NDArray[np.float64], rng: np.random.Generator) -> object:
    """Seven vertices around each middle, one in every seventh of the circle."""
    turn = (np.arange(VERTICES) + rng.uniform(0.1, 0.9, (len(x), VERTICES))) / VERTICES
    radius = rng.uniform(0.3, 0.48, (len(x), VERTICES)) * CELL
    ring = np.stack(
        [
            x[:, None] + radius * np.cos(2 * np.pi * turn),
            y[:, None] + radius * np.sin(2 * np.pi * turn),
        ],
        axis=-1,
    )
    return shapely.polygons(np.round(np.concatenate([ring, ring[:, :1]], axis=1), 8))


def _parcel_code(n: int) -> str:
    zone, sequence = divmod(n, 99_999)
    return f"{_DIVISION}001{zone + 1:03d}GB{sequence + 1:05d}"


def _load(settings: Settings, file: Path) -> None:
    engine = connect(settings)
    with engine.begin() as connection:
        upgrade(connection)
    parcels = VectorFile(
        path=file,
        layer=LAYER,
        title=Text("宗地", "Parcels"),
        key="parcel_code",
        class_code="990101",
        aliases={"parcel": "parcel_code"},
        division=_DIVISION,
    )
    with engine.begin() as connection:
        load(connection, engine, parcels)
    with engine.begin() as connection:
        connection.execute(text(_BASELINE))
    engine.dispose()


def _prepare(url: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")
        rows = connection.execute("SELECT code, parcel_code FROM item.parcels ORDER BY code")
        codes, parcel_codes = zip(*rows.fetchall(), strict=True)
    return codes, parcel_codes
