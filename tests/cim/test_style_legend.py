"""Legends and made styles: colours of codes with their names, the look of a class else."""

from typing import Any

import pytest
from style_layers import LAYERS, PARCELS, RIVERS, STATIONS, layer

from cim import classes
from cim.data import rows
from cim.layer import Text
from cim.styles import colours, default, legend, lists, looks


def told(style: Any) -> list[legend.Group]:
    return legend.of_style(style, {each.name: each for each in LAYERS}.get)


def test_parcels_are_coloured_by_land_use_with_its_names() -> None:
    (group,) = told(default.of_layer(PARCELS))
    assert group.by is not None
    assert group.by.zh == "用地用海分类"
    entries = {entry.title.zh: entry.symbol for entry in group.entries}
    assert entries["居住用地"].fill == "#ffe26b"
    assert entries["其他"].fill == looks.of_class("990101").fill
    assert {entry.title.en for entry in group.entries} >= {"residential land", "other"}
    assert all(symbol.line == "#8d949b" for symbol in entries.values())


@pytest.mark.parametrize("each", [RIVERS, STATIONS], ids=lambda each: each.name)
def test_one_look_is_one_entry_under_the_title_of_the_layer(each: Any) -> None:
    (group,) = told(default.of_layer(each))
    ((title, symbol),) = group.entries
    assert title == each.title
    assert symbol.kind == ("line" if each is RIVERS else "point")


def test_steps_and_rules_of_a_style_are_entries() -> None:
    drawn = {"source": "v", "source-layer": "parcels", "type": "fill"}
    steps = ["step", ["get", "floors"], "#ffffff", 3, "#ff0000"]
    rule = {"cim:title": {"zh": "高层", "en": "high-rise"}}
    style = {
        "sources": {},
        "layers": [
            {**drawn, "id": "a", "paint": {"fill-color": steps}},
            {**drawn, "id": "b", "metadata": rule, "paint": {"fill-color": "#00f"}},
        ],
    }
    (group,) = told(style)
    titles = [entry.title for entry in group.entries]
    assert titles == [
        Text("floors < 3", "floors < 3"),
        Text("floors ≥ 3", "floors ≥ 3"),
        Text("高层", "high-rise"),
    ]


def test_every_class_has_a_look_and_every_colour_is_one() -> None:
    for code in classes.classes():
        look = looks.of_class(code)
        assert all(colours.read(each) for each in (look.fill, look.line, look.circle))
    known = {row["list"] for row in rows("style_colours")}
    for code_list in known:
        listed = lists._entries(code_list)[1]
        assert set(lists.colours(code_list)) <= set(listed), code_list
        assert all(colours.read(each) for each in lists.colours(code_list).values())


def test_an_unbound_column_counts_by_its_name_and_class() -> None:
    assert lists.coloured(layer("a", "990101", columns=("landuse",))) is not None
    assert lists.coloured(layer("a", "990301", columns=("landuse",))) is None
    assert lists.coloured(layer("a", "990101", columns=("use",))) is None


def test_water_is_water_whatever_land_use_it_is_entered_as() -> None:
    water = layer("water", "990204", columns=("landuse",))
    assert lists.coloured(water) is not None
    assert "match" not in repr(default.of_layer(water))
