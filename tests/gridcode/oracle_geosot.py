"""GeoSOT from the rules of GB/T 40087-2021, with strings of bits and exact fractions.

Slow, and on purpose unlike the package: nothing of it is used here.
"""

from __future__ import annotations

from fractions import Fraction


def bits(value: Fraction, negative: bool) -> str:
    """32 characters: hemisphere, degrees, minutes, seconds, 1/2048 of a second, cut off."""
    degrees, rest = divmod(abs(value), 1)
    minutes, rest = divmod(rest * 60, 1)
    seconds, rest = divmod(rest * 60, 1)
    parts = int(rest * 2048)
    return f"{int(negative)}{degrees:08b}{minutes:06b}{seconds:06b}{parts:011b}"


def code(lon: Fraction, lat: Fraction, level: int, west: bool, south: bool) -> str:
    """The code of a point outside the caps, with its separators."""
    pairs = list(zip(bits(lat, south), bits(lon, west), strict=True))[:level]
    text = "".join(str(2 * int(a) + int(b)) for a, b in pairs)
    for stop, mark in ((21, "."), (15, "-"), (9, "-")):
        if len(text) > stop:
            text = text[:stop] + mark + text[stop:]
    return "G" + text


def _span(word: str, limit: int) -> tuple[Fraction, Fraction]:
    """What a string of bits stands for, from its first to just beyond its last full string."""
    if not word:
        return Fraction(-limit), Fraction(limit)
    low, high = word[1:].ljust(31, "0"), word[1:].ljust(31, "1")
    ends = sorted([_place(low, 0), _place(high, 1)])
    near, far = (min(end, Fraction(limit)) for end in ends)
    return (-far, -near) if word[0] == "1" else (near, far)


def _place(word: str, more: int) -> Fraction:
    degrees, minutes, seconds, parts = (
        int(word[a:b], 2) for a, b in ((0, 8), (8, 14), (14, 20), (20, 31))
    )
    if minutes >= 60:
        return Fraction(degrees + 1)
    if seconds >= 60:
        return degrees + Fraction(minutes + 1, 60)
    return degrees + Fraction(minutes, 60) + (seconds + Fraction(parts + more, 2048)) / 3600


def bounds(text: str) -> tuple[Fraction, Fraction, Fraction, Fraction]:
    """West, south, east and north of a code outside the caps."""
    digits = [int(symbol) for symbol in text[1:] if symbol.isdigit()]
    west, east = _span("".join(str(digit % 2) for digit in digits), 180)
    south, north = _span("".join(str(digit // 2) for digit in digits), 90)
    return west, south, east, north


def exists(text: str) -> bool:
    """Whether anything of the earth lies in a cell."""
    west, south, east, north = bounds(text)
    return west < east and south < north
