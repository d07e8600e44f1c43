"""The rules of a field (数据项规则), as kernels of Arrow over the values of a column."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from cim.catalog import rules
from cim.catalog.model import Field

Test = Callable[[pa.Array], pa.Array]  # which values are right; null where nothing can be said


class Rule(NamedTuple):
    """A rule of a field: its id, which values are right, and what a wrong one is told."""

    id: str
    test: Test
    en: str
    zh: str


def rules_of(field: Field, known: pa.Array | None) -> Iterator[Rule]:
    if known is not None:
        yield _in_list(field.code_list, known)
    if field.pattern:
        yield _fitting(field.pattern)
    if field.length:
        yield _no_longer(field.length)
    low, high = rules.bounds(field)
    if low is not None:
        yield _bounded(field, "least", pc.greater_equal, low)
    if high is not None:
        yield _bounded(field, "most", pc.less_equal, high)


def _in_list(name: str, known: pa.Array) -> Rule:
    return Rule(
        "catalog.list",
        lambda array: pc.is_in(_text(array), known),
        f"{{!r}} is not in the code list {name}",
        f"{{!r}} 不在代码表 {name} 中",
    )


def _fitting(pattern: str) -> Rule:
    shown = _literal(pattern)
    return Rule(
        "catalog.pattern",
        lambda array: pc.match_substring_regex(_text(array), rules.whole(pattern)),
        f"{{!r}} does not fit the pattern {shown}",
        f"{{!r}} 不符合格式 {shown}",
    )


def _no_longer(length: int) -> Rule:
    return Rule(
        "catalog.length",
        lambda array: pc.less_equal(pc.utf8_length(_text(array)), length),
        f"{{!r}} is longer than {length} characters",
        f"{{!r}} 超过 {length} 个字符",
    )


_WORDS = {"least": ("below the minimum", "小于最小值"), "most": ("above the maximum", "大于最大值")}


def _bounded(field: Field, which: str, compare: Callable[..., pa.Array], bound: Any) -> Rule:
    unit = "" if field.unit in {"", "1"} else f" {_literal(field.unit)}"
    shown = field.minimum if which == "least" else field.maximum
    en, zh = _WORDS[which]
    return Rule(
        "catalog.range",
        lambda array: compare(measured(array), bound),
        f"{{}}{unit} is {en} {shown}",
        f"{{}}{unit} {zh} {shown}",
    )


def _literal(text: str) -> str:
    """The text as a part of a format."""
    return text.replace("{", "{{").replace("}", "}}")


def measured(array: pa.Array) -> pa.Array:
    """Numbers as they are; moments as their dates."""
    return array.cast(pa.date32(), safe=False) if pa.types.is_timestamp(array.type) else array


def _text(array: pa.Array) -> pa.Array:
    return array.cast(pa.string())
