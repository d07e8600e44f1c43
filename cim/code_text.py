"""How people write codes (代码书写形式): width, case, separators, and where a fault lies.

Every code module compacts a text in the same way before it looks at it: full-width forms become
ASCII (４２ -> 42), small letters become capitals, spaces and hyphens of any kind fall away.
Each character either stays one character or falls away, so a place in the compact code can
always be traced back to a place in the text as given.

>>> compact("４２０６０２-010101 000000001 l")
'420602010101000000001L'
>>> compact("N49I 8008153")
'N49I8008153'
>>> place("42-06", 2)
3
>>> read("parcel", "42x").need_digits(0, 3, "digits only")
Traceback (most recent call last):
    ...
cim.errors.InvalidCharacter: parcel: digits only: '42x' at position 2
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cim.errors import InvalidCharacter, InvalidCode, InvalidLength

DIGITS = "0123456789"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HYPHENS = "-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SPACES = " \t\n\v\f\r\u0085\u00a0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"  # zero width, and direction marks
_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)}
_CAPITALS = {ord(c): ord(c.upper()) for c in CAPITALS.lower()}
_FULL_CAPITALS = {full: full - 0xFEE0 - 32 for full in range(0xFF41, 0xFF5B)}
_WRITING: dict[int, int | None] = {
    **_WIDTH,
    **_CAPITALS,
    **_FULL_CAPITALS,
    **dict.fromkeys(map(ord, _HYPHENS + _SPACES + _UNSEEN)),
}


def compact(text: str) -> str:
    """The text in half-width capitals, without spaces and hyphens."""
    if text.isascii() and text.isalnum():
        return text.upper()
    return text.translate(_WRITING)


def place(text: str, index: int, dropped: str = "") -> int:
    """Where character `index` of compact(text), less `dropped`, stands in text; its end if nowhere.

    >>> place("N49.I8", 4, "."), place("N49", 7)
    (5, 3)
    """
    fallen = {None, *map(ord, dropped)}
    kept = [at for at, c in enumerate(text) if _WRITING.get(ord(c), ord(c)) not in fallen]
    return kept[index] if index < len(kept) else len(text)


@dataclass(frozen=True, slots=True)
class CodeText:
    """A text being read as a code of one scheme: the text as given, and its compact form."""

    scheme: str
    given: str
    code: str

    def fault(self, kind: type[InvalidCode], index: int, rule: str) -> InvalidCode:
        """The error to raise for a fault at `index` of the compact code."""
        return kind(self.scheme, self.given, place(self.given, index), rule)

    def need_length(self, lengths: tuple[int, ...], rule: str) -> None:
        """Refuse a length that is not among `lengths` (ascending).

        A stranger in the text, as in 420602_010101, is told first: it is why the length is wrong.
        """
        if len(self.code) not in lengths:
            self.need_among(0, len(self.code), DIGITS + CAPITALS, "digits and letters alone")
            raise self.fault(InvalidLength, lengths[-1], rule)

    def need_digits(self, start: int, stop: int, rule: str) -> None:
        """Refuse anything but 0-9 in code[start:stop]."""
        part = self.code[start:stop]
        if not (part.isascii() and part.isdigit()):
            self.need_among(start, stop, DIGITS, rule)

    def need_among(self, start: int, stop: int, alphabet: Iterable[str], rule: str) -> None:
        """Refuse any character of code[start:stop] that is not in `alphabet`."""
        for index in range(start, min(stop, len(self.code))):
            if self.code[index] not in alphabet:
                raise self.fault(InvalidCharacter, index, rule)


def read(scheme: str, text: str) -> CodeText:
    """The text, compacted, ready to be checked against the rules of `scheme`."""
    return CodeText(scheme, text, compact(text))


def passes(validate: Callable[[str], str], text: object) -> bool:
    """Whether validate(text) accepts, which what is no text never does; the body of every is_valid.

    >>> passes(str.strip, "a"), passes(str.strip, None), passes(str.strip, b"a")
    (True, False, False)
    """
    if not isinstance(text, str):
        return False
    try:
        validate(text)
    except InvalidCode:
        return False
    return True
