"""``cim observations``: load and list observations, and what can be observed (观测时间序列)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from api.cli.caller import Who, Why
from api.cli.database import open_database
from api.cli.terminal import Json, answer, print_json, progress, row_bar
from cim import observed
from cim.database.sql import run
from cim.settings import Settings
from layers.errors import RowsRefused
from layers.observations.file import BEIJING, Datum, ObservationFile, Wanted
from layers.observations.layout import ROLES
from layers.observations.load import load
from layers.observations.report import ObservationReport
from layers.report_file import finding

__all__ = ["group"]

group = typer.Typer(help="Load and list observations of stations.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A CSV (also .gz) or Parquet file.")]
Stations = Annotated[str, typer.Option(help="The layer whose features are the stations.")]
Parameter = Annotated[
    list[str] | None,
    typer.Option(
        help="Parameter of all values, such as stage, or COLUMN=PARAMETER; repeatable. "
        '"cim observations parameters" lists them.'
    ),
]
Wide = Annotated[
    bool | None,
    typer.Option(
        "--wide/--long",
        help="A column for each station or parameter, or a row for each value; "
        "told by the columns when not given.",
    ),
]
Zone = Annotated[str, typer.Option(help="Zone of times without one, +08:00 or Asia/Shanghai.")]
Unit = Annotated[str | None, typer.Option(help="Unit of the values, where the file has none.")]
DatumName = Annotated[str | None, typer.Option("--datum", help="Datum of all heights in the file.")]
Offset = Annotated[
    float | None, typer.Option("--datum-offset", help="Metres from it to the 1985 datum.")
]
DatumField = Annotated[str | None, typer.Option(help="Property of the stations that holds it.")]
OffsetField = Annotated[
    str | None, typer.Option("--datum-offset-field", help="Property that holds its offset.")
]
ColumnOf = Annotated[
    list[str] | None,
    typer.Option(
        "--column", help=f"ROLE=NAME: the column of {', '.join(ROLES)} where its name is another."
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(help="Encoding of CSV text, such as GBK; found by itself when not given."),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="Refuse the file where one of its rows is refused.")
]

_LIST = """
    SELECT l.name AS stations, e.source_id AS station, d.station AS code, d.parameter, d.unit,
           nullif(d.datum, '') AS datum, d.datum_offset, d.first_at, d.last_at
    FROM cim.datastream d JOIN cim.entity e ON e.code = d.station
    LEFT JOIN cim.layer l ON l.id = e.layer_id
    ORDER BY l.name, e.source_id, d.parameter, d.datum
"""


@group.command("load")
def load_file(
    file: File,
    stations: Stations,
    who: Who,
    parameter: Parameter = None,
    wide: Wide = None,
    timezone: Zone = BEIJING,
    unit: Unit = None,
    datum: DatumName = None,
    datum_offset: Offset = None,
    datum_field: DatumField = None,
    datum_offset_field: OffsetField = None,
    column: ColumnOf = None,
    encoding: Encoding = None,
    strict: Strict = False,
    why: Why = None,
    as_json: Json = False,
) -> None:
    """Load the values of a file into the series of their stations; again changes nothing.

    Doubtful values are flagged and never dropped; a value that another one replaces is kept as
    history. Rows that cannot be read are told and left out. Times without a zone are Beijing time.
    """
    for needs, given, without in (
        ("--datum-offset needs --datum", datum_offset, datum),
        ("--datum-offset-field needs --datum-field", datum_offset_field, datum_field),
        ("--unit needs --parameter", unit, parameter),
    ):
        if given is not None and not without:
            raise typer.BadParameter(needs)
    wanted = ObservationFile(
        path=file,
        stations=stations,
        parameters=tuple(_wanted(text, unit) for text in parameter or ()),
        layout=_layout(wide),
        columns=_columns(column or []),
        timezone=timezone,
        datum=None if datum is None else Datum(datum, datum_offset),
        datum_field=datum_field,
        offset_field=datum_offset_field,
        encoding=encoding,
        strict=strict,
        who=who,
        why=why,
    )
    report = _load(wanted)
    if as_json:
        print_json(_document(report))
        return
    for problem in report.problems:
        progress.print(str(problem), soft_wrap=True, markup=False)
    answer.print(_said(report), soft_wrap=True)


@group.command("list")
def list_series(as_json: Json = False) -> None:
    """List the series: station, parameter, unit, datum, from when to when."""
    engine = open_database(Settings.from_environment())
    with engine.connect() as connection:
        rows = run(connection, _LIST)
    engine.dispose()
    if as_json:
        print_json({"series": [_told(row._asdict()) for row in rows]})
        return
    names = ("stations", "station", "parameter", "unit", "datum", "from", "to")
    table = Table(*names, box=None, pad_edge=False)
    for row in rows:
        ends = (f"{end:%Y-%m-%d %H:%M}Z" if end else "—" for end in (row.first_at, row.last_at))
        known = (row.stations or "—", row.station, row.parameter, row.unit, row.datum or "—")
        table.add_row(*known, *ends)
    answer.print(table if rows else "No observations are loaded.")


@group.command("parameters")
def list_parameters(as_json: Json = False) -> None:
    """List what can be observed, with units and the limits beyond which a value is doubtful."""
    if as_json:
        print_json({"parameters": [parameter._asdict() for parameter in observed.table()]})
        return
    names = ("parameter", "name", "unit", "from", "to", "an hour", "stuck after", "certainty")
    table = Table(*names, box=None, pad_edge=False)
    for each in observed.table():
        limits = (each.low, each.high, each.max_rate, each.stuck_after)
        shown = ("—" if limit is None else f"{limit:g}" for limit in limits)
        table.add_row(each.code, f"{each.name_zh} {each.name_en}", each.unit, *shown, each.conf)
    answer.print(table)


def _load(wanted: ObservationFile) -> ObservationReport:
    """Load the file in one transaction, telling progress; refused rows go to stderr."""
    engine = open_database(Settings.from_environment())
    try:
        with row_bar(wanted.path.name) as bar, engine.begin() as connection:
            return load(connection, wanted, bar)
    except RowsRefused as refused:
        for problem in refused.problems:
            progress.print(str(problem), soft_wrap=True, markup=False)
        raise
    finally:
        engine.dispose()


def _wanted(text: str, unit: str | None) -> Wanted:
    column, equals, parameter = text.rpartition("=")
    if equals and not column:
        raise typer.BadParameter(f"--parameter is PARAMETER or COLUMN=PARAMETER, not {text!r}")
    return Wanted(parameter, column or None, unit)


def _layout(wide: bool | None) -> Literal["wide", "long"] | None:
    return None if wide is None else "wide" if wide else "long"


def _columns(pairs: list[str]) -> dict[str, str]:
    split = [pair.partition("=") for pair in pairs]
    for role, _, name in split:
        if role not in ROLES or not name:
            raise typer.BadParameter(f"--column is ROLE=NAME with a role of {', '.join(ROLES)}")
    return {role: name for role, _, name in split}


def _said(report: ObservationReport) -> str:
    counts = (
        f"{report.stations}: {report.added:,} added, {report.changed:,} changed, "
        f"{report.unchanged:,} unchanged, {report.repeated:,} repeated, {report.empty:,} empty, "
        f"{report.refused:,} refused; {report.series:,} series, {report.new_series:,} of them new"
    )
    flagged = ", ".join(f"{size:,} {name}" for name, size in report.flagged.items())
    other = "" if report.encoding in {"", "UTF-8"} else f"; text in {report.encoding}"
    return f"{counts}; doubtful: {flagged or 'none'}{other}"


def _document(report: ObservationReport) -> dict[str, object]:
    return {**_told(asdict(report)), "problems": [finding(each) for each in report.problems]}


def _told(row: dict[str, Any]) -> dict[str, object]:
    ends = {name: row[name].isoformat() if row[name] else None for name in ("first_at", "last_at")}
    return {**row, **ends}
