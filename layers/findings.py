"""What was found in the rows of a file (检查结果): all of it, in constant memory.

Findings are what refuses a row, and what was repaired in one that is taken. They stand in a
temporary SQLite database, which lives in memory while it is small and in a file that nobody sees
when it grows; it is gone with its object.
"""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from cim.assignment.problems import Problem, Problems
from layers.reading.opened import Note

_TABLE = """
    CREATE TABLE finding (
        id INTEGER PRIMARY KEY, repaired INTEGER, row INTEGER, field TEXT, reason TEXT,
        rule TEXT, value TEXT, zh TEXT
    )
"""
_COLUMNS = "row, field, reason, rule, value, zh"


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
        self._database.execute("CREATE INDEX finding_row ON finding (repaired, row)")
        self.problems = Problems(sink=self._note)
        self.read = 0
        self.notes: list[Note] = []

    @property
    def refused(self) -> int:
        """Rows that break a rule."""
        return self._number("SELECT count(DISTINCT row) FROM finding WHERE repaired = 0")

    @property
    def repaired(self) -> int:
        """Rows of which something was repaired, and that break no rule."""
        return self._number(
            "SELECT count(DISTINCT row) FROM finding f WHERE repaired = 1 AND NOT EXISTS"
            " (SELECT 1 FROM finding p WHERE p.repaired = 0 AND p.row = f.row)"
        )

    def rules(self, *, repaired: bool = False) -> list[Broken]:
        """The rules, the most broken first."""
        found = self._database.execute(
            "SELECT rule, count(*), count(DISTINCT row) FROM finding WHERE repaired = ?"
            " GROUP BY rule ORDER BY count(*) DESC, rule",
            (repaired,),
        )
        return [Broken(*row) for row in found]

    def of_rule(self, rule: str, most: int) -> list[Problem]:
        """The first rows that break a rule."""
        found = self._database.execute(
            f"SELECT {_COLUMNS} FROM finding WHERE repaired = 0 AND rule = ?"
            " ORDER BY row, id LIMIT ?",
            (rule, most),
        )
        return [Problem(*row) for row in found]

    def each(
        self, *, repaired: bool = False, first: int = 0, last: int = 1 << 62
    ) -> Iterator[Problem]:
        """The findings of rows `first` to `last`, in the order of the rows."""
        found = self._database.execute(
            f"SELECT {_COLUMNS} FROM finding WHERE repaired = ? AND row BETWEEN ? AND ?"
            " ORDER BY row, id",
            (repaired, first, last),
        )
        return (Problem(*row) for row in found)

    def refused_rows(self, after: int = 0) -> Iterator[int]:
        """Rows with problems that were noted after so many of them."""
        found = self._database.execute(
            "SELECT row FROM finding WHERE repaired = 0 AND id > ? GROUP BY row", (after,)
        )
        return (row for (row,) in found)

    @property
    def last(self) -> int:
        """A place in the findings: those noted up to now."""
        return self._number("SELECT coalesce(max(id), 0) FROM finding")

    def _note(self, problem: Problem, repaired: bool) -> None:
        self._database.execute(
            f"INSERT INTO finding (repaired, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                repaired,
                problem.row,
                problem.field,
                problem.reason,
                problem.rule,
                problem.value,
                problem.zh,
            ),
        )

    def _number(self, query: str) -> int:
        (found,) = self._database.execute(query).fetchone()
        return int(found)
