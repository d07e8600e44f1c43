"""Broken rules of rows (问题行), the first ones kept and all of them counted."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from cim.assignment.rules import OTHER, Broken

Level = Literal["refused", "repaired", "told"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: the row counted from 1, the field where there is one, and the reason.

    `reason` is English and `zh` Chinese; `rule` is an id of `cim.assignment.rules`, and `value`
    what breaks it. `details` are what was measured of it, and `shape` is where it is: WKB, degrees
    of CGCS2000.
    """

    row: int
    field: str | None
    reason: str
    rule: str = OTHER
    value: str | None = None
    zh: str = ""
    details: Mapping[str, Any] | None = None
    shape: bytes | None = None

    def __str__(self) -> str:
        where = f"row {self.row}" + (f", field {self.field}" if self.field else "")
        return f"{where}: {self.reason}"


@dataclass(slots=True)
class Problems:
    """The problems of a whole file or batch: the first `most` are kept, all are counted.

    `sink` gets every problem, and what else was found: what was `repaired` in a row that is taken,
    and what is only `told` of one. `noted` counts the rows of what is too common to be told one by
    one, by the id of its rule.
    """

    most: int = 20
    kept: list[Problem] = field(default_factory=list)
    count: int = 0
    sink: Callable[[Problem, Level], None] | None = None
    noted: Counter[str] = field(default_factory=Counter)

    def add(self, row: int, name: str | None, said: str | Broken) -> None:
        self._found(_problem(row, name, said), "refused")

    def repaired(self, row: int, name: str | None, said: Broken) -> None:
        """Note what was wrong with a row that is taken all the same."""
        self._found(_problem(row, name, said), "repaired")

    def told(self, row: int, name: str | None, said: Broken) -> None:
        """Note what somebody should look at in a row that is taken as it is."""
        self._found(_problem(row, name, said), "told")

    def note(self, rule: str, rows: int) -> None:
        """Count rows of which something is worth knowing, and nothing to be done."""
        if rows:
            self.noted[rule] += rows

    def join(self, others: "Noted") -> None:
        """Note what was noted elsewhere."""
        for problem, level in others.problems:
            self._found(problem, level)
        self.noted += others.counts

    def _found(self, problem: Problem, level: Level) -> None:
        if level == "refused":
            self.count += 1
            if len(self.kept) < self.most:
                self.kept.append(problem)
        if self.sink is not None:
            self.sink(problem, level)


class Noted(NamedTuple):
    """What was noted of some rows."""

    problems: list[tuple[Problem, Level]]
    counts: Counter[str]


class Aside:
    """Problems that are noted in one thread, and told in another when it comes to their rows."""

    def __init__(self) -> None:
        self._noted: list[tuple[Problem, Level]] = []
        self.problems = Problems(most=0, sink=self._note)

    def taken(self) -> Noted:
        """What was noted since the last time."""
        noted = Noted(self._noted, self.problems.noted)
        self._noted, self.problems.noted = [], Counter()
        return noted

    def _note(self, problem: Problem, level: Level) -> None:
        self._noted.append((problem, level))


def _problem(row: int, name: str | None, said: str | Broken) -> Problem:
    if isinstance(said, str):
        return Problem(row, name, said, zh=said)
    return Problem(row, name, said.en, said.rule, said.value, said.zh, said.details, said.shape)
