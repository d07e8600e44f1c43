"""Which element a layer may be, and which fields its columns (绑定建议). A person decides.

A column is weighed against every field of an element whose type it can hold:

- by name: it equals, or is like, the code, a name or an alias of the field;
- by values, of a sample of rows: how many of them are in the code list, fit the pattern, and lie
  between minimum and maximum. Values that mostly do not fit speak against the field.

The two together make the score, 0 to 1, and each is told in words. Columns and fields are then
paired, the best first. An element is weighed by its class, its names, and how much of the layer's
columns and of its mandatory fields are paired.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection

from cim.catalog import reading, rules, units
from cim.catalog.binding import FITTING
from cim.catalog.model import Element, Field
from cim.catalog.reading import FoundElement
from cim.database.sql import run
from cim.errors import LayerFused
from cim.layer import Column, Layer
from cim.names import quoted

ROWS = 1_000
LEAST = 0.45
_ALIKE = 0.75


class Pair(NamedTuple):
    """A column that may be a field, how likely (0 to 1), and why, in Chinese and English."""

    column: str
    field: Field
    score: float
    why_zh: str
    why_en: str


class Suggestion(NamedTuple):
    """An element that the layer may be, with its columns' pairs."""

    found: FoundElement
    score: float
    why_zh: str
    why_en: str
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """Values of a column as text, none of them empty, with how many rows have each."""

    column: Column
    values: Counter[str]


class _Reason(NamedTuple):
    weight: float
    zh: str
    en: str


def suggest(connection: Connection, layer: Layer, most: int = 3) -> list[Suggestion]:
    """The likeliest elements, the best first; none where nothing speaks for any. LayerFused."""
    if layer.base is not None:
        raise LayerFused(layer.name, layer.base.name)
    rows = run(connection, _ALL)
    elements = [reading.element(row.document) for row in rows]
    lists = _lists(connection)
    samples = sampled(connection, layer)
    found = [_weighed(layer, samples, each, lists) for each in elements]
    likely = [each for each in found if each.score >= LEAST]
    return sorted(likely, key=lambda each: -each.score)[:most]


_ALL = f"{reading.of_element('').sql.replace('AND e.code = $1', '')} ORDER BY v.id, e.position"


def sampled(connection: Connection, layer: Layer) -> list[Sample]:
    """Up to ROWS rows of the layer, from all over it, column by column."""
    if layer.kind != "vector" or not layer.columns:
        return []
    wanted = ", ".join(f"{quoted(c.name)}::text" for c in layer.columns)
    percent = min(100.0, 200.0 * ROWS / max(layer.feature_count, 1))
    some = f"layer.{quoted(layer.name)} TABLESAMPLE BERNOULLI ($1) REPEATABLE (1)"
    if layer.source:  # its table has the codes alone
        some = f"item.{quoted(layer.name)} WHERE code IN (SELECT code FROM {some})"
    rows = run(connection, f"SELECT {wanted} FROM {some} LIMIT $2", percent, ROWS)
    columns = list(zip(*rows, strict=True)) or [()] * len(layer.columns)
    return [
        Sample(column, Counter(value for value in values if value))
        for column, values in zip(layer.columns, columns, strict=True)
    ]


def _lists(connection: Connection) -> dict[tuple[str, str], frozenset[str]]:
    """Values of each code list, by its code and the type of field that takes them."""
    rows = run(
        connection,
        """
        SELECT e.list, array_agg(e.code) AS codes, array_agg(e.name_zh) AS names
        FROM cim.code_list_entry e JOIN cim.catalog_version v ON v.id = e.version_id AND v.current
        GROUP BY e.list
        """,
    )
    found = {}
    for row in rows:
        found[row.list, "code"] = frozenset(row.codes)
        found[row.list, "code_name"] = frozenset(row.names)
    return found


def _weighed(
    layer: Layer,
    samples: Sequence[Sample],
    found: FoundElement,
    lists: Mapping[tuple[str, str], frozenset[str]],
) -> Suggestion:
    pairs = paired(samples, found.fields, lists)
    reasons = [*_of_layer(layer, found.element), *_of_pairs(samples, found, pairs)]
    score = _together(reason.weight for reason in reasons)
    words = ("；".join(r.zh for r in reasons), "; ".join(r.en for r in reasons))
    return Suggestion(found, round(score, 2), *words, pairs)


def _of_layer(layer: Layer, element: Element) -> list[_Reason]:
    reasons = []
    if layer.class_code and layer.class_code == element.class_code:
        reasons.append(
            _Reason(0.6, f"实体分类同为 {element.class_code}", f"its class is {element.class_code}")
        )
    names = (element.code, element.name_zh, element.name_en, *element.aliases)
    given = (layer.name, layer.title.zh, layer.title.en)
    alike = max(_alike(a, b) for a in given for b in names)
    if alike:
        reasons.append(_Reason(0.5 * alike, "图层名称相符", "the name of the layer fits"))
    return reasons


def _of_pairs(
    samples: Sequence[Sample], found: FoundElement, pairs: Sequence[Pair]
) -> list[_Reason]:
    mandatory = [f.code for f in found.fields if f.mandatory == "M"]
    if not pairs or not mandatory:
        return []
    met = sum(pair.field.code in mandatory for pair in pairs)
    share = (met / len(mandatory) + len(pairs) / len(samples)) / 2
    return [
        _Reason(
            0.8 * share**2,
            f"{len(samples)} 列中 {len(pairs)} 列、{len(mandatory)} 个必填数据项中 {met} 个对应",
            f"{len(pairs)} of {len(samples)} columns and {met} of {len(mandatory)} mandatory "
            "fields are paired",
        )
    ]


def paired(
    samples: Sequence[Sample],
    fields: Sequence[Field],
    lists: Mapping[tuple[str, str], frozenset[str]],
) -> tuple[Pair, ...]:
    """Each column with the field it most likely is, in the order of the columns."""
    pairs = [pair for s in samples for f in fields if (pair := _pair(s, f, lists))]
    kept: dict[str, Pair] = {}
    taken: set[str] = set()
    for pair in sorted(pairs, key=lambda p: -p.score):
        if pair.column not in kept and pair.field.code not in taken:
            kept[pair.column] = pair
            taken.add(pair.field.code)
    return tuple(kept[s.column.name] for s in samples if s.column.name in kept)


def _pair(
    sample: Sample, field: Field, lists: Mapping[tuple[str, str], frozenset[str]]
) -> Pair | None:
    column = sample.column
    unit = units.of_name(column.name)
    if column.type not in FITTING[field.type] or unit not in {None, field.unit}:
        return None
    named = _by_name(column.name, field)
    valued = _by_values(sample.values, field, lists)
    reasons = [reason for reason in (named, valued) if reason]
    score = _together(reason.weight for reason in reasons if reason.weight > 0)
    if valued is not None and valued.weight < 0:
        score *= 1 + valued.weight
    if score < LEAST:
        return None
    words = ("；".join(r.zh for r in reasons), "; ".join(r.en for r in reasons))
    return Pair(column.name, field, round(score, 2), *words)


def _together(weights: Iterable[float]) -> float:
    """Independent reasons: what is left of doubt when each takes its part."""
    doubt = 1.0
    for weight in weights:
        doubt *= 1 - weight
    return 1 - doubt


def _by_name(column: str, field: Field) -> _Reason | None:
    tail = field.code.rpartition(".")[2]
    best = max(
        (tail, field.name_zh, field.name_en, *field.aliases), key=lambda n: _alike(column, n)
    )
    alike = _alike(column, best)
    if alike == 1:
        return _Reason(0.9, f"列名即“{best}”", f"the name is {best!r}")
    if alike:
        return _Reason(0.6 * alike, f"列名近似“{best}”", f"the name is like {best!r}")
    return None


def _by_values(
    values: Counter[str], field: Field, lists: Mapping[tuple[str, str], frozenset[str]]
) -> _Reason | None:
    """What the values say: below 0 where most of them do not fit."""
    test, weight, zh, en = _test(field, lists)
    if test is None or not values:
        return None
    share = sum(n for value, n in values.items() if test(value)) / values.total()
    words = (f"{share:.0%} 的取值{zh}", f"{share:.0%} of its values {en}")
    return _Reason(weight * share if share >= 0.5 else share - 1, *words)


def _test(
    field: Field, lists: Mapping[tuple[str, str], frozenset[str]]
) -> tuple[Callable[[str], Any] | None, float, str, str]:
    """How a value is tested, what it weighs when all fit, and in words."""
    if field.code_list:
        known = lists.get((field.code_list, field.type), frozenset())
        name = field.code_list
        return known.__contains__, 0.7, f"在代码表 {name} 中", f"are in the code list {name}"
    if field.pattern:
        whole = re.compile(rules.whole(field.pattern), re.ASCII).match
        return whole, 0.7, f"符合格式 {field.pattern}", f"fit the pattern {field.pattern}"
    if field.type in {"number", "integer"} and (field.minimum or field.maximum):
        between = f"{field.minimum or '…'}–{field.maximum or '…'}"
        return _between(field), 0.1, f"在 {between} 之间", f"lie in {between}"
    return None, 0.0, "", ""


def _between(field: Field) -> Callable[[str], bool]:
    low, high = rules.bounds(field)

    def test(text: str) -> bool:
        try:
            value = float(text)
        except ValueError:
            return False
        return (low is None or low <= value) and (high is None or value <= high)

    return test


def _alike(one: str, other: str) -> float:
    """1 where two names are the same but for case and joints; 0 where they are not alike."""
    a, b = _bare(one), _bare(other)
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    matcher = SequenceMatcher(None, a, b)
    bounds = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)  # the cheap one first
    return 0.0 if any(bound() < _ALIKE for bound in bounds) else matcher.ratio()


@lru_cache(maxsize=65_536)
def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
