"""Turns batches of a file into readings (观测读数): a series, a time and a number each.

What a row says of station, parameter, unit and datum is put together in a `Key`; the same few keys
stand in many rows, so that they are looked for once. Rows and cells that cannot be read are noted
as problems and left out.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cim.assignment.problems import Problems
from cim.assignment.rules import Broken, broken
from layers.observations import cells, times
from layers.observations.layout import Layout, ValueColumn
from layers.observations.source import Source
from layers.observations.times import Times

_OF_CLOCK = {
    0: "observation.time",
    times.TWICE: "observation.twice",
    times.NEVER: "observation.never",
}


class Key(NamedTuple):
    """What tells a series, as the file says it; None where it does not."""

    station: str
    parameter: str
    unit: str | None
    datum: str | None


class Readings(NamedTuple):
    """Columns of equal length, of a part of a file.

    `place` is the place of their rows in the file (from 0), `key` an index of `keys`, `flag` one of
    `flags`, whose first is None.
    """

    place: NDArray[Any]
    key: NDArray[Any]
    micros: NDArray[Any]
    raw: NDArray[Any]
    flag: NDArray[Any]
    keys: Sequence[Key]
    flags: Sequence[str | None]

    def only(self, kept: NDArray[np.bool_]) -> "Readings":
        """Those of a mask."""
        place, key, micros, raw, flag = (column[kept] for column in self[:5])
        return Readings(place, key, micros, raw, flag, self.keys, self.flags)


class _Column(NamedTuple):
    """A column of few texts: which of them each row has, -1 where it has none."""

    which: NDArray[np.int64]
    texts: list[str | None]


class Reader:
    """Reads a source once; `empty` and `refused` are true when it has come to its end."""

    def __init__(self, source: Source, layout: Layout, zone: str, problems: Problems) -> None:
        self._source = source
        self._layout = layout
        self._zone = zone
        self._problems = problems
        self.empty = 0

    def readings(self) -> Iterator[Readings]:
        for before, batch in self._source.batches():
            yield from self._of_batch(batch, before)

    def _of_batch(self, batch: pa.RecordBatch, before: int) -> Iterator[Readings]:
        moments = times.read(batch.column(self._layout.time), self._zone)
        for kind, rule in _OF_CLOCK.items():
            wrong = moments.wrong & (moments.clock == kind)
            self._note((batch, before), self._layout.time, wrong, rule)
        for column in self._layout.values:
            yield self._of_column(batch, column, before, moments)

    def _of_column(
        self, batch: pa.RecordBatch, column: ValueColumn, before: int, moments: Times
    ) -> Readings:
        numbers = cells.read(batch.column(column.name))
        wrong = numbers.wrong & ~moments.wrong
        self._note((batch, before), column.name, wrong, "observation.number")
        self.empty += int((numbers.empty & ~moments.wrong).sum())
        keys = self._keys(batch, column)
        flags = _flags(batch, column.flag)
        found = Readings(
            np.arange(before, before + len(batch)),
            keys.which,
            moments.micros,
            numbers.values,
            flags.which,
            [Key(*texts) for texts in keys.texts],
            flags.texts,
        )
        there = ~(moments.wrong | numbers.wrong | numbers.empty)
        nameless = there & (found.key < 0)
        for place in found.place[nameless]:
            self._add(int(place), self._layout.station, broken("observation.nameless"))
        return found.only(there & ~nameless)

    def _keys(self, batch: pa.RecordBatch, column: ValueColumn) -> "_Keys":
        """The key of each row, -1 where station or parameter is empty."""
        layout, size = self._layout, len(batch)
        parameter = column.parameter.code if column.parameter else None
        parts = (
            _texts(batch, layout.station if column.station is None else None, column.station),
            _texts(batch, layout.parameter if parameter is None else None, parameter),
            _texts(batch, layout.unit, column.unit),
            _texts(batch, layout.datum, None),
        )
        joined, total = np.zeros(size, np.int64), 1
        for part in parts:
            joined = joined * (len(part.texts) + 1) + part.which + 1
            total *= len(part.texts) + 1
        present, which = np.unique(joined, return_inverse=True)
        texts = [_apart(number, parts) for number in present.tolist()]
        lacking = np.array([not (key[0] and key[1]) for key in texts], dtype=bool)
        which = which.reshape(-1)
        return _Keys(np.where(lacking[which], -1, which) if size else which, texts)

    def _note(
        self, of: tuple[pa.RecordBatch, int], name: str, wrong: NDArray[np.bool_], rule: str
    ) -> None:
        """Note the wrong cells of a column of a batch, before which so many rows came."""
        if wrong.any():
            batch, before = of
            column = batch.column(name)
            for i in np.flatnonzero(wrong).tolist():
                value = column[i].as_py()
                empty = value is None or value == ""
                said = "observation.empty" if empty else rule
                self._add(before + i, name, broken(said, None if empty else value, zone=self._zone))

    def _add(self, place: int, name: str | None, said: Broken) -> None:
        number = self._source.numbers(np.array([place], np.int64))[0]
        self._problems.add(int(number), name, said)


class _Keys(NamedTuple):
    which: NDArray[np.int64]
    texts: list[tuple[Any, ...]]


def _apart(number: int, parts: Sequence[_Column]) -> tuple[str | None, ...]:
    """The texts that a joined number stands for."""
    texts: list[str | None] = []
    for part in reversed(parts):
        number, which = divmod(number, len(part.texts) + 1)
        texts.append(part.texts[which - 1] if which else None)
    return tuple(reversed(texts))


def _texts(batch: pa.RecordBatch, name: str | None, told: str | None) -> _Column:
    """The texts of a column, or the one that is told for every row; an empty cell has the one."""
    size = len(batch)
    if name is None:
        one = told is not None
        return _Column(np.full(size, 0 if one else -1, np.int64), [told] if one else [])
    column = batch.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    found = pc.utf8_trim_whitespace(column.cast(pa.string())).dictionary_encode()
    texts: list[str | None] = [text or told for text in found.dictionary.to_pylist()]
    which = np.asarray(found.indices.fill_null(len(texts))).astype(np.int64)
    return _Column(which, [*texts, told])


def _flags(batch: pa.RecordBatch, name: str | None) -> _Column:
    """Which flag each row has; the first is none."""
    if name is None:
        return _Column(np.zeros(len(batch), np.int64), [None])
    found = _texts(batch, name, None)
    return _Column(found.which + 1, [None, *(text or None for text in found.texts)])
