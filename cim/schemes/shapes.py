"""The rules of the schemes over whole columns (整列规则): the scalar modules are the oracle.

A rule takes the characters of n codes of one length, compact and in capitals: all first ones, all
second ones and so on, as (length, n) bytes. It tells which are codes. The tables are those of the
scalar modules.

>>> codes = np.array([list(b"3205080101000001"), list(b"3205080001000001")], np.uint8).T
>>> component_codes(codes).tolist()
[True, False]
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

import numpy as np

from cim import divisions
from cim.code_text import CAPITALS, DIGITS
from cim.schemes import gb28181, parcel, real_estate_unit, uscc
from cim.text_columns import Bytes, Ints, Mask

__all__ = ["RULES", "Rule"]

Rule = Callable[[Bytes], Mask]


def parcel_codes(codes: Bytes) -> Mask:
    """Parcel codes (宗地代码), or the parcels at the head of real-estate unit codes."""
    letters = _pairs((o, r) for r in parcel.letters(14) for o in parcel.owners(r))
    return _all(
        _digits(codes[:12]),
        letters[codes[12], codes[13]],
        _digits(codes[14:19]),
        _known_divisions().take(_number(codes[:6]), mode="clip"),
        _number(codes[14:19]) != 0,
    )


def real_estate_unit_codes(codes: Bytes) -> Mask:
    """Real-estate unit codes (不动产单元代码)."""
    rights = parcel.letters(14)
    fixtures = _pairs((right, f) for right in rights for f in real_estate_unit.fixtures(right))
    bare = codes[19] == ord(real_estate_unit.NO_FIXTURE)
    return _all(
        parcel_codes(codes),
        fixtures[codes[13], codes[19]],
        _digits(codes[20:28]),
        ~bare | (_number(codes[20:28]) == 0),
    )


def credit_codes(codes: Bytes) -> Mask:
    """Unified social credit codes (统一社会信用代码)."""
    values = _values(uscc.ALPHABET)[codes]
    weights = np.array([3**place % 31 for place in range(17)])
    right = -(weights @ np.where(values[:17] < 31, values[:17], 0)) % 31
    return _all(*(values < 31), _digits(codes[2:8]), values[17] == right)


def component_codes(codes: Bytes) -> Mask:
    """City component identifiers (城市部件标识码)."""
    division = _plausible_divisions().take(_number(codes[:6]), mode="clip")
    return _all(_digits(codes), division, _number(codes[6:8]) != 0, _number(codes[8:10]) != 0)


def device_codes(codes: Bytes) -> Mask:
    """Device identifiers of GB/T 28181 (视频设备编码)."""
    parts = {"industry": codes[8:10], "type": codes[10:13], "network": codes[13:14]}
    listed = (
        np.isin(_number(part), [int(code) for code in gb28181.segment(name)])
        for name, part in parts.items()
    )
    return _all(_digits(codes), *listed)


def unit_grid_codes(codes: Bytes) -> Mask:
    """Unit grid codes (单元网格代码)."""
    return _all(_digits(codes), _in_township(codes), _number(codes[12:15]) != 0)


def house_codes(codes: Bytes) -> Mask:
    """House codes (房屋代码)."""
    values = _values(DIGITS + "X")[codes]
    weights = np.array([pow(2, 22 - place, 11) for place in range(22)])
    right = (1 - weights @ np.where(values[:22] < 10, values[:22], 0)) % 11
    return _all(_digits(codes[:22]), _in_township(codes), values[22] == right)


def station_codes(codes: Bytes) -> Mask:
    """Hydrological station codes (水文测站编码)."""
    return _all(*(_values(DIGITS + CAPITALS)[codes] < 36))


RULES: Mapping[str, tuple[int, Rule]] = {
    "real_estate_unit": (28, real_estate_unit_codes),
    "parcel": (19, parcel_codes),
    "uscc": (18, credit_codes),
    "house": (23, house_codes),
    "gb28181": (20, device_codes),
    "component": (16, component_codes),
    "unit_grid": (15, unit_grid_codes),
    "hydro_station": (8, station_codes),
}
"""The length of the codes of a scheme, and its rule."""


def _all(*rules: Mask) -> Mask:
    """Where all rules hold."""
    hold: Mask = np.logical_and.reduce(rules)
    return hold


def _digits(characters: Bytes) -> Mask:
    return _all(*(characters - np.uint8(ord("0")) < 10))


def _number(characters: Bytes) -> Ints:
    """The number that some places make; nonsense where they are no digits."""
    number = np.zeros(characters.shape[1], np.int64)
    for place in characters:
        number = number * 10 + (place - np.uint8(ord("0")))
    return number


@cache
def _values(alphabet: str) -> Bytes:
    """The place of each of 256 characters in the alphabet, 255 where it has none."""
    values = np.full(256, 255, np.uint8)
    values[list(alphabet.encode())] = np.arange(len(alphabet))
    return values


def _pairs(pairs: Iterable[tuple[str, str]]) -> Mask:
    """Which pairs of characters may stand together."""
    allowed = np.zeros((256, 256), np.bool_)
    for first, second in pairs:
        allowed[ord(first), ord(second)] = True
    return allowed


@cache
def _known_divisions() -> Mask:
    known = np.zeros(1_000_000, np.bool_)
    known[[int(code) for code in divisions.table()]] = True
    return known


@cache
def _plausible_divisions() -> Mask:
    """`divisions.plausible` of all numbers of six digits: outside Hubei the province decides."""
    province = np.array([divisions.plausible(f"{n:02d}0101") for n in range(100)])
    plausible = np.repeat(province, 10_000)
    home = slice(int(divisions.HOME) * 10_000, (int(divisions.HOME) + 1) * 10_000)
    plausible[home] = _known_divisions()[home]
    return plausible


def _in_township(codes: Bytes) -> Mask:
    """`divisions.plausible` of the first nine digits of each code."""
    numbers, inverse = np.unique(_number(codes[:9]), return_inverse=True)
    plausible = [divisions.plausible(f"{n:09d}"[:9]) for n in numbers.tolist()]
    found: Mask = np.array(plausible, np.bool_)[inverse]
    return found
