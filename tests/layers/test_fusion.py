"""Business tables and fusions: loaded, graded, linked through merges, decided, kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from sqlalchemy import Engine

from cim import registry
from cim.access import Caller
from cim.actions import Action
from cim.assignment.request import Request
from cim.catalog import binding
from cim.catalog.binding import Wanted as Bound
from cim.database.sql import run
from cim.errors import (
    BadName,
    FusedUpon,
    FusionExists,
    FusionInvalid,
    GradeInvalid,
    LayerFused,
    LayerUnreadable,
    LinkDecided,
    TableInvalid,
    UnknownField,
    UnknownFusion,
    UnknownLink,
    UnknownTable,
)
from cim.fusion import business, deciding, definition, fused, registering, told, upkeep, ways
from cim.fusion.business import Said
from cim.fusion.definition import Named, Wanted
from cim.layer import Layer, Text
from cim.lifecycle import succession
from cim.lifecycle.succession import Step
from layers import fusing, kpi
from layers.business.load import TableFile, TableReport
from layers.business.load import load as load_table
from layers.errors import SourceUnreadable
from layers.load import remove
from layers.registered import place
from layers.registered.fit import Registration
from layers.registered.refresh import refresh
from layers.registered.register import register
from layers.rollback import rollback

BY = Action("wang", "核实", "函3号")
TAXES = Said("taxes", "税收", owner="税务局", grade="general2", key="id")
Put = Callable[..., TableReport]


@pytest.fixture
def put(engine: Engine, tmp_path: Path) -> Put:
    """Loads the lines of a CSV as a business table."""

    def put(*lines: str, said: Said = TAXES, coding: str = "utf-8", **more: Any) -> TableReport:
        path = tmp_path / "taxes.csv"
        path.write_bytes("\n".join(lines).encode(coding))
        with engine.begin() as connection:
            return load_table(connection, TableFile(path, said, **more), BY)

    return put


@pytest.fixture
def layer(engine: Engine, bring: Any, plots: Any) -> Layer:
    """Plots a to d, bound to the catalog as buildings would be: of the grade general2."""
    bring(plots(["a", "b", "c", "d"]))
    return bind(engine)


def bind(engine: Engine, grade: str = "general2") -> Layer:
    wanted = Bound("parcel", "自然资源和规划局", grade, fields={"number": "parcel.name"})
    with engine.begin() as connection:
        binding.bind(connection, "plots", wanted, BY)
        return registry.read(connection).layers["plots"]


def fuse(engine: Engine, *by: str, fields: Sequence[str] = ("amount",), **more: Any) -> Layer:
    """The layer `fused` of plots and taxes."""
    wanted = Wanted("taxes", [ways.read(text) for text in by], [(f, "") for f in fields], **more)
    with engine.begin() as connection:
        definition.define(connection, Named("fused"), "plots", [wanted], BY)
        return registry.read(connection).layers["fused"]


def look(engine: Engine, column: str = "amount") -> dict[str, Any]:
    """A property of the fused collection by the number of the plot."""
    with engine.connect() as connection:
        rows = run(connection, f'SELECT number, "{column}" AS value FROM item.fused')
    return {row.number: row.value for row in rows}


def links(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        rows = run(connection, "SELECT * FROM cim.fusion_link")
    return {row.row_key: row for row in rows}


def codes(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        rows = run(connection, "SELECT number, code FROM item.plots")
    return {row.number: row.code for row in rows}


def types(engine: Engine) -> dict[str, str]:
    with engine.connect() as connection:
        return {c.name: c.type for c in business.get(connection, "taxes").columns}


BY_NUMBER = "field:plot=number"
NO_INTEGER = "column 'amount', row 2: 'abc' is no integer, which the column has to be: fused"


def test_a_table_is_typed_in_either_encoding(engine: Engine, put: Put) -> None:
    head = "id,编号,金额,年度,日期,时间,空"
    rows = ["1,007,1.50,2024,2024/5/1,2024-05-01 08:00,", "2,08,-3,2023,,,"]
    report = put(head, *rows, coding="gbk")
    assert (report.encoding, report.added) == ("GB18030", 2)
    assert types(engine) == {
        "id": "bigint",
        "编号": "text",
        "金额": "double precision",
        "年度": "bigint",
        "日期": "date",
        "时间": "timestamp",
        "空": "text",
    }
    again = put(head, *rows)
    assert (again.encoding, again.added, again.changed, again.removed) == ("UTF-8", 0, 0, 0)
    for mark in ";\t":
        same = put(*(line.replace(",", mark) for line in (head, *rows)))
        assert (same.read, same.added, same.changed, same.removed) == (2, 0, 0, 0), mark
    third = put(head, rows[0].replace("1.50", "9"), "3,09,1,2022,,,")
    assert (third.added, third.changed, third.removed) == (1, 1, 1)
    part = put("id,金额", "3,7", mode="upsert")
    assert (part.added, part.changed, part.removed) == (0, 1, 0)
    with engine.connect() as connection:
        rows_now = run(connection, 'SELECT id, "编号", "金额" FROM business.taxes ORDER BY id')
        runs = run(connection, "SELECT mode, added, changed FROM cim.business_load ORDER BY id")
    assert [tuple(row) for row in rows_now] == [(1, "007", 9.0), (3, "09", 7.0)]
    assert [tuple(row) for row in runs][-1] == ("upsert", 0, 1)


@pytest.mark.parametrize(
    ("lines", "changes", "error", "words"),
    [
        (["id", "1"], {"grade": None}, GradeInvalid, "missing"),
        (["id", "1"], {"grade": "secret"}, GradeInvalid, "none of"),
        (["id", "1"], {"owner": None}, TableInvalid, "owner"),
        (["id", "1"], {"key": "no"}, TableInvalid, "'no' is not in"),
        (["id", "1"], {"name": "Tax"}, BadName, "Tax"),
        (["id", "1"], {"items": {"id": "no.such"}}, UnknownField, r"no\.such"),
        (["id", "1"], {"grades": {"x": "core"}}, TableInvalid, "'x' is not there"),
        (["id", "1", "1"], {}, TableInvalid, "row 2: '1' is the key of row 1"),
        (["id,a", "1,2", ",3"], {}, TableInvalid, "row 2: id is empty"),
        (["id,id", "1,2"], {}, TableInvalid, "twice"),
        (["id,", "1,2"], {}, TableInvalid, "has no name"),
        (["id,a", "1"], {}, SourceUnreadable, "Expected 2 columns"),
        ([""], {}, SourceUnreadable, "no names"),
    ],
)
def test_what_is_no_table(
    put: Put, lines: list[str], changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        put(*lines, said=replace(TAXES, **changes))


def test_a_value_that_is_not_of_its_type_is_told_with_its_row(put: Put) -> None:
    with pytest.raises(SourceUnreadable, match=r"column 'amount', row 2: 'x' is no integer"):
        put("id,amount", "1,2", "2,x", types={"amount": "integer"})


def test_what_is_fused_has_the_highest_grade(engine: Engine, layer: Layer, put: Put) -> None:
    said = replace(TAXES, grades={"amount": "important"}, items={"area": "parcel.area"})
    put("id,plot,amount,note,area", "1,a,5,x,10", said=said)
    made = fuse(engine, BY_NUMBER, fields=("amount", "note", "area"))
    assert made.grade == "important"
    graded = {n: made.grade_of(n) for n in ("amount", "note", "number", "area", "code")}
    assert graded == {
        "amount": "important",
        "note": "general2",
        "number": layer.grade_of("number"),
        "area": "general2",
        "code": layer.grade_of("code"),
    }
    bind(engine, "core")  # what is under it raises it
    with engine.connect() as connection:
        assert registry.read(connection).layers["fused"].grade == "core"
        assert registry.read(connection).layers["plots"].grade == "core"
    with engine.begin() as connection, pytest.raises(FusedUpon, match="fused"):
        binding.unbind(connection, "plots", BY)


def test_a_layer_without_a_grade_is_not_fused(
    engine: Engine, bring: Any, plots: Any, put: Put
) -> None:
    bring(plots(["a"]))
    put("id,plot,amount", "1,a,5")
    with pytest.raises(FusionInvalid, match="has no grade"):
        fuse(engine, BY_NUMBER)


@pytest.mark.parametrize(
    ("by", "more", "words"),
    [
        ("field:plot=height", {}, "'height' is not in plots"),
        ("field:lot=number", {}, "'lot' is not in the table"),
        ("place:plot,amount", {}, "'plot' is text, not a number"),
        (BY_NUMBER, {"fields": ["rate"]}, "'rate' is not in the table"),
        (BY_NUMBER, {"accept": 0.5, "review": 0.6}, "review is not above accept"),
        (BY_NUMBER, {"several": "latest"}, "needs the column"),
        (BY_NUMBER, {"several": "all"}, "is one of refuse"),
    ],
)
@pytest.mark.usefixtures("layer")
def test_what_is_no_fusion(
    engine: Engine, put: Put, by: str, more: dict[str, Any], words: str
) -> None:
    put("id,plot,amount", "1,a,5")
    with pytest.raises((FusionInvalid, TableInvalid), match=words):
        fuse(engine, by, **more)


@pytest.mark.usefixtures("layer")
def test_nothing_is_written_into_what_is_fused(
    engine: Engine, put: Put, bring: Any, plots: Any
) -> None:
    put("id,plot,amount", "1,a,5")
    fuse(engine, BY_NUMBER)
    with pytest.raises(LayerFused):
        bring(replace(plots(["x"]), layer="fused"))
    with pytest.raises(FusionExists):
        fuse(engine, BY_NUMBER)
    with engine.begin() as connection:
        for refused in (
            lambda: remove(connection, "fused", Caller("li")),
            lambda: binding.bind(connection, "fused", Bound("parcel", "甲", "core"), BY),
        ):
            with pytest.raises(LayerFused, match="those of the layer 'plots'"):
                refused()
        with pytest.raises(FusedUpon):
            business.drop(connection, "taxes")
    with engine.begin() as connection, pytest.raises(FusedUpon, match="cim fusion drop"):
        remove(connection, "plots", Caller("li"))
    with engine.begin() as connection:
        definition.drop(connection, "fused")
        business.drop(connection, "taxes")
        remove(connection, "plots", Caller("li"))
        with pytest.raises(UnknownFusion):
            fused.get(connection, "fused")
        with pytest.raises(UnknownTable):
            business.get(connection, "taxes")


@pytest.mark.usefixtures("layer")
def test_several_rows_of_a_feature_are_refused_unless_a_rule_takes_one(
    engine: Engine, put: Put
) -> None:
    lines = ("id,plot,amount,year", "1,a,5,2021", "2,a,6,2023", "3,a,7,2022", "4,b,8,2020")
    put(*lines)
    fuse(engine, BY_NUMBER)
    assert look(engine) == {"a": None, "b": 8, "c": None, "d": None}
    assert {links(engine)[key].reason for key in "123"} == {"several"}
    put(*lines[:2], lines[4])  # the others are gone
    assert look(engine)["a"] == 5
    for rule, value in (("first", 5), ("latest", 6)):
        with engine.begin() as connection:
            definition.drop(connection, "fused")
        put(*lines)
        column = "year" if rule == "latest" else ""
        fuse(engine, BY_NUMBER, several=rule, several_field=column)
        assert look(engine)["a"] == value


@pytest.mark.usefixtures("layer")
def test_codes_that_were_merged_lead_on_and_split_ones_wait(engine: Engine, put: Put) -> None:
    code = codes(engine)
    put("id,uic,amount", *(f"{i},{code[n]},{i}0" for i, n in enumerate("abcd", 1)))
    fuse(engine, "code:uic", several="first")
    assert look(engine) == {"a": 10, "b": 20, "c": 30, "d": 40}
    step = Step(BY, forced="test")
    shape = shapely.box(112.02, 32.02, 112.03, 32.03)
    with engine.begin() as connection:
        into = Request("ab", shape, properties={"number": "ab"})
        succession.merge(connection, engine, [code["a"], code["b"]], into, step)
        parts = [Request(f"c{i}", shape, properties={"number": f"c{i}"}) for i in (1, 2)]
        succession.split(connection, engine, code["c"], parts, step)
        fusion = fused.get(connection, "fused")
        statement = told.counts(fusion, fusion.joins[0])
        (counts,) = run(connection, statement.sql, *statement.values)
    assert (counts.ended, counts.gone, counts.unseen) == (3, 0, 0)
    assert look(engine) == {"ab": None, "c1": None, "c2": None, "d": 40}
    with engine.begin() as connection:
        assert upkeep.refresh(connection, "fused") == 3
    assert look(engine) == {"ab": 10, "c1": None, "c2": None, "d": 40}  # of two rows the first
    waiting = links(engine)["3"]
    now = codes(engine)
    assert (waiting.state, waiting.reason) == ("review", "close")
    assert {each["code"] for each in waiting.candidates} == {now["c1"], now["c2"]}
    with engine.begin() as connection:
        deciding.accept(connection, "fused", ("taxes", "3"), now["c2"], BY)
    assert look(engine)["c2"] == 30


def test_what_people_decide_stands_until_the_row_says_something_else(
    engine: Engine, bring: Any, plots: Any, put: Put
) -> None:
    names = {"address": ["长虹北路1号", "长征路2号", "长征西路3号", "环城路4号"]}
    bring(plots(["a", "b", "c", "d"], **names))
    bind(engine)
    head = "id,where,amount"
    rows = ["1,长红北路1号,10", "2,长征路2号,20", "3,长证西路3号,30"]
    put(head, *rows)
    fuse(engine, "address:where")
    code = codes(engine)
    assert {k: v.state for k, v in links(engine).items()} == {
        "1": "review",
        "2": "linked",
        "3": "review",
    }
    with engine.begin() as connection:
        link = deciding.accept(connection, "fused", ("taxes", "1"), None, BY)
        assert (link.state, link.code, link.how) == ("linked", code["a"], "decided")
        assert deciding.reject(connection, "fused", ("taxes", "3"), BY).reason == "rejected"
        for refused in (deciding.reject, lambda c, n, r, b: deciding.accept(c, n, r, None, b)):
            with pytest.raises(LinkDecided):
                refused(connection, "fused", ("taxes", "3"), BY)
        with pytest.raises(UnknownLink):
            deciding.reject(connection, "fused", ("taxes", "9"), BY)
        with pytest.raises(FusionInvalid, match="of no feature of plots"):
            deciding.accept(connection, "fused", ("taxes", "1"), "420602990101999999999", BY)
    put(head, *rows, "4,环城路4号,40")  # a load links anew
    assert look(engine) == {"a": 10, "b": 20, "c": None, "d": 40}
    assert links(engine)["3"].reason == "rejected"
    put(head, "1,长宏北路1号,10", *rows[1:2], "3,长政西路3号,30")
    assert {k: v.state for k, v in links(engine).items()} == {
        "1": "review",
        "2": "linked",
        "3": "review",
    }
    put(head, *rows)  # and what was decided of what it said counts again
    assert look(engine) == {"a": 10, "b": 20, "c": None, "d": None}
    with engine.begin() as connection:
        fusion = fused.get(connection, "fused")
        statement = told.of_feature(fusion.joins[0], code["a"])
        (row,) = run(connection, statement.sql, *statement.values)
    assert (row.row_key, row.how, row.who, row.why) == ("1", "decided", "wang", "核实")
    assert row.file == "taxes.csv"


def test_what_people_rejected_is_told_as_that_where_another_way_found_nothing(
    engine: Engine, bring: Any, plots: Any, put: Put
) -> None:
    bring(plots(["a", "b"], address=["七里河路1号", "长虹路2号"]))
    bind(engine)
    rows = ("id,plot,where,amount", "1,420602990101999999999,七里河路1号,10")
    put(*rows)
    fuse(engine, "code:plot", "address:where")
    assert (links(engine)["1"].state, links(engine)["1"].reason) == ("review", "mixed")
    with engine.begin() as connection:
        deciding.reject(connection, "fused", ("taxes", "1"), BY)
    put(*rows, "2,420602990101999999999,,20")  # a load links anew
    assert links(engine)["1"].reason == "rejected"
    assert links(engine)["2"].reason == "not_found"


def test_what_is_rejected_makes_room_for_what_it_hid(
    engine: Engine, bring: Any, plots: Any, put: Put
) -> None:
    """Nine plots of one address: those that were not shown are no better for it."""
    keys = list("abcdefghi")
    bring(plots(keys, address=["七里河路"] * len(keys)))
    bind(engine)
    put("id,where,amount", "1,七里河路,10")
    fuse(engine, "address:where")
    shown: set[str] = set()
    while (found := links(engine)["1"]).candidates:
        assert (found.state, found.reason) == ("review", "close")
        shown |= {each["code"] for each in found.candidates}
        with engine.begin() as connection:
            deciding.reject(connection, "fused", ("taxes", "1"), BY)
        if len(shown) == len(keys):
            break
        put("id,where,amount", "1,七里河路,10")
    assert (links(engine)["1"].state, look(engine)["a"]) == ("unmatched", None)


@pytest.mark.usefixtures("layer")
def test_a_layer_that_gets_other_columns_keeps_its_fusions(
    engine: Engine, bring: Any, plots: Any, put: Put
) -> None:
    put("id,plot,amount,use", "1,a,5,tax", "2,e,9,tax")
    made = fuse(engine, BY_NUMBER, fields=("amount", "use"))
    assert [c.name for c in made.columns] == ["number", "use", "amount", "taxes_use"]
    assert look(engine, "taxes_use")["a"] == "tax"
    report = bring(plots(["a", "e"], amount=[1, 2], taxes_amount=[3, 4]))
    with engine.connect() as connection:
        made = registry.read(connection).layers["fused"]
        rows = run(connection, "SELECT number, amount, taxes_amount_2, geom FROM item.fused")
        past = run(connection, "SELECT number, taxes_amount_2 FROM version.fused")
    assert [c.name for c in made.columns][-2:] == ["taxes_amount_2", "taxes_use"]
    assert {r.number: (r.amount, r.taxes_amount_2) for r in rows} == {"a": (1, 5), "e": (2, 9)}
    assert {r.number: r.taxes_amount_2 for r in past}.items() >= {"b": None, "e": 9}.items()
    assert made.feature_count == 2
    with engine.begin() as connection:
        rollback(connection, report.run, BY)
    assert look(engine) == {"a": 5, "b": None, "c": None, "d": None}
    assert links(engine)["2"].reason == "not_found"


@pytest.mark.usefixtures("layer")
def test_a_table_that_a_fusion_reads_keeps_its_columns(
    engine: Engine, put: Put, tmp_path: Path
) -> None:
    put("id,plot,amount", "1,a,5")
    fuse(engine, BY_NUMBER)
    with pytest.raises(FusedUpon, match="column 'amount' of taxes: fused collections"):
        put("id,plot", "1,a")
    as_text = {"types": {"amount": "text"}}
    with pytest.raises(FusedUpon, match="column 'amount'"):
        put("id,plot,amount", "1,a,6", **as_text)
    for mode in ("replace", "upsert"):
        with pytest.raises(SourceUnreadable, match=NO_INTEGER):
            put("id,plot,amount", "1,a,6", "2,b,abc", mode=mode)
    single = pa.table({"id": [1], "amount": pa.array([80.2], pa.float32())})
    pq.write_table(single, tmp_path / "single.parquet")
    with engine.begin() as connection:
        said = replace(TAXES, name="single")
        load_table(connection, TableFile(tmp_path / "single.parquet", said), BY)
        assert run(connection, "SELECT amount FROM business.single")[0].amount == 80.2
    table = pa.table({"id": [1], "plot": ["a"], "amount": ["much"]})
    pq.write_table(table, tmp_path / "taxes.parquet")
    with engine.begin() as connection, pytest.raises(SourceUnreadable, match="row 1: 'much' is no"):
        load_table(connection, TableFile(tmp_path / "taxes.parquet", TAXES), BY)
    put("id,plot,amount", "1,7,5")  # a text that looks like a number stays one
    assert types(engine) == {"id": "bigint", "plot": "text", "amount": "bigint"}
    put("more,id,plot,amount", "x,1,b,6")
    assert look(engine) == {"a": None, "b": 6, "c": None, "d": None}


@pytest.mark.usefixtures("layer")
def test_a_table_of_the_database_is_read_where_it_stands(engine: Engine) -> None:
    with engine.begin() as connection:
        run(connection, "CREATE SCHEMA office")
        run(
            connection,
            'CREATE TABLE office."Rents" (no varchar(8) COLLATE "C" PRIMARY KEY, plot char(4), '
            "rent numeric(10, 2), geom geometry)",
        )
        run(connection, "INSERT INTO office.\"Rents\" VALUES ('R1', 'a', 10.5), ('R2', 'z', 1)")
        said = Said("taxes", owner="房管局", grade="general2", key="no")
        table = registering.register(connection, "office.Rents", said, BY)
        assert [(c.name, c.type) for c in table.columns] == [
            ("no", "text"),
            ("plot", "text"),
            ("rent", "numeric"),
        ]
    fuse(engine, BY_NUMBER, fields=("rent",))
    assert {k: None if v is None else float(v) for k, v in look(engine, "rent").items()} == {
        "a": 10.5,
        "b": None,
        "c": None,
        "d": None,
    }
    with engine.begin() as connection:
        run(connection, 'UPDATE office."Rents" SET rent = 11')  # nothing was copied
        run(connection, "INSERT INTO office.\"Rents\" VALUES ('R3', 'b', 3)")
        run(connection, "DELETE FROM office.\"Rents\" WHERE no = 'R2'")
        fusion = fused.get(connection, "fused")
        statement = told.counts(fusion, fusion.joins[0])
        (counts,) = run(connection, statement.sql, *statement.values)
    assert (counts.gone, counts.unseen, counts.rows) == (1, 1, 2)
    assert look(engine, "rent")["a"] == 11
    with engine.begin() as connection:
        upkeep.refresh(connection, "fused", "taxes")
    assert look(engine, "rent")["b"] == 3
    with engine.begin() as connection:  # another relation takes its place
        run(
            connection,
            'CREATE VIEW office.now AS SELECT no, plot, rent * 2 AS rent FROM office."Rents"',
        )
        registering.register(connection, "office.now", replace(said, grade="core"), BY)
        assert registry.read(connection).layers["fused"].grade == "core"
    assert look(engine, "rent")["b"] == 6
    with engine.begin() as connection:
        for relation, words in {
            "cim.alias": "program's own",
            "pg_catalog.pg_authid": "the server's",
            "rents": "schema.table",
            "office.none": "not in the database",
        }.items():
            with pytest.raises(TableInvalid, match=words):
                registering.register(connection, relation, replace(said, name="other"), BY)


@pytest.mark.usefixtures("bring")
def test_a_registered_layer_is_fused_where_it_stands(engine: Engine, put: Put) -> None:
    put("id,plot,amount,lon,lat", "1,k1,5,,", "2,,6,112.0400,32.0240", "3,,7,112.05,32.09")
    box = "ST_Transform(ST_MakeEnvelope(112.04, 32.02, 112.0402, 32.0202 + i * 0.002, 4490), 4546)"
    with engine.begin() as connection:
        run(
            connection,
            "CREATE TABLE public.land (id text PRIMARY KEY, geom geometry(Geometry, 4546))",
        )
        run(connection, f"INSERT INTO land SELECT 'k' || i, {box} FROM generate_series(1, 2) i")
        run(connection, "CREATE INDEX ON land USING gist (geom)")
        wanted = Registration(place.read("public.land"), "plots", Text("地块", "Plots"))
        register(connection, engine, wanted)
        grade = Bound("parcel", "自然资源局", "general2", fields={})
        binding.bind(connection, "plots", grade, BY)
    made = fuse(engine, "field:plot=id", "place:lon,lat,30", several="first")
    assert (made.source is not None, made.grade) == (True, "general2")

    def amounts() -> dict[str, Any]:
        with engine.connect() as connection:
            return {r.id: r.amount for r in run(connection, "SELECT id, amount FROM item.fused")}

    assert amounts() == {"k1": 5, "k2": 6}
    assert links(engine)["3"].reason == "not_found"
    with engine.begin() as connection:
        run(connection, "ALTER TABLE land ADD amount int DEFAULT 1")
        run(
            connection,
            "INSERT INTO land SELECT 'k3', ST_Translate(geom, 1000, 8000) FROM land LIMIT 1",
        )
        run(connection, "UPDATE land SET id = 'zz' WHERE id = 'k1'")
        register(connection, engine, wanted)  # it takes the new column, and links anew
        made = registry.read(connection).layers["fused"]
        assert [c.name for c in made.columns] == ["id", "amount", "taxes_amount"]
        rows = run(connection, "SELECT id, taxes_amount FROM item.fused")
        assert {r.id: r.taxes_amount for r in rows} == {"zz": None, "k2": 6, "k3": None}
        names = {k.name for k in kpi.measure(connection)}
        assert {"plots", "taxes"} <= names
        run(connection, "ALTER TABLE land RENAME TO gone")
        assert {k.name for k in kpi.measure(connection)} == names - {"plots"}
        with pytest.raises(LayerUnreadable):
            upkeep.refresh(connection, "fused")
    put("id,plot,amount,lon,lat", "1,k1,5,,")  # a load goes on without it
    with engine.begin() as connection, pytest.raises(LayerFused):
        refresh(connection, engine, "fused", BY)


@pytest.mark.usefixtures("layer")
def test_a_fusion_of_several_tables(engine: Engine, put: Put) -> None:
    put("id,plot,amount", "1,a,5")
    put("plot,amount", "b,7", "c,8", said=replace(TAXES, name="rents", key=None))
    fuse(engine, BY_NUMBER)
    wanted = Wanted("rents", [ways.read(BY_NUMBER)], [("amount", ""), ("", "count")])
    with engine.begin() as connection:
        definition.add(connection, "fused", wanted, BY)
        with pytest.raises(FusionExists):
            definition.add(connection, "fused", wanted, BY)
    assert look(engine, "rents_amount") == {"a": None, "b": 7, "c": 8, "d": None}
    assert look(engine, "rents_count") == {"a": 0, "b": 1, "c": 1, "d": 0}
    with engine.begin() as connection:
        definition.take_out(connection, "fused", "taxes")
        with pytest.raises(FusionInvalid, match="the only one"):
            definition.take_out(connection, "fused", "rents")
        made = registry.read(connection).layers["fused"]
    assert [c.name for c in made.columns] == ["number", "use", "amount", "rents_count"]
    assert look(engine)["b"] == 7


@pytest.mark.usefixtures("layer")
def test_indicators_of_two_days(engine: Engine, put: Put) -> None:
    said = replace(TAXES, items={"floors": "building.floors"})
    put("id,plot,floors", "1,a,5", "2,b,-1", "3,zz,6", "4,,7", said=said)
    with engine.begin() as connection:
        before = {(k.kind, k.name): k for k in kpi.record(connection, day=date(2026, 1, 1))}
    fuse(engine, BY_NUMBER, fields=("floors",))
    with engine.begin() as connection:
        after = {(k.kind, k.name): k for k in kpi.record(connection, day=date(2026, 1, 2))}
        days = run(connection, "SELECT DISTINCT day FROM cim.kpi WHERE day < '2026-02-01'")
    assert len(days) == 2
    assert ("layer", "fused") not in after
    table = after["table", "taxes"]
    first = before["table", "taxes"]
    assert (first.rows, first.coded, first.governed, first.mapped) == (4, 0, 3, 0)
    assert (table.rows, table.coded, table.governed, table.mapped) == (4, 2, 3, 2)
    assert table.governed_mapped == 1  # -1 floors breaks the rule of the data item
    assert table.department == "税务局"
    assert table.shares() == {
        "coded_share": 0.5,
        "governed_share": 0.75,
        "mapped_share": 0.5,
        "governed_mapped_share": 1 / 3,
    }
    plots_now = after["layer", "plots"]
    counts = (plots_now.rows, plots_now.coded, plots_now.governed, plots_now.mapped)
    assert counts == (4, 4, 4, 4)
    assert after["layer", "counties"].department is None
    assert after["layer", "counties"].mapped == 0  # bound to nothing, thus private


@pytest.mark.usefixtures("layer")
def test_a_decision_moves_the_indicators_as_counting_anew_would(engine: Engine, put: Put) -> None:
    said = replace(TAXES, items={"floors": "building.floors"})
    put("id,plot,floors", "1,a,5", "2,b,-1", "3,zz,6", "4,,7", said=said)
    fuse(engine, BY_NUMBER, fields=("floors",))
    with engine.begin() as connection:
        kpi.record(connection, tables=["taxes"])
        day = "UPDATE cim.kpi SET day = day - 1 WHERE name = 'taxes'"  # the last was yesterday's
        run(connection, f"{day} RETURNING day")
    seen = []
    for row, code in (("2", None), ("3", "c"), ("1", None)):
        with engine.begin() as connection:
            if code is None:
                fusing.reject(connection, "fused", ("taxes", row), BY)
            else:
                fusing.accept(connection, "fused", ("taxes", row), codes(engine)[code], BY)
            (now,) = kpi.measure(connection, tables=["taxes"])
            (told_of,) = run(
                connection,
                "SELECT rows, coded, governed, mapped, governed_mapped FROM cim.kpi "
                "WHERE name = 'taxes' ORDER BY day DESC LIMIT 1",
            )
        seen.append(tuple(told_of))
        assert seen[-1] == (now.rows, now.coded, now.governed, now.mapped, now.governed_mapped)
    assert seen == [(4, 1, 3, 1, 1), (4, 2, 3, 2, 2), (4, 1, 3, 1, 1)]
