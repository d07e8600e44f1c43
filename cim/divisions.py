"""Administrative divisions (行政区划代码), GB/T 2260, six digits: 2 province, 2 city, 2 county.

A code filled up with zeros names the larger unit: 420606 is a county-level district, 420600 its
city, 420000 its province. A thing that lies in several counties is coded under the smallest
division that holds them all (`covering`). The table holds Hubei: every county-level unit, city
and the province, as of 2022-10-31; rows marked conf M are development zones that the statistical
list treats as counties. Townships (9 digits, statistical codes) are held for Xiangyang. Of other
provinces only the first two digits are known, so `plausible` says less about them.

>>> name("420606")
'樊城区'
>>> city("420606"), province("420606")
('420600', '420000')
>>> covering(["420602", "420606"])
'420600'
>>> name("420699")
Traceback (most recent call last):
    ...
cim.errors.UnknownDivision: no administrative division '420699'
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from cim.data import rows
from cim.errors import UnknownDivision

HOME = "42"  # the province whose table is complete


class Division(NamedTuple):
    """One row of the table; `parent` is the code of the next larger division, "" at the top."""

    code: str
    name: str
    level: str  # province | city | county
    parent: str
    conf: str


class Township(NamedTuple):
    """A township, street or statistical unit (乡镇街道); code of nine digits."""

    code: str
    name: str
    county: str
    kind: str  # township | statistical
    conf: str


@cache
def table() -> dict[str, Division]:
    """All divisions by code."""
    return {row["code"]: Division(**row) for row in rows("divisions")}


@cache
def townships() -> dict[str, Township]:
    """All townships by nine-digit code."""
    return {row["code"]: Township(**row) for row in rows("townships")}


@cache
def _province_prefixes() -> frozenset[str]:
    return frozenset(row["code"][:2] for row in rows("provinces"))


@cache
def _counties_with_townships() -> frozenset[str]:
    return frozenset(township.county for township in townships().values())


def get(code: str) -> Division:
    """The division of a six-digit code; raises UnknownDivision."""
    try:
        return table()[code]
    except KeyError:
        raise UnknownDivision(code) from None


def exists(code: str) -> bool:
    """Whether the table has the six-digit code.

    >>> exists("420600"), exists("420601")
    (True, False)
    """
    return code in table()


def name(code: str) -> str:
    """Chinese name of a division (6 digits) or township (9 digits); raises UnknownDivision.

    >>> name("420602001")
    '真武山街道'
    """
    if code in townships():
        return townships()[code].name
    return get(code).name


def county(code: str) -> str:
    """County of a code that begins with one (county, township, community).

    >>> county("420602001")
    '420602'
    """
    division = get(code[:6])
    if division.level != "county":
        raise UnknownDivision(code)
    return division.code


def city(code: str) -> str:
    """Zero-filled code of the city that holds a county, or of the city itself."""
    division = get(code[:6])
    if division.level == "province":
        raise UnknownDivision(code)
    return division.parent if division.level == "county" else division.code


def province(code: str) -> str:
    """Zero-filled code of the province that holds a division."""
    return get(get(code[:6]).code[:2] + "0000").code


def counties(code: str) -> tuple[str, ...]:
    """Codes of all counties in a division, ascending; a county holds itself.

    >>> len(counties("420600"))
    9
    """
    get(code)
    found = (d.code for d in table().values() if d.level == "county" and code in _line(d.code))
    return tuple(sorted(found))


def covering(codes: Iterable[str]) -> str:
    """The smallest division that holds all the given ones: the code of a thing that crosses them.

    >>> covering(["420606"]), covering(["420606", "420802"])
    ('420606', '420000')
    """
    lines = [_line(code) for code in codes]
    if not lines:
        raise UnknownDivision("")
    for code in lines[0]:
        if all(code in line for line in lines[1:]):
            return code
    raise UnknownDivision(lines[-1][-1])


def _line(code: str) -> tuple[str, ...]:
    """A division and all that hold it, smallest first."""
    division = get(code)
    return (code, *_line(division.parent)) if division.parent else (code,)


def plausible(code: str) -> bool:
    """Whether a code (6 digits, 9 or more with a township) can be right as far as the tables go.

    Hubei: the division must be in the table; a township lies in a county, not in a zero-filled
    division, and must be in the table too where the county's townships are known.
    Elsewhere: the first two digits must be those of a province.

    >>> plausible("320508"), plausible("990101"), plausible("420606999"), plausible("420600001")
    (True, False, False, False)
    """
    if not code.startswith(HOME):
        return code[:2] in _province_prefixes()
    division = table().get(code[:6])
    if division is None or len(code) < 9:
        return division is not None
    if division.code in _counties_with_townships():
        return code[:9] in townships()
    return division.level == "county"
