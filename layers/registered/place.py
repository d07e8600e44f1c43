"""The name of a table, as a command has it (表名): `schema.table`, parts quoted as in SQL or not.

What is not quoted is taken as it is written, in upper or lower case.

>>> read("land.dltb"), read("dltb")
(Place(schema='land', table='dltb'), Place(schema='public', table='dltb'))
>>> read('"国土 2024"."a.b"')
Place(schema='国土 2024', table='a.b')
>>> read("a.b.c")
Traceback (most recent call last):
cim.errors.BadName: 'a.b.c' cannot be a name: a table is schema.table, a part with a dot in quotes
"""

import re
from typing import NamedTuple

from cim.errors import BadName

_PART = r'(?:"(?:[^"]|"")+"|[^".]+)'
_NAME = re.compile(rf"(?:({_PART})\.)?({_PART})")
OWN = frozenset({"cim", "layer", "history", "item", "version"})


class Place(NamedTuple):
    """Where a table stands."""

    schema: str
    table: str

    def __str__(self) -> str:
        return f"{_written(self.schema)}.{_written(self.table)}"


def read(text: str) -> Place:
    """The place that a text names; BadName."""
    found = _NAME.fullmatch(text)
    if found is None or "\0" in text:
        raise BadName(text, "a table is schema.table, a part with a dot in quotes")
    return Place(_plain(found[1] or "public"), _plain(found[2]))


def _plain(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part


def _written(name: str) -> str:
    return name if re.fullmatch(r"[^\".\s]+", name) else '"' + name.replace('"', '""') + '"'
