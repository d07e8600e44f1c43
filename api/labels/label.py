"""What stands on a label, and where (标签版式). Measures are millimetres, from the upper left.

A label is as wide as its symbol with the quiet zone, its `size`, and higher by what is printed
under it: the external code in two lines of groups (division and class; serial and check
character), then a title, the class and the name of the thing, where one fits.

>>> lines("420602990101000000001")
('420602 990101', '000000001 7')
>>> titles("宗地", "第四中学")
('宗地 第四中学', '第四中学', '宗地')
>>> titles("宗地", "襄阳市第四中学高中部东校区")
('宗地',)
>>> titles(None, None)
()
"""

from collections.abc import Callable
from typing import NamedTuple
from unicodedata import east_asian_width

from api.errors import InvalidParameter
from api.labels.symbol import Symbol, symbol
from cim import entity_code

DEFAULT_SIZE, SMALLEST, LARGEST = 30.0, 10.0, 150.0
FINEST = 0.25  # of a module: two dots of a thermal printer

# In parts of the size: the height of a label, its letters, and the lines that they stand on.
HEIGHT = 1.37
CODE_LETTERS, CODE_LINES = 0.1, (1.09, 1.215)
TITLE_LETTERS, TITLE_LINE = 0.08, 1.33
_TITLE_WIDTH = 0.96


class Label(NamedTuple):
    """One label; `titles` are what may stand in its last line, the fullest first."""

    symbol: Symbol
    lines: tuple[str, str]
    titles: tuple[str, ...]
    size: float

    @property
    def height(self) -> float:
        return self.size * HEIGHT

    @property
    def module(self) -> float:
        """Side of one module."""
        return self.size / self.symbol.side

    def title(self, drawable: Callable[[str], bool] = lambda _: True) -> str:
        """The fullest title that can be drawn; "" for none."""
        return next(filter(drawable, self.titles), "")


def label(base: str, code: str, titles: tuple[str, ...], size: float) -> Label:
    """The label of an entity; InvalidParameter where its modules would be too fine to read."""
    made = Label(symbol(base, code), lines(code), titles, size)
    if made.module < FINEST:
        least = made.symbol.side * FINEST
        raise InvalidParameter("size", f"{size:g} mm is too small; this takes {least:g} mm")
    return made


def lines(code: str) -> tuple[str, str]:
    """The external code in groups, as people read it out."""
    parsed = entity_code.parse(code)
    check = entity_code.format(code)[21:]
    return f"{parsed.division} {parsed.class_code}", f"{parsed.serial} {check}"


def titles(kind: str | None, name: str | None) -> tuple[str, ...]:
    """What fits of the class and the name together, the name, and the class."""
    known = [text for text in (_plain(kind or ""), _plain(name or "")) if text]
    found = dict.fromkeys([" ".join(known), *reversed(known)])
    return tuple(text for text in found if text and _width(text) <= _TITLE_WIDTH)


def _plain(text: str) -> str:
    """Without line breaks and signs that cannot be drawn."""
    return "".join(sign for sign in " ".join(text.split()) if sign.isprintable())


def _width(text: str) -> float:
    """In parts of the size: an ideograph is as wide as high, another letter about 0.6 of that."""
    ems = sum(1.0 if east_asian_width(sign) in "WFA" else 0.6 for sign in text)
    return ems * TITLE_LETTERS
