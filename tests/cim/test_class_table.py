"""The class table in the database: brought, changed with history, guarded against removal."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Connection, Engine

from cim import class_table, classes, registry
from cim.class_table import Change
from cim.classes import EntityClass
from cim.database.sql import run
from cim.errors import (
    ClassDeprecated,
    ClassExists,
    ClassInUse,
    ClassInvalid,
    UnknownClass,
)
from cim.layer import Text
from layers.errors import ClassUnknown
from layers.load import VectorFile, load

TAP = {"code": "990799", "name_zh": "直饮水点", "name_en": "drinking tap", "geometry": "point"}


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def past(connection: Connection, code: str) -> list[Change]:
    statement = class_table.history(code)
    return [Change.read(row) for row in run(connection, statement.sql, *statement.values)]


def newer(monkeypatch: pytest.MonkeyPatch, *codes: str) -> None:
    """A program whose table has the second version of some classes."""
    changed = {c: classes.get(c)._replace(version=2, name_en=f"new {c}") for c in codes}
    table = {**classes.classes(), **changed}
    monkeypatch.setattr(classes, "classes", lambda: table)


def test_an_upgraded_database_has_the_programs_classes(connection: Connection) -> None:
    assert registry.read(connection).classes == classes.classes()
    assert class_table.bring(connection) == 0
    assert registry.read(connection).version == 1  # brought when the database was made, once
    [brought] = past(connection, "990101")
    assert (brought.kind, brought.found, brought.who) == ("brought", classes.get("990101"), "cim")


def test_what_the_city_changed_stays_and_the_rest_follows_the_program(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    class_table.change(connection, "990101", {"name_zh": "地块"}, "local")
    class_table.deprecate(connection, "990102", None, "local")
    class_table.remove(connection, "990112", "local")
    newer(monkeypatch, "990101", "990102", "990103", "990112")
    before = registry.read(connection).version
    assert class_table.bring(connection) == 1
    now = registry.read(connection)
    assert now.version == before + 1
    assert now.classes["990101"].name_zh == "地块"
    assert now.classes["990102"].state == "deprecated"
    assert "990112" not in now.classes
    assert now.classes["990103"] == classes.get("990103")
    assert [c.kind for c in past(connection, "990103")] == ["brought", "brought"]


def test_a_class_of_the_citys_own_has_a_history(connection: Connection) -> None:
    added = class_table.add(connection, TAP, "wang", "新增部件")
    assert added == EntityClass(
        *TAP.values(), "", "", "", "", "", None, "local99", "L", 1, "active", None
    )
    class_table.change(connection, "990799", {"name_zh": "饮水点", "tolerance": 2}, "li")
    assert class_table.change(connection, "990799", {"tolerance": 2}, "li").version == 2
    class_table.deprecate(connection, "990799", "990703", "li", "并入消防栓")
    class_table.restore(connection, "990799", "li")
    class_table.remove(connection, "990799", "li")
    changes = past(connection, "990799")
    assert [(c.kind, c.found.version, c.who) for c in changes] == [
        ("added", 1, "wang"),
        ("changed", 2, "li"),
        ("deprecated", 3, "li"),
        ("restored", 4, "li"),
        ("removed", 4, "li"),
    ]
    assert [c.why for c in changes[:3]] == ["新增部件", None, "并入消防栓"]
    assert class_table.differences(changes) == [
        {},
        {"name_zh": ("直饮水点", "饮水点"), "tolerance": (None, 2.0)},
        {"state": ("active", "deprecated"), "replaced_by": (None, "990703")},
        {"state": ("deprecated", "active"), "replaced_by": ("990703", None)},
        {},
    ]
    assert class_table.add(connection, TAP, "wang").version == 5
    with pytest.raises(ClassExists, match="990799 is there already: 直饮水点"):
        class_table.add(connection, TAP, "wang")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"code": "010101"}, "is not under major 99"),
        ({"code": "010101", "source": "cjt553"}, "conf must say how sure"),
        ({"code": "991301"}, "in none of the middle classes 9901 土地"),
        ({"code": "99079"}, "code has six digits"),
        ({"code": "９90799"}, "code has six digits"),
        ({"name_en": " "}, "name_en is missing"),
        ({"name_zh": "直饮\n水点"}, "name_zh is one line"),
        ({"name_zh": 7}, "name_zh is one line"),
        ({"geometry": "solid"}, "geometry is one of point, line, polygon, any"),
        ({"key_scheme": "isbn"}, "key_scheme is one of uic"),
        ({"gbt13923": "8101"}, "gbt13923 has six digits"),
        ({"cim_small": "公用设施类"}, "cim_middle is missing"),
        ({"tolerance": 0}, "tolerance is above 0"),
        ({"tolerance": float("nan")}, "tolerance is above 0"),
        ({"tolerance": "2"}, "tolerance is a number"),
        ({"tolerance": True}, "tolerance is a number"),
        ({"geometry": "polygon", "tolerance": 2}, r"at most 1 \(share of the area\)"),
        ({"geometry": "any", "tolerance": 2}, "has no unit"),
        ({"conf": "sure"}, "conf is one of H, M, L"),
        ({"state": "deprecated"}, "state cannot be set here"),
    ],
)
def test_what_cannot_be_a_class(connection: Connection, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ClassInvalid, match=words):
        class_table.add(connection, {**TAP, **fields}, "wang")


def test_an_official_class_comes_from_whoever_has_the_table(connection: Connection) -> None:
    official = {**TAP, "code": "010101", "source": "cjt553", "conf": "H"}
    assert class_table.add(connection, official, "wang").source == "cjt553"
    assert class_table.for_assignment(connection, "010101").conf == "H"


def test_a_tolerance_does_not_change_its_unit_unsaid(connection: Connection) -> None:
    with pytest.raises(ClassInvalid, match="tolerance measures something else"):
        class_table.change(connection, "990301", {"geometry": "point"}, "wang")
    moved = class_table.change(connection, "990301", {"geometry": "point", "tolerance": 3}, "wang")
    assert (moved.geometry, moved.tolerance) == ("point", 3.0)


def test_nothing_new_is_put_into_a_deprecated_class(connection: Connection) -> None:
    class_table.add(connection, TAP, "wang")
    class_table.add(connection, {**TAP, "code": "990798", "name_zh": "饮水器"}, "wang")
    class_table.deprecate(connection, "990799", "990798", "wang")
    class_table.deprecate(connection, "990798", "990703", "wang")
    with pytest.raises(ClassDeprecated, match="990799 is deprecated; take 990703 消防栓"):
        class_table.for_assignment(connection, "990799")
    class_table.deprecate(connection, "990799", None, "wang")
    for other in ("990798", "990799", "123456", "x"):
        with pytest.raises(ClassInvalid, match="replaced_by is another class that is active"):
            class_table.deprecate(connection, "990799", other, "wang")
    with pytest.raises(ClassDeprecated, match="no other class replaces it"):
        class_table.for_assignment(connection, "990799")
    with pytest.raises(UnknownClass):
        class_table.for_assignment(connection, "990797")


def test_a_class_in_use_is_not_removed(connection: Connection) -> None:
    run(connection, "INSERT INTO cim.serial VALUES ('420602', '990101', 7)")
    class_table.deprecate(connection, "990102", "990103", "wang")
    for code, words in [
        ("990101", "used by codes that bear it"),
        ("990103", "used by class 990102, which it replaces"),
        ("999999", "used by the program itself"),
    ]:
        with pytest.raises(ClassInUse, match=words):
            class_table.remove(connection, code, "wang")
    with pytest.raises(UnknownClass):
        class_table.remove(connection, "010101", "wang")


def test_who_uses_a_class_keeps_it_until_done(engine: Engine) -> None:
    with engine.begin() as using, engine.begin() as removing:
        class_table.for_assignment(using, "990101")
        class_table.change(removing, "990101", {"tolerance": 0.9}, "wang")  # waits for nobody
        with pytest.raises(ClassInUse, match="under way"):
            class_table.remove(removing, "990101", "wang")
        removing.rollback()


def test_who_comes_while_a_class_is_removed_finds_none(engine: Engine) -> None:
    found: list[type[Exception]] = []

    def use() -> None:
        try:
            with engine.begin() as using:
                class_table.for_assignment(using, "990101")
        except UnknownClass as error:
            found.append(type(error))

    thread = threading.Thread(target=use)
    with engine.begin() as removing:
        class_table.remove(removing, "990101", "wang")
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()  # it waits for what becomes of the class
    thread.join(20)
    assert found == [UnknownClass]


def test_layers_of_classes(engine: Engine, tmp_path: Path) -> None:
    gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(112, 32)], crs=4490).to_file(
        tmp_path / "a.gpkg"
    )

    def put(layer: str, class_code: str | None) -> None:
        file = VectorFile(
            tmp_path / "a.gpkg",
            layer,
            Text("点", "Taps"),
            key="n",
            class_code=class_code,
            division="420602",
        )
        with engine.begin() as connection:
            load(connection, engine, file)

    with pytest.raises(ClassUnknown):
        put("taps", "990799")
    with engine.begin() as connection:
        class_table.add(connection, TAP, "wang")
    put("taps", "990799")
    with engine.begin() as connection:
        class_table.deprecate(connection, "990799", "990703", "wang")
    put("taps", None)
    with pytest.raises(ClassDeprecated, match="take 990703"):
        put("more_taps", "990799")
    with (
        pytest.raises(ClassInUse, match="used by codes that bear it, layer taps"),
        engine.begin() as connection,
    ):
        class_table.remove(connection, "990799", "wang")
