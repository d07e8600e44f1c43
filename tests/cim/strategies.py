"""Valid codes of every scheme, in canonical form, for property tests."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from oracle_iso7064 import mod_11_2
from stdnum.cn import uscc

from cim import divisions, entity_code
from cim.schemes.gb28181 import segment
from cim.schemes.parcel import letters
from cim.schemes.real_estate_unit import NO_FIXTURE, fixtures
from gridcode import beidou, geosot

COLLECTIVE_ONLY = ("A", "C")


def digits(count: int, first: int = 0) -> SearchStrategy[str]:
    """Numbers of a fixed width, from `first` on."""
    return st.integers(first, 10**count - 1).map(lambda number: f"{number:0{count}d}")


any_division = st.sampled_from(sorted(divisions.table()))
any_township = st.sampled_from(sorted(divisions.townships()))
capitals = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

entity_codes = st.tuples(any_division, digits(6), digits(9, first=1)).map("".join)


@st.composite
def parcels(draw: st.DrawFn) -> str:
    right = draw(st.sampled_from(sorted(letters(14))))
    ownership = "J" if right in COLLECTIVE_ONLY else draw(st.sampled_from("GJZ"))
    place = draw(any_division) + draw(digits(6))
    return place + ownership + right + draw(digits(5, first=1))


@st.composite
def real_estate_units(draw: st.DrawFn) -> str:
    parcel = draw(parcels())
    fixture = draw(st.sampled_from(sorted(fixtures(parcel[13]))))
    return parcel + fixture + ("00000000" if fixture == NO_FIXTURE else draw(digits(8)))


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    head = draw(st.text(alphabet, min_size=2, max_size=2))
    body = head + draw(digits(6)) + draw(st.text(alphabet, min_size=9, max_size=9))
    return body + str(uscc.calc_check_digit(body))


@st.composite
def grid_codes(draw: st.DrawFn, encode: Callable[[float, float, int], str], deepest: int) -> str:
    """Cells of all levels; short of the polar caps, whose deeper levels no standard draws."""
    lon, lat = draw(st.floats(-180, 180)), draw(st.floats(-87, 87))
    return encode(lon, lat, draw(st.integers(0, deepest)))


def _device(centre: str, industry: str, kind: str, rest: str) -> str:
    return centre + industry + kind + rest


VALID: dict[str, SearchStrategy[str]] = {
    "uic": entity_codes,
    "parcel": parcels(),
    "real_estate_unit": real_estate_units(),
    "uscc": credit_codes(),
    "house": st.tuples(any_township, digits(13)).map(lambda p: "".join(p) + mod_11_2("".join(p))),
    "gb28181": st.builds(
        _device,
        digits(8),
        st.sampled_from(sorted(segment("industry"))),
        st.sampled_from(sorted(segment("type"))),
        digits(7),
    ),
    "component": st.tuples(any_division, digits(2, 1), digits(2, 1), digits(6)).map("".join),
    "unit_grid": st.tuples(any_township, digits(3), digits(3, 1)).map("".join),
    "beidou": grid_codes(beidou.encode, beidou.MAX_LEVEL),
    "geosot": grid_codes(geosot.encode, geosot.MAX_LEVEL).map(geosot.compact),
    "hydro_station": st.text(capitals, min_size=8, max_size=8),
}

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
