"""Questions as paths of each server, the check that all say the same, and the measurement."""

import json
import re
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from typing import NamedTuple

from benchmarks.serving.targets import Targets

CONNECTIONS = "8"
_COLLECTION = {"tipg": "bench.parcels"}
_SCRIPT = """
paths = {}
for line in io.lines("%s") do paths[#paths + 1] = line end
local n = 0
request = function() n = n + 1; return wrk.format("GET", paths[n %% #paths + 1]) end
"""


class Result(NamedTuple):
    """Requests a second and the 99th percentile in milliseconds; `bad` are not 2xx."""

    rate: float
    p99: float
    bad: int


def questions(name: str, targets: Targets) -> dict[str, list[str]]:
    """Paths by question; a server without an answer to a question lacks it."""
    here = f"/collections/{_COLLECTION.get(name, 'parcels')}"
    asked = {
        f"bbox, {size} features": [
            f"{here}/items?limit={size}&bbox={','.join(map(str, box))}"
            + ("&f=json" if name == "pygeoapi" else "")
            for box in boxes
        ]
        for size, boxes in targets.boxes.items()
    }
    asked["one item"] = [
        f"{here}/items/{code}" + ("?f=json" if name == "pygeoapi" else "") for code in targets.codes
    ]
    if name in {"ours", "bare"}:
        asked["resolve"] = [f"/resolve?code={code}" for code in targets.codes]
    if name != "pygeoapi":  # its MVT sets PROJ up for each row: nothing to compare
        for zoom, tiles in targets.tiles.items():
            asked[f"tile z{zoom}"] = [
                f"{here}/tiles/WebMercatorQuad/{z}/"
                + (f"{x}/{y}" if name == "tipg" else f"{y}/{x}")
                for z, x, y in tiles
            ]
    return asked


_expected: dict[str, set[str]] = {}


def check(name: str, base: str, targets: Targets) -> None:
    """Assert that the first boxes of each size, and items, have the ids of the first server."""
    asked = questions(name, targets)
    for question, paths in asked.items():
        if question.startswith(("bbox", "one")):
            for path in paths[:5]:
                _same(f"{question} {paths.index(path)}", name, _ids(base + path))


def _same(question: str, name: str, found: set[str]) -> None:
    expected = _expected.setdefault(question, found)
    assert found == expected, f"{name} answers {question} with other ids"


def _ids(url: str) -> set[str]:
    with urllib.request.urlopen(url, timeout=60) as answer:
        body = json.load(answer)
    return {str(f["id"]) for f in body.get("features", [body])}


def measure(name: str, base: str, targets: Targets, seconds: int) -> dict[str, Result]:
    results = {}
    for question, paths in questions(name, targets).items():
        _wrk(base, paths, 1)
        results[question] = _wrk(base, paths, seconds)
        print(f"{name:9} {question:20} {results[question].rate:10,.0f}/s", flush=True)
    return results


def _wrk(base: str, paths: list[str], seconds: int) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        listed, script = Path(folder, "paths"), Path(folder, "ask.lua")
        listed.write_text("\n".join(paths))
        script.write_text(_SCRIPT % listed)
        command = [
            "wrk",
            "-t1",
            "-c",
            CONNECTIONS,
            f"-d{seconds}s",
            "--latency",
            "--timeout",
            "30s",
        ]
        said = subprocess.run(
            [*command, "-s", str(script), base], capture_output=True, text=True, check=True
        ).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index]
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", said)
    unit = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    return Result(rate, float(p99[1]) * unit[p99[2]] if p99 else 0.0, int(bad[1]) if bad else 0)


def table(results: dict[str, dict[str, Result]], rows: int) -> None:
    """Markdown: rates, p99, and ratios of ours to the others."""
    print(f"\n{rows:,} parcels, {CONNECTIONS} connections, 2 workers each\n")
    print(
        "| question | ours /s (p99 ms) | bare | tipg | pygeoapi | to bare | to tipg | to pygeoapi |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for question, ours in results["ours"].items():
        others = [results[name].get(question) for name in ("bare", "tipg", "pygeoapi")]
        cells = [_cell(ours), *(_cell(other) for other in others)]
        ratios = [
            f"{ours.rate / other.rate:.2f}" if other and other.rate else "-" for other in others
        ]
        print("| " + " | ".join([question, *cells, *ratios]) + " |")


def _ratio(ours: Result, other: Result | None) -> str:
    return f"{ours.rate / other.rate:.2f}" if other and other.rate else "-"


def _cell(result: Result | None) -> str:
    if result is None:
        return "-"
    bad = f", {result.bad} failed" if result.bad else ""
    return f"{result.rate:,.0f} ({result.p99:,.1f}{bad})"
