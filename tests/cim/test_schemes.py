"""All schemes: golden codes, the same verbs, faults and their places, and which a text could be."""

from __future__ import annotations

import csv
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import VALID

from cim import divisions, schemes
from cim.code_text import compact
from cim.errors import (
    InvalidCharacter,
    InvalidCheckCharacter,
    InvalidCode,
    InvalidComponent,
    InvalidDivision,
    InvalidLength,
    UnknownScheme,
)
from cim.schemes import gb28181, house, identify, real_estate_unit

GOLDEN = Path(__file__).parents[1] / "golden" / "codes.csv"
VERBS = ("compact", "validate", "is_valid", "format", "parse")


def golden() -> list[dict[str, str]]:
    with GOLDEN.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("row", golden(), ids=lambda row: row["text"])
def test_golden(row: dict[str, str]) -> None:
    module = schemes.get(row["scheme"])
    assert module.validate(row["text"]) == row["canonical"]
    assert module.format(row["text"]) == row["formatted"]


@pytest.mark.parametrize("name", schemes.SCHEMES)
def test_every_scheme_has_the_verbs(name: str) -> None:
    assert all(callable(getattr(schemes.get(name), verb)) for verb in VERBS)


@pytest.mark.parametrize("name", VALID)
@given(st.data())
def test_valid_codes_pass_however_written(name: str, data: st.DataObject) -> None:
    module, code = schemes.get(name), data.draw(VALID[name])
    assert module.validate(code) == code
    assert module.validate(module.format(code)) == code
    assert module.validate(" ".join(code.lower())) == code
    assert module.compact(module.compact(code)) == module.compact(code)
    assert module.parse(code) == module.parse(module.format(code))
    assert name in {match.scheme for match in identify(code)}


def refusal(name: str, text: str) -> InvalidCode | None:
    try:
        schemes.get(name).validate(text)
    except InvalidCode as error:
        return error
    return None


@st.composite
def damaged(draw: st.DrawFn, row: dict[str, str]) -> str:
    """A golden code with some characters put in the place of others."""
    text = row["text"]
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.text(max_size=3)) + text[at + draw(st.integers(0, 3)) :]


@pytest.mark.parametrize("name", schemes.SCHEMES)
@given(st.sampled_from(golden()).flatmap(damaged))
def test_any_text_is_refused_with_a_place_in_it_or_has_a_canonical_form(
    name: str, text: str
) -> None:
    module, error = schemes.get(name), refusal(name, text)
    assert module.is_valid(text) == (error is None)
    if error is None:
        assert module.validate(module.validate(text)) == module.validate(text)
    else:
        assert 0 <= error.position <= len(text)


@pytest.mark.parametrize(
    ("scheme", "text", "error", "position"),
    [
        ("parcel", "420606001001GB0000", InvalidLength, 18),
        ("parcel", "420606 001001 KB00001", InvalidCharacter, 14),
        ("parcel", "420606 001001 GK00001", InvalidCharacter, 15),
        ("parcel", "110101001001GB00001", InvalidDivision, 0),
        ("parcel", "420606 001001 GA00001", InvalidComponent, 15),
        ("parcel", "420606 001001 GB00000", InvalidComponent, 16),
        ("real_estate_unit", "420606001001GB00001K00010001", InvalidCharacter, 19),
        ("real_estate_unit", "420606001001GB00001W00010001", InvalidComponent, 20),
        ("real_estate_unit", "420606001001JA00001F00010001", InvalidComponent, 19),
        ("uscc", "91110000600037341I", InvalidCharacter, 17),
        ("uscc", "91110O00600037341L", InvalidCharacter, 5),
        ("uscc", "91110000600037341K", InvalidCheckCharacter, 17),
        ("component", "4206990101000001", InvalidDivision, 0),
        ("component", "4206060100000001", InvalidComponent, 8),
        ("unit_grid", "990606001001001", InvalidDivision, 0),
        ("unit_grid", "420606001001000", InvalidComponent, 12),
        ("gb28181", "3402 0000 0011 9000 0101", InvalidComponent, 12),
        ("hydro_station", "6010-730?", InvalidCharacter, 8),
        ("house", "1101010102020000910001X", InvalidCheckCharacter, 22),
        ("house", "42060699920200009100012", InvalidDivision, 0),
        ("unit_grid", "420600001001001", InvalidDivision, 6),
        ("unit_grid", "420606/001/001/001", InvalidCharacter, 6),
        ("beidou", "N50.J4Z", InvalidCharacter, 6),
        ("beidou", "N50.J4", InvalidLength, 5),
        ("beidou", "N0001234567", InvalidComponent, 0),
        ("geosot", "G001310322-235", InvalidCharacter, 13),
        ("geosot", "G3333", InvalidCharacter, 2),
    ],
)
def test_a_fault_is_told_with_its_place(
    scheme: str, text: str, error: type[InvalidCode], position: int
) -> None:
    with pytest.raises(error) as caught:
        schemes.get(scheme).validate(text)
    assert (caught.value.scheme, caught.value.position) == (scheme, position)


@given(VALID["uscc"])
def test_weighted_values_of_a_credit_code_sum_to_nought(code: str) -> None:
    """GB 32100: weights 3 ** i mod 31, the check character making the sum up to 31."""
    values = ["0123456789ABCDEFGHJKLMNPQRTUWXY".index(character) for character in code]
    total = sum(value * 3**i for i, value in enumerate(values[:17])) + values[17]
    assert total % 31 == 0


def test_rural_collectives_have_credit_codes_that_begin_with_a_letter() -> None:
    from stdnum.cn import uscc

    code = "N2420606MF0000001"
    assert schemes.get("uscc").is_valid(code + uscc.calc_check_digit(code))


def test_ranges_of_the_device_table_are_written_out() -> None:
    assert len(gb28181.segment("industry")) == 100
    assert len(gb28181.segment("network")) == 10
    assert gb28181.segment("type")["650"] == "extension"


def test_open_rights_take_any_fixture() -> None:
    assert real_estate_unit.fixtures("W") == frozenset("FLQW")
    assert real_estate_unit.fixtures("D") == frozenset("W")


def test_room_zero_is_the_whole_building() -> None:
    assert house.parse("11010101020200009000003").room == ""


def test_identify_lists_all_that_fit_and_opaque_ones_only_by_name() -> None:
    assert [m.scheme for m in identify("G0011232")] == ["geosot", "hydro_station"]
    assert identify("襄阳市樊城区") == []
    (match,) = identify(" 襄阳市樊城区 1-2号", "standard_address")
    assert match.canonical == " 襄阳市樊城区 1-2号"
    assert identify("420606001001GB00001", "uic") == []
    with pytest.raises(UnknownScheme):
        identify("1", "isbn")


@pytest.mark.parametrize("text", [None, 5, b"420602990101000000001", ["4"], 4.2])
def test_what_is_no_text_is_no_code(text: object) -> None:
    assert not any(scheme.module.is_valid(text) for scheme in schemes.SCHEMES.values())
    with pytest.raises(TypeError, match="a code is a str"):
        identify(text)  # type: ignore[arg-type]


@given(st.text() | st.from_regex(r"[NSG0-9A-Za-z０-９ .\-]{4,30}", fullmatch=True))
def test_identify_ranks_what_validates_and_raises_for_no_text(text: str) -> None:
    ranks = list(schemes.SCHEMES)
    matches = identify(text)
    assert matches == sorted(matches, key=lambda match: ranks.index(match.scheme))
    fitting = {n for n in ranks if schemes.get(n).is_valid(text)} - {"standard_address", "jgj496"}
    assert {match.scheme for match in matches} == fitting
    assert all(schemes.get(name).validate(text) == canonical for name, canonical in matches)


@given(st.text())
def test_compact_is_idempotent(text: str) -> None:
    assert compact(compact(text)) == compact(text)


def test_spaces_of_any_kind_fall_away() -> None:
    characters = map(chr, range(sys.maxunicode))
    assert compact("".join(c for c in characters if unicodedata.category(c) in {"Zs", "Zl"})) == ""


def test_divisions() -> None:
    table = divisions.table()
    counties = [d for d in table.values() if d.level == "county"]
    assert sum(d.conf == "H" for d in counties) == 103  # as many as the province says it has
    assert len(divisions.counties("420000")) == len(counties)
    assert all(d.parent in table for d in table.values() if d.parent)
    assert all(t.county in table for t in divisions.townships().values())
    assert divisions.covering(["420606", "420602", "420682"]) == "420600"
    assert divisions.covering(["420600", "429004"]) == "420000"
    assert not divisions.exists("420601")
