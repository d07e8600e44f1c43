"""Observed parameters (监测参数): what stations measure, and when a value of it is doubtful.

A table (observed_parameters.csv). The limits are wide ones for all of the country, to find what
cannot be; `source` says where each comes from, and `conf` how sure it is (H, M, L). A parameter is
also found by spellings that files use, such as the field names of SL 323 (`Z`, `Q`, `DRP`).

>>> get("stage").unit, get("stage").max_rate
('m', 1.5)
>>> get("Z").code
'stage'
>>> get("rainfall").stuck_after is None
True
>>> get("gossip")
Traceback (most recent call last):
cim.errors.UnknownParameter: no observed parameter 'gossip'
"""

from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from cim import units
from cim.data import Row, rows
from cim.errors import UnknownParameter

_NUMBERS = ("low", "high", "max_rate")


class Parameter(NamedTuple):
    """An observed parameter; its numbers are in its `unit` (UCUM).

    low, high    what a value lies between
    max_rate     how far it moves within an hour at the most; a shorter time allows as much
    stuck_after  so many equal values in a row are a stuck sensor
    slip         whether ten or a hundred times its neighbours means a slipped decimal point
    above_datum  whether it is a height above a datum (基面), so that the datum belongs to it
    """

    code: str
    name_zh: str
    name_en: str
    unit: str
    low: float | None
    high: float | None
    max_rate: float | None
    stuck_after: int | None
    slip: bool
    above_datum: bool
    source: str
    conf: str

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_zh


def get(text: str) -> Parameter:
    """The parameter that a code or another spelling means; UnknownParameter."""
    found = _by_text().get(text.strip())
    if found is None:
        raise UnknownParameter(text)
    return found


def table() -> tuple[Parameter, ...]:
    """All of them, in the order of the file."""
    return tuple(dict.fromkeys(_by_text().values()))


@cache
def heights() -> frozenset[str]:
    """The codes of those that are heights above a datum."""
    return frozenset(parameter.code for parameter in table() if parameter.above_datum)


@cache
def _by_text() -> MappingProxyType[str, Parameter]:
    found: dict[str, Parameter] = {}
    for row in rows("observed_parameters"):
        parameter = _read(row)
        for text in (parameter.code, *filter(None, row["spellings"].split("|"))):
            assert text not in found, f"{text!r} means two parameters"
            found[text] = parameter
    return MappingProxyType(found)


def _read(row: Row) -> Parameter:
    low, high, rate = (float(row[name]) if row[name] else None for name in _NUMBERS)
    return Parameter(
        row["code"],
        row["name_zh"],
        row["name_en"],
        units.get(row["unit"]).code,
        low,
        high,
        rate,
        stuck_after=int(row["stuck_after"]) if row["stuck_after"] else None,
        slip=row["slip"] == "yes",
        above_datum=row["above_datum"] == "yes",
        source=row["source"],
        conf=row["conf"],
    )
