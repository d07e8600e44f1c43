"""Broken rules of rows (问题行), the first ones kept and all of them counted."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cim.assignment.rules import OTHER, Broken


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: the row counted from 1, the field where there is one, and the reason.

    `reason` is English and `zh` Chinese; `rule` is an id of `cim.assignment.rules`, and `value`
    what breaks it.
    """

    row: int
    field: str | None
    reason: str
    rule: str = OTHER
    value: str | None = None
    zh: str = ""

    def __str__(self) -> str:
        where = f"row {self.row}" + (f", field {self.field}" if self.field else "")
        return f"{where}: {self.reason}"


@dataclass(slots=True)
class Problems:
    """The problems of a whole file or batch: the first `most` are kept, all are counted.

    `sink` gets every problem, and with True what was wrong and has been repaired.
    """

    most: int = 20
    kept: list[Problem] = field(default_factory=list)
    count: int = 0
    sink: Callable[[Problem, bool], None] | None = None

    def add(self, row: int, name: str | None, said: str | Broken) -> None:
        self.note(_problem(row, name, said))

    def repaired(self, row: int, name: str | None, said: Broken) -> None:
        """Note what was wrong with a row that is taken all the same."""
        self.note(_problem(row, name, said), repaired=True)

    def note(self, problem: Problem, *, repaired: bool = False) -> None:
        if not repaired:
            self.count += 1
            if len(self.kept) < self.most:
                self.kept.append(problem)
        if self.sink is not None:
            self.sink(problem, repaired)


class Aside:
    """Problems that are noted in one thread, and told in another when it comes to their rows."""

    def __init__(self) -> None:
        self._noted: list[tuple[Problem, bool]] = []
        self.problems = Problems(most=0, sink=self._note)

    def taken(self) -> list[tuple[Problem, bool]]:
        """What was noted since the last time, and whether it was repaired."""
        noted, self._noted = self._noted, []
        return noted

    def _note(self, problem: Problem, repaired: bool) -> None:
        self._noted.append((problem, repaired))


def _problem(row: int, name: str | None, said: str | Broken) -> Problem:
    if isinstance(said, str):
        return Problem(row, name, said, zh=said)
    return Problem(row, name, said.en, said.rule, said.value, said.zh)
