"""Reads the rows of a file as requests for codes (读取为赋码申请), chunk by chunk.

Geometries are moved to CGCS2000 (EPSG:4490). Fields that say nothing else of a thing are its
properties: all of them in the register of a class, in a named layer those that it has. A row that
cannot be read goes without a geometry, so that it is refused, and the reason goes beside it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from cim import layer_table
from cim.assignment.assign import Outcome
from cim.assignment.geometry import GeometryCheck, GeometryRules
from cim.assignment.problems import Level, Problem, Problems
from cim.assignment.request import Request
from cim.layer import Layer
from layers import named
from layers.crs.placing import AS_USUAL, Asked, place
from layers.errors import RowsRefused
from layers.rows import values_of
from layers.source import Batch, Source, open_source


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A file of things whose codes are asked for, and what its fields mean.

    key             what the source system calls a thing
    name_field      its name, for people; the one of the layer by default
    division        division code of every thing; or `division_field`, where it is not empty; else
                    the county that holds it
    aliases         field that holds the thing's code in a scheme, by scheme
    code_field      a reserved code that it is to get
    repair          whether invalid geometries are repaired; without it they are rejected
    """

    path: Path
    key: str
    name_field: str | None = None
    division: str | None = None
    division_field: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    code_field: str | None = None
    source_layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    placing: Asked = AS_USUAL
    repair: bool = False

    @property
    def named(self) -> list[str]:
        """The fields that are named."""
        told = (self.key, self.name_field, self.division_field, self.code_field)
        return [name for name in (*told, *self.aliases.values()) if name is not None]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Requests, the number of the first, and by number why rows could not be read.

    `repaired` tells what was repaired of others.
    """

    first: int
    requests: Sequence[Request]
    unread: Mapping[int, str]
    repaired: Mapping[int, str]

    def tell(self, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes with the reasons for which rows could not be read, or what was repaired."""
        for row, reason in self.unread.items():
            outcomes[row - self.first] = replace(outcomes[row - self.first], reason=reason)
        for row, reason in self.repaired.items():
            outcome = outcomes[row - self.first]
            if outcome.status == "assigned":
                outcomes[row - self.first] = replace(outcome, reason=reason)
        return outcomes


_MOST_TOLD = 20


class _Property(NamedTuple):
    """A property, the place of its field, and the type of the layer's column where it has one."""

    name: str
    place: int
    kind: str | None


def texts_of(file: BatchFile, layer: Layer | None) -> list[str]:
    """Fields that are texts whatever they look like in a CSV."""
    columns = [c.name for c in layer.columns if c.type == "text"] if layer else []
    return [*file.named, *columns, *(name.removeprefix("source_") for name in columns)]


def read_all(file: BatchFile, layer: Layer | None) -> list[Request]:
    """The requests of a small file; RowsRefused where a row cannot be read."""
    with open_source(
        file.path, file.source_layer, file.crs, file.encoding, texts_of(file, layer)
    ) as source:
        chunks = list(RequestReader(source, file, layer).chunks())
    broken = [Problem(row, None, why) for chunk in chunks for row, why in chunk.unread.items()]
    if broken:
        raise RowsRefused(file.path, broken[:_MOST_TOLD], len(broken))
    return [request for chunk in chunks for request in chunk.requests]


class RequestReader:
    """One pass over a source; FieldMissing, UnknownScheme, UnknownDivision at its beginning."""

    def __init__(self, source: Source, file: BatchFile, layer: Layer | None) -> None:
        self._fields = [column.name for column in source.columns]
        self._file = _completed(file, self._fields, layer)
        self._properties = self._of_layer(layer) if layer else self._of_register()
        self._repaired: dict[int, str] = {}
        self._problems = Problems(most=1 << 30, sink=self._note)
        geometries, self._source = source.looked_into()
        said = source.declared, source.said_by
        placement = place(source.path, said, geometries, file.placing)
        rules = GeometryRules(file.repair)
        self._check = GeometryCheck(placement.frame, self._problems, rules)

    def chunks(self) -> Iterator[Chunk]:
        for batch in self._source.batches():
            yield self._chunk(batch)

    def _note(self, problem: Problem, level: Level) -> None:
        if level == "repaired":
            self._repaired[problem.row] = problem.reason

    def _of_layer(self, layer: Layer) -> list[_Property]:
        """The fields that the layer has as columns."""
        names = layer_table.property_names(self._fields)
        columns = [layer.column(name) for name in names]
        return [_Property(c.name, place, c.type) for place, c in enumerate(columns) if c]

    def _of_register(self) -> list[_Property]:
        """The fields that are not named."""
        return [
            _Property(name, place, None)
            for place, name in enumerate(self._fields)
            if name not in self._file.named
        ]

    def _chunk(self, batch: Batch) -> Chunk:
        batch.tell(self._problems)
        geometries = self._check(batch.geometries, batch.first_row, batch.unread)
        read = _ColumnsOf(batch, self._source, self._problems)
        file = self._file
        parts = (
            ["" if key is None else key for key in read.texts(self._place(file.key))],
            read.texts_or_none(self._place_or_none(file.name_field)),
            self._divisions(read),
            self._aliases(read),
            self._rows_of_properties(read),
            read.texts_or_none(self._place_or_none(file.code_field)),
        )
        unread = self._drain()
        repaired, self._repaired = self._repaired, {}
        for row in unread:
            geometries[row - batch.first_row] = None
        keys, *others = parts
        requests = list(map(Request, keys, geometries.tolist(), *others))
        return Chunk(batch.first_row, requests, unread, repaired)

    def _drain(self) -> dict[int, str]:
        """The first problem of each row of the chunk."""
        found: dict[int, str] = {}
        for problem in self._problems.kept:
            why = f"{problem.field}: {problem.reason}" if problem.field else problem.reason
            found.setdefault(problem.row, why)
        self._problems.kept.clear()
        return found

    def _divisions(self, read: "_ColumnsOf") -> Iterable[str | None]:
        given = self._file.division
        if self._file.division_field is None:
            return repeat(given)
        return [text or given for text in read.texts(self._place(self._file.division_field))]

    def _aliases(self, read: "_ColumnsOf") -> Iterable[Mapping[str, str]]:
        if not self._file.aliases:
            return repeat({})
        columns = [read.texts(self._place(name)) for name in self._file.aliases.values()]
        return [
            {scheme: text for scheme, text in zip(self._file.aliases, row, strict=True) if text}
            for row in zip(*columns, strict=True)
        ]

    def _rows_of_properties(self, read: "_ColumnsOf") -> Iterable[Mapping[str, Any]]:
        """Of each row what it says; what it does not say is left out."""
        if not self._properties:
            return repeat({})
        names = [name for name, _, _ in self._properties]
        columns = [read.properties(place, kind) for _, place, kind in self._properties]
        return [
            {name: value for name, value in zip(names, row, strict=True) if value is not None}
            for row in zip(*columns, strict=True)
        ]

    def _place(self, name: str) -> int:
        return self._fields.index(name)

    def _place_or_none(self, name: str | None) -> int | None:
        return None if name is None else self._place(name)


class _ColumnsOf:
    """The columns of a batch as Python values."""

    def __init__(self, batch: Batch, source: Source, problems: Problems) -> None:
        self._batch = batch
        self._source = source
        self._problems = problems
        self._read: dict[int, list[Any]] = {}

    def texts(self, place: int) -> list[str | None]:
        values = self._values(place)
        if self._source.columns[place].type == "text":
            return values
        return [None if value is None else str(value) for value in values]

    def texts_or_none(self, place: int | None) -> Iterable[str | None]:
        """Texts that are not empty."""
        return repeat(None) if place is None else [text or None for text in self.texts(place)]

    def properties(self, place: int, kind: str | None) -> list[Any]:
        """Values for a column of a type, or for JSON."""
        values, given = self._values(place), self._source.columns[place].type
        if given == "bytea" and kind is None:
            return [None if value is None else value.hex() for value in values]
        if given == "text" and kind in _READ:
            read = _READ[kind]
            return [_read(read, value) for value in values]
        return values

    def _values(self, place: int) -> list[Any]:
        if place not in self._read:
            array, column = self._batch.columns[place], self._source.columns[place]
            if pa.types.is_floating(array.type):
                array = pc.if_else(pc.is_finite(array), array, None)  # JSON has no others
            first = self._batch.first_row
            self._read[place] = values_of(column, array, first, self._problems)
        return self._read[place]


_FLAGS = {"true": True, "false": False}
_READ: dict[str, Any] = {
    "integer": int,
    "bigint": int,
    "double precision": float,
    "numeric": float,
    "boolean": lambda text: _FLAGS[text.lower()],
}


def _read(read: Any, text: str | None) -> Any:
    """The value that a text of a CSV means; the text where it means none, to be refused by name."""
    try:
        return read(text) if text else None
    except (ValueError, KeyError):
        return text


def _completed(file: BatchFile, fields: Sequence[str], layer: Layer | None) -> BatchFile:
    named.check(file.named, fields, file.aliases, file.division)
    usual = layer.name_field if layer and layer.name_field in fields else None
    return replace(file, name_field=file.name_field or usual)
