"""Tables registered where they stand: what of them is a layer, how codes follow their rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import shapely
from sqlalchemy import Connection, Engine

from cim.access import ANONYMOUS
from cim.actions import Action
from cim.assignment.assign import Batch, assign
from cim.assignment.request import Request
from cim.database.sql import run
from cim.errors import BadName, LayerUnreadable, RowsElsewhere
from cim.item_page import page
from cim.item_query import BBox, Query
from cim.layer import Layer, Text
from cim.lifecycle import end
from cim.registry import read
from cim.source_view import check
from layers.errors import (
    KeyTaken,
    LayerLoaded,
    LayerRegistered,
    RowsVanished,
    RunKept,
    TableChanged,
    TableForbidden,
    TableUnfit,
    TableUnknown,
)
from layers.load import VectorFile, load, remove
from layers.registered import catalogs, place
from layers.registered.fit import Registration
from layers.registered.refresh import Refreshed, refresh
from layers.registered.register import Registered, register
from layers.registered.status import standing
from layers.rollback import rollback
from layers.watch import Watch

TABLE = '"国土 2024"."地类 ""图斑"'
WHO = Action("tester")
Sql = Callable[..., list[Any]]


@pytest.fixture
def sql(engine: Engine, bring: object) -> Sql:  # noqa: ARG001 - brings the counties
    """Runs statements on a database with two counties, and with a table of a department.

    Its rows are squares of 20 m, every 100 m to the east, in the 3-degree zone of 111 E.
    """

    def execute(*statements: str, values: tuple[Any, ...] = ()) -> list[Any]:
        with engine.begin() as connection:
            return [run(connection, statement, *values) for statement in statements][-1]

    execute(
        'CREATE SCHEMA "国土 2024"',
        f'CREATE TABLE {TABLE} ("标识码" varchar(8) PRIMARY KEY, "DLBM" char(6), code text,'
        ' "形 状" geometry(Polygon, 4546))',
        f'CREATE INDEX ON {TABLE} USING gist ("形 状")',
    )
    add(execute, range(1, 4))
    return execute


def add(sql: Sql, numbers: range) -> None:
    for i in numbers:
        x, y = 598_000 + 100 * i, 3_545_000
        box = f"ST_MakeEnvelope({x}, {y}, {x + 20}, {y + 20}, 4546)"
        sql(f"INSERT INTO {TABLE} VALUES ('k{i}', '0101', 'own {i}', {box})")


@pytest.fixture
def enrol(engine: Engine, sql: Sql) -> Callable[..., Registered]:  # noqa: ARG001
    def enrol(table: str = TABLE, layer: str = "dltb", **more: Any) -> Registered:
        wanted = Registration(place.read(table), layer, Text("图斑", "Plots"), **more)
        with engine.begin() as connection:
            return register(connection, engine, wanted)

    return enrol


@pytest.fixture
def follow(engine: Engine) -> Callable[..., Refreshed]:
    def follow(name: str = "dltb", **more: Any) -> Refreshed:
        with engine.begin() as connection:
            return refresh(connection, engine, name, WHO, **more)

    return follow


def layer_of(connection: Connection, name: str = "dltb") -> Layer:
    return read(connection).layers[name]


def counts(done: Refreshed) -> tuple[int, ...]:
    report = done.report
    return report.added, report.changed, report.unchanged, report.retired, report.refused


def test_rows_are_read_where_they_stand(sql: Sql, enrol: Callable[..., Registered]) -> None:
    done = enrol(class_code="990101", name_field="code")
    assert (counts(done.refreshed), done.refreshed.without) == ((3, 0, 0, 0, 0), 0)
    assert (done.advice, done.left_out) == ((), ())
    rows = sql('SELECT *, ST_AsBinary(geom) AS wkb FROM item.dltb ORDER BY "标识码"')
    assert [row.标识码 for row in rows] == ["k1", "k2", "k3"]
    assert [row.source_code for row in rows] == ["own 1", "own 2", "own 3"]
    assert rows[0].DLBM == "0101"  # without the blanks of its fixed length
    expected = sql(f'SELECT ST_AsBinary(ST_Transform("形 状", 4490)) AS wkb FROM {TABLE}')
    shapes = [shapely.from_wkb(bytes(row.wkb)) for row in rows]
    assert shapely.equals_exact(shapes, [shapely.from_wkb(bytes(e.wkb)) for e in expected]).all()
    assert all(row.code.startswith("420602990101") for row in rows)
    cells = sql("SELECT code FROM cim.cover WHERE substr(code, 7, 6) = '990101'")
    assert {cell.code for cell in cells} == {row.code for row in rows}
    sql(f"UPDATE {TABLE} SET \"DLBM\" = '0301' WHERE \"标识码\" = 'k2'")
    assert sql('SELECT "DLBM" FROM item.dltb WHERE "标识码" = \'k2\'')[0].DLBM == "0301"


def test_codes_follow_rows(
    sql: Sql, enrol: Callable[..., Registered], follow: Callable[..., Refreshed]
) -> None:
    enrol(class_code="990101", name_field="code")
    before = dict(sql('SELECT "标识码", code FROM item.dltb'))
    cells = sql("SELECT cell FROM cim.cover WHERE code = $1 ORDER BY 1", values=(before["k2"],))
    add(sql, range(4, 6))
    sql(
        f"DELETE FROM {TABLE} WHERE \"标识码\" = 'k1'",
        f'UPDATE {TABLE} SET "形 状" = ST_Translate("形 状", 0, 500), code = \'new name\''
        " WHERE \"标识码\" = 'k2'",
        "SET LOCAL timezone = 'Asia/Tokyo'",
    )
    assert [row.标识码 for row in sql('SELECT * FROM item.dltb ORDER BY "标识码"')] == ["k2", "k3"]
    done = follow()
    assert (counts(done), done.without) == ((2, 1, 1, 1, 0), 0)
    after = dict(sql('SELECT "标识码", code FROM item.dltb'))
    assert {key: after[key] for key in ("k2", "k3")} == {key: before[key] for key in ("k2", "k3")}
    moved = sql("SELECT cell FROM cim.cover WHERE code = $1 ORDER BY 1", values=(before["k2"],))
    assert moved
    assert not {c.cell for c in moved} & {c.cell for c in cells}
    named = sql("SELECT name FROM cim.name WHERE code = $1", values=(before["k2"],))
    assert named[0].name == "new name"
    told = sql(
        "SELECT e.source_id, v.kind FROM cim.event v JOIN cim.entity e USING (code)"
        " WHERE source_system = 'dltb' ORDER BY v.id"
    )
    assert sorted(told[3:]) == sorted(
        [("k1", "retired"), ("k2", "changed"), ("k4", "assigned"), ("k5", "assigned")]
    )
    add(sql, range(1, 2))
    assert counts(follow()) == (1, 0, 4, 0, 0)
    assert dict(sql('SELECT "标识码", code FROM item.dltb'))["k1"] == before["k1"]
    assert counts(follow()) == (0, 0, 5, 0, 0)
    modes = sql("SELECT mode, read, added FROM cim.ingest_run WHERE layer = 'dltb' ORDER BY id")
    assert [tuple(row) for row in modes[:2]] == [("refresh", 3, 3), ("refresh", 4, 2)]


def test_rows_that_break_a_rule_go_without(
    sql: Sql,
    enrol: Callable[..., Registered],
    follow: Callable[..., Refreshed],
) -> None:
    far = "ST_MakeEnvelope(398000, 3545000, 398020, 3545020, 4546)"
    sql(
        f"INSERT INTO {TABLE} VALUES ('empty', '0101', 'x', NULL), ('far', '0101', 'y', {far}),"
        " ('inf', '0101', 'z', ST_MakeEnvelope(1e30, 1e30, 2e30, 2e30, 4546))"
    )
    done = enrol(class_code="990101")
    assert (counts(done.refreshed), done.refreshed.without) == ((3, 0, 0, 0, 3), 3)
    assert sorted(done.refreshed.keys.values()) == ["empty", "far", "inf"]
    assert len(sql("SELECT code FROM item.dltb")) == 3
    # What loses its place keeps its code, and is not shown until it has one again.
    sql(f'UPDATE {TABLE} SET "形 状" = NULL WHERE "标识码" = \'k1\'')
    watch = Watch()
    assert counts(follow(watch=watch)) == (0, 0, 3, 0, 4)
    assert {found.rule for found in watch.findings.rules()} == {
        "geometry.missing",
        "geometry.outside",
        "division.missing",
    }
    assert len(sql("SELECT code FROM item.dltb")) == 2
    assert sql("SELECT state FROM cim.entity WHERE source_id = 'k1'")[0].state == "active"


def test_other_codes_go_from_row_to_row(
    sql: Sql, enrol: Callable[..., Registered], follow: Callable[..., Refreshed]
) -> None:
    sql(f"UPDATE {TABLE} SET code = 'P-' || \"标识码\"")
    enrol(class_code="990101", aliases={"standard_address": "code"})
    codes = dict(sql('SELECT "标识码", code FROM item.dltb'))
    sql(
        f"DELETE FROM {TABLE} WHERE \"标识码\" = 'k1'",
        f"UPDATE {TABLE} SET code = 'P-k1' WHERE \"标识码\" = 'k2'",
    )
    add(sql, range(4, 5))
    sql(f"UPDATE {TABLE} SET code = 'P-k3' WHERE \"标识码\" = 'k4'")  # k3 has it still
    done = follow()
    assert (counts(done), done.without) == ((0, 1, 1, 1, 1), 1)
    live = sql("SELECT value, code FROM cim.alias WHERE valid_to IS NULL ORDER BY 1")
    assert [tuple(row) for row in live] == [("P-k1", codes["k2"]), ("P-k3", codes["k3"])]


def test_types_become_those_of_layers(sql: Sql, enrol: Callable[..., Registered]) -> None:
    sql(
        "CREATE TYPE public.grade AS ENUM ('good', 'bad')",
        "CREATE DOMAIN public.area AS numeric(12, 2) CHECK (VALUE > 0)",
        "CREATE TABLE public.many (id smallint UNIQUE, tenths real, share public.area,"
        " grade public.grade, tags text[], uid uuid, at timestamptz, doc json, price money,"
        " geom geometry, label geometry(Point, 4490), way geography)",
        "INSERT INTO public.many VALUES (7, 0.1, 12.5, 'good', ARRAY['a', 'b'],"
        " '00000000-0000-0000-0000-000000000001', '2024-05-01T08:00:00+08', '{\"a\": 1}', 3,"
        " ST_GeomFromText('CURVEPOLYGON(CIRCULARSTRING(112.01 32.01, 112.02 32.02, 112.03 32.01,"
        " 112.02 32.0, 112.01 32.01))', 4326), NULL, NULL),"
        " (8, 0.1, 12.5, 'bad', NULL, NULL, NULL, NULL, NULL,"
        " ST_GeomFromText('TIN(((112 32 0, 112 32.01 0, 112.01 32.01 0, 112 32 0)))', 4326),"
        " NULL, NULL)",
    )
    with pytest.raises(TableUnfit, match="several: geom, label; name one with --geometry"):
        enrol("many", "many", key="id")
    done = enrol("many", "many", key="id", geometry="geom")
    assert (counts(done.refreshed), done.left_out) == ((1, 0, 0, 0, 1), ("label", "way"))
    assert [one.what for one in done.advice] == [
        "no index over geometry: every map and every box reads all rows"
    ]
    (row,) = sql(
        "SELECT to_jsonb(i) AS said FROM (SELECT id, tenths, share, grade, tags, doc,"
        " GeometryType(geom) AS kind FROM item.many) i"
    )
    assert row.said == {
        "id": 7,
        "tenths": 0.1,
        "share": 12.5,
        "grade": "good",
        "tags": ["a", "b"],
        "doc": {"a": 1},
        "kind": "POLYGON",
    }


@pytest.mark.parametrize("kind", ["VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE"])
def test_whatever_reads_like_a_table(
    kind: str,
    sql: Sql,
    database: str,
    enrol: Callable[..., Registered],
    follow: Callable[..., Refreshed],
) -> None:
    if kind == "FOREIGN TABLE":
        _make_foreign(sql, database)
    else:
        sql(f"CREATE {kind} public.seen AS SELECT * FROM {TABLE} WHERE \"DLBM\" = '0101'")
    if kind == "MATERIALIZED VIEW":
        with pytest.raises(TableUnfit, match="no column is its primary key"):
            enrol("public.seen")
    done = enrol("public.seen", key="标识码")
    assert counts(done.refreshed) == (3, 0, 0, 0, 0)
    unhelped = {"VIEW": 0, "MATERIALIZED VIEW": 2, "FOREIGN TABLE": 1}
    assert len(done.advice) == unhelped[kind]  # the other server is not told to have PostGIS
    add(sql, range(4, 5))
    if kind == "MATERIALIZED VIEW":
        assert counts(follow()) == (0, 0, 3, 0, 0)
        sql("REFRESH MATERIALIZED VIEW public.seen")
    assert counts(follow()) == (1, 0, 3, 0, 0)
    if kind == "VIEW":
        sql(f"CREATE OR REPLACE VIEW public.seen AS SELECT * FROM {TABLE} UNION ALL TABLE {TABLE}")
        with pytest.raises(TableUnfit, match="2 rows have the key 标识码 = 'k1'"):
            follow()


def _make_foreign(sql: Sql, database: str) -> None:
    from sqlalchemy.engine import make_url

    url = make_url(database)
    options = {"dbname": url.database, "host": url.query.get("host") or url.host, "port": url.port}
    told = ", ".join(f"{name} '{value}'" for name, value in options.items() if value)
    user = f"user '{url.username}'" if url.username else ""
    password = f", password '{url.password}'" if url.password else ""
    sql(
        "CREATE EXTENSION postgres_fdw",
        f"CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({told})",
        f"CREATE USER MAPPING FOR CURRENT_USER SERVER loop OPTIONS ({user}{password})",
        'CREATE FOREIGN TABLE public.seen ("标识码" varchar(8), "DLBM" char(6), code text,'
        ' "形 状" geometry(Polygon, 4546)) SERVER loop'
        " OPTIONS (schema_name '国土 2024', table_name '地类 \"图斑')",
    )


def test_a_box_is_found_by_the_index_of_the_table(
    engine: Engine, sql: Sql, enrol: Callable[..., Registered]
) -> None:
    sql(
        f"INSERT INTO {TABLE} SELECT 'n' || i, '0301', NULL, ST_MakeEnvelope(598000 + 10 * x,"
        " 3545000 + y, 598005 + 10 * x, 3545005 + y, 4546)"
        " FROM (SELECT i, i % 300 AS x, 10 * (i / 300) AS y FROM generate_series(1, 9000) i) n"
    )
    enrol(class_code="990101")
    sql(f"ANALYZE {TABLE}")
    with engine.begin() as connection:
        layer = layer_of(connection)
        rows = run(connection, "SELECT code, ST_AsBinary(geom) AS wkb FROM item.dltb ORDER BY code")
        shapes = shapely.from_wkb([bytes(row.wkb) for row in rows])
        small, large = (112.05, 32.025, 112.051, 32.026), (112.04, 32.02, 112.07, 32.03)
        for box, limit in ((small, 1000), (large, 10_000), (large, 10)):
            asked = page(layer, Query(limit, BBox(*box)), ANONYMOUS)
            run(connection, "SET LOCAL plan_cache_mode = force_generic_plan")
            plan = run(connection, f"EXPLAIN (ANALYZE, COSTS OFF) {asked.sql}", *asked.values)
            text = "\n".join(line[0] for line in plan)
            assert "Index Cond" in text
            assert '"形 状"' in text.partition("CTE cim_near")[2].partition("Index Cond")[2][:60]
            assert "Seq Scan" not in text
            codes = [row.code for row in run(connection, asked.sql, *asked.values)]
            there = shapely.intersects(shapely.box(*box), shapes)
            expected = [row.code for row, found in zip(rows, there, strict=True) if found]
            assert codes == expected[: limit + 1]
            assert len(expected) > 50


def test_what_cannot_be_registered(engine: Engine, sql: Sql, enrol: Any) -> None:
    sql(
        "CREATE TABLE public.plain (id int PRIMARY KEY)",
        "CREATE TABLE public.mixed (id int PRIMARY KEY, geom geometry)",
        "INSERT INTO public.mixed VALUES (1, ST_SetSRID(ST_MakePoint(112, 32), 4490)),"
        " (2, ST_SetSRID(ST_MakePoint(1, 1), 4546))",
        "CREATE TABLE public.untold (id int PRIMARY KEY, geom geometry(Point))",
        "CREATE TABLE public.xian (id int PRIMARY KEY, geom geometry(Point, 2361))",
        "INSERT INTO public.untold VALUES (1, ST_MakePoint(112.05, 32.05))",
    )
    for table, error, words in (
        ("public.nowhere", TableUnknown, "no table or view public.nowhere"),
        ("public.PLAIN", TableUnknown, "is it public.plain"),
        ("layer.counties", TableUnfit, "not one for tables of departments"),
        ("pg_catalog.pg_class", TableUnfit, "not one for tables"),
        ("public.plain", TableUnfit, "of columns of type geometry it has none"),
        ("public.mixed", TableUnfit, "SRID 4490, 4546"),
        ("public.untold", TableUnfit, "say it with --crs"),
        ("public.xian", TableUnfit, "nobody states how its CRS Xian 1980"),
        ("a.b.c", BadName, "schema.table"),
    ):
        with pytest.raises(error, match=words):
            enrol(table, "x")
    assert counts(enrol("untold", "untold", crs="EPSG:4490").refreshed) == (1, 0, 0, 0, 0)
    with pytest.raises(LayerLoaded, match="'counties' was loaded from files"):
        enrol(TABLE, "counties")
    enrol(TABLE)
    with pytest.raises(KeyTaken, match="known by the field '标识码'"):
        enrol(TABLE, key="code")
    sql("CREATE ROLE outsider_of_layers")
    try:
        with engine.connect() as connection:
            run(connection, "SET LOCAL ROLE outsider_of_layers")
            with pytest.raises(TableForbidden, match="GRANT USAGE ON SCHEMA") as told:
                catalogs.find(connection, place.read(TABLE))
            assert len(told.value.grants) == 2
    finally:
        sql("DROP ROLE outsider_of_layers")


def test_rows_are_changed_where_they_stand(
    engine: Engine, enrol: Any, plots: Callable[..., VectorFile], sql: Sql
) -> None:
    run_id = enrol(layer="plots", class_code="990101").refreshed.report.run
    (code, *_) = sql("SELECT code FROM item.plots ORDER BY code")[0]
    batch = Batch("other", "990101", WHO, layer="plots")
    request = Request("new", shapely.Point(112.05, 32.05))
    with engine.connect() as connection:
        with pytest.raises(LayerRegistered, match="no file can be loaded"):
            load(connection, engine, plots(["a"]))
        with pytest.raises(RunKept, match="followed the table"):
            rollback(connection, run_id, WHO)
        with pytest.raises(RowsElsewhere, match="cim layer refresh plots"):
            end.end(connection, [code], "retired", WHO)
        with pytest.raises(RowsElsewhere):
            assign(connection, engine, batch, [request])


def test_the_owner_may_do_as_if_there_were_no_layer(
    engine: Engine, sql: Sql, enrol: Callable[..., Registered], follow: Callable[..., Refreshed]
) -> None:
    enrol(class_code="990101")
    codes = sql('SELECT "标识码", code FROM item.dltb ORDER BY 1')
    sql(f'ALTER TABLE {TABLE} RENAME "DLBM" TO "DLBM2"')
    with pytest.raises(TableChanged, match="no column 'DLBM' any more; register it again"):
        follow()
    with engine.connect() as connection:
        with pytest.raises(LayerUnreadable):
            check(connection, ["dltb"])
        told = standing(connection, layer_of(connection))
        assert told.fault is not None
        assert "DLBM" in told.fault
    enrol(class_code="990101")
    assert sql('SELECT "标识码", code FROM item.dltb WHERE "DLBM2" IS NOT NULL ORDER BY 1') == codes
    sql(f"CREATE TABLE public.kept AS TABLE {TABLE}", f"DROP TABLE {TABLE}")
    with pytest.raises(TableUnknown):
        follow()
    sql(f"CREATE TABLE {TABLE} AS TABLE public.kept")
    assert counts(follow()) == (0, 0, 3, 0, 0)
    sql(
        f'ALTER TABLE {TABLE} ALTER "形 状" TYPE geometry(Polygon, 4490)'
        ' USING ST_Transform("形 状", 4490)'
    )
    with pytest.raises(TableChanged, match="SRID 4490 now and were in 4546"):
        follow()
    assert counts(enrol(class_code="990101", key="标识码").refreshed) == (0, 3, 0, 0, 0)
    assert sql('SELECT "标识码", code FROM item.dltb ORDER BY 1') == codes


def test_removed_and_registered_again(
    engine: Engine, sql: Sql, enrol: Callable[..., Registered]
) -> None:
    enrol(class_code="990101")
    codes = sql('SELECT "标识码", code FROM item.dltb ORDER BY 1')
    with engine.begin() as connection:
        assert remove(connection, "dltb", ANONYMOUS) == 3
    assert sql(f"SELECT count(*) FROM {TABLE}")[0][0] == 3
    assert sql("SELECT to_regclass('item.dltb'), to_regproc('layer.dltb')")[0] == (None, None)
    enrol(class_code="990101")
    assert sql('SELECT "标识码", code FROM item.dltb ORDER BY 1') == codes


def test_most_rows_are_not_retired_by_mistake(
    sql: Sql, enrol: Callable[..., Registered], follow: Callable[..., Refreshed]
) -> None:
    sql(
        f"INSERT INTO {TABLE} SELECT 'm' || i, '0301', NULL, \"形 状\""
        f" FROM {TABLE}, generate_series(1, 120) i WHERE \"标识码\" = 'k1'"
    )
    enrol(class_code="990101")
    sql(f"DELETE FROM {TABLE} WHERE \"标识码\" LIKE 'm%'")
    with pytest.raises(RowsVanished, match="120 of the 123 rows"):
        follow()
    assert counts(follow(gone=True)) == (0, 0, 3, 120, 0)
