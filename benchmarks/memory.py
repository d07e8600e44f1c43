"""Memory of our workers over many requests of all kinds (工作进程内存).

Generates a city, serves it with two workers, and asks in rounds, with 8 connections: boxes, items,
codes, tiles, filters, sorted and old pages, HTML, and questions that are refused. Prints what the
workers hold after each round, and the ratio of the end to the first round: flat is near 1.

    python benchmarks/memory.py [--rows 100000] [--requests 100000]

Needs wrk.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from serving.city import SEED, city  # noqa: E402
from serving.load import check_tool, soak  # noqa: E402
from serving.questions import Question, questions  # noqa: E402
from serving.servers import OURS, serve  # noqa: E402

ITEMS = "/collections/parcels/items"
# `wrk` counts what is refused; these are half of the table, seeded into the others.
OTHERS = (
    f"{ITEMS}?filter=landuse%20LIKE%20%2701%25%27%20AND%20area_m2%20%3E%20{{n}}&limit=50",
    f"{ITEMS}?filter=S_INTERSECTS(geom,BBOX(110.8,31.3,110.9,31.{{n}}))&limit=50",
    f"{ITEMS}?datetime=2999-01-01T00:00:00Z/..&limit=20",
    f"{ITEMS}?sortby=-area_m2,landuse&limit={{n}}",
    f"{ITEMS}?f=html&limit={{n}}",
    f"{ITEMS}?limit=none{{n}}",
    f"{ITEMS}/{{n}}",
    "/collections/parcels/tiles/WebMercatorQuad/8/104/{n}",
    "/collections",
    "/collections/parcels?f=html",
    "/resolve?lon=110.8{n}&lat=31.3",
    "/resolve?q=parcel{n}",
    "/collections/catalog/items?limit={n}",
    "/nothing/{n}",
)


def main() -> None:
    given = _arguments()
    check_tool()
    with city(given.rows) as made, serve(OURS, made) as base:
        paths = _paths(questions(made))
        asked, held = 0, []
        while asked < given.requests:
            asked += soak(base, paths, 5.0)
            held.append(_megabytes())
            print(f"{asked:9,} requests  {held[-1]:7.1f} MB", flush=True)
    print(f"end to first round: {held[-1] / held[0]:.2f}; to the middle: "
          f"{held[-1] / held[len(held) // 2]:.2f}")  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000, help="parcels to generate")
    parser.add_argument("--requests", type=int, default=100_000, help="to ask in all")
    return parser.parse_args()


def _paths(asked: list[Question]) -> list[str]:
    paths = [path for question in asked for path in question.paths("ours") or ()]
    others = [other.format(n=n) for other in OTHERS for n in range(10, 99)]
    rng = np.random.default_rng(SEED)
    mixed = [*paths, *others]
    return [mixed[i] for i in rng.permutation(len(mixed))]


def _megabytes() -> float:
    """Resident memory of everything that this process started, and what that started."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has ended
        parents[int(entry.parent.name)] = int(fields[1])
    ours, fresh = set(), {os.getpid()}
    while fresh:
        fresh = {pid for pid, parent in parents.items() if parent in fresh}
        ours |= fresh
    named = [pid for pid in ours if b"uvicorn" in _command(pid) or b"spawn_main" in _command(pid)]
    return sum(_resident(pid) for pid in named) / 1024


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _resident(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


if __name__ == "__main__":
    main()
