"""Colours as CSS writes them (颜色), read into numbers: what styles, SLD and legends share.

Names, `#rgb`, `#rrggbb`, each with a digit pair of opacity or without, `rgb()`, `rgba()`, `hsl()`
and `hsla()` with commas or spaces, as CSS Color 4 has them.

>>> read("#ffe26b")
Colour(red=255, green=226, blue=107, opacity=1.0)
>>> read("rgba(0, 0, 255, 0.5)").hex, read("teal").hex, read("hsl(120 100% 25%)").hex
('#0000ff', '#008080', '#008000')
>>> read("reddish") is None
True
"""

import colorsys
import re
from collections.abc import Sequence
from typing import NamedTuple

from PIL.ImageColor import colormap

_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_CALL = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?")
_TURNS = {"deg": 1.0, "grad": 0.9, "rad": 57.29577951308232, "turn": 360.0, "": 1.0}


class Colour(NamedTuple):
    """Red, green and blue from 0 to 255, opacity from 0 to 1."""

    red: int
    green: int
    blue: int
    opacity: float = 1.0

    @property
    def hex(self) -> str:
        """As `#rrggbb`, without the opacity."""
        return f"#{self.red:02x}{self.green:02x}{self.blue:02x}"

    @property
    def css(self) -> str:
        """As `rgba()`."""
        return f"rgba({self.red}, {self.green}, {self.blue}, {self.opacity:g})"


def read(text: str) -> Colour | None:
    """The colour, None where the text is none."""
    plain = text.strip().lower()
    if plain == "transparent":
        return Colour(0, 0, 0, 0.0)
    named = colormap.get(plain)
    plain = named if isinstance(named, str) else plain
    if _HEX.fullmatch(plain):
        return _of_hex(plain[1:])
    call = _CALL.fullmatch(plain)
    return _of_call(*call.groups()) if call else None


def mixed(one: Colour, other: Colour) -> Colour:
    """The colour halfway between two."""
    red, green, blue = ((a + b) // 2 for a, b in zip(one[:3], other[:3], strict=True))
    return Colour(red, green, blue, (one.opacity + other.opacity) / 2)


def _of_hex(digits: str) -> Colour:
    pairs = [d + d for d in digits] if len(digits) < 6 else re.findall("..", digits)
    red, green, blue, *rest = (int(pair, 16) for pair in pairs)
    return Colour(red, green, blue, rest[0] / 255 if rest else 1.0)


def _of_call(space: str, inside: str) -> Colour | None:
    if "," in inside:
        parts = [part.strip() for part in inside.split(",")]
    else:
        before, slash, after = inside.partition("/")
        parts = [*before.split(), *([after.strip()] if slash else [])]
    if len(parts) not in {3, 4}:
        return None
    opacity = _share(parts[3], 1.0) if len(parts) == 4 else 1.0
    channels = _of_rgb(parts[:3]) if space == "rgb" else _of_hsl(parts[:3])
    if opacity is None or channels is None:
        return None
    red, green, blue = (round(255 * min(1.0, max(0.0, channel))) for channel in channels)
    return Colour(red, green, blue, min(1.0, max(0.0, opacity)))


def _of_rgb(parts: Sequence[str]) -> tuple[float, float, float] | None:
    if len({part.endswith("%") for part in parts}) > 1:
        return None
    read = [_share(part, 255.0) for part in parts]
    red, green, blue = read
    return None if red is None or green is None or blue is None else (red, green, blue)


def _of_hsl(parts: Sequence[str]) -> tuple[float, float, float] | None:
    unit = next((u for u in ("deg", "grad", "rad", "turn") if parts[0].endswith(u)), "")
    hue = _number(parts[0].removesuffix(unit))
    if hue is None or not all(part.endswith("%") for part in parts[1:]):
        return None
    saturation, light = (_share(part, 1.0) for part in parts[1:])
    if saturation is None or light is None:
        return None
    saturation, light = (min(1.0, max(0.0, each)) for each in (saturation, light))
    return colorsys.hls_to_rgb(hue * _TURNS[unit] / 360 % 1, light, saturation)


def _share(text: str, whole: float) -> float | None:
    """Part of the whole, as a percentage or a number of it."""
    number = _number(text.removesuffix("%"))
    if number is None:
        return None
    return number / 100 if text.endswith("%") else number / whole


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None
