"""Reads the batches of a file as rows that can be staged (读取为待入库行).

Every value keeps the type of its field. Keys, divisions and other codes are read from the fields
that the plan names; what breaks a rule is noted as a problem and the row is left out.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from cim import divisions, schemes
from cim.assignment.counties import COUNTY_CLASS
from cim.assignment.geometry import STORED, Frame, GeometryCheck, GeometryRules, turned
from cim.assignment.problems import Problems
from cim.assignment.rows import Alias, Rows
from cim.assignment.rules import broken
from cim.errors import InvalidCode
from cim.registry import Column
from layers.governed import NOTHING, Checks
from layers.reading.encodings import UTF8, legible
from layers.source import Batch, Source


@dataclass(frozen=True, slots=True)
class Plan:
    """How the rows of a file are read: the columns they become, what their fields mean, and what
    their coordinates are in.
    """

    columns: tuple[Column, ...]
    key_field: str | None
    class_code: str
    division: str | None
    aliases: Mapping[str, str]
    name_field: str | None = None
    frame: Frame = STORED


class Reader:
    """One pass over a source."""

    def __init__(
        self,
        source: Source,
        plan: Plan,
        problems: Problems,
        checks: Checks = NOTHING,
        rules: GeometryRules | None = None,
    ) -> None:
        self._source = source
        self._names = [column.name for column in source.columns]
        self._checks = checks
        self._plan = plan
        self._problems = problems
        self._check = GeometryCheck(plan.frame, problems, rules)
        self._seen: Counter[str] = Counter()

    def rows(self) -> Iterator[Rows]:
        """Batch after batch; broken rows are noted as problems and have no key or geometry."""
        for batch in self._source.batches():
            batch.tell(self._problems)
            self._checks(batch, self._names, self._problems)
            yield self._rows(batch)

    def _rows(self, batch: Batch) -> Rows:
        geometries = self._check(batch.geometries, batch.first_row, batch.unread)
        texts = self._texts(batch)
        keys = self._keys(batch, texts, geometries)
        named = self._plan.name_field
        return Rows(
            batch.first_row,
            turned(geometries, self._problems),
            keys,
            texts,
            aliases=list(self._aliases(batch, texts)) if self._plan.aliases else (),
            divisions=self._divisions(batch, keys),
            names=_names(texts[self._position(named)]) if named else None,
        )

    def _texts(self, batch: Batch) -> list[list[Any]]:
        pairs = zip(self._source.columns, batch.columns, strict=True)
        return [self._values(column, array, batch.first_row) for column, array in pairs]

    def _values(self, column: Column, array: pa.Array, first_row: int) -> list[Any]:
        values = values_of(column, array, first_row, self._problems)
        if column.type != "jsonb":
            return values
        return [None if value is None else Jsonb(value) for value in values]

    def _keys(
        self, batch: Batch, texts: list[list[Any]], geometries: NDArray[Any]
    ) -> list[str | None]:
        if self._plan.key_field is None:
            return self._digests(texts, geometries)
        values = texts[self._position(self._plan.key_field)]
        for i, value in enumerate(values):
            if value is None or value == "":
                self._problems.add(batch.first_row + i, self._plan.key_field, broken("key.empty"))
        return [None if value in (None, "") else str(value) for value in values]

    def _digests(self, texts: list[list[Any]], geometries: NDArray[Any]) -> list[str | None]:
        """Keys of rows that have none: what a row says, and how many said the same before."""
        keys: list[str | None] = []
        for i, wkb in enumerate(shapely.to_wkb(geometries)):
            digest = digest_of(wkb, [values[i] for values in texts])
            keys.append(f"{digest}-{self._seen[digest]}")
            self._seen[digest] += 1
        return keys

    def _divisions(self, batch: Batch, keys: list[str | None]) -> list[str | None] | None:
        if self._plan.class_code == COUNTY_CLASS:
            return self._own_codes(batch, keys)
        return [self._plan.division] * len(batch) if self._plan.division else None

    def _own_codes(self, batch: Batch, keys: list[str | None]) -> list[str | None]:
        """A division is its own division: its key is its code (GB/T 2260)."""
        for i, key in enumerate(keys):
            if key is not None and not divisions.exists(key):
                said = broken("division.unknown", key)
                self._problems.add(batch.first_row + i, self._plan.key_field, said)
                keys[i] = None
        return keys

    def _aliases(self, batch: Batch, texts: list[list[Any]]) -> Iterator[Alias]:
        for scheme, name in self._plan.aliases.items():
            validate = schemes.get(scheme).validate
            for i, value in enumerate(texts[self._position(name)]):
                if value in (None, ""):
                    continue
                try:
                    yield i, scheme, validate(str(value))
                except InvalidCode as error:
                    said = broken("alias.invalid", value, scheme=scheme, detail=error)
                    self._problems.add(batch.first_row + i, name, said)

    def _position(self, name: str) -> int:
        return next(i for i, c in enumerate(self._source.columns) if c.name == name)


def digest_of(wkb: bytes | None, values: Sequence[Any]) -> str:
    """What a row says, as a text that stands for its key where it has none."""
    said = json.dumps(values, default=repr, ensure_ascii=False)
    return hashlib.sha256((wkb or b"") + said.encode()).hexdigest()[:32]


def values_of(column: Column, array: pa.Array, first_row: int, problems: Problems) -> list[Any]:
    """The values of a column; texts that are none are None and noted as problems."""
    if isinstance(array.type, pa.JsonType):
        return [None if text is None else json.loads(text) for text in array.storage.to_pylist()]
    if column.type != "text":
        return array.to_pylist()  # type: ignore[no-any-return]
    try:
        values: list[Any] = array.to_pylist()
    except UnicodeDecodeError:
        return list(_decoded(column, array, first_row, problems))
    if pc.any(pc.match_substring(array.cast(pa.string()), "\0")).as_py():
        for i, value in enumerate(values):
            if value and "\0" in value:
                problems.add(first_row + i, column.name, broken("text.nul"))
                values[i] = None
    return values


def _decoded(
    column: Column, array: pa.Array, first_row: int, problems: Problems
) -> Iterator[str | None]:
    """The texts of an array in which some are none."""
    binary = pa.large_binary() if pa.types.is_large_string(array.type) else pa.binary()
    for i, value in enumerate(array.cast(binary).to_pylist()):
        try:
            yield None if value is None else value.decode()
        except UnicodeDecodeError:
            said = broken("text.encoding", legible(value, UTF8), encoding="UTF-8")
            problems.add(first_row + i, column.name, said)
            yield None


def _names(values: list[Any]) -> list[str | None]:
    return [None if value in (None, "") else str(value) for value in values]
