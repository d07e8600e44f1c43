"""Entity codes: MOD 37,36 against an oracle, ways of writing, faults and their places."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle_iso7064 import ALPHABET, mod_37_36, mod_37_36_holds
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


def test_the_oracle_holds_for_published_codes() -> None:
    """GRid, the release identifier of the record industry, uses the same system."""
    assert mod_37_36_holds("A12425GABC1234002M")
    assert not mod_37_36_holds("A12425GABC1234002N")


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


@given(entity_codes, st.integers(0, 19))
def test_a_swap_of_neighbours_never_passes_unless_they_differ_by_one(code: str, at: int) -> None:
    left, right = code[at], code[at + 1]
    swapped = entity_code.format(code)
    swapped = swapped[:at] + right + left + swapped[at + 2 :]
    assert entity_code.is_valid(swapped) <= (abs(int(left) - int(right)) <= 1)


def test_how_many_swaps_of_digits_are_missed() -> None:
    """One character leads to each of the 36 states of MOD 37,36; what follows cannot mend it."""
    swaps = [(a, b) for a in "0123456789" for b in "0123456789" if a != b]
    missed = [
        (a, b)
        for before in ALPHABET
        for a, b in swaps
        if mod_37_36(before + a + b) == mod_37_36(before + b + a)
    ]
    assert (len(missed), len(ALPHABET) * len(swaps)) == (18, 3240)
    assert all(abs(int(a) - int(b)) == 1 for a, b in missed)


@pytest.mark.parametrize(
    ("division", "class_code", "serial", "error", "position"),
    [
        ("420606", "990101", 0, InvalidComponent, 12),
        ("420606", "990101", -1, InvalidLength, 21),
        ("420606", "990101", 10**9, InvalidLength, 12),
        ("42060", "6990101", 1, InvalidLength, 0),
        ("420606", "99010", 1, InvalidLength, 6),
        ("420601", "990101", 1, InvalidDivision, 0),
    ],
)
def test_what_is_no_segment_makes_no_code(
    division: str, class_code: str, serial: int, error: type[InvalidCode], position: int
) -> None:
    with pytest.raises(error) as caught:
        entity_code.encode(division, class_code, serial)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("text", "error", "position"),
    [
        ("", InvalidLength, 0),
        ("4206020101010000000", InvalidLength, 19),
        ("42 0602-010101-000000001-L-7", InvalidLength, 27),
        ("420602-010101-00000001", InvalidLength, 22),
        ("420602_010101_000000001", InvalidCharacter, 6),
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
