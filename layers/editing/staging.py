"""Features as they are wanted become rows of the stage (待写要素入暂存).

A property of the layer that is not named is null. Values are those of JSON, or what a column holds.
The key of a feature is its thing's name at its source: a thing keeps it.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import shapely
from psycopg.types.json import Jsonb
from sqlalchemy import Connection

from cim import divisions, layer_table
from cim.assignment import values
from cim.assignment.counties import COUNTY_CLASS
from cim.assignment.geometry import Frame, GeometryCheck
from cim.assignment.problems import Problems
from cim.assignment.request import Request, rows_of
from cim.assignment.rows import Rows
from cim.assignment.rules import broken
from cim.assignment.stage import Stage
from cim.database.arrow_copy import column_of
from cim.database.sql import run
from cim.layer import Column, Layer
from cim.lifecycle.change import Present
from layers.rows import digest_of

_NO_KEY = "-"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A feature as it is to be; `division` of a new one, where no loaded county holds it."""

    geometry: Any
    properties: Mapping[str, Any]
    division: str | None = None


@dataclass(frozen=True, slots=True)
class Staging:
    """Features of a layer on their way into the stage; `now` is the one that is changed.

    `frame` is what their coordinates are in, `aliases` the property of each scheme of codes.
    """

    layer: Layer
    frame: Frame
    aliases: Mapping[str, str]
    now: Present | None = None
    problems: Problems = field(default_factory=lambda: Problems(most=100))

    def rows(self, features: Sequence[Wanted]) -> Rows:
        """The features as rows, counted from 1; what is wrong is noted."""
        requests = [self._request(row, each) for row, each in enumerate(features, 1)]
        check = GeometryCheck(self.frame, self.problems)
        said = (self.layer.name, None)
        return rows_of(requests, self.layer, self.problems, said, 1, check)

    def stage(self, connection: Connection, rows: Rows) -> None:
        Stage(connection, self.layer.columns, self.problems).add(rows)

    def field_of(self, name: str | None) -> str | None:
        """The property that a problem of a request is one of."""
        if name == "source_id":
            return self._key
        if name == "name":
            return self._name
        if name == "division":
            return "region_code"
        if name is not None and name.startswith("aliases."):
            return self.aliases.get(name.removeprefix("aliases."))
        return name

    @property
    def _key(self) -> str | None:
        field_ = self.layer.key_field
        return layer_table.property_name(field_) if field_ else None

    @property
    def _name(self) -> str | None:
        field_ = self.layer.name_field
        return layer_table.property_name(field_) if field_ else None

    def _request(self, row: int, wanted: Wanted) -> Request:
        given = dict(wanted.properties)
        for column in self.layer.columns:
            if (value := given.get(column.name)) is not None:
                given[column.name] = self._value(row, column, value)
        key = self._key_of(row, given)
        aliases = {s: str(given[c]) for s, c in self.aliases.items() if given.get(c)}
        name = self.now.name if self.now else None
        if self._name is not None:
            told = given.get(self._name)
            name = None if told is None else str(told)
        division = self._division(row, key, wanted)
        return Request(key, wanted.geometry, name, division, aliases, given)

    def _value(self, row: int, column: Column, value: Any) -> Any:
        """The value for its column, as JSON has it; None and a problem where it is none."""
        try:
            return _of_json(column.type, value)
        except ValueError as error:
            self.problems.add(row, column.name, str(error))
            return None

    def _key_of(self, row: int, given: Mapping[str, Any]) -> str:
        kept = self.now.source_id if self.now else _NO_KEY
        column = self.layer.column(self._key) if self._key else None
        if column is None:
            return kept
        key = _text(column.type, given.get(column.name))
        if key is None:
            self.problems.add(row, column.name, broken("key.empty"))
            return kept
        if self.now is None:
            return key
        if self.now.source_system == self.layer.name and key != kept:
            reason = f"it is the key, by which {kept!r} is known: another one is another thing"
            self.problems.add(row, column.name, reason)
        return kept

    def _division(self, row: int, key: str, wanted: Wanted) -> str | None:
        if self.now is not None:
            return self.now.code[:6]
        if self.layer.class_code != COUNTY_CLASS:
            return wanted.division
        if not divisions.exists(key):
            self.problems.add(row, self._key, broken("division.unknown", key))
        return key


def with_keys(connection: Connection, layer: Layer, rows: Rows) -> Rows:
    """New rows of a layer without a key, called by what they say, as those of its files are."""
    if layer.key_field is not None:
        return rows
    there: dict[str, int] = {}
    keys: list[str | None] = []
    wkbs, columns = shapely.to_wkb(rows.geometries), _digested(layer, rows)
    for key, wkb, *said in zip(rows.keys.to_pylist(), wkbs, *columns, strict=True):
        if key is None:
            keys.append(None)
            continue
        digest = digest_of(wkb, said)
        there[digest] = there[digest] + 1 if digest in there else _next(connection, layer, digest)
        keys.append(f"{digest}-{there[digest]}")
    return replace(rows, keys=column_of("text", keys))


def _digested(layer: Layer, rows: Rows) -> Iterator[list[Any]]:
    """The values of each column, as they are told of a row of a file."""
    for column, array in zip(layer.columns, rows.columns, strict=True):
        values = array.to_pylist()
        yield values if column.type != "jsonb" else [v and Jsonb(json.loads(v)) for v in values]


def _next(connection: Connection, layer: Layer, digest: str) -> int:
    """The number after those of things that said the same."""
    (found,) = run(
        connection,
        """
        SELECT coalesce(max(split_part(source_id, '-', 2)::int) + 1, 0) AS number FROM cim.entity
        WHERE source_system = $1 AND source_id >= $2 || '-' AND source_id < $2 || '.'
        """,
        layer.name,
        digest,
    )
    return int(found.number)


def _text(kind: str, value: Any) -> str | None:
    """A key as text, as a load writes it; None where it is empty or none."""
    try:
        fitted = values.fit(kind, value)
    except ValueError:
        return str(value)  # what is wrong with it, is told of the property
    return None if fitted in (None, "") else str(fitted)


def _of_json(kind: str, value: Any) -> Any:
    """The value as `cim.assignment.values` takes it; ValueError.

    >>> _of_json("bytea", "\\\\x0102"), _of_json("date", "2024-05-01")
    (b'\\x01\\x02', '2024-05-01')
    >>> _of_json("timestamptz", "2024-05-01T00:00:00")
    Traceback (most recent call last):
    ValueError: '2024-05-01T00:00:00' has no offset from UTC, such as Z or +08:00
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("it is no finite number")
    if kind == "bytea" and isinstance(value, str) and value.startswith("\\x"):
        return bytes.fromhex(value[2:])
    if kind in {"timestamp", "timestamptz"} and isinstance(value, str):
        moment = values.fit(kind, value)
        if isinstance(moment, datetime) and (moment.tzinfo is None) != (kind == "timestamp"):
            lack = "has no" if kind == "timestamptz" else "has an"
            example = ", such as Z or +08:00" if kind == "timestamptz" else ", and none is kept"
            raise ValueError(f"{value!r} {lack} offset from UTC{example}")
    return value
