"""A request for the code of one thing (赋码申请), and many of them as rows.

Coordinates are degrees of CGCS2000 (EPSG:4490), longitude first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from cim import divisions, entity_code, layer_table, schemes
from cim.assignment import targets, values
from cim.assignment.geometry import STORED, GeometryCheck, turned
from cim.assignment.problems import Problems
from cim.assignment.rows import Alias, Rows
from cim.database.arrow_copy import column_of
from cim.errors import InvalidCode, UnknownScheme
from cim.layer import Layer

MOST_TEXT = 1000


@dataclass(frozen=True, slots=True)
class Request:
    """What is said of a thing whose code is asked for.

    source_id   what its source system calls it
    geometry    a shapely geometry
    name        for people, and for search
    division    its division code, where that is not to be found from the loaded counties
    aliases     its codes in other schemes (`cim.schemes`)
    properties  of the layer it goes to; any, where that is the register of its class
    code        a reserved code that it is to get
    """

    source_id: str
    geometry: Any
    name: str | None = None
    division: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    code: str | None = None


def rows_of(
    requests: Sequence[Request],
    layer: Layer,
    problems: Problems,
    said: tuple[str, str | None],
    first: int = 1,
    check: GeometryCheck | None = None,
) -> Rows:
    """The requests as rows of a layer; what cannot be one has its problem noted.

    `said` is the source system and the department; `first` is the number of the first request.
    `check` is what geometries are held to, where they are in another CRS or shall be repaired.
    """
    reading = _Reading(layer, problems, said)
    read = [reading.read(row, request) for row, request in enumerate(requests, first)]
    geometries = np.array([request.geometry for request in requests], dtype=object)
    checked = (check or GeometryCheck(STORED, problems))(geometries, first)
    columns = zip(layer.columns, zip(*(columns for _, columns in read), strict=True), strict=True)
    return Rows(
        first,
        turned(checked, problems),
        _texts([key for key, _ in read]),
        [column_of(column.type, values) for column, values in columns],
        aliases=[(row - first, scheme, value) for row, scheme, value in reading.aliases],
        divisions=_texts([request.division for request in requests]),
        names=_texts([request.name or None for request in requests]),
        codes=_texts(reading.codes),
    )


def _texts(values: list[str | None]) -> pa.Array:
    return column_of("text", values)


class _Reading:
    """Reads request after request; a broken one has no key."""

    def __init__(self, layer: Layer, problems: Problems, said: tuple[str, str | None]) -> None:
        self._layer = layer
        self._problems = problems
        self._register = targets.is_register(layer)
        self._said = said
        self.aliases: list[Alias] = []
        self.codes: list[str | None] = []

    def read(self, row: int, request: Request) -> tuple[str | None, tuple[Any, ...]]:
        """The key and the values of the columns."""
        before = self._problems.count
        self._check_texts(row, request)
        self._check_division(row, request.division)
        self._read_code(row, request.code)
        self._read_aliases(row, request.aliases)
        columns = self._columns(row, request)
        whole = self._problems.count == before
        return (request.source_id if whole else None), columns

    def _check_texts(self, row: int, request: Request) -> None:
        for name, text in (("source_id", request.source_id), ("name", request.name or "-")):
            if not isinstance(text, str) or not text.strip():
                self._problems.add(row, name, "it is empty or no text")
            else:
                self._check_text(row, name, text)

    def _check_text(self, row: int, name: str, text: str) -> None:
        if "\0" in text or len(text) > MOST_TEXT:
            reason = f"it has a NUL character or more than {MOST_TEXT} characters"
            self._problems.add(row, name, reason)

    def _check_division(self, row: int, code: str | None) -> None:
        if code is not None and not divisions.exists(code):
            self._problems.add(row, "division", f"there is no division {code!r} (GB/T 2260)")

    def _read_code(self, row: int, text: str | None) -> None:
        code = None
        try:
            code = None if text is None else entity_code.validate(text)
        except InvalidCode as error:
            self._problems.add(row, "code", str(error))
        self.codes.append(code)

    def _read_aliases(self, row: int, aliases: Mapping[str, str]) -> None:
        for scheme, value in aliases.items():
            text = str(value)
            try:
                if scheme == entity_code.SCHEME:
                    raise UnknownScheme(scheme)
                self.aliases.append((row, scheme, schemes.get(scheme).validate(text)))
            except (InvalidCode, UnknownScheme) as error:
                self._problems.add(row, f"aliases.{scheme}", str(error))
            self._check_text(row, f"aliases.{scheme}", text)

    def _columns(self, row: int, request: Request) -> tuple[Any, ...]:
        if self._register:
            system, department = self._said
            more = self._fit(row, "properties", "jsonb", dict(request.properties) or None)
            return system, request.source_id, request.name or None, department, more
        given = dict(request.properties)
        for told, value in (
            (self._layer.key_field, request.source_id),
            (self._layer.name_field, request.name),
        ):
            if told is not None and value is not None:
                given.setdefault(layer_table.property_name(told), value)
        fitted = [
            self._fit(row, c.name, c.type, given.pop(c.name, None)) for c in self._layer.columns
        ]
        for name in given:
            has = ", ".join(column.name for column in self._layer.columns)
            self._problems.add(row, name, f"{self._layer.name} has no such property; it has {has}")
        return tuple(fitted)

    def _fit(self, row: int, name: str, kind: str, value: Any) -> Any:
        try:
            return values.fit(kind, value)
        except ValueError as error:
            self._problems.add(row, name, str(error))
            return None
