"""Broken rules of rows (问题行), the first ones kept and all of them counted."""

from dataclasses import dataclass, field


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
    """The problems of a whole file or batch: the first `most` are kept, all are counted."""

    most: int = 20
    kept: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, row: int, name: str | None, reason: str) -> None:
        self.count += 1
        if len(self.kept) < self.most:
            self.kept.append(Problem(row, name, reason))
