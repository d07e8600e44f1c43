"""Columns of codes of all schemes: `identify` is the oracle, row by row."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import VALID, damaged, valid, written

from cim import schemes
from cim.errors import InvalidCode
from cim.schemes.bulk import fault, identify_many

texts = st.one_of(
    st.none(), valid, valid, damaged(), written(), written(damaged()), st.text(max_size=40)
)


def one_by_one(rows: list[str | None], scheme: str | None) -> list[list[tuple[str, str]]]:
    matches = [schemes.identify(text, scheme) if text is not None else [] for text in rows]
    return [[(m.scheme, m.canonical) for m in each] for each in matches]


def at_once(rows: list[str | None], scheme: str | None) -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = [[] for _ in rows]
    part_of_more = pa.array(["x-1 ", None, *rows, "x"], pa.string())[2:-1]
    for fit in identify_many(part_of_more, scheme):
        fit.canonical.validate(full=True)
        for row, canonical in zip(fit.rows.tolist(), fit.canonical.to_pylist(), strict=True):
            found[row].append((fit.scheme, canonical))
    return found


@settings(max_examples=300)
@given(st.lists(texts, max_size=30), st.sampled_from([None, None, *schemes.SCHEMES]))
def test_bulk_says_what_scalar_says(rows: list[str | None], scheme: str | None) -> None:
    assert at_once(rows, scheme) == one_by_one(rows, scheme)


@pytest.mark.parametrize("scheme", VALID)
@settings(max_examples=100)
@given(st.data())
def test_every_scheme_in_bulk(scheme: str, data: st.DataObject) -> None:
    """Right codes and nearly right ones of one scheme, so that each of its rules decides."""
    codes = VALID[scheme]
    rows = data.draw(st.lists(st.one_of(codes, damaged(codes)), max_size=20))
    assert at_once(rows, scheme) == one_by_one(rows, scheme)
    assert at_once(rows, None) == one_by_one(rows, None)


@settings(max_examples=200)
@given(texts.filter(bool), st.sampled_from([None, None, *schemes.SCHEMES]))
def test_a_fault_is_that_of_a_scheme(text: str, scheme: str | None) -> None:
    told = fault(text, scheme)
    if schemes.identify(text, scheme) or not schemes.code_text.compact(text):
        return
    if scheme is None:
        assert told
        return
    with pytest.raises(InvalidCode) as refused:
        schemes.get(scheme).validate(text)
    assert told == f"{scheme}: {refused.value.rule}, at position {refused.value.position}"
