"""Columns of entity codes: the scalar function is the oracle, row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import entity_codes

from cim import entity_code, entity_code_bulk
from cim.entity_code_bulk import Reason, format_many, validate_many
from cim.errors import InvalidCode

CHARACTERS = "0123456789LlYyOo -*０Ｌ汉\x00"
almost = st.text("0123456789", min_size=20, max_size=23)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A right code with one character replaced, put in or taken out."""
    code = draw(entity_codes.flatmap(lambda c: st.sampled_from([c, entity_code.format(c)])))
    at = draw(st.integers(0, len(code)))
    return code[:at] + draw(st.text(CHARACTERS, max_size=1)) + code[at + draw(st.integers(0, 1)) :]


@st.composite
def separated(draw: st.DrawFn) -> str:
    """A code, right or damaged, with hyphens and spaces in it."""
    text = draw(damaged())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.sampled_from(["-", " ", "--", "–", "　"])) + text[at:]
    return text


rows = st.one_of(
    st.none(),
    entity_codes,
    entity_codes.map(entity_code.format),
    entity_codes.map(lambda code: entity_code.format(code).lower()),
    damaged(),
    separated(),
    almost,
    st.text(max_size=30),
)


def told(text: str | None) -> tuple[str | None, str]:
    """What the scalar function says, in the words of the bulk one."""
    if text is None:
        return None, "NULL"
    try:
        return entity_code.validate(text), "VALID"
    except InvalidCode as error:
        return None, entity_code_bulk._REASONS[type(error)].name


@settings(max_examples=300)
@given(st.lists(rows, max_size=40))
def test_bulk_says_what_scalar_says(texts: list[str | None]) -> None:
    done = validate_many(pa.array(texts, pa.string()))
    done.canonical.validate(full=True)
    names = [Reason(reason).name for reason in done.reason]
    assert list(zip(done.canonical.to_pylist(), names, strict=True)) == [told(t) for t in texts]


def column(count: int) -> list[str | None]:
    """Codes of both forms with faults among them, more than one block."""
    rng = np.random.default_rng(7)
    codes: list[str | None] = []
    for serial in rng.integers(0, 10**9, count):
        code = f"42060{rng.integers(10)}9901{rng.integers(10)}1{serial:09d}"
        codes.append(code + str(rng.choice(list("LY-"))) if serial % 2 else code)
    codes[5] = None
    return codes


def test_blocks_are_joined_in_order() -> None:
    texts = column(40_000)
    done = validate_many(texts)
    assert done.canonical.to_pylist() == [told(text)[0] for text in texts]
    assert 0 < done.valid.sum() < len(texts)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda texts: pa.array(["x", *texts, "x"], pa.string())[1:-1],
        lambda texts: pa.array(texts, pa.large_string()),
        lambda texts: pa.array(texts, pa.string_view()),
        lambda texts: pa.array(texts, pa.string()).dictionary_encode(),
        lambda texts: pa.chunked_array([texts[:3], [], texts[3:]], pa.string()),
        lambda texts: pd.Series(texts, dtype="str"),
        lambda texts: pd.Series(texts, dtype=object),
        lambda texts: np.array(texts, dtype=object),
    ],
)
def test_any_column_of_text(wrap: object) -> None:
    texts = column(200)
    assert validate_many(wrap(texts)).canonical == validate_many(texts).canonical  # type: ignore[operator]


def test_no_rows_and_only_nulls() -> None:
    assert len(validate_many(pa.array([], pa.string())).canonical) == 0
    assert validate_many([None, None]).reason.tolist() == [Reason.NULL, Reason.NULL]


def test_a_null_with_bytes_behind_it_is_null() -> None:
    code = pa.array(["420602010101000000001"])
    bitmap = pa.py_buffer(b"\x00")
    hidden = pa.Array.from_buffers(pa.string(), 1, [bitmap, *code.buffers()[1:]])
    assert validate_many(hidden).reason.tolist() == [Reason.NULL]
    assert validate_many(hidden).canonical.to_pylist() == [None]


def test_external_forms() -> None:
    codes = [code for code in validate_many(column(2000)).canonical.to_pylist() if code]
    assert format_many(codes) == [entity_code.format(code) for code in codes]
    assert format_many([]) == []
