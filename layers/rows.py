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
from cim.database.arrow_copy import column_of, fitted
from cim.errors import InvalidCode
from cim.layer import Column
from cim.schemes.bulk import identify_many
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
        pairs = zip(self._source.columns, batch.columns, strict=True)
        values = [readable(column, a, batch.first_row, self._problems) for column, a in pairs]
        keys = self._keys(batch, values, geometries)
        named = self._plan.name_field
        return Rows(
            batch.first_row,
            turned(geometries, self._problems),
            keys,
            [_stored(c, array) for c, array in zip(self._source.columns, values, strict=True)],
            aliases=list(self._aliases(batch, values)) if self._plan.aliases else (),
            divisions=self._divisions(batch, keys),
            names=_said(values[self._position(named)]) if named else None,
        )

    def _keys(self, batch: Batch, values: Sequence[pa.Array], geometries: NDArray[Any]) -> pa.Array:
        if self._plan.key_field is None:
            keys = column_of("text", self._digests(values, geometries))
        else:
            keys = _said(values[self._position(self._plan.key_field)])
        for i in pc.indices_nonzero(keys.is_null()).to_pylist():
            self._problems.add(batch.first_row + i, self._plan.key_field, broken("key.empty"))
        return self._own_codes(batch, keys) if self._are_divisions else keys

    def _digests(self, values: Sequence[pa.Array], geometries: NDArray[Any]) -> list[str]:
        """Keys of rows that have none: what a row says, and how many said the same before."""
        pairs = zip(self._source.columns, values, strict=True)
        rows = zip(*(_digested(column, array) for column, array in pairs), strict=True)
        keys = []
        wkbs = shapely.to_wkb(geometries)
        for row, wkb in zip(rows if values else [()] * len(wkbs), wkbs, strict=True):
            digest = digest_of(wkb, list(row))
            keys.append(f"{digest}-{self._seen[digest]}")
            self._seen[digest] += 1
        return keys

    @property
    def _are_divisions(self) -> bool:
        return self._plan.class_code == COUNTY_CLASS

    def _divisions(self, batch: Batch, keys: pa.Array) -> pa.Array | None:
        if self._are_divisions:
            return keys
        return pa.repeat(self._plan.division, len(batch)) if self._plan.division else None

    def _own_codes(self, batch: Batch, keys: pa.Array) -> pa.Array:
        """A division is its own division: its key is its code (GB/T 2260)."""
        known = keys.to_pylist()
        for i, key in enumerate(known):
            if key is not None and not divisions.exists(key):
                said = broken("division.unknown", key)
                self._problems.add(batch.first_row + i, self._plan.key_field, said)
                known[i] = None
        return column_of("text", known)

    def _aliases(self, batch: Batch, values: Sequence[pa.Array]) -> Iterator[Alias]:
        for scheme, name in self._plan.aliases.items():
            texts = _said(values[self._position(name)])
            right = texts.is_null().to_numpy(False)
            for fit in identify_many(texts, scheme):
                right[fit.rows] = True
                for row, value in zip(fit.rows.tolist(), fit.canonical.to_pylist(), strict=True):
                    yield row, scheme, value
            for row in (~right).nonzero()[0].tolist():
                value = texts[row].as_py()
                try:
                    yield row, scheme, schemes.get(scheme).validate(value)
                except InvalidCode as error:
                    said = broken("alias.invalid", value, scheme=scheme, detail=error)
                    self._problems.add(batch.first_row + row, name, said)

    def _position(self, name: str) -> int:
        return next(i for i, c in enumerate(self._source.columns) if c.name == name)


def digest_of(wkb: bytes | None, values: Sequence[Any]) -> str:
    """What a row says, as a text that stands for its key where it has none."""
    said = json.dumps(values, default=repr, ensure_ascii=False)
    return hashlib.sha256((wkb or b"") + said.encode()).hexdigest()[:32]


def values_of(column: Column, array: pa.Array, first_row: int, problems: Problems) -> list[Any]:
    """The values of a column; texts that are none are None and noted as problems."""
    return _values(readable(column, array, first_row, problems))


def readable(column: Column, array: pa.Array, first_row: int, problems: Problems) -> pa.Array:
    """A column in which texts that are none are null and noted as problems."""
    if column.type != "text":
        return array
    texts = _decoded(column, array, first_row, problems)
    with_nul = pc.fill_null(pc.match_substring(texts, "\0"), False)
    for i in pc.indices_nonzero(with_nul).to_pylist():
        problems.add(first_row + i, column.name, broken("text.nul"))
    return pc.if_else(with_nul, None, texts) if pc.any(with_nul).as_py() else texts


def _decoded(column: Column, array: pa.Array, first_row: int, problems: Problems) -> pa.Array:
    texts = fitted(array, "text")
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        return pa.array(_each_decoded(column, texts, first_row, problems), pa.string())
    return texts


def _each_decoded(
    column: Column, texts: pa.Array, first_row: int, problems: Problems
) -> Iterator[str | None]:
    """The texts of an array in which some are none."""
    for i, value in enumerate(texts.cast(pa.binary()).to_pylist()):
        try:
            yield None if value is None else value.decode()
        except UnicodeDecodeError:
            said = broken("text.encoding", legible(value, UTF8), encoding="UTF-8")
            problems.add(first_row + i, column.name, said)
            yield None


def _stored(column: Column, array: pa.Array) -> pa.Array:
    """A column as it is copied."""
    if isinstance(array.type, pa.JsonType):
        return fitted(array.storage, "text")
    if column.type != "jsonb":
        return fitted(array, column.type)
    values = array.to_pylist()
    return column_of("jsonb", [None if value is None else json.dumps(value) for value in values])


def _values(array: pa.Array) -> list[Any]:
    if isinstance(array.type, pa.JsonType):
        return [None if text is None else json.loads(text) for text in array.storage.to_pylist()]
    return array.to_pylist()  # type: ignore[no-any-return]


def _digested(column: Column, array: pa.Array) -> list[Any]:
    """The values of a column as keys of content have been made of them since the first."""
    values = _values(array)
    if column.type != "jsonb":
        return values
    return [None if value is None else Jsonb(value) for value in values]


def _said(array: pa.Array) -> pa.Array:
    """The texts of a column, null where they are empty."""
    kinds = pa.types
    if kinds.is_string(array.type) or kinds.is_integer(array.type):
        texts = fitted(array, "text")
    else:  # Python writes numbers and times in another way than Arrow
        texts = column_of("text", [None if v is None else str(v) for v in array.to_pylist()])
    return pc.if_else(pc.equal(texts, ""), None, texts)
