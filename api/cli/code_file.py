"""``cim resolve --file``: from a file of codes to what each names (文件批量解析)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.database import open_database
from api.cli.terminal import answer, print_json
from api.resolve_bulk import checked_scheme, resolved
from api.resolve_bulk.columns import Names
from api.resolve_bulk.files import check_files, resolve_file
from cim.access import ANONYMOUS
from cim.resolve_columns import STATUSES
from cim.settings import Settings

__all__ = ["Column", "File", "Output", "Prefix", "Scheme", "resolve_codes"]

File = Annotated[
    Path | None, typer.Option(help="A file of codes: .csv, .ndjson, .json, .arrow or .parquet.")
]
Output = Annotated[Path | None, typer.Option(help="The file to write, in the same format.")]
Column = Annotated[str, typer.Option(help="Column of the file that has the codes.")]
Prefix = Annotated[str, typer.Option(help="What the names of the new columns begin with.")]
Scheme = Annotated[
    str | None, typer.Option(help="The scheme of all codes, such as parcel or standard_address.")
]


def resolve_codes(
    file: Path, output: Path | None, names: Names, scheme: str | None, *, as_json: bool
) -> None:
    """Write the file again with what its codes name, and tell how many were found."""
    if output is None:
        raise typer.BadParameter("--file needs --output, the file to write")
    check_files(file, output)
    checked_scheme(scheme)
    engine = open_database(Settings.from_environment())
    try:
        counts = resolved(
            engine,
            ANONYMOUS,
            scheme,
            lambda resolve: resolve_file(file, output, names, resolve),
        )
    finally:
        engine.dispose()
    totals = {"rows": counts.total(), **{status: counts[status] for status in STATUSES}}
    if as_json:
        print_json(totals)
        return
    told = ", ".join(f"{count} {name}" for name, count in totals.items())
    answer.print(f"{output}: {told}", soft_wrap=True, markup=False, highlight=False)
