"""``cim entity assign``: codes for the things of a file (批量赋码)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.cli.caller import Document, ValidFrom, Who, Why, moment
from api.cli.database import opened
from api.cli.shaping import Repair
from api.cli.terminal import Json, print_json, progress, row_bar, say
from api.cli.vector_file import (
    Accept,
    Alias,
    Crs,
    Division,
    Encoding,
    File,
    NameField,
    SourceLayer,
    SwapAxes,
    TransformationGiven,
    aliases_of,
    placing_of,
)
from cim.actions import Action
from cim.assignment.assign import Batch
from layers.batch import assign_file
from layers.report import BatchReport
from layers.requests import BatchFile

__all__ = ["assign_codes"]

INTERRUPTED = 130  # the exit status of what Ctrl-C ends

Class = Annotated[str, typer.Option("--class", help="Class code of 6 digits, such as 990101.")]
System = Annotated[str, typer.Option(help="The system that calls the things by their keys.")]
Key = Annotated[str, typer.Option(help="Field with what that system calls a thing.")]
Results = Annotated[
    Path, typer.Option(help="File to write: .csv, .ndjson or .parquet, a row for each row.")
]
Layer = Annotated[
    str | None, typer.Option(help="Layer they go to; without one, the register of the class.")
]
DivisionField = Annotated[str | None, typer.Option(help="Field with a division code.")]
CodeField = Annotated[
    str | None, typer.Option(help="Field with a reserved code that the thing is to get.")
]
Reservation = Annotated[int | None, typer.Option(help="Reservation whose codes they get.")]
Department = Annotated[str | None, typer.Option(help="Department whose quota is charged.")]
Guard = Annotated[
    bool, typer.Option("--guard/--no-guard", help="Look for duplicates under other keys.")
]


def assign_codes(
    file: File,
    class_code: Class,
    system: System,
    key: Key,
    results: Results,
    who: Who,
    layer: Layer = None,
    name_field: NameField = None,
    division: Division = None,
    division_field: DivisionField = None,
    alias: Alias = None,
    code_field: CodeField = None,
    reservation: Reservation = None,
    department: Department = None,
    guard: Guard = True,
    repair: Repair = False,
    source_layer: SourceLayer = None,
    crs: Crs = None,
    transformation: TransformationGiven = None,
    swap_axes: SwapAxes = False,
    accept: Accept = None,
    encoding: Encoding = None,
    valid_from: ValidFrom = None,
    why: Why = None,
    document: Document = None,
    as_json: Json = False,
) -> None:
    """Assign codes to the things of a file, and write how each row was answered.

    A row is assigned, existing, duplicate? (it waits for "cim review") or rejected with the reason.
    Chunks of the file are committed as they are answered: after an interruption the same command
    answers them as existing and finishes the rest. Other fields become properties.
    """
    wanted = BatchFile(
        file,
        key,
        name_field=name_field,
        division=division,
        division_field=division_field,
        aliases=aliases_of(alias),
        code_field=code_field,
        source_layer=source_layer,
        crs=crs,
        encoding=encoding,
        placing=placing_of(transformation, swap_axes, accept=accept),
        repair=repair,
    )
    batch = Batch(
        system,
        class_code,
        Action(who, why, document),
        layer=layer,
        department=department,
        reservation=reservation,
        guard=guard,
        valid_from=moment(valid_from),
        repair=repair,
    )
    report = _assign(wanted, batch, results)
    if as_json:
        print_json({**asdict(report), "results": str(results)})
    else:
        _tell(report, results)


def _assign(file: BatchFile, batch: Batch, results: Path) -> BatchReport:
    try:
        with opened() as engine, row_bar(file.path.name) as bar:
            return assign_file(engine, file, batch, results, bar)
    except KeyboardInterrupt:
        progress.print("cim: interrupted; the same command again finishes the rest")
        raise typer.Exit(INTERRUPTED) from None


def _tell(report: BatchReport, results: Path) -> None:
    counts = {
        "assigned": report.assigned,
        "existing": report.existing,
        "duplicate?": report.duplicates,
        "rejected": report.rejected,
    }
    told = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    say(f"{report.rows:,} rows: {told}; {results} tells each")
    if report.duplicates:
        say(f"{report.duplicates:,} may be there already and wait for a decision: cim review list")
    if report.rejected:
        say(f"{report.rejected:,} have no code; mend them and run the same command again")
