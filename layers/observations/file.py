"""A file of observations, and how it is to be read (观测文件)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

from cim.access import ANONYMOUS

BEIJING = "+08:00"


class Wanted(NamedTuple):
    """A parameter that the file holds: in which column, None for every value; in which unit, None
    for the parameter's own, or the one that the file tells."""

    parameter: str
    column: str | None = None
    unit: str | None = None


class Datum(NamedTuple):
    """A vertical datum (基面) by name, and the metres from it to the 1985 datum, where known."""

    name: str = ""
    offset: float | None = None


UNKNOWN_DATUM = Datum()


@dataclass(frozen=True, slots=True)
class ObservationFile:
    """A CSV or Parquet file and what it does not say itself.

    `stations` is the layer whose features measured. `columns` names the column of a role (see
    `layout`) that has another name. `datum` is that of every height in the file; else
    `datum_field`, a property of the stations, holds it and `offset_field` its offset. `encoding` is
    that of CSV text.
    """

    path: Path
    stations: str
    parameters: tuple[Wanted, ...] = ()
    layout: Literal["wide", "long"] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    timezone: str = BEIJING
    datum: Datum | None = None
    datum_field: str | None = None
    offset_field: str | None = None
    encoding: str | None = None
    strict: bool = False
    who: str = ANONYMOUS.name
    why: str | None = None
    document: str | None = None
