"""Things by their names (按名称查找): `cim.name`, with typing errors, Chinese of any length.

What contains the text comes first, then what resembles it:

=========  =====================================================================================
contains   case does not matter; score 0.5 and half the share of the name that the text makes up,
           so that the whole name scores 1
resembles  by trigrams (pg_trgm), half of their similarity; or, where no name contains the text and
           it has 4 to 30 characters, by one character wrong, missing, too many or two swapped: half
           of the share of the name that agrees. Where no name is the text, which has 2 to 4
           characters, also whole names that have another character in the place of one that is
           not ASCII: a digit that differs is another thing
=========  =====================================================================================

Chinese has no spaces, so that a name is one word to pg_trgm: one wrong character of four leaves two
trigrams of eight, which is why the least similarity is 0.25, and inside of a longer name it leaves
none, which is why a pattern is tried. Texts of one or two characters have no trigram inside a name;
the names are then read whole, which takes 0.1 to 0.5 s for a million, and a second time to look for
another character in whole names of two; in those of three that takes 3 ms, by the trigrams.

>>> one_off("长红北路").startswith(".红北路|长.北路|长红.路|长红北.")
True
>>> one_off("路 12") is None
False
>>> one_off("路号") is None
True
>>> near("襄洲区"), near("1%_路")
(['_洲区', '襄_区', '襄洲_'], ['1\\\\%\\\\__'])
"""

import re
from functools import cache
from typing import NamedTuple

from cim.statement import Statement

LEAST = 0.25  # similarity; the connections of the service have it as pg_trgm's threshold
MOST_TEXT = 100
_PATTERN_FROM, _PATTERN_TO = 4, 30
_NEAR_FROM, _NEAR_TO = 2, 4


class Named(NamedTuple):
    """A text that names are asked for: classes by how their codes begin, how many at the most."""

    text: str
    class_prefix: str
    limit: int


def containing(asked: Named) -> Statement:
    """Rows (code, name, state, layer, score), best first: names with the text in them."""
    values = (f"%{_literal(asked.text)}%", asked.class_prefix, asked.limit, len(asked.text))
    return Statement(_containing_sql(asked.text.lower() != asked.text.upper()), values)


@cache
def _containing_sql(cased: bool) -> str:
    like = "ILIKE" if cased else "LIKE"  # which is quicker
    return _list(
        "0.5 + 0.5 * $4::int / length(n.name)",
        f"SELECT code, name FROM cim.name WHERE name {like} $1",
    )


def resembling(asked: Named, nothing_contains: bool, nothing_is: bool) -> Statement:
    """The same: names that resemble the text, where none contains it, or none is it."""
    pattern = one_off(asked.text) if nothing_contains else None
    patterns = near(asked.text) if nothing_is and pattern is None else []  # it has them
    values = (asked.text, asked.class_prefix, asked.limit, len(asked.text), pattern)
    if not patterns:
        return Statement(_RESEMBLING, values)
    return Statement(_near_sql(len(patterns)), (*values, *patterns))


def near(text: str) -> list[str]:
    """LIKE patterns of whole names that differ from a text of 2 to 4 characters in one of them."""
    if not _NEAR_FROM <= len(text) <= _NEAR_TO:
        return []
    each = [_literal(character) for character in text]
    wrong = [i for i, character in enumerate(text) if not character.isascii()]
    return ["".join([*each[:i], "_", *each[i + 1 :]]) for i in wrong]


def _literal(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def one_off(text: str) -> str | None:
    """A regular expression of texts with one typing error; None where the text is too short.

    Too long a text has none either.
    """
    if not _PATTERN_FROM <= len(text) <= _PATTERN_TO:
        return None
    each = [re.escape(character) for character in text]
    places = range(len(each))
    wrong = [[*each[:i], ".", *each[i + 1 :]] for i in places]
    missing = [[*each[:i], ".", *each[i:]] for i in places[1:]]
    extra = [[*each[:i], *each[i + 1 :]] for i in places]
    swapped = [[*each[:i], each[i + 1], each[i], *each[i + 2 :]] for i in places[:-1]]
    found = "|".join("".join(one) for one in (*wrong, *missing, *extra, *swapped))
    return f"(?i){found}" if text.lower() != text.upper() else found


def _list(score: str, which: str) -> str:
    return f"""
        SELECT n.code, n.name, e.state, l.name AS layer, ({score})::float8 AS score
        FROM ({which}) n JOIN cim.entity e USING (code) LEFT JOIN cim.layer l ON l.id = e.layer_id
        WHERE starts_with(substr(n.code, 7), $2)
        ORDER BY score DESC, e.state <> 'active', n.code
        LIMIT $3::bigint
    """


_ALIKE = """greatest(0.5 * similarity(n.name, $1),
                CASE WHEN n.name ~ $5::text THEN 0.5 * ($4::int - 1) / length(n.name) END{near})"""
_WHICH = (
    "SELECT code, name FROM cim.name WHERE name % $1"
    " UNION SELECT code, name FROM cim.name WHERE name ~ $5::text"
)
_RESEMBLING = _list(_ALIKE.format(near=""), _WHICH)


@cache
def _near_sql(patterns: int) -> str:
    like = " OR ".join(f"n.name LIKE ${6 + n}::text" for n in range(patterns))
    near = f", CASE WHEN {like} THEN 0.5 * ($4::int - 1) / $4::int END"
    which = f"{_WHICH} UNION SELECT code, name FROM cim.name n WHERE {like}"
    return _list(_ALIKE.format(near=near), which)
