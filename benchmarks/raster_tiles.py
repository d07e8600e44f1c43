"""Tiles of a scene (影像瓦片): ours against titiler on the same COG, in the same run.

A seeded scene as in `benchmarks/raster.py` is loaded by the command. Ours and titiler, each with
two uvicorn workers, then serve the COG that the command made. First asserts that the pictures of
seeded tiles are the same pixel for pixel; then asks both in turn, in short windows, so that what
else the machine does falls on both. Neither keeps tiles. A window of a large zoom asks for tiles
that no window before it asked for; of an overview there are few tiles, asked again and again.

    python benchmarks/raster_tiles.py [--side 10980] [--seconds 4] [--rounds 5]

Needs wrk, and about 2 GB below $TMPDIR for the time of the run.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import median

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import numpy as np  # noqa: E402
import raster  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from PIL import Image  # noqa: E402
from rasterio.warp import transform  # noqa: E402
from serving import imagery, load  # noqa: E402
from serving.city import City, Lattice  # noqa: E402
from serving.load import Measured  # noqa: E402
from serving.servers import OURS, Server, serve, uvicorn  # noqa: E402

from cim.database.cluster import Cluster  # noqa: E402
from cim.database.connect import check, engine_of  # noqa: E402
from cim.database.migrate import upgrade  # noqa: E402

SEED = 20260101
FULL = 14  # the zoom whose pixels are about as large as those of the scene
LEVEL = (1000, 6000)
COMPARED = 12  # tiles of each zoom
TITILER = Server(
    "titiler",
    uvicorn("--factory", "serving.imagery:create_app"),
    "/healthz",
    lambda _city, _base: imagery.ENVIRONMENT,
)
# Name, our format, titiler's, and whether the pixels are the same: titiler's JPEG has quality 85
# and black where ours has 75 and white. Its `pngraw` is PNG at the level of deflate that is ours.
FORMS = (
    ("PNG", "png", "png", True),
    ("PNG, level 1", "png", "pngraw", True),
    ("WebP", "webp", "webp", True),
    ("JPEG", "jpeg", "jpeg", False),
)

Tile = tuple[int, int, int]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Both:
    """Addresses of the running servers, and the file of the scene."""

    ours: str
    titiler: str
    cog: Path

    def paths(self, tiles: Sequence[Tile], form: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """What each is asked for: natural colours, stretched alike, resampled alike."""
        low, high = LEVEL
        asked = f"f={form[1]}&properties=red,green,blue&rescale={low},{high}"
        ours = f"/collections/bench/map/tiles/WebMercatorQuad/{{}}/{{}}/{{}}?{asked}"
        bands = "&".join(f"bidx={raster.BANDS.index(b) + 1}" for b in ("red", "green", "blue"))
        same = f"{bands}&rescale={low},{high}&resampling=bilinear&reproject=nearest"
        theirs = f"/tiles/WebMercatorQuad/{{}}/{{}}/{{}}.{form[2]}?url={self.cog}&{same}"
        return (
            [ours.format(z, y, x) for z, x, y in tiles],
            [theirs.format(z, x, y) for z, x, y in tiles],
        )


def main() -> None:
    given = _arguments()
    load.check_tool()
    with tempfile.TemporaryDirectory(prefix="cim-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root the cluster runs as postgres, which must come in
        making = multiprocessing.get_context("spawn").Process(
            target=raster.write, args=(folder / "scene.tif", given.side)
        )
        making.start()
        making.join()
        print(f"{given.side} x {given.side}, 4 bands of uint16", flush=True)
        with running(folder) as both:
            zooms = _zooms(given.side)
            for label, z in zooms.items():
                compared = agree(both, tiles(given.side, z)[:COMPARED])
                print(f"{label}, z{z}: {compared} pictures are the same", flush=True)
            print("load of the machine:", round(os.getloadavg()[0], 1))
            for label, z in zooms.items():
                for form in FORMS:
                    if given.only in f"{label} {form[0]}":
                        found = measured(both, z, form, given)
                        print(_line(f"{label}, z{z}", form[0], found), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--side", type=int, default=10_980, help="pixels of the scene")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each window")
    parser.add_argument("--rounds", type=int, default=5, help="windows of each server")
    parser.add_argument("--only", default="", help="lines that have this in them")
    return parser.parse_args()


def _zooms(side: int) -> dict[str, int]:
    """The zoom of the scene's own pixels, that of about two tiles across, and one between."""
    far = FULL - max(0, round(math.log2(side / 207 / 2)))
    return {"full resolution": FULL, "middle": (FULL + far + 1) // 2, "overview": far}


@contextmanager
def running(folder: Path) -> Iterator[Both]:
    """Both servers over the scene of the folder."""
    cluster = Cluster(folder / "database")
    try:
        url = cluster.start()
        engine = engine_of(url)
        check(engine)
        with engine.begin() as connection:
            upgrade(connection)
        engine.dispose()
        environment = {**os.environ, "CIM_HOME": str(folder), "CIM_DATABASE_URL": url}
        words = [sys.executable, "-m", "api.cli", "raster", "load", str(folder / "scene.tif")]
        words += ["--collection", "bench", "--datetime", "2024-05-01T03:05:00Z"]
        environment["PYTHONPATH"] = str(raster.ROOT)
        subprocess.run(
            words, env=environment, cwd=raster.ROOT, check=True, stdout=subprocess.DEVNULL
        )
        (cog,) = (folder / "rasters").glob("??/*.tif")
        city = City(cluster, folder, Lattice(0, 0), (), ())
        with serve(OURS, city) as ours, serve(TITILER, city) as titiler:
            yield Both(ours, titiler, cog)
    finally:
        cluster.stop()
        shutil.rmtree(cluster.folder, ignore_errors=True)


def tiles(side: int, z: int) -> list[Tile]:
    """All tiles of a zoom whose middle is in the scene, in an order that the seed gives."""
    right, bottom = raster.LEFT + 10 * side, raster.TOP - 10 * side
    corners = [(x, y) for x in (raster.LEFT, right) for y in (raster.TOP, bottom)]
    degrees = transform("EPSG:32649", "EPSG:4326", *zip(*corners, strict=True))
    n = 2**z
    across = [(lon + 180) / 360 * n for lon in degrees[0]]
    down = [(1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n for lat in degrees[1]]
    found = [
        (z, x, y)
        for x in range(int(min(across)), int(max(across)) + 1)
        for y in range(int(min(down)), int(max(down)) + 1)
    ]
    middles = [_projected(x + 0.5, y + 0.5, n) for _, x, y in found]
    eastings, northings = transform("EPSG:4326", "EPSG:32649", *zip(*middles, strict=True))
    inside = [
        tile
        for tile, east, north in zip(found, eastings, northings, strict=True)
        if raster.LEFT < east < right and bottom < north < raster.TOP
    ]
    random.Random(SEED).shuffle(inside)
    return inside


def _projected(x: float, y: float, n: int) -> tuple[float, float]:
    """Degrees of a place in tiles."""
    return x / n * 360 - 180, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y / n))))


def agree(both: Both, asked: Sequence[Tile]) -> int:
    """Stop where a picture differs in a pixel; how many were compared."""
    compared = 0
    for form in FORMS:
        if not form[3]:
            continue
        for tile, ours, theirs in zip(asked, *both.paths(asked, form), strict=True):
            mine, other = _pixels(both.ours + ours), _pixels(both.titiler + theirs)
            if mine.shape != other.shape or (mine != other).any():
                raise SystemExit(f"{form[0]} {tile}: the pictures differ\n{ours}\n{theirs}")
            compared += 1
    return compared


def _pixels(url: str) -> Pixels:
    """Red, green, blue, alpha; all clear where the answer says that there is nothing."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        if answer.status == 204:
            return np.zeros((256, 256, 4), "uint8")
        pixels = np.array(Image.open(BytesIO(answer.read())).convert("RGBA"))
    pixels[pixels[..., 3] == 0] = 0  # a colour that is not seen
    return pixels


def measured(
    both: Both, z: int, form: tuple[str, ...], given: argparse.Namespace
) -> list[tuple[Measured, Measured]]:
    """Of each round ours and titiler's, of the same tiles."""
    every = tiles(given.side, z)
    share = max(1, len(every) // (given.rounds + 1))
    for base, paths in zip((both.ours, both.titiler), both.paths(every[:share], form), strict=True):
        load.soak(base, paths, 2)
    found = []
    for turn in range(1, given.rounds + 1):
        part = every[share * turn : share * (turn + 1)] or every
        ours, theirs = both.paths(part, form)
        found.append(
            (
                load.window(both.ours, ours, given.seconds),
                load.window(both.titiler, theirs, given.seconds),
            )
        )
    return found


def _line(zoom: str, form: str, found: Sequence[tuple[Measured, Measured]]) -> str:
    ratio = median(ours.per_second / theirs.per_second for ours, theirs in found)
    cells = [
        f"{median(m.per_second for m in side):5.0f} ({median(m.p99_ms for m in side):.0f}), "
        f"{median(m.bytes for m in side) / 1000:.0f} KB"
        for side in zip(*found, strict=True)
    ]
    least = min(ours.per_second / theirs.per_second for ours, theirs in found)
    return f"| {zoom:20} | {form:12} | {ratio:.2f}x | {least:.2f}x | {cells[0]} | {cells[1]} |"


if __name__ == "__main__":
    main()
