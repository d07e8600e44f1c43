"""What a load did (入库报告)."""

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
