"""The verbs of one code: compact, validate, is_valid, format, parse (编码文本的校验与书写)."""

from __future__ import annotations

from typing import NamedTuple

from gridcode.beidou import caps, index
from gridcode.beidou.levels import LENGTHS, level_of_length
from gridcode.errors import CodeError, GridCodeError

__all__ = ["Segments", "compact", "format", "is_valid", "level_of", "parse", "split", "validate"]


class Segments(NamedTuple):
    """A code taken apart: its level and the segment of each level from 0 down."""

    level: int
    segments: tuple[str, ...]


def compact(code: str) -> str:
    """Upper case, without blanks; the text is not checked any further."""
    if not isinstance(code, str):
        raise CodeError("a code is text", str(code), None, "str")
    return "".join(code.split()).upper()


def validate(code: str) -> str:
    """The canonical form; CodeError or PolarError if it is no code that this package knows."""
    text = compact(code)
    level = level_of_length(len(text), LENGTHS, text)
    if level and caps.is_cap(text) and text[0] in "NS":
        return caps.read(text, level)
    index.read(text)
    return text


def is_valid(code: str) -> bool:
    """Whether `validate` takes it."""
    try:
        validate(code)
    except GridCodeError:
        return False
    return True


def level_of(code: str) -> int:
    """The level of a canonical code, 0 to 10."""
    return LENGTHS.index(len(code))


def split(code: str, lengths: tuple[int, ...]) -> tuple[str, ...]:
    """Cut a canonical code into the segments of its levels."""
    stops = [stop for stop in lengths if stop <= len(code)]
    return tuple(code[start:stop] for start, stop in zip([0, *stops[:-1]], stops, strict=True))


def parse(code: str) -> Segments:
    """The segments of a code, level by level."""
    text = validate(code)
    return Segments(level_of(text), split(text, LENGTHS))


def format(code: str, separator: str = "") -> str:
    """The printed form; the standard prints no separators, but one may be asked for."""
    return separator.join(parse(code).segments)
