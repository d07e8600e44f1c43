"""What was found in the rows of a file (检查结果): all of it, in constant memory.

Findings are what refuses a row, what was repaired in one that is taken, and what is only told of
one. They stand in a temporary SQLite database, which lives in memory while it is small and in a
file that nobody sees when it grows; it is gone with its object.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from cim.assignment.problems import Level, Problem, Problems
from layers.crs.placing import Placement
from layers.reading.opened import Note

_TABLE = """
    CREATE TABLE finding (
        id INTEGER PRIMARY KEY, level TEXT, row INTEGER, field TEXT, reason TEXT,
        rule TEXT, value TEXT, zh TEXT, details TEXT, shape BLOB
    )
"""
_COLUMNS = "row, field, reason, rule, value, zh, details, shape"


class Broken(NamedTuple):
    """A rule, and how many findings and rows there are of it."""

    rule: str
    findings: int
    rows: int


class Findings:
    """The findings of one pass over a file; `read` is how many rows were read.

    `notes` are what is to be known of the file as a whole.
    """

    def __init__(self) -> None:
        # A job is begun in one thread and told of in another, never in both at once.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", _TABLE):
            self._database.execute(statement)
        self._database.execute("CREATE INDEX finding_row ON finding (level, row)")
        self.forget()

    def forget(self) -> None:
        """Begin the pass over the file anew."""
        self._database.execute("DELETE FROM finding")
        self.problems = Problems(sink=self._note)
        self.read = 0
        self.notes: list[Note] = []
        self.placement: Placement | None = (
            None  # how the file lies on the earth, once that is known
        )

    @property
    def refused(self) -> int:
        """Rows that break a rule."""
        return self._number("SELECT count(DISTINCT row) FROM finding WHERE level = 'refused'")

    @property
    def repaired(self) -> int:
        """Rows of which something was repaired, and that break no rule."""
        return self._number(
            "SELECT count(DISTINCT row) FROM finding f WHERE level = 'repaired' AND NOT EXISTS"
            " (SELECT 1 FROM finding p WHERE p.level = 'refused' AND p.row = f.row)"
        )

    @property
    def noted(self) -> Mapping[str, int]:
        """Rows of what is counted and not told one by one, by rule."""
        return self.problems.noted

    def rules(self, level: Level = "refused") -> list[Broken]:
        """The rules, the most broken first."""
        found = self._database.execute(
            "SELECT rule, count(*), count(DISTINCT row) FROM finding WHERE level = ?"
            " GROUP BY rule ORDER BY count(*) DESC, rule",
            (level,),
        )
        return [Broken(*row) for row in found]

    def of_rule(self, rule: str, most: int, level: Level = "refused") -> list[Problem]:
        """The first rows that break a rule."""
        found = self._database.execute(
            f"SELECT {_COLUMNS} FROM finding WHERE level = ? AND rule = ? ORDER BY row, id LIMIT ?",
            (level, rule, most),
        )
        return [_problem(row) for row in found]

    def each(
        self, level: Level = "refused", *, first: int = 0, last: int = 1 << 62
    ) -> Iterator[Problem]:
        """The findings of rows `first` to `last`, in the order of the rows."""
        found = self._database.execute(
            f"SELECT {_COLUMNS} FROM finding WHERE level = ? AND row BETWEEN ? AND ?"
            " ORDER BY row, id",
            (level, first, last),
        )
        return (_problem(row) for row in found)

    @property
    def placed(self) -> int:
        """Findings that have a place."""
        return self._number("SELECT count(*) FROM finding WHERE shape IS NOT NULL")

    def faults(self) -> Iterator[tuple[Level, Problem]]:
        """Findings that have a place, refused ones first, in the order of the rows."""
        found = self._database.execute(
            f"SELECT level, {_COLUMNS} FROM finding WHERE shape IS NOT NULL"
            " ORDER BY level <> 'refused', level, row, id"
        )
        return ((level, _problem(row)) for level, *row in found)

    def refused_rows(self, after: int = 0) -> Iterator[int]:
        """Rows with problems that were noted after so many of them."""
        found = self._database.execute(
            "SELECT row FROM finding WHERE level = 'refused' AND id > ? GROUP BY row", (after,)
        )
        return (row for (row,) in found)

    @property
    def last(self) -> int:
        """A place in the findings: what refuses rows, up to now."""
        return self._number("SELECT coalesce(max(id), 0) FROM finding WHERE level = 'refused'")

    def _note(self, problem: Problem, level: Level) -> None:
        details = None if problem.details is None else json.dumps(problem.details)
        self._database.execute(
            f"INSERT INTO finding (level, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                level,
                problem.row,
                problem.field,
                problem.reason,
                problem.rule,
                problem.value,
                problem.zh,
                details,
                problem.shape,
            ),
        )

    def _number(self, query: str) -> int:
        (found,) = self._database.execute(query).fetchone()
        return int(found)


def _problem(row: Any) -> Problem:
    found = Problem(*row)
    return found if row[-2] is None else replace(found, details=json.loads(row[-2]))
