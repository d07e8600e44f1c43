"""Columns of entity codes (统一识别代码列), validated at once; cim.entity_code is the oracle.

A row of 21 ASCII digits with or without a check character, hyphens and spaces aside, is settled
in arithmetic over the whole column. Any other row (full width, wrong length) goes through the
scalar function. Nothing is raised for a bad row: its reason is told instead.

How: hyphens and spaces are taken out of all bytes at once. 24 bytes of a row are read as three
64-bit words; each word is eight digits, tested and then folded into numbers of four digits by
three multiplications. MOD 37,36 is a walk through 36 states, and a table tells where four digits
lead from each.

>>> done = validate_many(["420602010101000000001L", "420602-010101-000000001", "4206", None])
>>> done.canonical.to_pylist()
['420602010101000000001', '420602010101000000001', None, None]
>>> done.valid.tolist()
[True, True, False, False]
>>> [Reason(r).name for r in done.reason]
['VALID', 'VALID', 'LENGTH', 'NULL']
>>> validate_many([42])
Traceback (most recent call last):
    ...
TypeError: a column of codes is text, not int64
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from cim import divisions, entity_code
from cim.errors import (
    InvalidCharacter,
    InvalidCheckCharacter,
    InvalidCode,
    InvalidComponent,
    InvalidDivision,
    InvalidLength,
)
from cim.text_columns import Bytes, Ints, Mask, TextColumn, memory, to_arrow

__all__ = ["Reason", "Validated", "format_many", "validate_many"]

_Words = NDArray[np.uint64]

_BLOCK = 1 << 14  # rows whose intermediate columns stay in the cache
_READ = 24  # bytes of a row that are looked at, three words
_STATES = 36
_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_START = 18  # the state that MOD 37,36 begins in, as python-stdnum numbers them


class Reason(IntEnum):
    """Why a row is not a code; one for each leaf of InvalidCode."""

    VALID = 0
    NULL = 1
    LENGTH = 2
    CHARACTER = 3
    DIVISION = 4
    COMPONENT = 5
    CHECK_CHARACTER = 6


_REASONS: dict[type[InvalidCode], Reason] = {
    InvalidLength: Reason.LENGTH,
    InvalidCharacter: Reason.CHARACTER,
    InvalidDivision: Reason.DIVISION,
    InvalidComponent: Reason.COMPONENT,
    InvalidCheckCharacter: Reason.CHECK_CHARACTER,
}


class Validated(NamedTuple):
    """A validated column: canonical codes (21 digits, null where bad) and a Reason for each row."""

    canonical: pa.LargeStringArray
    reason: Bytes

    @property
    def valid(self) -> Mask:
        """Which rows are codes."""
        valid: Mask = self.reason == Reason.VALID
        return valid


class _Digits(NamedTuple):
    """Which rows are 21 digits; those as five numbers of four digits and a last digit.

    In rows that are not, all numbers are 0.
    """

    plain: Mask
    fours: list[Ints]
    last: Ints


def validate_many(column: Any) -> Validated:
    """Validate a column of n texts: Arrow array, pandas Series, numpy array or sequence of str.

    TypeError when the column is not text.
    """
    texts = memory(to_arrow(column))
    count = len(texts.null)
    reason = np.empty(count, np.uint8)
    canonical = np.empty(count, "V21")
    filled = 0
    for start in range(0, count, _BLOCK):
        codes, why = _validate_block(_block(texts, start))
        good = codes[why == Reason.VALID]
        canonical[filled : filled + len(good)] = good
        reason[start : start + _BLOCK] = why
        filled += len(good)
    return Validated(_to_strings(canonical[:filled], reason == Reason.VALID), reason)


def codes_of(beginnings: Sequence[str], which: Ints, serials: Ints) -> pa.StringArray:
    """Codes of n serials: `which` of the beginnings, 12 digits of division and class, each has.

    >>> codes_of(["420606990101"], np.array([0, 0]), np.array([1, 23])).to_pylist()
    ['420606990101000000001', '420606990101000000023']
    """
    codes = np.empty((len(serials), 21), np.uint8)
    codes[:, :12] = np.frombuffer("".join(beginnings).encode(), np.uint8).reshape(-1, 12)[which]
    for place in range(9):
        codes[:, 20 - place] = serials // 10**place % 10 + ord("0")
    buffers = [None, pa.py_buffer(codes)]
    made = pa.Array.from_buffers(pa.binary(21), len(serials), buffers)
    return made.cast(pa.binary()).cast(pa.string())


def _block(texts: TextColumn, start: int) -> TextColumn:
    """The rows of a block, with room to read beyond the last."""
    offsets = texts.offsets[start : start + _BLOCK + 1]
    data = texts.data[offsets[0] : offsets[-1]]
    padded = np.concatenate([data, np.zeros(_READ, np.uint8)])
    return TextColumn(offsets - offsets[0], padded, texts.null[start : start + _BLOCK])


def _bare(texts: TextColumn) -> TextColumn:
    """The same without ASCII hyphens and spaces, which mean nothing in a code."""
    separator = (texts.data == ord("-")) | (texts.data == ord(" "))
    if not separator.any():
        return texts
    before = np.zeros(len(separator) + 1, np.int32)  # separators before each byte
    np.cumsum(separator, out=before[1:])
    data = np.frombuffer(texts.data.tobytes().translate(None, b"- "), np.uint8)
    return TextColumn(texts.offsets - before.take(texts.offsets), data, texts.null)


def _to_strings(codes: NDArray[np.void], valid: Mask) -> pa.LargeStringArray:
    offsets = np.zeros(len(valid) + 1, np.int64)
    np.cumsum(valid, out=offsets[1:])
    offsets *= 21
    bitmap = np.packbits(valid, bitorder="little")
    buffers = [pa.py_buffer(part) for part in (bitmap, offsets, codes.view(np.uint8))]
    return pa.Array.from_buffers(pa.large_string(), len(valid), buffers)


def _validate_block(texts: TextColumn) -> tuple[NDArray[np.void], Bytes]:
    """Canonical codes of the rows, where they have one, and reasons."""
    bare = _bare(texts)
    length = bare.lengths
    rows = _rows(bare)
    words = np.ascontiguousarray(rows.view("<u8").reshape(-1, 3).T)
    digits = _digits(words)
    check = _check_values().take((words[2] >> 40) & 0xFF)
    external = length == 22
    plain = digits.plain & ((length == 21) | external & (check < _STATES)) & ~texts.null
    reason = _reasons(digits, check, external)
    codes = np.ndarray(len(rows), "V21", rows, strides=(_READ,))
    if not plain.all():
        reason[texts.null] = Reason.NULL
        for row in np.flatnonzero(~plain & ~texts.null).tolist():
            codes[row], reason[row] = _scalar(texts.text(row))
    return codes, reason


def _scalar(text: str) -> tuple[bytes, Reason]:
    try:
        return entity_code.validate(text).encode(), Reason.VALID
    except InvalidCode as error:
        return b"", _REASONS[type(error)]


def _rows(texts: TextColumn) -> NDArray[np.void]:
    """The first 24 bytes of each row, which may reach into the next."""
    count = len(texts.data) - _READ + 1
    window = np.ndarray(count, f"V{_READ}", texts.data, strides=(1,))
    return window[texts.offsets[:-1]]


def _digits(words: _Words) -> _Digits:
    """Fold the eight digits of each of 3 x n words into two numbers of four."""
    digits = words.copy()
    digits[2] &= 0xFFFFFFFFFF  # what follows the 21 digits is read as zeros
    digits[2] |= 0x3030300000000000
    high = 0xF0F0F0F0F0F0F0F0
    numeric = (digits & high) | (((digits + 0x0606060606060606) & high) >> 4)
    odd = numeric ^ 0x3333333333333333
    plain = (odd[0] | odd[1] | odd[2]) == 0
    digits -= 0x3030303030303030
    digits *= plain
    pairs = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FF
    fours = ((pairs * 100 + (pairs >> 16)) & 0x0000FFFF0000FFFF).view(np.int64)
    columns = [half for word in fours for half in (word & 0xFFFF, word >> 32)]
    return _Digits(plain, columns[:5], columns[5] // 1000)


def _reasons(digits: _Digits, check: Bytes, external: Mask) -> Bytes:
    """The first rule that each row breaks, in the order of the scalar function."""
    fours, last = digits.fours, digits.last
    known = _known_divisions().take(fours[0] * 100 + fours[1] // 100)
    reserved = (fours[3] | fours[4] | last) == 0
    reason = np.zeros(len(check), np.uint8)
    if external.any():
        wrong = external & (check != _check_characters(digits))
        np.putmask(reason, wrong, np.uint8(Reason.CHECK_CHARACTER))
    np.putmask(reason, reserved, np.uint8(Reason.COMPONENT))
    np.putmask(reason, ~known, np.uint8(Reason.DIVISION))
    return reason


def _check_characters(digits: _Digits) -> Bytes:
    """The value of the check character of each row."""
    state: Bytes = np.full(len(digits.last), _START, np.uint8)
    for four in digits.fours:
        state = _after_four().take(four * _STATES + state)
    return _check_after_last().take(digits.last * _STATES + state)


def _after_one(state: Ints, digit: Ints) -> Ints:
    """The state of MOD 37,36 after one more digit."""
    return (np.where(state, state, _STATES) * 2 % 37 + digit) % _STATES


@cache
def _after_four() -> Bytes:
    """The state after four more digits, by 36 x digits + state."""
    digits, state = np.divmod(np.arange(10_000 * _STATES), _STATES)
    for unit in (1000, 100, 10, 1):
        state = _after_one(state, digits // unit % 10)
    return state.astype(np.uint8)


@cache
def _check_after_last() -> Bytes:
    """The value of the check character, by 36 x last digit + state before it."""
    digit, state = np.divmod(np.arange(10 * _STATES), _STATES)
    after = _after_one(state, digit)
    return ((1 - np.where(after, after, _STATES) * 2 % 37) % _STATES).astype(np.uint8)


@cache
def _check_values() -> Bytes:
    """The value of a check character by its byte, 255 where it is none."""
    values = np.full(256, 255, np.uint8)
    for value, character in enumerate(_CHARACTERS):
        values[[ord(character), ord(character.lower())]] = value
    return values


@cache
def _known_divisions() -> Mask:
    """Which of all six-digit numbers are divisions."""
    known = np.zeros(1_000_000, np.bool_)
    known[[int(code) for code in divisions.table()]] = True
    return known


def format_many(codes: Sequence[str]) -> list[str]:
    """The external forms of canonical codes, with their check characters.

    >>> format_many(["420602010101000000001"])
    ['420602010101000000001L']
    """
    text = np.frombuffer("".join(codes).encode("ascii"), np.uint8).reshape(len(codes), 21)
    digits = text.astype(np.int64) - ord("0")
    fours = digits[:, :20].reshape(-1, 5, 4) @ (1000, 100, 10, 1)
    check = _check_characters(_Digits(np.ones(len(codes), np.bool_), [*fours.T], digits[:, 20]))
    return [code + _CHARACTERS[value] for code, value in zip(codes, check.tolist(), strict=True)]
