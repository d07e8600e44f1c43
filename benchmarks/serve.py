"""How fast the service answers, beside pygeoapi's own PostgreSQL provider and tipg (服务性能).

    python benchmarks/serve.py [--rows 1000000] [--seconds 8] [--quick]

Loads generated parcels through `layers.load`, gives the baselines the same rows in a table of
their own in EPSG:4326 with the same indexes, starts each server with two workers, asserts that
all answer the same ids, and then measures one after another with wrk at 8 connections. `bare` is
the least that an ASGI app can do: one prepared statement a request, no links, no checks.
Ratios are to the baselines in this same run.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.serving import city, load, servers, targets

QUICK_ROWS, QUICK_SECONDS = 100_000, 3


def main() -> None:
    arguments = parse()
    if shutil.which("wrk") is None:
        sys.exit("benchmarks/serve.py needs wrk: apt-get install wrk")
    home = Path(tempfile.mkdtemp(prefix="cim-bench-"))
    home.chmod(0o755)
    try:
        with city.built(home, arguments.rows) as url:
            found = targets.choose(url)
            for name in servers.NAMES:
                with servers.running(name, url, home) as base:
                    load.check(name, base, found)
            results = {}
            for name in servers.NAMES:
                with servers.running(name, url, home) as base:
                    results[name] = load.measure(name, base, found, arguments.seconds)
            load.table(results, arguments.rows)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=8, help="for each server and question")
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, less time")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.rows, arguments.seconds = QUICK_ROWS, QUICK_SECONDS
    return arguments


if __name__ == "__main__":
    main()
