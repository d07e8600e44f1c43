"""From a scene's file to its first tile (入库到出图): 10980 x 10980 pixels, four bands of uint16.

The scene is seeded: ground of three scales, noise of a sensor over it, a corner without data; a
tiled GeoTIFF with deflate, as scenes are delivered. A service runs already. The clock starts with
the command `cim raster load` and stops when the service has answered a tile of the scene. Between
are: the program's start, reading the file to its end, the COG with overviews, the check of it,
reading it back for statistics, its SHA-256, the transaction, the notice to the service.

The baseline is `rio cogeo create` with its defaults, on the GeoTIFF in the same run: the COG
alone. Memory is the greatest resident set of each process; ours is the larger of command and
service (the database is not counted in).

    python benchmarks/raster.py [--side 10980] [--format GTiff|JP2OpenJPEG] [--cores 0,1]
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import morecantile
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.shutil import copy
from rasterio.transform import Affine
from rasterio.warp import transform
from rasterio.windows import Window

from cim.database.cluster import Cluster
from cim.database.connect import check, engine_of
from cim.database.migrate import upgrade

SEED = 20260101
BANDS = ("blue", "green", "red", "nir")
ROOT = Path(__file__).parents[1]
STRIP = 512
AIM_SECONDS, AIM_MEGABYTES = 90, 2048
LEFT, TOP = 560_000, 3_600_000
ENDINGS = {"GTiff": "tif", "JP2OpenJPEG": "jp2"}


def ground(rng: np.random.Generator, side: int) -> list[tuple[NDArray[np.float32], int, int]]:
    """Random heights at the knots of three meshes, with their greatest and the knots a side."""
    meshes = ((20, 500), (90, 250), (400, 120))
    return [
        (rng.normal(size=(cells + 2, cells + 2)).astype("float32"), size, max(side // cells, 1))
        for cells, size in meshes
    ]


def strip(
    meshes: list[tuple[NDArray[np.float32], int, int]], first: int, rows: int, side: int
) -> NDArray[np.float32]:
    """The ground of some rows: the meshes, between their knots by straight lines."""
    found = np.zeros((rows, side), "float32")
    for knots, size, step in meshes:
        y, x = (
            np.minimum(np.arange(a, b) / step, len(knots) - 1.001)
            for a, b in ((first, first + rows), (0, side))
        )
        i, j = y.astype(int), x.astype(int)
        u, v = (y - i).astype("float32")[:, None], (x - j).astype("float32")[None]
        upper = knots[i][:, j] * (1 - v) + knots[i][:, j + 1] * v
        lower = knots[i + 1][:, j] * (1 - v) + knots[i + 1][:, j + 1] * v
        found += size * (upper * (1 - u) + lower * u)
    return found


def write(path: Path, side: int) -> None:
    rng = np.random.default_rng(SEED)
    meshes = ground(rng, side)
    profile = {
        "driver": "GTiff",
        "width": side,
        "height": side,
        "count": len(BANDS),
        "dtype": "uint16",
        "crs": "EPSG:32649",
        "transform": Affine(10, 0, LEFT, 0, -10, TOP),
        "nodata": 0,
        "tiled": True,
        "blockxsize": STRIP,
        "blockysize": STRIP,
        "compress": "deflate",
        "predictor": 2,
        "zlevel": 1,
        "num_threads": 2,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.descriptions = BANDS
        for row in range(0, side, STRIP):
            rows = min(STRIP, side - row)
            below = strip(meshes, row, rows, side)
            for band in range(len(BANDS)):
                values = 1500 + 300 * band + below * (0.6 + 0.3 * band)
                values += rng.normal(0, 25, below.shape).astype("float32")
                values = np.clip(values, 1, 12_000)
                values[:, : side // 20] *= row > side // 2
                window = Window(0, row, side, rows)
                file.write(values.astype("uint16"), band + 1, window=window)


def make(plain: Path, scene: Path, side: int, form: str) -> None:
    """The scene, in a process of its own: what starts a command lends it its memory's height."""
    write(plain, side)
    if scene != plain:
        copy(plain, scene, driver=form, QUALITY="100", REVERSIBLE="YES")


def run(words: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds and greatest megabytes of a command."""
    begin = time.perf_counter()
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, cwd=ROOT)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} failed")
    return time.perf_counter() - begin, used.ru_maxrss / 1024


@contextmanager
def service(environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """Address and process of a running service of one worker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [sys.executable, "-m", "uvicorn", "--factory", "api.app:create_app"]
    words += ["--port", str(port), "--no-access-log", "--log-level", "error"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(words, env=environment, cwd=ROOT, **quiet)
    try:
        wait(f"http://127.0.0.1:{port}/readyz")
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(20)


def tile_in(side: int) -> str:
    """The address of a tile of zoom 12 in the middle of the scene: matrix, row, column."""
    middle = 10 * side / 2
    (longitude,), (latitude,) = transform(
        "EPSG:32649", "EPSG:4326", [LEFT + middle], [TOP - middle]
    )
    found = morecantile.tms.get("WebMercatorQuad").tile(longitude, latitude, 12)
    return f"{found.z}/{found.y}/{found.x}"


def wait(address: str) -> bytes:
    """What the address answers with 200, asked every 50 ms."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                if answer.status == 200:
                    found: bytes = answer.read()
                    return found
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"{address} does not answer")


def peak(pid: int) -> float:
    """Greatest resident megabytes of a running process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def ours(scene: Path, tile: str, folder: Path) -> tuple[float, float, float]:
    """Seconds of the command, seconds until a tile is answered, greatest megabytes."""
    cluster = Cluster(folder / "database")
    url = cluster.start()
    try:
        engine = engine_of(url)
        check(engine)
        with engine.begin() as connection:
            upgrade(connection)
        engine.dispose()
        home = {"CIM_HOME": str(folder / "home"), "CIM_DATABASE_URL": url}
        environment = {**os.environ, **home, "PYTHONPATH": str(ROOT)}
        words = [sys.executable, "-m", "api.cli", "raster", "load", str(scene)]
        words += ["--collection", "bench", "--datetime", "2024-05-01T03:05:00Z"]
        with service(environment) as (address, pid):
            begin = time.perf_counter()
            loaded, most = run(words, environment)
            png = wait(f"{address}/collections/bench/map/tiles/WebMercatorQuad/{tile}")
            shown = time.perf_counter() - begin
            assert png.startswith(b"\x89PNG")
            return loaded, shown, max(most, peak(pid))
    finally:
        cluster.stop()


def bare(scene: Path, folder: Path) -> tuple[float, float]:
    """Seconds and megabytes of rio-cogeo's own command."""
    rio = str(Path(sys.executable).parent / "rio")
    return run(
        [rio, "cogeo", "create", "--quiet", str(scene), str(folder / "bare.tif")], {**os.environ}
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=10_980)
    parser.add_argument("--format", choices=ENDINGS, default="GTiff")
    parser.add_argument("--cores", default="0,1")
    given = parser.parse_args()
    os.sched_setaffinity(
        0, {int(core) for core in given.cores.split(",")} & os.sched_getaffinity(0)
    )
    with tempfile.TemporaryDirectory(prefix="cim-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        plain, scene = folder / "scene.tif", folder / f"scene.{ENDINGS[given.format]}"
        making = multiprocessing.get_context("spawn").Process(
            target=make, args=(plain, scene, given.side, given.format)
        )
        making.start()
        making.join()
        size = scene.stat().st_size / 1e6
        print(f"{given.side} x {given.side}, 4 bands of uint16, {given.format}, {size:.0f} MB")
        print(f"load of the machine before: {os.getloadavg()[0]:.1f}")
        loaded, shown, most = ours(scene, tile_in(given.side), folder)
        print(f"cim raster load            {loaded:7.1f} s   {most:6.0f} MB")
        print(
            f"to the first tile          {shown:7.1f} s   (aim {AIM_SECONDS} s, {AIM_MEGABYTES} MB)"
        )
        seconds, megabytes = bare(plain, folder)
        print(f"rio cogeo create           {seconds:7.1f} s   {megabytes:6.0f} MB")
        print(f"ratio                      {shown / seconds:7.2f}     {most / megabytes:6.2f}")
        print(f"load of the machine after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
