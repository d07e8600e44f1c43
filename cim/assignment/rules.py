"""The rules that rows are held to (入库规则): an id, a title, and a sentence in two languages.

They stand in the table cim/data/ingest_rules.csv. A sentence names the value that breaks the rule
and whatever else tells where to mend it.

>>> said = broken("key.doubled", "a", first=1)
>>> said.en, said.zh
("the key 'a' stands in row 1 already", "键值 'a' 已出现在第 1 行")
>>> RULES["key.doubled"].title_zh
'键值重复'
>>> broken("no.rule")
Traceback (most recent call last):
KeyError: 'no.rule'
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from cim.data import rows

MOST_VALUE = 200  # characters of a value that a report repeats


class Rule(NamedTuple):
    """A rule; `zh` and `en` are sentences with the places of the value and of details.

    One `of_file` speaks of the file as a whole and is told of its first row.
    """

    id: str
    title_zh: str
    title_en: str
    zh: str
    en: str
    of_file: bool


class Broken(NamedTuple):
    """A rule that a value breaks, in words; what was measured of it, and where it is (WKB)."""

    rule: str
    value: str | None
    zh: str
    en: str
    details: Mapping[str, Any] | None = None
    shape: bytes | None = None


OTHER = "other"  # a rule that has no words of its own here

# Rules of the data element catalog have no sentences there: the catalog makes them of the field.
RULES = {
    row["id"]: Rule(
        row["id"],
        row["title_zh"],
        row["title_en"],
        row["zh"],
        row["en"],
        of_file=row["of_file"] == "yes",
    )
    for row in rows("ingest_rules")
}


def broken(rule: str, value: object = None, **details: Any) -> Broken:
    """The rule as this value breaks it; KeyError where there is no such rule."""
    found = RULES[rule]
    text = None if value is None else _short(str(value))
    values = {"value": text, **details}
    return Broken(rule, text, found.zh.format(**values), found.en.format(**values))


def _short(text: str) -> str:
    return text if len(text) <= MOST_VALUE else f"{text[:MOST_VALUE]}…"
