"""Entity codes: MOD 37,36 against an oracle, ways of writing, faults and their places."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle_iso7064 import mod_37_36
from strategies import digits, entity_codes

from cim import entity_code
from cim.errors import (
    InvalidCharacter,
    InvalidCheckCharacter,
    InvalidCode,
    InvalidComponent,
    InvalidDivision,
    InvalidLength,
)

FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@given(digits(21))
def test_check_character_is_that_of_iso_7064(body: str) -> None:
    assert entity_code.check_character(body) == mod_37_36(body)


@given(entity_codes)
def test_both_forms_name_the_same_code(code: str) -> None:
    external = entity_code.format(code)
    assert external == code + mod_37_36(code)
    assert entity_code.validate(external) == entity_code.validate(code) == code
    assert entity_code.format(external) == external
    parsed = entity_code.parse(external)
    assert parsed.code == code
    assert entity_code.encode(parsed.division, parsed.class_code, int(parsed.serial)) == code


@given(entity_codes, st.data())
def test_ways_of_writing(code: str, data: st.DataObject) -> None:
    written = entity_code.format(code).lower()
    for _ in range(3):
        at = data.draw(st.integers(0, len(written)))
        written = written[:at] + data.draw(st.sampled_from(" -　－–")) + written[at:]
    assert entity_code.validate(written) == code
    assert entity_code.validate(written.translate(FULL_WIDTH)) == code


@given(entity_codes, st.integers(0, 20), st.integers(1, 9))
def test_one_wrong_digit_never_passes_in_the_external_form(code: str, at: int, by: int) -> None:
    wrong = str((int(code[at]) + by) % 10)
    external = entity_code.format(code)
    assert not entity_code.is_valid(external[:at] + wrong + external[at + 1 :])


@pytest.mark.parametrize(
    ("text", "error", "position"),
    [
        ("", InvalidLength, 0),
        ("4206020101010000000", InvalidLength, 19),
        ("42 0602-010101-000000001-L-7", InvalidLength, 27),
        ("42060201-01O1000000001", InvalidCharacter, 11),
        ("٤20602010101000000001", InvalidCharacter, 0),
        ("420602010101000000001*", InvalidCharacter, 21),
        ("110101010101000000001", InvalidDivision, 0),
        ("  420601010101000000001", InvalidDivision, 2),
        ("420602-010101-000000000", InvalidComponent, 14),
        ("420602-010101-000000001-K", InvalidCheckCharacter, 24),
    ],
)
def test_a_fault_is_told_with_its_place(text: str, error: type[InvalidCode], position: int) -> None:
    with pytest.raises(error) as caught:
        entity_code.validate(text)
    assert caught.value.position == position
    assert caught.value.text == text
    assert caught.value.rule in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_things_that_cross_counties_or_cities_have_zero_filled_divisions() -> None:
    assert entity_code.is_valid("420600990201000000001")
    assert entity_code.is_valid("420000990201000000001")


@given(digits(6))
def test_the_class_table_is_not_asked(class_code: str) -> None:
    assert entity_code.is_valid(f"420606{class_code}000000001")
