"""What a load of observations did (观测入库报告)."""

from dataclasses import dataclass
from datetime import datetime

from cim.assignment.problems import Problem


@dataclass(frozen=True, slots=True)
class ObservationReport:
    """Values added, changed and as they were; those that a later row of the file replaced.

    `empty` cells held no value, `refused` rows or cells could not be read and `problems` holds the
    first of them. `flagged` counts the doubtful values of the load by flag; `series` are those that
    the file has values of, `new_series` of them began with it.
    `encoding` is that of the text of a CSV, "" of Parquet.
    """

    stations: str
    added: int
    changed: int
    unchanged: int
    repeated: int
    empty: int
    refused: int
    flagged: dict[str, int]
    series: int
    new_series: int
    first_at: datetime | None
    last_at: datetime | None
    problems: tuple[Problem, ...]
    encoding: str
