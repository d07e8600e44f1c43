"""The class table holds together, and with the tables that it points to."""

from __future__ import annotations

import re

from cim import classes, schemes
from cim.data import rows

FIXED = {
    "990101": "宗地",
    "990110": "永久基本农田",
    "990111": "生态保护红线",
    "990112": "城镇开发边界",
    "990201": "河流",
    "990202": "水库",
    "990203": "水文站",
    "990301": "建筑物",
    "990501": "县级行政区",
    "999999": "未分类要素",
}


def test_classes_that_others_rely_on() -> None:
    assert {code: classes.get(code).name_zh for code in FIXED} == FIXED


def test_all_are_our_own_and_under_major_99() -> None:
    table = classes.classes().values()
    assert len(table) >= 40
    assert {c.source for c in table} == {"local99"}
    assert all(c.code.startswith("99") and c.code[:4] in classes.middles() for c in table)
    assert len(table) == len(rows("entity_classes"))  # no code stands there twice
    assert {c.code[:4] for c in table} == set(classes.middles())
    assert len({c.name_zh for c in table}) == len({c.name_en for c in table}) == len(table)


def test_links_lead_somewhere() -> None:
    gbt13923 = {row["code"] for row in rows("gbt13923_classes")}
    catalogue = {
        (row["big"], row["middle"], small)
        for row in rows("cim_catalogue")
        for small in re.split(r"[;/()]|等$", row["small"])
    }
    for c in classes.classes().values():
        assert c.geometry in {"point", "line", "polygon", "any"}
        assert c.gbt13923 in gbt13923 | {""}
        assert c.key_scheme in {*schemes.SCHEMES, ""}
        link = (c.cim_big, c.cim_middle, c.cim_small)
        assert link in catalogue or not any(link)


def test_tolerances_suit_the_geometry() -> None:
    for c in classes.classes().values():
        if c.tolerance is not None:
            assert c.geometry != "any"
            assert 0 < c.tolerance < 1 or c.geometry != "polygon"
