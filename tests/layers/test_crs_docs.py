"""What the pages say of reference systems is so: rules, options, numbers, the example."""

import json
from pathlib import Path

import numpy as np
import pytest

from cim.assignment.rules import RULES
from layers.crs import local, offset, operation
from layers.crs.declared import declare
from layers.crs.placing import ACCEPTABLE
from layers.source import BATCH_ROWS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("page", ["crs.md", "crs.zh.md"])
def test_pages_are_complete(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    for rule in (each for each in RULES if each.startswith("crs.")):
        assert f"`{rule}`" in text, rule
    assert set(ACCEPTABLE) <= set(RULES)
    for option in ("--crs", "--transformation", "--swap-axes", "--reference LAYER", "--accept"):
        assert option.replace("LAYER", "LAYER" if page == "crs.md" else "图层") in text


def test_numbers_are_as_they_are_told() -> None:
    text = (DOCS / "crs.md").read_text(encoding="utf-8")
    assert f"{BATCH_ROWS:,} rows" in text
    assert f"{offset.ACCURACY + operation.NULL_ACCURACY:g} m |" in text
    west, south, east, north = offset.BOX
    assert f"{west}–{east} E, {south}–{north} N" in text
    found = operation.find(declare("EPSG:4214"), (108.0, 36.0, 108.0, 36.0))
    assert f"{found.name} ({found.code}), accuracy {found.accuracy:g} m" in text


def test_the_examples_of_parameters_can_be_used() -> None:
    text = (DOCS / "crs.md").read_text(encoding="utf-8")
    block = text.split("```json\n")[1].split("```")[0]
    seven, four = block.replace("}\n{", "}\x00{").split("\x00")
    xian = local.read(seven).operation(declare("EPSG:2361"))
    assert (xian.name, xian.accuracy) == ("Xiangyang 2012", 0.05)
    plane = local.read(four).operation(declare("LOCAL"))
    assert plane.move is not None
    (there,) = plane.move(np.array([[10_000.0, 40_000.0]]))
    assert there == pytest.approx([112.1, 32.0], abs=0.1)
    assert json.loads(seven)["convention"] == "coordinate_frame"
