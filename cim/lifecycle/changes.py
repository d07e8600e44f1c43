"""The feed of changes (变更订阅): what happened to entities, in order, exactly once, resumable.

A reader keeps the `next` of its last answer and gives it back as `since`. Events of transactions
that are still running are held back, and so is everything after them, so that nothing can appear
behind a reader's back; a long load delays the feed until it commits. In the order of the feed an
entity's events stand in the order in which they were written.

>>> Position.parse("834-2")
Position(turn=834, id=2)
>>> str(Position(834, 2))
'834-2'
>>> Position.parse("yesterday")
Traceback (most recent call last):
cim.errors.InvalidPosition: 'yesterday' is no place in the feed of changes: give back a `next`
"""

import re
from typing import Any, NamedTuple

from cim.access import Caller
from cim.errors import InvalidPosition
from cim.statement import Statement

_POSITION = re.compile(r"(\d{1,18})-(\d{1,18})")

# The place after which nothing has happened yet, as a Position.
LATEST = Statement("SELECT cim.turns_done() AS turn, 0::bigint AS id", ())

_CHANGES = """
    SELECT v.turn, v.id, v.code, v.kind, v.valid_at, a.recorded_at, a.who, a.why, a.document,
           e.source_system, e.source_id,
           CASE WHEN v.kind IN ('merged', 'split') THEN ARRAY(
               SELECT successor FROM cim.succession s
               WHERE s.predecessor = v.code ORDER BY successor) END AS successors,
           CASE WHEN v.kind = 'assigned' THEN ARRAY(
               SELECT predecessor FROM cim.succession s
               WHERE s.successor = v.code ORDER BY predecessor) END AS predecessors
    FROM cim.event v JOIN cim.action a ON a.id = v.action_id JOIN cim.entity e USING (code)
"""

_PAGE = f"""{_CHANGES}
    WHERE (v.turn, v.id) > ($1::bigint, $2::bigint) AND v.turn < cim.turns_done()
    ORDER BY v.turn, v.id LIMIT $3::bigint + 1
"""

_OF_ONE = f"{_CHANGES} WHERE v.code = $1 ORDER BY v.id"


class Position(NamedTuple):
    """A place in the feed: after the event of this turn and id."""

    turn: int
    id: int

    def __str__(self) -> str:
        return f"{self.turn}-{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Position":
        """The position that a text names; InvalidPosition."""
        found = _POSITION.fullmatch(text)
        if not found:
            raise InvalidPosition(text)
        return cls(int(found[1]), int(found[2]))


BEGINNING = Position(0, 0)


def page(since: Position, limit: int, caller: Caller) -> Statement:
    """Rows go to `change`; one more than the limit where another page follows."""
    return Statement(_PAGE, (since.turn, since.id, limit))


def of(code: str) -> Statement:
    """Rows that go to `change`: what happened to one entity, in the order of recording."""
    return Statement(_OF_ONE, (code,))


def change(row: Any) -> dict[str, Any]:
    """What a row of `page` says, for JSON."""
    said = {
        "position": str(Position(row.turn, row.id)),
        "code": row.code,
        "change": row.kind,
        "valid_at": row.valid_at,
        "recorded_at": row.recorded_at,
        "who": row.who,
        "why": row.why,
        "document": row.document,
        "source_system": row.source_system,
        "source_id": row.source_id,
    }
    links = {"successors": row.successors, "predecessors": row.predecessors}
    return said | {name: codes for name, codes in links.items() if codes}
