"""``cim dataset load``: a data set of many files, on several workers (多文件数据集入库)."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli import manifest as manifests
from api.cli.caller import Who
from api.cli.database import opened
from api.cli.terminal import Json, bars_on_stderr, print_json, say
from api.output import whole
from cim.database.connect import database_url
from cim.settings import Settings
from layers import distributed
from layers.brought import File, Outcome, Target

__all__ = ["group"]

group = typer.Typer(
    help="Load data sets of many files on several workers (多文件数据集).", no_args_is_help=True
)

Manifest = Annotated[
    Path,
    typer.Argument(help="A JSON array that says which files become which layer: docs/ingest.md."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        help="Address of a dask scheduler, such as tls://host:8786, whose workers do it; "
        'CIM_SCHEDULER without it. "" for processes of this machine.'
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=256,
        help="Processes of this machine, where there is no scheduler; as many as it has cores, at "
        "most 4, without it.",
    ),
]
Report = Annotated[
    Path | None, typer.Option(help="Write how every file ended to this file, as JSON.")
]


@group.command("load")
def load_dataset(
    manifest: Manifest,
    who: Who,
    scheduler: Scheduler = None,
    workers: Workers = None,
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Load the files that a manifest names: vector files as layers, rasters as scenes.

    Each file is a transaction of its own. One that is refused is named and leaves nothing, the
    others are loaded, and the exit status is 1. Vector files are brought by upsert and need a key:
    the same again changes nothing, and finishes what was cut off.
    """
    files = manifests.read(manifest, who)
    settings = Settings.from_environment()
    address = (settings.scheduler if scheduler is None else scheduler) or None
    begin, ended = time.monotonic(), []
    try:
        with opened(settings), _bar(len(files), as_json=as_json) as told:
            target = Target(database_url(settings), settings.rasters)
            with distributed.engine(address, workers or min(os.cpu_count() or 1, 4)) as client:
                for outcome in distributed.load_all(client, target, files):
                    ended.append(outcome)
                    told(outcome)
    finally:
        _tell(files, ended, time.monotonic() - begin, (report, as_json))
    if any(each.refused for each in ended):
        raise typer.Exit(1)


def _tell(
    files: list[File], ended: list[Outcome], seconds: float, how: tuple[Path | None, bool]
) -> None:
    """The report of what has ended, also where the others never did."""
    report, as_json = how
    document = {
        "files": [asdict(each) | {"path": str(each.path)} for each in ended],
        "loaded": sum(each.refused is None for each in ended),
        "refused": sum(each.refused is not None for each in ended),
        "left": len(files) - len(ended),
        "seconds": round(seconds, 3),
    }
    if report is not None:
        with whole(report) as path:
            path.write_text(json.dumps(document, ensure_ascii=False, indent=2), encoding="utf-8")
    if as_json:
        print_json(document)
        return
    if not ended:
        return
    used = len({each.worker for each in ended if each.worker})
    parts = ", ".join(f"{document[name]:,} {name}" for name in ("loaded", "refused", "left"))
    say(f"{len(files):,} files: {parts}; {seconds:.1f} s, {used} workers")


@contextmanager
def _bar(total: int, *, as_json: bool) -> Iterator[Any]:
    """A bar of files on stderr, and a line of each that has ended; yields what tells of one."""
    with bars_on_stderr(beside_lines=sys.stdout.isatty()) as bars:
        task = bars.add_task("starting the workers", total=total)

        def told(ended: Outcome) -> None:
            bars.update(task, advance=1, description="files")
            if not as_json:
                run = f" (run {ended.run})" if ended.run else ""
                said = ended.done or f"refused: {' '.join(str(ended.refused).split())}"
                say(f"{ended.into}: {ended.path.name}: {said}{run}")

        yield told
