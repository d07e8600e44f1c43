"""Chinese address text in its parts, and how alike two are (地址解析与相似度).

Written forms are brought together first: full and half width, blanks and punctuation, numbers of
doors, buildings and rooms in Chinese or Arabic numerals, 幢 座 号楼 as 栋. Then the parts are
taken apart: county (GB/T 2260, Hubei), township, the road or compound (`stem`), the number of
the door (`house`), what is named behind it (`tail`), and details: 附 annex, 栋 building, 单元
entrance, 层 floor, 室 room. Province and city are left out: a city has one of each. No standard
of address text could be read; these rules are ours.

>>> parse("湖北省襄阳市襄城区真武山街道丹江路２号 汉江花园三号楼二单元502室")
Address(county='襄城区', town='真武山街道', stem='丹江路', house='2', tail='汉江花园', annex='', \
building='3', entrance='2', floor='', room='502')
>>> parse("丹江路一百零五号附3号").house, parse("丹江路12").house, parse("丹江路2号-3-502").room
('105', '12', '502')
>>> parse("十二号路8号").stem, parse("三元路").stem, parse("汉江花园A座").building
('12号路', '三元路', 'A')
>>> alike("长虹北路", "长红北路"), alike("丹江路", "丹江路")
(0.75, 1.0)
>>> parse("——").stem
''
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from cim import divisions

_DIGITS = {character: digit for digit, character in enumerate("零一二三四五六七八九")}
_DIGITS |= {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_NUMERAL = f"[{''.join(_DIGITS)}{''.join(_TENS)}]+"
_ROADS = "路|街|道|大道|巷|线|桥"

_DASHES = re.compile(r"[‐‑‒–—―−~～]")
_KINDS = re.compile(r"(?:大道|小区|花园|公寓|大厦|广场|社区|[路街道巷弄村苑])$")
_BLANK = re.compile(r"[^\w\-#]|_")
_WRITTEN = re.compile(f"({_NUMERAL})(?=号|弄|栋|幢|座|单元|层|楼|室|户|房)|(?<=附)({_NUMERAL})")
# Forms of one thing, in the order in which they are brought together.
_FORMS = (
    (re.compile(r"(\d+)(?:号楼|号栋|栋楼|幢|座|#楼|#)"), r"\1栋"),
    (re.compile(r"([A-Z])(?:座|幢)"), r"\1栋"),
    (re.compile(r"(\d+)门(?!牌)"), r"\1单元"),
    (re.compile(r"(\d+)楼"), r"\1层"),
    (re.compile(r"(\d+)(?:号房|户|房)"), r"\1室"),
    (re.compile(r"门牌"), ""),
    (re.compile(r"(?<=[号\D])-?(\d+)-(\d+)-(\d+)$"), r"\1栋\2单元\3室"),
    (re.compile(r"(?<=号)-?(\d+)-(\d+)$"), r"\1栋\2室"),
    (re.compile(r"(?<=[路街道巷弄])(\d+(?:-\d+)?)$"), r"\1号"),
)
_HOUSE = re.compile(rf"(\d+(?:-\d+)?)号(?!(?:{_ROADS}))")
_DETAILS = {
    "annex": re.compile(r"附(\d+)号?"),
    "building": re.compile(r"(\d+|[A-Z])栋"),
    "entrance": re.compile(r"(\d+)单元"),
    "floor": re.compile(r"(\d+)层"),
    "room": re.compile(r"(\d+)室"),
}
# What may stand before a county.
_ABOVE = (
    re.compile(r"[^省路街\d]{2,3}省|.{2,8}?自治区"),
    re.compile(r"[^市路街\d]{2,4}市(?!场|政|民|路|街)"),
)
_TOWN = re.compile(rf"^([^\d路街巷号]{{2,6}}?(?:街道|镇|乡))(?!(?:{_ROADS}))")


class Address(NamedTuple):
    """An address in its parts; a part that is not said is ""."""

    county: str
    town: str
    stem: str
    house: str
    tail: str
    annex: str
    building: str
    entrance: str
    floor: str
    room: str


@lru_cache(maxsize=65_536)
def parse(text: str) -> Address:
    """The parts of an address; one without a stem is none."""
    county, town, rest = _area(_brought_together(text))
    details = {}
    house, tail = "", ""
    annex = _DETAILS["annex"].search(rest)
    if annex:  # before the door, whose 号 it may share
        details["annex"] = annex[1]
        rest = rest[: annex.start()] + rest[annex.end() :]
    found = _HOUSE.search(rest)
    if found:
        house, tail, rest = found[1], rest[found.end() :], rest[: found.start()]
    for name, pattern in _DETAILS.items():
        for where in ("tail", "rest"):
            part = tail if where == "tail" else rest
            hit = pattern.search(part)
            if hit and name not in details:
                details[name] = hit[1]
                part = part[: hit.start()] + part[hit.end() :]
                tail, rest = (part, rest) if where == "tail" else (tail, part)
    said = {name: details.get(name, "").lstrip("0") for name in _DETAILS}
    return Address(county, town, rest.strip("-#"), house.lstrip("0"), tail.strip("-#"), **said)


def _brought_together(text: str) -> str:
    plain = _DASHES.sub("-", unicodedata.normalize("NFKC", text)).upper()
    plain = _WRITTEN.sub(lambda hit: str(_number(hit[0])), _BLANK.sub("", plain))
    for pattern, form in _FORMS:
        plain = pattern.sub(form, plain)
    return plain


def _number(text: str) -> int:
    """The number of a numeral: 一百零五 counts, 二〇三 spells.

    >>> _number("一百零五"), _number("二〇三"), _number("十二"), _number("二十")
    (105, 203, 12, 20)
    """
    if not any(character in _TENS for character in text):
        return int("".join(str(_DIGITS[character]) for character in text))
    total, digit = 0, 0
    for character in text:
        if character in _TENS:
            total += (digit or 1) * _TENS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


_Names = dict[str, tuple[str, ...]]


@cache
def _counties() -> _Names:
    return _by_beginning(each.name for each in divisions.table().values() if each.level == "county")


@cache
def _towns() -> _Names:
    return _by_beginning(township.name for township in divisions.townships().values())


def _by_beginning(names: Iterable[str]) -> _Names:
    """Names by their first character, the longest first."""
    table: dict[str, list[str]] = {}
    for name in sorted(set(names), key=len, reverse=True):
        table.setdefault(name[0], []).append(name)
    return {first: tuple(some) for first, some in table.items()}


def _begins(text: str, names: _Names) -> str:
    """The name that a text begins with, "" where there is none."""
    return next((name for name in names.get(text[:1], ()) if text.startswith(name)), "")


def _area(text: str) -> tuple[str, str, str]:
    """County, township and the rest."""
    county = _begins(text, _counties())
    for above in _ABOVE:  # 老河口市 is a county that ends like a city
        if not county and (found := above.match(text)):
            text = text[found.end() :]
            county = _begins(text, _counties())
    text = text[len(county) :]
    town = _begins(text, _towns())
    if not town:
        found = _TOWN.match(text)
        town = found[1] if found and len(found[1]) < len(text) else ""
    return county, town, text[len(town) :] if town != text else text


def core(stem: str) -> str:
    """What of a stem is its own: without the kind of road or compound that many end with.

    >>> core("长虹北路"), core("汉江花园"), core("南街")
    ('长虹北', '汉江', '南街')
    """
    own = _KINDS.sub("", stem)
    return own if len(own) > 1 else stem


@lru_cache(maxsize=65_536)
def alike(one: str, other: str) -> float:
    """1 less the share of characters to be changed, put in or taken out (Levenshtein)."""
    if one == other:
        return 1.0
    before = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        now = [i]
        for j, b in enumerate(other, 1):
            now.append(min(before[j] + 1, now[-1] + 1, before[j - 1] + (a != b)))
        before = now
    return 1 - before[-1] / max(len(one), len(other), 1)
