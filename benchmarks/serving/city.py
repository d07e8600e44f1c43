"""A generated city of a million parcels, as `layers.load` leaves it, and a copy for the others."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from sqlalchemy import text

from cim.database.cluster import Cluster
from cim.database.connect import check, engine_of
from cim.database.migrate import upgrade
from cim.registry import Text
from layers.load import VectorFile, load

SEED = 553
WEST, SOUTH = 111.9, 31.8
STEP = 0.0028  # degrees: a tile of zoom 12 holds about a thousand
USES = ("0101", "0301", "070102", "080403", "090101", "100101", "1207", "1401")

_COPY = """
CREATE SCHEMA bench;
CREATE TABLE bench.parcels AS
    SELECT code, parcel_code, landuse, area_m2, use_right, name,
           ST_SetSRID(geom, 4326)::geometry(Polygon, 4326) AS geom
    FROM item.parcels ORDER BY code;
ALTER TABLE bench.parcels ADD PRIMARY KEY (code);
CREATE INDEX ON bench.parcels USING gist (geom);
"""


@contextmanager
def built(home: Path, rows: int) -> Iterator[str]:
    """Address of a database with the parcels; the cluster is as durable as in production."""
    cluster = Cluster(home / "database")
    engine = engine_of(cluster.start())
    try:
        check(engine)
        with engine.begin() as connection:
            upgrade(connection)
        _load(engine, home, rows)
        with engine.begin() as connection:
            connection.execute(text(_COPY))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        engine.dispose()
        yield cluster.start()
    finally:
        engine.dispose()
        cluster.stop()


def _load(engine, home: Path, rows: int) -> None:  # type: ignore[no-untyped-def]
    path = home / "parcels.fgb"
    _write(path, rows)
    file = VectorFile(
        path,
        "parcels",
        Text("宗地", "Parcels"),
        key="parcel_code",
        class_code="990101",
        aliases={"parcel": "parcel_code"},
        division="420606",
    )
    begin = perf_counter()
    with engine.begin() as connection:
        load(connection, engine, file)
    seconds = perf_counter() - begin
    print(f"loaded {rows:,} parcels in {seconds:.0f} s: {rows / seconds:,.0f} a second", flush=True)


def _write(path: Path, rows: int) -> None:
    """Parcels of seven corners on a grid, with the fields of a cadastre."""
    random = np.random.default_rng(SEED)
    side = int(np.ceil(np.sqrt(rows)))
    number = np.arange(rows)
    x, y = WEST + STEP * (number % side), SOUTH + STEP * (number // side)
    shape = (
        0.45
        * STEP
        * np.array(
            [[-1, -1], [0.2, -1], [1, -0.8], [1, 0.6], [0.4, 1], [-0.6, 1], [-1, 0.3], [-1, -1]]
        )
    )
    jitter = random.uniform(0.8, 1.0, (rows, 1, 1))
    corners = np.stack([x, y], 1)[:, None, :] + shape[None] * jitter
    polygons = shapely.polygons(corners)
    zone = number // 99_999
    columns = {
        "parcel_code": [
            f"420606{z // 1000:03d}{z % 1000:03d}GB{n % 99_999 + 1:05d}"
            for n, z in zip(number.tolist(), zone.tolist(), strict=True)
        ],
        "landuse": random.choice(USES, rows),
        "area_m2": np.round(random.uniform(400, 3000, rows), 2),
        "use_right": random.choice(["出让", "划拨", "家庭承包"], rows),
        "name": [f"第{n}号宗地" for n in number.tolist()],
    }
    table = pa.table({**columns, "geometry": shapely.to_wkb(polygons)})
    pyogrio.write_arrow(
        table, path, geometry_name="geometry", geometry_type="Polygon", crs="EPSG:4490"
    )
