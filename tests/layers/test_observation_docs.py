"""The page about observations says what the tables say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cim import observed, series, units
from cim.data import rows
from cim.doubts import DOUBTS
from layers.observations.batch import SOUND_FLAGS
from layers.observations.layout import ROLES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["observations.md", "observations.zh.md"])
def test_parameters_flags_and_roles_stand_in_the_docs(page: str) -> None:
    text = (DOCS / page).read_text()
    table = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.MULTILINE))
    for parameter in observed.table():
        cells = table[parameter.code].split(" | ")
        assert cells[:2] == [parameter.name_zh, parameter.unit]
        low, high = map(float, cells[2].split(" … "))
        assert (low, high) == (parameter.low, parameter.high)
        limits = [None if cell == "—" else float(cell) for cell in cells[3:5]]
        assert limits == [parameter.max_rate, parameter.stuck_after]
        assert cells[5] == parameter.conf
    assert {name: int(table[name].split(" | ")[0]) for name in DOUBTS} == dict(DOUBTS)
    for role in ROLES:
        assert f"`{role}`" in text
    for word in SOUND_FLAGS:
        assert word.lower() in text.lower()
    assert f"{series.MOST_VALUES:,}" in text
    assert f"{series.NEAR:,.0f}" in text


def test_every_row_of_the_tables_has_a_source_and_its_units_convert() -> None:
    for row in rows("observed_parameters"):
        assert row["source"]
        assert row["conf"] in {"H", "M", "L"}
    by_quantity: dict[str, list[str]] = {}
    for row in rows("units"):
        by_quantity.setdefault(row["quantity"], []).append(row["code"])
    for codes in by_quantity.values():
        for given in codes:
            there, back = units.conversion(given, codes[0]), units.conversion(codes[0], given)
            assert back(there(7.0)) == pytest.approx(7.0)
