"""A million mixed codes through `POST /resolve`, in each format, and through `cim resolve --file`.

Makes a million entities, each with an alias, straight in SQL in a cluster of its own; serves them
with two uvicorn workers; posts a million seeded codes (60 % entity codes of both forms, 35 %
parcel, unit, component and credit codes, 5 % unknown or malformed) and reads the answer to its
end, the median of some rounds. Every run must find exactly the codes that there are. Prints
seconds, codes a second, the ratio to the bare form of the work in the same run (COPY into a
temporary table, join, COPY out), and processor seconds and peak memory of the process that did it.
The aim is 10 s on two cores. What else the machine did is told by its load at the end.

    python benchmarks/resolve.py [--entities 1000000] [--codes 1000000] [--rounds 3]

Needs about 3 GB below $TMPDIR for the time of the run.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from resolving.bare import bare  # noqa: E402
from resolving.bodies import FORMATS, Format  # noqa: E402
from resolving.city import City, city  # noqa: E402
from resolving.mixed import mixed  # noqa: E402
from serving.servers import OURS, serve  # noqa: E402

from cim import code_text  # noqa: E402

AIM = 10.0  # seconds


class Run(NamedTuple):
    """Seconds; of the process that did the work, processor seconds and its most memory in MB."""

    seconds: float
    processor: float = 0
    peak: int = 0


def main() -> None:
    """Run, and print the table."""
    given = _arguments()
    print(f"making {given.entities:,} entities", flush=True)
    with city(given.entities) as made:
        texts, known = mixed(made, given.codes)
        bodies = {name: form.body(texts) for name, form in FORMATS.items()}
        print(f"{len(texts):,} codes, {known:,} of them known", flush=True)
        stored = [_as_stored(text) for text in texts]
        floor = _median(lambda: Run(_seconds(lambda: bare(made.cluster.url, stored))), given)
        runs = {"bare: COPY, join, COPY": floor}
        with serve(OURS, made) as base:  # type: ignore[arg-type]
            for name, form in FORMATS.items():
                runs[f"POST /resolve, {name}"] = _median(
                    lambda form=form, body=bodies[name]: _post(base, form, body, known), given
                )
        for name, form in FORMATS.items():
            runs[f"cim resolve --file, {name}"] = _median(
                lambda form=form, body=bodies[name]: _command(made, form, body, known), given
            )
    _show(runs, len(texts))


def _show(runs: dict[str, Run], codes: int) -> None:
    floor = next(iter(runs.values()))
    columns = f"{'seconds':>9}{'codes/s':>11}{'/ bare':>8}{'x aim':>7}{'CPU s':>7}{'peak MB':>9}"
    print(f"\n{'':28}{columns}")
    for name, run in runs.items():
        ratio, aim = floor.seconds / run.seconds, AIM / run.seconds
        print(
            f"{name:28}{run.seconds:9.2f}{codes / run.seconds:11,.0f}{ratio:8.2f}{aim:7.1f}"
            f"{run.processor or '':>7.3}{run.peak or '':>9}"
        )
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entities", type=int, default=1_000_000, help="to generate")
    parser.add_argument("--codes", type=int, default=1_000_000, help="to resolve")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median is told")
    return parser.parse_args()


def _as_stored(text: str) -> str:
    compact = code_text.compact(text)
    return compact[:21] if len(compact) == 22 else compact


def _median(work: Callable[[], Run], given: argparse.Namespace) -> Run:
    runs = [work() for _ in range(given.rounds)]
    return Run(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.processor for run in runs),
        max(run.peak for run in runs),
    )


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _post(base: str, form: Format, body: bytes, known: int) -> Run:
    """Send all, read all; the memory is that of the worker that needed most."""
    workers = list(_descendants(os.getpid()))
    for worker in workers:
        Path(f"/proc/{worker}/clear_refs").write_text("5")  # forget the peak
    used = sum(map(_processor, workers))
    begin = time.perf_counter()
    connection = http.client.HTTPConnection(str(urlsplit(base).netloc), timeout=600)
    connection.request("POST", "/resolve", body, {"Content-Type": form.kind})
    answer = connection.getresponse()
    read = answer.read()
    seconds = time.perf_counter() - begin
    connection.close()
    assert answer.status == 200, read[:500]
    assert form.found(read) == known, f"{form.found(read):,} found, {known:,} known"
    return Run(seconds, sum(map(_processor, workers)) - used, max(map(_peak, workers)))


def _command(made: City, form: Format, body: bytes, known: int) -> Run:
    given, output = (made.folder / f"{name}.{form.ending}" for name in ("given", "made"))
    given.write_bytes(body)
    words = ["resolve", "--file", str(given), "--output", str(output)]
    environment = os.environ | {"CIM_DATABASE_URL": made.cluster.url, "PYTHONPATH": sys.path[1]}
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", *words], env=environment, stdout=subprocess.DEVNULL
    )
    peak = 0
    while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
        peak = max(peak, _peak(process.pid))
        time.sleep(0.02)
    seconds, usage = time.perf_counter() - begin, ended[2]
    process.returncode = ended[1]
    assert process.returncode == 0
    assert form.found(output.read_bytes()) == known
    output.unlink()
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak)


def _descendants(process: int) -> Iterator[int]:
    """The worker processes of the server that this program started."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    for child in map(int, children):
        command = Path(f"/proc/{child}/cmdline").read_bytes()
        if b"spawn_main" in command:
            yield child
        yield from _descendants(child)


def _peak(process: int) -> int:
    """MB; 0 of a process that has just ended."""
    _, found, more = Path(f"/proc/{process}/status").read_text().partition("VmHWM:")
    return int(more.split()[0]) >> 10 if found else 0


def _processor(process: int) -> float:
    ticks = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
