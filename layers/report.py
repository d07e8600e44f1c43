"""What a load, and a batch of requests, did (入库报告、批量赋码报告)."""

from dataclasses import dataclass
from typing import NamedTuple


class Extent(NamedTuple):
    """A box in degrees, CGCS2000."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load changed: features added, changed, unchanged, retired and repaired.

    `read` rows were read and `refused` ones left out. `run` is its number in the ingest log, and
    `extent` is that of its rows.
    """

    layer: str
    added: int
    changed: int
    unchanged: int
    retired: int
    repaired: int = 0
    read: int = 0
    refused: int = 0
    mode: str = "replace"
    run: int = 0
    extent: Extent | None = None


@dataclass(frozen=True, slots=True)
class BatchReport:
    """How the rows of a batch were answered."""

    rows: int
    assigned: int
    existing: int
    duplicates: int
    rejected: int
