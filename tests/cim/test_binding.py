"""Layers bound to the catalog: by whom, with which grade, one source a field, checked at ingest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from cim import registry
from cim.access import ANONYMOUS
from cim.actions import Action
from cim.catalog import binding, compare, history, rules, suggest, versions
from cim.catalog.binding import Wanted
from cim.catalog.model import Catalog
from cim.catalog.suggest import Suggestion
from cim.database.sql import run
from cim.errors import (
    BindingInvalid,
    BoundItemsGone,
    FieldOwned,
    GradeInvalid,
    LayerNotFound,
    NotBound,
    UnknownElement,
    UnknownField,
)
from cim.layer import Layer, Text
from layers.errors import RowsRefused
from layers.load import VectorFile, load, remove

BY = Action("wang", "业务处室确认", "园林函〔2026〕3号")
_NAMED = {"name_zh": "甲", "name_en": "A", "source": "local", "certainty": "L"}


def field(tail: str, **said: Any) -> dict[str, Any]:
    named = _NAMED | {"name_zh": tail, "name_en": tail}
    return {"code": f"tree.{tail}", "element": "tree", "mandatory": "O", **named, **said}


FIELDS: Sequence[dict[str, Any]] = (
    field("number", type="text", pattern="T[0-9]{3}", aliases=["BH"], mandatory="M"),
    field("species", type="code", code_list="species", aliases="SZ"),
    field("height", type="number", unit="m", minimum=0, maximum=80, grade="general3"),
    field("planted", type="date", minimum="1949-10-01"),
    field("keeper", type="text", length=4, mandatory="M"),
    field("cells", type="integer"),
)


def trees(version: str = "1", fields: Sequence[dict[str, Any]] = FIELDS) -> Catalog:
    """A version of a catalog with one element."""
    element = {"code": "tree", "category": "street", "aliases": "trees", "grade": "general2"}
    entries = [{"list": "species", "code": c, "name_zh": c, "certainty": "L"} for c in ("01", "02")]
    return rules.made(
        {
            "catalog": "trees",
            "version": version,
            **{"name_zh": "树木目录", "name_en": "trees"},
            "domains": [{"code": "green", **_NAMED}],
            "categories": [{"code": "street", "domain": "green", **_NAMED}],
            "elements": [{**element, **_NAMED, "name_zh": "行道树"}],
            "code_lists": [{"code": "species", **_NAMED}],
            "code_list_entries": entries,
            "fields": list(fields),
        }
    )


ROWS: dict[str, Sequence[Any]] = {
    "BH": ["T001", "T002", "T003"],
    "SZ": ["01", "02", None],
    "height_m": [3.5, 12.0, None],
    "planted": [date(2001, 3, 12), date(2019, 3, 12), None],
    "keeper": ["张", "李四", "王"],
    "cells": [1, 2, 3],
    "note": ["a", "b", "c"],
}
WANTED = Wanted(
    "tree",
    "园林局",
    "general2",
    fields={"BH": "tree.number", "SZ": "tree.species", "height_m": "tree.height"},
)
OWNED = replace(WANTED, authoritative=True)
WHOLE = replace(
    WANTED, fields={**WANTED.fields, "planted": "tree.planted", "keeper": "tree.keeper"}
)

Put = Callable[..., Layer]


@pytest.fixture
def put(engine: Engine, tmp_path: Path) -> Put:
    """Loads rows as a layer, with the catalog of trees current."""
    with engine.begin() as connection:
        versions.load(connection, trees(), BY)

    def put(name: str = "trees", **columns: Sequence[Any]) -> Layer:
        path = tmp_path / "a.gpkg"
        points = shapely.points([112.1, 112.2, 112.3], 32.0)
        frame = pd.DataFrame({**ROWS, **columns})
        if "planted" in frame:
            frame["planted"] = pd.to_datetime(frame["planted"])
        gpd.GeoDataFrame(frame, geometry=points, crs=4490).to_file(path)
        file = VectorFile(path, name, Text("树", "Trees"), key="BH", division="420602", who="li")
        with engine.begin() as connection:
            load(connection, engine, file)
            return registry.read(connection).layers[name]

    return put


def bind(engine: Engine, wanted: Wanted = WANTED, name: str = "trees") -> Layer:
    with engine.begin() as connection:
        binding.bind(connection, name, wanted, BY)
        return registry.read(connection).layers[name]


def refused(put: Put, **columns: Sequence[Any]) -> list[tuple[int, str | None, str]]:
    with pytest.raises(RowsRefused) as told:
        put(**columns)
    return [(p.row, p.field, p.reason) for p in told.value.problems]


def test_a_layer_is_private_until_it_is_bound(engine: Engine, put: Put) -> None:
    layer = put()
    assert (layer.private, layer.owner, layer.grade, layer.grade_of("BH")) == (
        True,
        "li",
        None,
        None,
    )
    before = registry_version(engine)
    bound = bind(engine, WHOLE).binding
    assert bound is not None
    assert registry_version(engine) == before + 1
    assert (bound.element.code, bound.department, bound.authoritative) == ("tree", "园林局", False)
    assert (bound.confirmed_by, bound.missing) == ("wang", ())
    assert bound.columns["height_m"].unit == "m"
    assert "note" not in bound.columns
    with engine.begin() as connection:
        binding.unbind(connection, "trees", replace(BY, who="zhao"))
        layer = registry.read(connection).layers["trees"]
        statement = history.told("layer trees")
        told = run(connection, statement.sql, *statement.values)
        assert [(t.kind, t.who, t.document) for t in told] == [
            ("bound", "wang", BY.document),
            ("unbound", "zhao", BY.document),
        ]
        with pytest.raises(NotBound):
            binding.unbind(connection, "trees", BY)
    assert layer.private


def registry_version(engine: Engine) -> int:
    with engine.connect() as connection:
        return registry.read(connection).version


def test_every_row_and_column_has_a_grade(engine: Engine, put: Put) -> None:
    put()
    layer = bind(engine)
    assert layer.grade == "general3"  # that of the height, the highest in it
    graded = {name: layer.grade_of(name) for name in ("BH", "height_m", "note", "code")}
    assert graded == {
        "BH": "general2",
        "height_m": "general3",
        "note": "general2",
        "code": "general2",
    }
    raised = bind(engine, replace(WANTED, grade="important"))
    assert (raised.grade, raised.grade_of("height_m")) == ("important", "important")


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"grade": ""}, GradeInvalid, "grade is missing"),
        ({"grade": "secret"}, GradeInvalid, "none of general1"),
        ({"grade": "general1"}, BindingInvalid, "grade is at least general2"),
        ({"department": " "}, BindingInvalid, "department is a name"),
        ({"element": "bush"}, UnknownElement, "'bush'"),
        ({"fields": {"BH": "tree.age"}}, UnknownField, "'tree.age'"),
        ({"fields": {"BH": "parcel.code"}}, BindingInvalid, "which is no field of tree"),
        ({"fields": {"leaf": "tree.number"}}, BindingInvalid, "columns of 'trees' are BH, SZ"),
        (
            {"fields": {"BH": "tree.number", "note": "tree.number"}},
            BindingInvalid,
            "bind 'BH' and 'note' to tree.number: one of them",
        ),
        ({"fields": {"BH": "tree.height"}}, BindingInvalid, "which is text, to tree.height"),
        ({"units": {"height_m": "cm"}}, BindingInvalid, "'height_m' is in cm, tree.height in m"),
        ({"units": {"note": "m"}}, BindingInvalid, "a column that is not bound"),
    ],
)
def test_what_is_no_binding(
    engine: Engine, put: Put, changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    put()
    with pytest.raises(error, match=words):
        bind(engine, replace(WANTED, **changes))
    with pytest.raises(LayerNotFound):
        bind(engine, name="bushes")


def test_the_unit_that_a_name_says_counts(engine: Engine, put: Put) -> None:
    put(**{"height_cm": [350.0, 1200.0, 90.0]})
    with pytest.raises(
        BindingInvalid, match=r"'height_cm' is in cm, tree\.height in m; values are"
    ):
        bind(engine, replace(WANTED, fields={"height_cm": "tree.height"}))
    said = replace(WANTED, fields={"height_cm": "tree.height"}, units={"height_cm": "m"})
    assert bind(engine, said).binding is not None  # a person knows better than the name


def test_a_field_has_one_authoritative_source(engine: Engine, put: Put) -> None:
    put()
    put("more_trees")
    bind(engine, OWNED)
    bind(engine, OWNED)  # its own claim is not in its way
    with pytest.raises(
        FieldOwned, match=r"source of tree\.height is 园林局, with the layer 'trees'"
    ):
        bind(engine, replace(OWNED, department="城管局"), "more_trees")
    bind(engine, replace(WANTED, department="城管局"), "more_trees")
    with engine.begin() as connection:
        remove(connection, "trees", ANONYMOUS)
    assert bind(engine, OWNED, "more_trees").binding is not None


def test_two_claims_at_once_are_one(engine: Engine, put: Put) -> None:
    put()
    put("more_trees")
    found: list[Exception] = []

    def claim() -> None:
        try:
            bind(engine, OWNED, "more_trees")
        except FieldOwned as error:
            found.append(error)

    thread = threading.Thread(target=claim)
    with engine.begin() as connection:
        binding.bind(connection, "trees", OWNED, BY)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()  # it waits for what becomes of the first
    thread.join(20)
    assert len(found) == 1
    bind(engine, replace(WANTED, department="城管局"), "more_trees")
    with engine.begin() as connection, pytest.raises(DBAPIError, match="field_binding_authority"):
        connection.exec_driver_sql("UPDATE cim.field_binding SET authoritative = true")


def test_a_load_is_held_to_the_catalog(engine: Engine, put: Put) -> None:
    put()
    bind(engine, WHOLE)
    put()  # what fits still fits
    told = refused(
        put,
        BH=["T001", "T2", "T003"],
        SZ=["01", "樟", "3"],
        height_m=[-1.0, 81.5, 80.0],
        planted=[date(1949, 9, 30), None, date(1949, 10, 1)],
        keeper=["张", " ", "欧阳修永叔"],
    )
    assert told == [
        (2, "BH", "'T2' does not fit the pattern T[0-9]{3}"),
        (2, "SZ", "'樟' is not in the code list species"),
        (3, "SZ", "'3' is not in the code list species"),
        (1, "height_m", "-1.0 m is below the minimum 0"),
        (2, "height_m", "81.5 m is above the maximum 80"),
        (1, "planted", "1949-09-30 is below the minimum 1949-10-01"),
        (2, "keeper", "tree.keeper is mandatory and empty"),
        (3, "keeper", "'欧阳修永叔' is longer than 4 characters"),
    ]
    with engine.connect() as connection:
        layer = registry.read(connection).layers["trees"]
    assert (layer.feature_count, layer.version) == (3, 2)  # as it was


def test_a_load_with_other_columns_is_held_to_them_too(engine: Engine, put: Put) -> None:
    put()
    bind(engine, WHOLE)
    [(row, name, reason)] = refused(put, height_m=["3.5", "tall", None])
    assert (row, name) == (1, "height_m")
    assert reason == "the column is text, tree.height is of type number"
    del_keeper = {"keeper": [None] * 3}
    assert {r for _, _, r in refused(put, **del_keeper)} == {"tree.keeper is mandatory and empty"}


def test_a_load_does_without_what_is_optional_alone(
    engine: Engine, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    put()
    bind(engine, WHOLE)
    monkeypatch.delitem(ROWS, "planted")
    assert put().binding is not None
    monkeypatch.delitem(ROWS, "keeper")
    assert refused(put) == [(1, "keeper", "the file has not the column of tree.keeper")]


def test_a_new_version_touches_layers(engine: Engine, put: Put) -> None:
    put()
    bind(engine, WANTED)
    kept = [each for each in FIELDS if each["code"] not in {"tree.height", "tree.cells"}]
    cm = {**FIELDS[2], "unit": "cm", "maximum": 8000}
    with engine.begin() as connection:
        layers = registry.read(connection).visible(ANONYMOUS)
        found = compare.differences(trees(), trees("2", [*kept, cm]), layers)
        assert [(d.kind, d.code, d.layers) for d in found] == [
            ("changed", "tree.height", ("trees",)),
            ("removed", "tree.cells", ()),
        ]
        versions.load(connection, trees("2", kept), BY)
        with pytest.raises(BoundItemsGone, match=r"trees\.height_m to tree\.height"):
            versions.use(connection, "trees@2", BY)
        versions.load(connection, trees("3", [*kept, cm]), BY)
        versions.use(connection, "trees@3", BY)
    told = refused(put, BH=["T001", "T002", "T003"])
    assert told == [
        (1, "height_m", "the column was bound in m, tree.height is in cm: bind it anew")
    ]


def test_a_binding_waits_for_a_load(engine: Engine, put: Put) -> None:
    put()
    done = threading.Event()

    def late() -> None:
        bind(engine)
        done.set()

    thread = threading.Thread(target=late)
    with engine.begin() as loading:
        run(loading, "SELECT pg_advisory_xact_lock(hashtext('layer trees'))")
        thread.start()
        assert not done.wait(0.3)
    thread.join(20)
    assert done.is_set()


def suggested(engine: Engine, name: str = "trees") -> list[Suggestion]:
    with engine.connect() as connection:
        return suggest.suggest(connection, registry.read(connection).layers[name])


def test_suggestions_say_why(engine: Engine, put: Put) -> None:
    put()
    best = suggested(engine)[0]
    assert best.found.element.code == "tree"
    pairs = {pair.column: pair for pair in best.pairs}
    assert {name: pair.field.code for name, pair in pairs.items()} == {
        "BH": "tree.number",
        "SZ": "tree.species",
        "height_m": "tree.height",
        "planted": "tree.planted",
        "keeper": "tree.keeper",
        "cells": "tree.cells",
    }
    assert pairs["BH"].why_en == "the name is 'BH'; 100% of its values fit the pattern T[0-9]{3}"
    assert pairs["SZ"].why_zh == "列名即“SZ”；100% 的取值在代码表 species 中"
    assert pairs["BH"].score > pairs["planted"].score > pairs["height_m"].score
    with engine.connect() as connection:
        assert registry.read(connection).layers["trees"].private  # nothing is bound by it


def test_values_speak_where_names_do_not_and_against_names_that_lie(
    engine: Engine, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ROWS, "f1", ["02", "01", "01"])
    monkeypatch.setitem(ROWS, "SZ", ["oak", "elm", "ash"])
    put()
    pairs = {pair.column: pair.field.code for pair in suggested(engine)[0].pairs}
    assert pairs["f1"] == "tree.species"
    assert "SZ" not in pairs
