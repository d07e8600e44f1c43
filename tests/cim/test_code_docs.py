"""What the pages say of codes is so: their examples run, and they name every scheme."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from cim import schemes

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["codes.md", "codes.zh.md"])
def test_pages_run_and_are_complete(page: str) -> None:
    result = doctest.testfile(str(DOCS / page), module_relative=False, encoding="utf-8")
    assert result.attempted > 10
    assert result.failed == 0
    text = (DOCS / page).read_text(encoding="utf-8")
    assert all(f"| `{name}` | " in text for name in schemes.SCHEMES)
