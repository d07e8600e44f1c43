"""The types of columns of which a file has texts alone (文本列类型识别), as in CSV.

A column is of a type when all of its texts are, empty ones apart. Numbers that would lose something
stay texts: leading zeros (`00618`), a plus (`+86…`), more than 18 digits, as codes have.

>>> guess = Guess()
>>> guess.see(pa.array(["1", "", "2.5"]))
>>> guess.type, guess.read(pa.array(["1", "", "2.5"])).to_pylist()
(DataType(double), [1.0, None, 2.5])
>>> guess.see(pa.array(["420602990101000000001"]))
>>> guess.type
DataType(string)
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_INTEGER = r"^ *-?(0|[1-9]\d{0,17}) *$"
_POINT = r"((0|[1-9]\d*)?\.\d+|(0|[1-9]\d*)\.)([eE][-+]?\d{1,3})?"
# A double holds 15 digits; `12E3` is more often a name than a number.
_NUMBER = rf"^ *-?((0|[1-9]\d{{0,14}})([eE]-\d{{1,3}})?|{_POINT}) *$"
_DAY = r"\d{4}[-/]\d{2}[-/]\d{2}"
_TIME = r"\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_PATTERNS = {
    "boolean": r"^(?i:true|false)$",
    "integer": _INTEGER,
    "number": _NUMBER,
    "date": rf"^{_DAY}$",
    "moment": rf"^{_DAY}[T ]{_TIME}$",
    "instant": rf"^{_DAY}[T ]{_TIME}(Z|[-+]\d{{2}}:?\d{{2}})$",
    "time": r"^\d{2}:\d{2}:\d{2}$",
}
_FINE = re.compile(r"(\.\d{6})\d+")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(_FINE.sub(r"\1", text.replace("/", "-")))


# How a text of each type is read, where a cast of Arrow does not.
_READ: dict[str, tuple[pa.DataType, Callable[[str], Any]]] = {
    "date": (pa.date32(), lambda text: date.fromisoformat(text.replace("/", "-"))),
    "moment": (pa.timestamp("us"), _moment),
    "instant": (pa.timestamp("us", "UTC"), lambda text: _moment(text).astimezone(UTC)),
    "time": (pa.time64("us"), time.fromisoformat),
}
_INT32 = 1 << 31


class Guess:
    """What a column may be, after the texts that were seen."""

    def __init__(self) -> None:
        self._left = set(_PATTERNS)
        self._seen = False
        self._big = False

    def see(self, texts: pa.Array) -> None:
        """Look at some more texts."""
        if not self._left:
            return
        full = pc.drop_null(texts)
        full = full.filter(pc.not_equal(full, ""))
        if not len(full):
            return
        self._seen = True
        self._left = {kind for kind in self._left if self._may_be(kind, full)}

    def _may_be(self, kind: str, texts: pa.Array) -> bool:
        if not pc.all(pc.match_substring_regex(texts, _PATTERNS[kind])).as_py():
            return False
        if kind == "integer" and not self._big:
            found = pc.min_max(_integers(texts))
            low, high = found["min"].as_py(), found["max"].as_py()
            self._big = not -_INT32 <= low <= high < _INT32
        if kind in _READ:
            return _converted(kind, texts) is not None
        return True

    @property
    def kind(self) -> str:
        """The narrowest type that is left, `text` where none is."""
        if not self._seen:
            return "text"
        return next((kind for kind in _PATTERNS if kind in self._left), "text")

    @property
    def type(self) -> pa.DataType:
        kind = self.kind
        if kind in _READ:
            return _READ[kind][0]
        whole = pa.int64() if self._big else pa.int32()
        others = {"boolean": pa.bool_(), "integer": whole, "number": pa.float64()}
        return others.get(kind, pa.string())

    def read(self, texts: pa.Array) -> pa.Array:
        """Texts as values of the type; an empty one is none."""
        kind = self.kind
        if kind == "text":
            return texts
        empty = pc.equal(texts, "")
        full = pc.if_else(empty, pa.scalar(None, pa.string()), texts)
        if kind in _READ:
            return _converted(kind, full)
        if kind == "integer":
            return _integers(full).cast(self.type)
        trimmed = pc.utf8_lower(pc.utf8_trim_whitespace(full))
        return trimmed.cast(self.type)


def _integers(texts: pa.Array) -> pa.Array:
    return pc.utf8_trim_whitespace(texts).cast(pa.int64())


def _converted(kind: str, texts: pa.Array) -> pa.Array | None:
    """The values; None where a text has the look of one and is none, as the 30th of February."""
    type_, read = _READ[kind]
    try:
        values = [None if text is None else read(text) for text in texts.to_pylist()]
    except (ValueError, OverflowError):
        return None
    return pa.array(values, type_)
