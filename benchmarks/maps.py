"""Maps of a million parcels, ours against Mapnik over its own PostGIS source, in one run.

Generates the city of `serving.city` and draws the same boxes in the same style, 1024 pixels wide:
ours over HTTP, from one worker; the baseline in a process of its own, as WMS servers built on
Mapnik do it, without HTTP. Neither keeps a picture. Prints the median of the rounds and the ratio,
and first, in brackets, the largest share of pixels that one covers and the other does not.

    python benchmarks/maps.py [--rows 1000000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from PIL import Image  # noqa: E402
from serving.city import CELL, SOUTH, WEST, City, city  # noqa: E402
from serving.servers import OURS, serve  # noqa: E402

WIDTH = 1024
Box = tuple[float, float, float, float]
Pixels = NDArray[np.uint8]

_BASELINE = """
import json, sys, time, mapnik
asked = json.load(sys.stdin)
xml = '<Map background-color="white"><Style name="s"><Rule>' \
    '<PolygonSymbolizer fill="#4a90a4" fill-opacity="0.3"/>' \
    '<LineSymbolizer stroke="#2c6474" stroke-width="1.2"/></Rule></Style></Map>'
for box, width, height in asked["boxes"]:
    for n in range(asked["rounds"] + 1):
        began = time.perf_counter()
        made = mapnik.Map(width, height)
        mapnik.load_map_from_string(made, xml)
        layer = mapnik.Layer("parcels")
        layer.datasource = mapnik.PostGIS(
            host=asked["host"], dbname="cim", user="cim", table="public.parcels",
            geometry_field="geom", srid=4326, extent=asked["extent"], simplify_geometries=True)
        layer.styles.append("s")
        made.layers.append(layer)
        made.zoom_to_box(mapnik.Box2d(*box))
        image = mapnik.Image(width, height)
        mapnik.render(made, image)
        image.save(asked["file"], "png32")
        if n:
            print(time.perf_counter() - began, flush=True)
    print(asked["file"], flush=True)
"""


def main() -> None:
    """Run, and print the table."""
    given = _arguments()
    print(f"making and loading {given.rows:,} parcels", flush=True)
    with city(given.rows) as made:
        boxes = _boxes(made)
        ours = _ours(made, boxes, given.rounds)
        theirs = _theirs(made, boxes, given.rounds)
    print(f"{'':24}{'ours':>9}{'Mapnik over PostGIS':>22}{'ratio':>8}")
    for name in boxes:
        (a, first), (b, second) = ours[name], theirs[name]
        apart = ((first < 250).any(axis=2) != (second < 250).any(axis=2)).mean()
        row = f"{a * 1000:7.0f}ms{b * 1000:20.0f}ms{b / a:7.1f}x"
        print(f"{name:24}{row}   ({100 * apart:.1f} % apart)")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="parcels to generate")
    parser.add_argument("--rounds", type=int, default=5, help="pictures of each box")
    return parser.parse_args()


def _boxes(made: City) -> dict[str, Box]:
    """Boxes in degrees, by what they show."""
    east = WEST + made.lattice.columns * CELL
    north = SOUTH + made.lattice.rows * CELL
    x, y = (WEST + east) / 2, (SOUTH + north) / 2
    around = {"0.7 by 0.4 degrees": 0.35, "0.1 by 0.06 degrees": 0.05, "0.02 by 0.01 degrees": 0.01}
    return {
        "the world": (-180.0, -90.0, 180.0, 90.0),
        "the whole city": (WEST, SOUTH, east, north),
        **{name: (x - d, y - d / 1.8, x + d, y + d / 1.8) for name, d in around.items()},
    }


def _height(box: Box) -> int:
    return round(WIDTH * (box[3] - box[1]) / (box[2] - box[0]))


def _ours(made: City, boxes: dict[str, Box], rounds: int) -> dict[str, tuple[float, Pixels]]:
    found = {}
    with serve(OURS, made) as base:
        _style(base)
        for name, box in boxes.items():
            asked = f"bbox={','.join(map(str, box))}&width={WIDTH}&height={_height(box)}"
            url = f"{base}/collections/parcels/map?{asked}&bgcolor=white"
            taken = []
            for _ in range(rounds + 1):  # the first one finds nothing prepared
                began = time.perf_counter()
                with urllib.request.urlopen(url) as answer:
                    body = answer.read()
                taken.append(time.perf_counter() - began)
            found[name] = statistics.median(taken[1:]), _pixels(body)
    return found


def _style(base: str) -> None:
    """Gives the parcels the style that the baseline draws."""
    kinds = {
        "fill": {"color": "#4a90a4", "opacity": 0.3},
        "line": {"color": "#2c6474", "width": 1.2},
    }
    document = {
        "version": 8,
        "name": "parcels",
        "sources": {"parcels": {"type": "vector", "tiles": [f"{base}/collections/parcels/tiles"]}},
        "layers": [
            {
                "id": kind,
                "type": kind,
                "source": "parcels",
                "source-layer": "parcels",
                "paint": {f"{kind}-{name}": value for name, value in paint.items()},
            }
            for kind, paint in kinds.items()
        ],
    }
    asked = urllib.request.Request(
        f"{base}/styles/parcels",
        json.dumps(document).encode(),
        {"Content-Type": "application/vnd.mapbox.style+json"},
        method="PUT",
    )
    with urllib.request.urlopen(asked):
        pass


def _theirs(made: City, boxes: dict[str, Box], rounds: int) -> dict[str, tuple[float, Pixels]]:
    found, extent = {}, ",".join(map(str, boxes["the whole city"]))
    file = made.folder / "baseline.png"
    for name, box in boxes.items():
        asked = {
            "boxes": [(box, WIDTH, _height(box))],
            "rounds": rounds,
            "host": str(made.cluster.socket),
            "extent": extent,
            "file": str(file),
        }
        command = [sys.executable, "-c", _BASELINE]
        done = subprocess.run(
            command, input=json.dumps(asked), capture_output=True, text=True, check=True
        )
        taken: Sequence[float] = [float(line) for line in done.stdout.split()[:-1]]
        found[name] = statistics.median(taken), _pixels(file.read_bytes())
    return found


def _pixels(body: bytes) -> Pixels:
    with Image.open(BytesIO(body)) as image:
        return np.array(image.convert("RGB"))


if __name__ == "__main__":
    main()
