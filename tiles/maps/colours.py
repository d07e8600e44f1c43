"""Colours (颜色) of styles and requests, read or refused.

OGC 20-058 clause 8 writes `0xRRGGBB` or the digits alone where styles write CSS.

>>> parse("#0f08").css, parse("hsl(120 100% 25%)").css
('rgba(0, 255, 0, 0.533333)', 'rgba(0, 128, 0, 1)')
>>> of_request("0xFF8800"), of_request("ff8800") == of_request("#ff8800")
(Colour(red=255, green=136, blue=0, opacity=1.0), True)
>>> parse("reddish")
Traceback (most recent call last):
ValueError: 'reddish' is no colour
"""

import re
from functools import lru_cache

from cim.styles import colours
from cim.styles.colours import Colour


@lru_cache(maxsize=1024)
def parse(text: str) -> Colour:
    """ValueError where a text is no colour."""
    found = colours.read(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f"{text!r} is no colour")
    return found


def of_request(text: str) -> Colour:
    """A colour as `bgcolor` has it, which has no opacity; ValueError."""
    low = text.strip().lower().removeprefix("0x").removeprefix("#")
    if re.fullmatch(r"[0-9a-f]{6}", low):
        return parse(f"#{low}")
    if not low.isalpha() or low == "transparent":
        raise ValueError(f"{text!r} is neither six hexadecimal digits nor a colour of the W3C")
    return parse(low)
