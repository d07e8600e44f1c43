"""The page about fusion says what the program says."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.fusion import words
from api.fusion.kpis import DEFINITIONS
from cim.fusion import ways
from cim.fusion.by_place import score
from cim.fusion.definition import ACCEPT, MARGIN, REVIEW, SEVERAL
from cim.fusion.fused import TAKES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["fusion.md", "fusion.zh.md"])
def test_ways_rules_and_reasons_stand_in_the_docs(page: str) -> None:
    text = (DOCS / page).read_text()
    for form in ways.FORMS:
        assert f"| `{form}` |" in text
    for word in (*SEVERAL[:2], *TAKES, *filter(None, words.REASONS)):
        assert f"`{word}`" in text, word
    for option, value in (("accept", ACCEPT), ("review", REVIEW), ("margin", MARGIN)):
        assert f"--{option}` ({value})" in text or f"--{option}`（{value}）" in text
    for name in DEFINITIONS:
        assert f"`{name}`" in text
    assert f"({ways.WITHIN:g})" in text or f"（{ways.WITHIN:g}）" in text
    assert f"{score(1, 1):g}" in text


@pytest.mark.parametrize("page", ["fusion.md", "fusion.zh.md"])
def test_factors_of_addresses_stand_in_the_docs(page: str) -> None:
    from cim.fusion import by_address

    text = (DOCS / page).read_text()
    for factor in ("0.95", "0.8", "0.98", "0.7", "0.97"):
        assert factor in text
        assert factor in by_address._SCORE
