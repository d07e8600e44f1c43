"""What every reader takes and gives (读取约定): record batches, and what was wrong in their rows.

A reader passes over its file once, record by record, so that memory does not grow with it. A value
that cannot be read is null in its record, and a fault beside it says why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from pyproj import CRS

from cim.assignment.problems import Level, Problems
from cim.assignment.rules import Broken

WKB = "wkb_geometry"  # what a reader calls a geometry that has no name

# The first columns of the rows that `layers.refused` writes, which are no properties of things.
TOLD = (
    "refused_row",
    "refused_field",
    "refused_value",
    "refused_rule",
    "refused_zh",
    "refused_en",
)

# A row that breaks one of these has no geometry, and needs not be told that it has none.
_WITHOUT_PLACE = {"geometry.unread", "place.unread", "row.unread"}


class Fault(NamedTuple):
    """What was found in a row, by its place in its record; unless it is `refused` it is taken."""

    place: int
    field: str | None
    said: Broken
    level: Level = "refused"


class Note(NamedTuple):
    """What is to be known of a file as a whole, such as the encoding that it was read in."""

    id: str
    value: str
    zh: str
    en: str


class Read(NamedTuple):
    """A record batch, and what was wrong in its rows."""

    record: pa.RecordBatch
    faults: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A file and how it is to be read.

    `layer` names one layer of a file of many. Fields of a text file that are named in `as_text`
    keep their text where it looks like a number. Where `only` a field is asked for, others and the
    geometry may be left out, and a file without geometry will do.
    """

    path: Path
    layer: str | None = None
    encoding: str | None = None
    as_text: Sequence[str] = ()
    only: str | None = None
    batch_rows: int = 16_384


@dataclass(frozen=True, slots=True)
class Opened:
    """An open file. `geometry` names the column of WKB, None where there is none.

    `crs` is what the file says, a text or a CRS. `count` is None where only reading to the end
    would tell. `notes` may grow until the end of the pass.
    """

    schema: pa.Schema
    records: Iterator[Read]
    geometry: str | None
    crs: str | CRS | None = None
    count: int | None = None
    notes: list[Note] = field(default_factory=list)


def tell(faults: Sequence[Fault], first_row: int, problems: Problems) -> None:
    """Note the faults of a record whose first row has this number."""
    for fault in sorted(faults, key=lambda fault: fault.place):
        note = {"refused": problems.add, "repaired": problems.repaired, "told": problems.told}
        note[fault.level](first_row + fault.place, fault.field, fault.said)


def unplaced(faults: Sequence[Fault]) -> frozenset[int]:
    """Places of rows of which it is told already why they have no geometry."""
    return frozenset(fault.place for fault in faults if fault.said.rule in _WITHOUT_PLACE)
