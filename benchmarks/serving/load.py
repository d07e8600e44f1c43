"""The load (压测): wrk, which costs the machine least, with 8 connections and one thread."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 8
_SCRIPT = Path(__file__).with_name("wrk.lua")


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests answered in a second, 99th percentile of their time, and mean size."""

    per_second: float
    p99_ms: float
    bytes: float


def check_tool() -> None:
    """Stop where wrk is missing, with the command that brings it."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing; install with: sudo apt-get install wrk")


def measure(base: str, paths: Sequence[str], seconds: float) -> Measured:
    """Ask the paths in a circle, after a fifth of the time to warm up."""
    _run(base, paths, max(1.0, seconds / 5))
    return window(base, paths, seconds)


def window(base: str, paths: Sequence[str], seconds: float) -> Measured:
    """Ask the paths in a circle, from the first second on."""
    found = _run(base, paths, seconds)
    if found["failed"]:
        raise SystemExit(f"{found['failed']} requests like {base}{paths[0]} failed")
    requests = found["requests"]
    return Measured(requests / found["seconds"], found["p99_ms"], found["bytes"] / requests)


def soak(base: str, paths: Sequence[str], seconds: float) -> int:
    """Ask the paths in a circle, whatever is answered; how many requests were."""
    return int(_run(base, paths, seconds)["requests"])


def _run(base: str, paths: Sequence[str], seconds: float) -> dict[str, float]:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(paths))
        file.flush()
        command = ["wrk", "--threads=1", f"--connections={CONNECTIONS}", "--timeout=60s"]
        command += [f"--duration={round(seconds)}s", f"--script={_SCRIPT}", base, "--", file.name]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result
