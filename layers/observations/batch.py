"""Values on their way into the database (观测批): columns, put in order, as COPY takes them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cim.doubts import DOUBTS

COPY_HEAD, COPY_TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
POSTGRES_EPOCH = 946_684_800_000_000
"""Microseconds from 1970 to 2000, where PostgreSQL counts from."""

SOUND_FLAGS = frozenset(
    {"0", "ok", "OK", "good", "Good", "GOOD", "G", "pass", "正常", "合格", "有效", "可靠"}
)
"""What a source writes where it doubts nothing."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Bools = NDArray[np.bool_]
_Column = NDArray[Any]


class Values(NamedTuple):
    """Values of known series, as columns of equal length; `place` is their row in the file.

    `unit` and `given` are numbers of words, 0 for none: the unit that they came in where it is not
    that of the series, and the flag that the source gave.
    """

    place: _Column
    series: _Column
    micros: _Column
    value: _Column
    raw: _Column
    unit: _Column
    given: _Column

    @property
    def size(self) -> int:
        return len(self.raw)

    def take(self, which: NDArray[np.intp] | _Bools | slice) -> "Values":
        return Values(*(column[which] for column in self))

    def ordered(self) -> "Values":
        """By series, time and row of the file."""
        return self.take(np.lexsort((self.place, self.micros, self.series)))

    def last_of_each(self) -> _Bools:
        """Which is the last of its series and time; they are in order."""
        last = np.ones(self.size, bool)
        last[:-1] = (np.diff(self.series) != 0) | (np.diff(self.micros) != 0)
        return last

    def overruled(self, last: _Bools) -> _Bools:
        """Which say something else than the last of their series and time."""
        counts = np.flatnonzero(last)[np.cumsum(last) - last]
        differ = [column != column[counts] for column in (self.raw, self.unit, self.given)]
        return np.asarray(np.logical_or.reduce(differ))

    def parts(self) -> Iterator[tuple[int, slice]]:
        """Each series and where its values are; they are in order."""
        begins = np.flatnonzero(np.diff(self.series, prepend=-1))
        ends = np.append(begins[1:], self.size)
        for series, begin, end in zip(self.series[begins].tolist(), begins, ends, strict=True):
            yield series, slice(int(begin), int(end))

    def years(self) -> set[int]:
        """The years of UTC that they are of."""
        years = self.micros.astype("datetime64[us]").astype("datetime64[Y]").astype(int)
        return {year + 1970 for year in np.unique(years).tolist()}


def join(values: Sequence[Values]) -> Values:
    """One after the other."""
    return Values(*(np.concatenate(columns) for columns in zip(*values, strict=True)))


def moment(micros: int) -> datetime:
    """The moment of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=micros)


def micros(when: datetime) -> int:
    """Microseconds since 1970."""
    return (when - _EPOCH) // timedelta(microseconds=1)


class Words:
    """Units and flags as numbers, which most values have none of (0)."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._numbers: dict[str | None, int] = {None: 0}

    def number(self, word: str | None) -> int:
        if word not in self._numbers:
            self.texts.append(str(word))
            self._numbers[word] = len(self.texts)
        return self._numbers[word]

    def text(self, number: int) -> str | None:
        return self.texts[number - 1] if number else None

    def doubts(self) -> _Bools:
        """Of each number whether, as a flag, it doubts the value."""
        return np.array([False, *(text not in SOUND_FLAGS for text in self.texts)])


def own_flags(values: Values, words: Words, now: int) -> NDArray[np.int16]:
    """The flags that come with a value, whatever its neighbours are; `now` in microseconds."""
    future = np.where(values.micros > now, DOUBTS["future"], 0)
    given = np.where(words.doubts()[values.given], DOUBTS["given"], 0)
    return (future | given).astype(np.int16)


def rows(values: Values, flags: NDArray[np.int16], words: Sequence[str | _Column | None]) -> bytes:
    """A binary COPY of series, time, value, raw, flags and words.

    A word is one text for all of them, None, or a column of numbers.
    """
    columns: list[tuple[str, object]] = [
        (">i4", values.series),
        (">i8", values.micros - POSTGRES_EPOCH),
        (">f8", values.value),
        (">f8", values.raw),
        (">i2", flags),
    ]
    for word in words:
        if word is None or isinstance(word, str):
            columns.append(("S", None if word is None else word.encode()))
        else:
            columns.append((">i4", word))
    return COPY_HEAD + _table(values.size, columns) + COPY_TAIL


def _table(size: int, columns: Sequence[tuple[str, object]]) -> bytes:
    """Rows of PostgreSQL's binary COPY: the number of fields, then length and value of each."""
    fields: list[tuple[str, str]] = [("n", ">i2")]
    for i, (kind, column) in enumerate(columns):
        fields.append((f"l{i}", ">i4"))
        if column is not None:
            fields.append((f"v{i}", f"S{len(column)}" if isinstance(column, bytes) else kind))
    table = np.empty(size, np.dtype(fields))
    table["n"] = len(columns)
    for i, (_, column) in enumerate(columns):
        table[f"l{i}"] = -1 if column is None else table.dtype[f"v{i}"].itemsize
        if column is not None:
            table[f"v{i}"] = column
    return table.tobytes()
