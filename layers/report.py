"""What a load did, and what it found wrong (入库报告)."""

from dataclasses import dataclass, field

KEPT_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: the row counted from 1, the field where there is one, and the reason."""

    row: int
    field: str | None
    reason: str

    def __str__(self) -> str:
        where = f"row {self.row}" + (f", field {self.field}" if self.field else "")
        return f"{where}: {self.reason}"


@dataclass(slots=True)
class Problems:
    """The problems of a whole file: the first ones are kept, all are counted."""

    kept: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, row: int, name: str | None, reason: str) -> None:
        self.count += 1
        if len(self.kept) < KEPT_PROBLEMS:
            self.kept.append(Problem(row, name, reason))


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load changed: features added, changed, unchanged, retired and repaired."""

    layer: str
    added: int
    changed: int
    unchanged: int
    retired: int
    repaired: int
