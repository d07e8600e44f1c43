"""Columns of codes of all schemes: `identify` is the oracle, row by row."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from strategies import VALID

from cim import entity_code, schemes
from cim.errors import InvalidCode
from cim.schemes.bulk import fault, identify_many

CHARACTERS = "0123456789GNSJXBFWZLaf -.*０Ｇ汉\x00"
FULL = {half: half + 0xFEE0 for half in range(0x21, 0x7F)}

valid = st.one_of(*VALID.values(), VALID["uic"].map(entity_code.format))


@st.composite
def damaged(draw: st.DrawFn, codes: SearchStrategy[str] = valid) -> str:
    """A right code with one character replaced, put in or taken out."""
    code = draw(codes)
    at = draw(st.integers(0, len(code)))
    return code[:at] + draw(st.text(CHARACTERS, max_size=1)) + code[at + draw(st.integers(0, 1)) :]


@st.composite
def written(draw: st.DrawFn, codes: SearchStrategy[str] = valid) -> str:
    """A code as people write it: separators, small letters, full width."""
    code = draw(codes)
    at = draw(st.integers(0, len(code)))
    text = code[:at] + draw(st.sampled_from(["-", " ", "–", "　", ".", "\u200b"])) + code[at:]
    as_written = st.sampled_from([str, str.lower, lambda t: t.translate(FULL)])
    return str(draw(as_written)(text))


texts = st.one_of(
    st.none(), valid, valid, damaged(), written(), written(damaged()), st.text(max_size=40)
)


def one_by_one(rows: list[str | None], scheme: str | None) -> list[list[tuple[str, str]]]:
    matches = [schemes.identify(text, scheme) if text is not None else [] for text in rows]
    return [[(m.scheme, m.canonical) for m in each] for each in matches]


def at_once(rows: list[str | None], scheme: str | None) -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = [[] for _ in rows]
    for fit in identify_many(pa.array(rows, pa.string()), scheme):
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
