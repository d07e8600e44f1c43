"""Vector tiles worked out afresh (矢量瓦片): small scales of ours, large ones beside other servers.

Generates a city, loads it as any file is loaded, and serves the same rows by our service, which
keeps no tiles here, tipg 1.6 and Martin where there is one (`cargo install martin`); the bare form
is the SQL of a tile alone. First asserts that all give the same features.

Of levels 0 to 10 of WebMercatorQuad each tile, or 200 of them, is asked of ours over one
connection: the time of the middle one, the largest, and the middle one where the client has it
already (304). Of levels 12 to 16 the servers are asked for seconds by 8 connections, in turns.

    python benchmarks/vector_tiles.py [--rows 1000000] [--seconds 5] [--rounds 2]

Needs wrk, and about 5 GB below $TMPDIR for the time of the run.
"""

from __future__ import annotations

import argparse
import http.client
import shutil
import statistics
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from serving import agreement  # noqa: E402
from serving.city import SEED, City, city  # noqa: E402
from serving.load import check_tool, measure  # noqa: E402
from serving.questions import Question, tile_question  # noqa: E402
from serving.servers import AFRESH, BARE, MARTIN, TIPG, Server, serve  # noqa: E402

SMALL, LARGE = range(11), (12, 13, 14, 15, 16)
MOST_TILES = 200
AIM_MS, AIM_KIB = 30, 500


def main() -> None:
    """Run, and print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="parcels to generate")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=2, help="in which the servers take turns")
    given = parser.parse_args()
    check_tool()
    with city(given.rows) as made:
        show_small(made)
        show_large(made, given.seconds, given.rounds)


def show_small(made: City) -> None:
    rng = np.random.default_rng(SEED + 2)
    print(f"| level | tiles | ms | largest KiB | 304, ms | aim {AIM_MS} ms, {AIM_KIB} KiB |")
    print("| --- | --- | --- | --- | --- | --- |")
    with serve(AFRESH, made) as base:
        for z in SMALL:
            paths = (tile_question(made, z, rng).paths("ours") or [])[:MOST_TILES]
            warming = paths[:1] * 6  # until each worker has seen the level
            found = [Asked(base, path) for path in (*warming, *paths * (1 + 10 // len(paths)))][6:]
            ms = statistics.median(one.ms for one in found)
            largest = max(one.size for one in found) / 1024
            known = statistics.median(Asked(base, one.path, one.tag).ms for one in found)
            met = "met" if ms <= AIM_MS and largest <= AIM_KIB else "MISSED"
            print(f"| {z} | {len(paths)} | {ms:.1f} | {largest:.0f} | {known:.1f} | {met} |")


class Asked:
    """A tile that was asked for: how long it took in milliseconds, its size, and its ETag."""

    def __init__(self, base: str, path: str, tag: str = "") -> None:
        self.path = path
        connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=120)
        connection.connect()
        begin = time.perf_counter()
        connection.request("GET", path, headers={"If-None-Match": tag} if tag else {})
        answer = connection.getresponse()
        self.size = len(answer.read())
        self.ms = (time.perf_counter() - begin) * 1000
        self.tag = answer.headers.get("ETag", "")
        assert answer.status in ((304,) if tag else (200, 204)), (path, answer.status)
        connection.close()


def show_large(made: City, seconds: float, rounds: int) -> None:
    rng = np.random.default_rng(SEED + 3)
    asked = [tile_question(made, z, rng) for z in LARGE]
    servers = [AFRESH, BARE, TIPG, *([MARTIN] if shutil.which("martin") else [])]
    agreement.check({server.name: _seen(server, made, asked) for server in servers})
    names = [server.name for server in servers]
    print(f"\n{', '.join(names)} give the same features\n")
    found: dict[tuple[str, str], float] = {}
    for _ in range(rounds):
        for server in servers:
            with serve(server, made) as base:
                for question in asked:
                    key = server.name, question.name
                    speed = measure(base, question.paths(server.name) or [], seconds).per_second
                    found[key] = max(found.get(key, 0), speed)
    others = names[1:]
    heads = [*(f"/ {name}" for name in others), *(f"{name}, 1/s" for name in names)]
    print(f"| | {' | '.join(heads)} |\n" + "| --- " * (1 + len(heads)) + "|")
    for question in asked:
        ours = found["ours", question.name]
        ratios = [f"{ours / found[name, question.name]:.2f}" for name in others]
        speeds = [f"{found[name, question.name]:,.0f}" for name in names]
        print(f"| {question.name} | " + " | ".join(ratios + speeds) + " |")


def _seen(server: Server, made: City, asked: list[Question]) -> agreement.Seen:
    with serve(server, made) as base:
        return agreement.ask(server.name, base, asked)


if __name__ == "__main__":
    main()
