"""What a load, and a batch of requests, did (入库报告、批量赋码报告)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load changed: features added, changed, unchanged, retired and repaired."""

    layer: str
    added: int
    changed: int
    unchanged: int
    retired: int
    repaired: int


@dataclass(frozen=True, slots=True)
class BatchReport:
    """How the rows of a batch were answered."""

    rows: int
    assigned: int
    existing: int
    duplicates: int
    rejected: int
