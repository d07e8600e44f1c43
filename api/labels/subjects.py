"""What the database says of the things to be labelled (标签对象), and which of them get a label.

Labels are for what is there or will be: an entity that is active, or reserved. One that is retired,
merged, split or void is refused, for its label would go on a thing that is no longer it; void is
also what is reserved until a time that is over.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from api.errors import BadRow, CodeNotFound, NoLabel
from api.labels.label import titles
from cim import entity_code
from cim.errors import InvalidCode
from cim.statement import Statement

_LABELLED = ("active", "reserved")

_FIND = """
    SELECT w.code, CASE WHEN e.state = 'reserved' AND EXISTS (
                            SELECT FROM cim.reservation r
                            WHERE r.id = e.reservation_id
                              AND least(r.ended_at, r.expires_at) <= now())
                        THEN 'void' ELSE e.state END AS state, c.name_zh, c.name_en, n.name
    FROM unnest($1::text[]) WITH ORDINALITY AS w (code, row)
    LEFT JOIN cim.entity e ON e.code = w.code
    LEFT JOIN cim.entity_class c ON c.code = substr(w.code, 7, 6)
    LEFT JOIN cim.name n ON n.code = w.code
    ORDER BY w.row
"""


class Subject(NamedTuple):
    """An entity that gets a label, and what may be its title."""

    code: str
    titles: tuple[str, ...]


def codes(texts: Iterable[object]) -> list[str]:
    """The 21 digits of each text of a list; BadRow."""
    return [_code(text, row) for row, text in enumerate(texts, 1)]


def _code(text: object, row: int) -> str:
    if not isinstance(text, str):
        raise BadRow(row, "a code is a text")
    try:
        return entity_code.validate(text)
    except InvalidCode as error:
        raise BadRow(row, str(error)) from None


def find(codes: Sequence[str]) -> Statement:
    """Statement whose rows, one for each code in its order, go to `read`."""
    return Statement(_FIND, (list(codes),))


def read(rows: Sequence[Any], language: str, *, listed: bool = True) -> list[Subject]:
    """The entities; CodeNotFound or NoLabel, with the row where they are of a list."""
    return [
        _subject(row, language, number if listed else None) for number, row in enumerate(rows, 1)
    ]


def _subject(row: Any, language: str, number: int | None) -> Subject:
    if row.state is None:
        raise CodeNotFound(row.code, number)
    if row.state not in _LABELLED:
        raise NoLabel(row.code, row.state, number)
    kind = row.name_en if language == "en" else row.name_zh
    return Subject(row.code, titles(kind, row.name))
