"""Things by their names (按名称查找): `cim.name`, with typing errors, Chinese of any length.

What contains the text comes first, then what resembles it:

=========  =====================================================================================
contains   case does not matter; score 0.5 and half the share of the name that the text makes up,
           so that the whole name scores 1
resembles  by trigrams (pg_trgm), half of their similarity; or, where no name contains the text and
           it has 4 to 30 characters, by one character wrong, missing, too many or two swapped: half
           of the share of the name that agrees
=========  =====================================================================================

Chinese has no spaces, so that a name is one word to pg_trgm: one wrong character of four leaves two
trigrams of eight, which is why the least similarity is 0.25, and inside of a longer name it leaves
none, which is why a pattern is tried. Texts of one or two characters have no trigram inside a name;
the names are then read whole, which takes about 0.2 s for a million.

>>> one_off("长红北路").startswith(".红北路|长.北路|长红.路|长红北.")
True
>>> one_off("路 12") is None
False
>>> one_off("路号") is None
True
"""

import re
from functools import cache
from typing import NamedTuple

from cim.items import Statement

LEAST = 0.25  # similarity; the connections of the service have it as pg_trgm's threshold
MOST_TEXT = 100
_PATTERN_FROM, _PATTERN_TO = 4, 30


class Named(NamedTuple):
    """A text that names are asked for: classes by how their codes begin, how many at the most."""

    text: str
    class_prefix: str
    limit: int


def containing(asked: Named) -> Statement:
    """Rows (code, name, state, layer, score), best first: names with the text in them."""
    pattern = re.sub(r"([\\%_])", r"\\\1", asked.text)
    values = (f"%{pattern}%", asked.class_prefix, asked.limit, len(asked.text))
    return Statement(_containing_sql(asked.text.lower() != asked.text.upper()), values)


@cache
def _containing_sql(cased: bool) -> str:
    like = "ILIKE" if cased else "LIKE"  # which is quicker
    return _list(
        "0.5 + 0.5 * $4::int / length(n.name)",
        f"SELECT code, name FROM cim.name WHERE name {like} $1",
    )


def resembling(asked: Named, nothing_contains: bool) -> Statement:
    """The same: names that resemble the text."""
    pattern = one_off(asked.text) if nothing_contains else None
    values = (asked.text, asked.class_prefix, asked.limit, len(asked.text), pattern)
    return Statement(_RESEMBLING, values)


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


_RESEMBLING = _list(
    """greatest(0.5 * similarity(n.name, $1),
                CASE WHEN n.name ~ $5::text THEN 0.5 * ($4::int - 1) / length(n.name) END)""",
    "SELECT code, name FROM cim.name WHERE name % $1"
    " UNION SELECT code, name FROM cim.name WHERE name ~ $5::text",
)
