"""Our service against pygeoapi and tipg over a million parcels, in one run.

Generates a city, loads it as any file is loaded, and serves the same rows four times, one server
after another, each with two uvicorn workers on the same PostgreSQL: ours, pygeoapi 0.21 with its
own PostgreSQL provider, tipg 1.6, and a bare ASGI app that does the SQL alone. First asserts that
all give the same features; then asks with 8 connections, and prints requests a second, the 99th
percentile, and ratios. pygeoapi's tiles are left out: its MVT provider sets PROJ up for each row
and answers next to nothing. Responses are not compressed: the load does not ask for it. Tiles are
worked out afresh: ours keeps none here, and `benchmarks/vector_tiles.py` has more of them.

    python benchmarks/serve.py [--rows 1000000] [--seconds 10] [--quick]

Needs wrk, and about 5 GB below $TMPDIR for the time of the run.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from serving import agreement, table  # noqa: E402
from serving.city import City, city  # noqa: E402
from serving.load import Measured, check_tool, measure  # noqa: E402
from serving.questions import Question, questions  # noqa: E402
from serving.servers import AFRESH, BARE, PYGEOAPI, TIPG, Server, serve  # noqa: E402

SERVERS = (AFRESH, BARE, PYGEOAPI, TIPG)


def main() -> None:
    """Run, and print the table."""
    given = _arguments()
    check_tool()
    rows, seconds = (100_000, 3.0) if given.quick else (given.rows, given.seconds)
    print(f"making and loading {rows:,} parcels", flush=True)
    with city(rows) as made:
        asked = [q for q in questions(made) if given.only in q.name]
        seen = {server.name: _seen(server, made, asked) for server in SERVERS}
        agreement.check(seen)
        print(f"{', '.join(seen)} give the same features", flush=True)
        found = {server.name: _measured(server, made, asked, seconds) for server in SERVERS}
    print(table.render(asked, found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="parcels to generate")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--quick", action="store_true", help="100,000 parcels, 3 s each")
    parser.add_argument("--only", default="", help="questions whose name has this in it")
    return parser.parse_args()


def _seen(server: Server, made: City, asked: list[Question]) -> agreement.Seen:
    with serve(server, made) as base:
        return agreement.ask(server.name, base, asked)


def _measured(
    server: Server, made: City, asked: list[Question], seconds: float
) -> dict[str, Measured]:
    found = {}
    with serve(server, made) as base:
        for question in asked:
            if paths := question.paths(server.name):
                found[question.name] = measure(base, paths, seconds)
                print(f"{server.name:9} {question.name:20} {found[question.name]}", flush=True)
    return found


if __name__ == "__main__":
    main()
