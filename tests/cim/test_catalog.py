"""The catalog: what a version may say, how versions follow each other, what differs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

import cim.data.catalog
from cim import registry
from cim.actions import Action
from cim.catalog import builtin, compare, files, grades, history, model, reading, rules, versions
from cim.catalog.model import Catalog
from cim.data import rows
from cim.database.sql import run
from cim.errors import CatalogExists, CatalogInvalid, GradeInvalid, UnknownCatalog

WANG = Action("wang", "新标准")


def document(**changes: Any) -> dict[str, Any]:
    """A small version of a catalog of its own."""
    named = {"source": "local", "certainty": "L"}
    held: dict[str, Any] = {
        "catalog": "trees",
        "version": "1",
        "name_zh": "树木目录",
        "name_en": "trees",
        "domains": [{"code": "green", "name_zh": "绿地", "name_en": "green", **named}],
        "categories": [
            {"code": "street", "domain": "green", "name_zh": "行道", "name_en": "street", **named}
        ],
        "elements": [
            {
                "code": "tree",
                "category": "street",
                "name_zh": "行道树",
                "name_en": "street tree",
                "aliases": "trees|SM",
                "owner": "园林局",
                "sharing": "unconditional",
                "opening": "open",
                "update_cycle": "yearly",
                "grade": "general2",
                **named,
            }
        ],
        "code_lists": [{"code": "species", "name_zh": "树种", "name_en": "species", **named}],
        "code_list_entries": [
            {"list": "species", "code": "01", "name_zh": "樟", "certainty": "L"},
            {"list": "species", "code": "02", "name_zh": "银杏", "certainty": "L"},
        ],
        "fields": [
            field("number", type="text", pattern="T[0-9]{3}", aliases=["BH"], mandatory="M"),
            field("species", type="code", code_list="species"),
            field("height", type="number", unit="m", minimum=0, maximum=80, grade="general3"),
        ],
    }
    return held | changes


def field(tail: str, **said: Any) -> dict[str, Any]:
    named = {"name_zh": tail, "name_en": tail, "source": "local", "certainty": "L"}
    return {"code": f"tree.{tail}", "element": "tree", "mandatory": "O", **named, **said}


def trees(**changes: Any) -> Catalog:
    return rules.made(document(**changes))


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def test_the_program_brings_its_catalog(connection: Connection) -> None:
    assert versions.read(connection, "cim") == builtin.catalog()
    [told] = [row for row in run(connection, versions.listed().sql) if row.catalog == "cim"]
    assert (told.current, told.who, told.elements) == (True, "cim", len(builtin.catalog().elements))
    versions.bring(connection)
    assert len(run(connection, versions.listed().sql)) == 1


def test_the_built_in_catalog_keeps_the_classes_of_the_guide_with_their_marks() -> None:
    catalog = builtin.catalog()
    named = {(c.name_zh, catalog.by_code["domains"][c.domain].name_zh) for c in catalog.categories}
    assert named == {(row["middle"], row["big"]) for row in rows("cim_catalogue")}
    for row in rows("cim_catalogue"):
        category = next(c for c in catalog.categories if c.name_zh == row["middle"])
        elements = {e.name_zh: e for e in catalog.elements if e.category == category.code}
        if row["middle"] != "行政区":  # written there as 国家/省级/…行政区
            for small in row["small"].split(";"):
                found = elements[small.strip("()").removesuffix("等")]
                doubtful = small.startswith("(") or "G (items)" in row["src"]
                assert found.certainty == ("G" if doubtful else row["src"]), small
    assert {e.source for e in catalog.elements} == {"local"}  # no official code is invented


def test_a_version_is_read_as_it_is_given(tmp_path: Path) -> None:
    """The program's own folder; the document of the service, which has links."""
    own = Path(cim.data.catalog.__path__[0])
    assert files.read(own) == builtin.catalog()
    assert len(builtin.catalog().tables()["code_list_entries"]) > 200
    document = {**rules.document(builtin.catalog()), "links": [{"rel": "self", "href": "x"}]}
    (tmp_path / "version.json").write_text(json.dumps(document), encoding="utf-8")
    assert files.read(tmp_path / "version.json") == builtin.catalog()
    (tmp_path / "catalog.json").write_text((own / "catalog.json").read_text(), encoding="utf-8")
    lists = "code,name_zh,name_en,standard,table,source,certainty\nx,甲,a,,nothing,,G\n"
    (tmp_path / "code_lists.csv").write_text(lists, encoding="utf-8")
    with pytest.raises(CatalogInvalid, match="there is no table 'nothing'"):
        files.read(tmp_path)


def test_a_version_is_the_same_in_every_form(tmp_path: Path) -> None:
    catalog = builtin.catalog()
    text = json.dumps(rules.document(catalog), ensure_ascii=False)
    (tmp_path / "catalog.json").write_text(text, encoding="utf-8")
    assert files.read(tmp_path / "catalog.json") == catalog
    folder = tmp_path / "folder"
    folder.mkdir()
    head = json.dumps(catalog.head._asdict(), ensure_ascii=False)
    (folder / "catalog.json").write_text(head, encoding="utf-8")
    for table, found in catalog.tables().items():
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8-sig") as file:
            writer = csv.writer(file)
            writer.writerow(model.TABLES[table]._fields)
            for row in found:
                writer.writerow("|".join(v) if isinstance(v, tuple) else v for v in row)
    assert files.read(folder) == catalog
    with pytest.raises(CatalogInvalid, match="cannot be read"):
        files.read(tmp_path / "nothing.json")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": "第一版"}, "version is 1-64 letters"),
        ({"colour": "red"}, "'colour' is not known"),
        ({"elements": []}, "fields, row 1 .* 'tree' is not among the elements"),
        ({"domains": "green"}, "domains is no list of rows"),
        ({"categories": [1]}, "categories, row 1 is no object"),
        ({"fields": [field("a", type="text"), field("a", type="text")]}, "row 2 .* in row 1"),
        ({"fields": [field("a", type="word")]}, "type is one of text, integer"),
        ({"fields": [field("a", type="code")]}, "type code and code_list nothing"),
        ({"fields": [field("a", type="code", code_list="x")]}, "code_list 'x' is not among"),
        ({"fields": [field("a", type="text", code_list="species")]}, "do not go together"),
        ({"fields": [field("a", type="text", mandatory="C")]}, "condition belongs to a field"),
        ({"fields": [field("a", type="text", unit="m")]}, "unit is for numbers"),
        ({"fields": [field("a", type="number", minimum=2, maximum=1)]}, "minimum is above"),
        ({"fields": [field("a", type="number", maximum="inf")]}, "are numbers, or dates"),
        ({"fields": [field("a", type="date", minimum="1949")]}, "are numbers, or dates"),
        ({"fields": [field("a", type="text", minimum=1)]}, "not for type text"),
        ({"fields": [field("a", type="text", pattern="(")]}, "is no regular expression"),
        ({"fields": [field("a", type="text", pattern="(?=a)")]}, "is no regular expression"),
        ({"fields": [field("a", type="text", length=0)]}, "length is a whole number"),
        ({"fields": [field("a", type="text", grade="general1")]}, "below general2, that of its"),
        ({"fields": [field("a", type="text", sharing="conditional")]}, "sharing_condition belongs"),
        ({"fields": [field("a", type="text", name_zh="甲\n乙")]}, "name_zh is one line"),
        ({"fields": [field("a", type="text", certainty="")]}, "certainty is missing"),
        (
            {"code_list_entries": [{**document()["code_list_entries"][0], "parent": "0"}]},
            "parent '0' is not in species",
        ),
        ({"elements": [{**document()["elements"][0], "grade": ""}]}, "grade is missing"),
        ({"elements": [{**document()["elements"][0], "grade": "top"}]}, "'top' is none of"),
        ({"elements": [{**document()["elements"][0], "aliases": 7}]}, "aliases are texts"),
    ],
)
def test_what_a_version_cannot_say(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(CatalogInvalid, match=words):
        trees(**changes)


def test_grades_are_raised_and_never_lowered() -> None:
    assert grades.highest(grades.GRADES) == "core"
    assert grades.highest(["important", "general4"]) == "important"
    catalog = trees()
    element = catalog.elements[0]
    number, _, height = (model.effective(each, element) for each in catalog.fields)
    assert (number.grade, height.grade) == ("general2", "general3")
    raised = element._replace(grade="important")
    assert model.effective(catalog.fields[2], raised).grade == "important"
    with pytest.raises(GradeInvalid):
        grades.highest(["general2", "general5"])


def test_a_field_has_what_its_element_gives_it(connection: Connection) -> None:
    versions.load(connection, trees(), WANG)
    row = run(connection, *_of(reading.of_field("tree.height")))[0]
    found = reading.element(row.document)
    [height] = found.fields
    assert (height.owner, height.sharing, height.grade) == ("园林局", "unconditional", "general3")
    assert (found.domain.code, found.category.code) == ("green", "street")
    assert run(connection, *_of(reading.of_field("tree"))) == []
    entries = reading.code_list(run(connection, *_of(reading.of_list("species")))[0].document)
    assert [entry.name_zh for entry in entries.entries] == ["樟", "银杏"]


def test_versions_follow_each_other(connection: Connection) -> None:
    before = registry.read(connection).version
    first = versions.load(connection, trees(), WANG)
    assert (first.new, first.current) == (True, True)
    assert versions.load(connection, trees(), WANG) == first._replace(new=False)
    with pytest.raises(CatalogExists, match="trees@1 is loaded and says something else"):
        versions.load(connection, trees(name_zh="树"), WANG)
    second = versions.load(connection, trees(version="2"), WANG)
    assert (second.new, second.current) == (True, False)
    assert versions.read(connection, "trees").head.version == "1"
    versions.use(connection, "trees@2", WANG)
    assert versions.read(connection, "trees").head.version == "2"
    assert versions.read(connection, "trees@1") == trees()
    assert registry.read(connection).version == before + 1
    told = [row.kind for row in run(connection, *_of(history.told("version trees@2")))]
    assert told == ["loaded", "used"]
    for reference in ("trees@3", "forest", ""):
        with pytest.raises(UnknownCatalog):
            versions.use(connection, reference, WANG)


def test_a_code_is_of_one_catalog(connection: Connection) -> None:
    versions.load(connection, trees(), WANG)
    with pytest.raises(CatalogInvalid, match=r"tree is a code of the catalog 'trees' already"):
        versions.load(connection, trees(catalog="forest", fields=[]), WANG)


def test_the_program_leaves_the_choice_of_the_city_alone(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def program(version: str) -> None:
        newer = Catalog(
            builtin.catalog().head._replace(version=version), **builtin.catalog().tables()
        )
        monkeypatch.setattr(builtin, "catalog", lambda: newer)

    program("2")
    versions.bring(connection)
    assert versions.read(connection, "cim").head.version == "2"
    versions.use(connection, "cim@1", WANG)
    program("3")
    versions.bring(connection)
    assert versions.read(connection, "cim").head.version == "1"
    assert versions.read(connection, "cim@3").head.version == "3"


def test_what_differs_between_versions() -> None:
    fields = document()["fields"]
    after = trees(
        version="2",
        fields=[
            fields[0] | {"mandatory": "O"},
            fields[2] | {"unit": "cm"},
            field("x", type="text"),
        ],
        code_list_entries=[{"list": "species", "code": "01", "name_zh": "香樟", "certainty": "L"}],
    )
    found = compare.differences(trees(), after)
    assert [(d.kind, d.table, d.code, d.changed) for d in found] == [
        ("changed", "code_list_entries", "species 01", {"name_zh": ("樟", "香樟")}),
        ("removed", "code_list_entries", "species 02", {}),
        ("changed", "fields", "tree.number", {"mandatory": ("M", "O")}),
        ("changed", "fields", "tree.height", {"unit": ("m", "cm")}),
        ("added", "fields", "tree.x", {}),
        ("removed", "fields", "tree.species", {}),
    ]
    assert compare.differences(after, after) == []


def _of(statement: Any) -> tuple[Any, ...]:
    return (statement.sql, *statement.values)
