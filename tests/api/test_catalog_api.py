"""The catalog over HTTP and by the command: read, versions loaded and compared, layers bound."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.cli.sample import SAMPLES, vector_file
from cim import registry
from cim.catalog import builtin, rules
from cim.database.connect import engine_of
from cim.layer import Text
from layers.load import VectorFile, load

WANTED: dict[str, Any] = {
    "element": "road",
    "department": "住房和城乡建设局",
    "grade": "general2",
    "authoritative": True,
    "fields": {"DLBH": "road.code", "DLMC": "road.name", "width_m": "road.width"},
    "why": "业务处室确认",
    "document": "住建函〔2026〕3号",
}


def put_roads(engine: Engine, folder: Path, name: str = "roads") -> None:
    lines = [shapely.LineString([(112.1, 32.0), (112.2, 32.0)])]
    columns = {"DLBH": ["R1"], "DLMC": ["滨江路"], "width_m": [12.0], "DLDJ": ["主干路"]}
    gpd.GeoDataFrame(columns, geometry=lines, crs=4490).to_file(folder / "roads.gpkg")
    title = Text("道路", "Roads")
    file = VectorFile(folder / "roads.gpkg", name, title, key="DLBH", division="420602", who="li")
    with engine.begin() as connection:
        load(connection, engine, file)


@pytest.fixture
def roads(writing: TestClient, engine: Engine, tmp_path: Path) -> TestClient:
    """A service over a database with a layer of roads that nobody has bound."""
    put_roads(engine, tmp_path)
    return writing


def newer(**changes: Any) -> dict[str, Any]:
    """The built-in catalog as version 2, with one field of the parcels changed."""
    found = {**rules.document(builtin.catalog()), "version": "2", **changes}
    for field in found["fields"]:
        if field["code"] == "parcel.area":
            field["unit"] = "har"
    return found


def test_the_catalog_is_read_from_its_top_to_a_value(client: TestClient) -> None:
    [catalog] = client.get("/catalog").raise_for_status().json()["catalogs"]
    assert (catalog["catalog"], catalog["version"]) == ("cim", "1")
    [survey] = [d for d in catalog["domains"] if d["code"] == "survey"]
    [land] = [c for c in survey["categories"] if c["code"] == "land_survey"]
    [parcel] = [e for e in land["elements"] if e["code"] == "parcel"]
    assert (parcel["layers"], parcel["certainty"], parcel["source"]) == (["parcels"], "L", "local")
    element = client.get(parcel["href"]).raise_for_status().json()
    assert element["domain"]["name_zh"] == "资源调查数据"
    assert element["layers"][0]["authoritative"] is True
    [use] = [f for f in element["fields"] if f["code"] == "parcel.land_use"]
    field = client.get(use["href"]).raise_for_status().json()
    said = ("mandatory", "code_list", "owner", "update_cycle", "sharing", "opening", "grade")
    assert [field[name] for name in said] == [
        "M",
        "land_sea_use_2023",
        "自然资源和规划部门",
        "yearly",
        "conditional",
        "none",
        "general2",
    ]
    assert field["standard"].endswith("分类指南（2023）")
    assert (field["clause"], "clause" in field["unknown"]) == (None, True)
    assert [(c["layer"], c["column"]) for c in field["columns"]] == [("parcels", "landuse")]
    related = next(link["href"] for link in field["links"] if link["rel"] == "related")
    entries = client.get(related).raise_for_status().json()["entries"]
    assert {
        "code": "0101",
        "name_zh": "水田",
        "name_en": None,
        "parent": "01",
        "certainty": "H",
    } in (entries)
    for path in ("elements/nothing", "fields/parcel", "lists/x", "versions/cim@9", "elements/%00"):
        assert client.get(f"/catalog/{path}").status_code == 404, path


def test_the_sample_city_is_governed(client: TestClient) -> None:
    collections = client.get("/collections").raise_for_status().json()["collections"]
    layers = [c for c in collections if c["itemType"] != "record"]
    assert all(c["governance"]["bound"] and c["governance"]["grade"] for c in layers)
    parcels = client.get("/collections/parcels").json()
    assert parcels["governance"] == {
        "bound": True,
        "private": False,
        "owner": "anonymous",
        "element": "parcel",
        "element_zh": "宗地",
        "element_en": "parcel",
        "department": "襄阳市自然资源和规划局（示例）",
        "authoritative": True,
        "grade": "general3",
    }
    bound = client.get("/collections/parcels/binding").json()
    graded = {c["column"]: (c["field"], c["grade"]) for c in bound["columns"]}
    assert graded["use_right"] == ("parcel.use_right", "general3")
    assert graded["area_m2"] == ("parcel.area", "general2")
    assert bound["missing"] == []
    page = client.get("/collections/parcels?f=html").text
    assert "宗地面积" in page
    assert "一般 3 级" in page


def test_the_sample_city_keeps_to_the_catalog(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    from api.cli.sample import load_sample_city

    engine = engine_of(new_database())
    load_sample_city(engine, tmp_path / "rasters")
    manifest = json.loads((SAMPLES / "manifest.json").read_text())
    with engine.begin() as connection:
        assert all(la.binding for la in registry.read(connection).layers.values())
        for entry in manifest["vectors"]:
            report = load(connection, engine, vector_file(entry))
            assert (report.added, report.changed) == (0, 0)
    engine.dispose()


def test_a_layer_is_bound_over_http(roads: TestClient) -> None:
    here = "/collections/roads/binding"
    told = roads.get("/collections/roads?lang=en").json()["governance"]
    assert {n: told[n] for n in ("bound", "private", "owner", "grade")} == {
        "bound": False,
        "private": True,
        "owner": "li",
        "grade": None,
    }
    assert told["note"].startswith("bound to no element of the catalog: private to its owner")
    assert "仅属其所有者" in roads.get("/collections/roads?f=html").text
    assert roads.get(here).status_code == 404
    [best, *_] = roads.get(f"{here}/suggestions").raise_for_status().json()["suggestions"]
    assert best["element"] == "road"
    assert {f["column"]: f["field"] for f in best["fields"]}["DLDJ"] == "road.class"
    bound = roads.put(here, json=WANTED)
    assert bound.status_code == 200, bound.text
    assert roads.get(here).json() == bound.json()
    page = roads.get(f"{here}?f=html&lang=en").raise_for_status().text
    assert "bound to none" in page  # a column that is bound to nothing, as some always are
    assert (bound.json()["grade"], bound.json()["confirmed_by"]) == ("general2", "local")
    assert roads.get("/collections/roads").json()["governance"]["department"] == "住房和城乡建设局"
    assert roads.delete(here, params={"why": "误绑"}).status_code == 204
    assert roads.delete(here).status_code == 404
    changes = roads.get(f"{here}/history").raise_for_status().json()["changes"]
    assert [(c["kind"], c["who"], c["why"], c["document"]) for c in changes] == [
        ("bound", "local", "业务处室确认", "住建函〔2026〕3号"),
        ("unbound", "local", "误绑", None),
    ]
    assert changes[0]["row"]["fields"] == WANTED["fields"]


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"grade": None}, 422, "grade is missing"),
    ({"grade": 3}, 422, "3 is none of general1"),
    ({"grade": "general1"}, 422, "grade is at least general2"),
    ({"element": None}, 422, "element is missing"),
    ({"element": "lane"}, 404, "no element of the catalog 'lane'"),
    ({"department": {}}, 422, "department is a text"),
    ({"department": "甲\n乙"}, 422, "department is one line"),
    ({"authoritative": "yes"}, 422, "authoritative is true or false"),
    ({"fields": ["DLBH"]}, 422, "fields is an object"),
    ({"fields": {"DLBH": None}}, 422, "fields is missing"),
    ({"fields": {"x": "road.code"}}, 422, "columns of 'roads' are DLBH"),
    ({"fields": {"width_m": {"field": "road.width", "unit": "cm"}}}, 422, "is in cm"),
    ({"colour": "red"}, 422, "colour is not known here"),
    ({"why": 7}, 422, "why is a text"),
]


def test_what_is_refused_is_told_and_changes_nothing(roads: TestClient) -> None:
    for changes, status, words in REFUSED:
        answer = roads.put("/collections/roads/binding", json={**WANTED, **changes})
        assert answer.status_code == status, answer.text
        assert words in answer.json()["detail"]
    assert roads.put("/collections/lanes/binding", json=WANTED).status_code == 404
    assert roads.get("/collections/roads").json()["governance"]["bound"] is False
    proxied = {"X-Forwarded-For": "10.0.0.7"}
    for method, path in [
        ("PUT", "/collections/roads/binding"),
        ("DELETE", "/collections/roads/binding"),
        ("POST", "/catalog/versions"),
        ("PATCH", "/catalog/versions/cim@1"),
    ]:
        assert roads.request(method, path, json={}, headers=proxied).status_code == 403


def test_a_binding_shows_in_the_indicators_at_once(roads: TestClient) -> None:
    def told() -> tuple[str | None, float, float]:
        (road,) = roads.get("/kpis?name=roads").raise_for_status().json()["kpis"]
        return road["department"], road["governed_share"], road["mapped_share"]

    here = "/collections/roads/binding"
    assert roads.put(here, json=WANTED).status_code == 200
    assert told() == (WANTED["department"], 1.0, 1.0)
    assert roads.delete(here).status_code == 204
    assert told() == (None, 0.0, 0.0)


def test_another_version_in_use_shows_in_the_indicators_at_once(
    roads: TestClient, database: str, tmp_path: Path
) -> None:
    def governed() -> float:
        (road,) = roads.get("/kpis?name=roads").raise_for_status().json()["kpis"]
        return float(road["governed_share"])

    assert roads.put("/collections/roads/binding", json=WANTED).status_code == 200
    assert governed() == 1.0
    fields = rules.document(builtin.catalog())["fields"]
    wider = [{**f, "minimum": 20} if f["code"] == "road.width" else f for f in fields]
    (tmp_path / "wider.json").write_text(json.dumps(newer(fields=wider)), encoding="utf-8")
    settings = {**os.environ, "CIM_DATABASE_URL": database, "CIM_HOME": str(tmp_path)}
    words = ("catalog", "load", str(tmp_path / "wider.json"), "--use", "--who", "wang")
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", *words], env=settings, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert governed() == 0.0  # the road is 12 m wide
    back = roads.patch("/catalog/versions/cim@1", json={"current": True})
    assert back.status_code == 200, back.text
    assert governed() == 1.0


def test_a_second_authority_is_told_the_owner(
    roads: TestClient, engine: Engine, tmp_path: Path
) -> None:
    put_roads(engine, tmp_path, "highways")
    assert roads.put("/collections/roads/binding", json=WANTED).status_code == 200
    claim = {**WANTED, "department": "交通运输局"}
    refused = roads.put("/collections/highways/binding", json=claim)
    assert refused.status_code == 409
    assert "住房和城乡建设局, with the layer 'roads'" in refused.json()["detail"]
    copy = {**claim, "authoritative": False}
    assert roads.put("/collections/highways/binding", json=copy).status_code == 200


def test_versions_are_loaded_compared_and_put_to_use(writing: TestClient) -> None:
    whole = writing.get("/catalog/versions/cim@1").raise_for_status().json()
    assert writing.post("/catalog/versions", json=whole).status_code == 200  # as it is there
    added = writing.post("/catalog/versions", json={**newer(), "why": "标准更新"})
    assert added.status_code == 201, added.text
    assert added.headers["location"].endswith("/catalog/versions/cim%402")
    assert (added.json()["current"], added.json()["why"]) == (False, "标准更新")
    again = writing.post("/catalog/versions", json=newer(name_zh="改"))
    assert (again.status_code, "says something else" in again.json()["detail"]) == (409, True)
    broken = writing.post("/catalog/versions", json={**newer(), "version": "3", "domains": []})
    assert (broken.status_code, "among the domains" in broken.json()["detail"]) == (422, True)
    [found] = writing.get("/catalog/diff?from=cim@1&to=cim@2").json()["differences"]
    assert (found["code"], found["changed"]) == ("parcel.area", {"unit": ["m2", "har"]})
    patch = {"current": True, "why": "启用"}
    used = writing.patch("/catalog/versions/cim@2", json=patch).raise_for_status().json()
    assert used["current"] is True
    assert writing.get("/catalog/fields/parcel.area").json()["unit"] == "har"
    assert writing.patch("/catalog/versions/cim@7", json=patch).status_code == 404
    assert writing.patch("/catalog/versions/cim@1", json={"current": False}).status_code == 422
    assert writing.get("/catalog/diff?from=cim@1").status_code == 400
    assert writing.get("/catalog/diff?from=cim@1&to=cim@7").status_code == 404


def test_the_api_describes_what_is_read_and_written(client: TestClient) -> None:
    api = client.get("/api?lang=en").json()
    schemas = api["components"]["schemas"]
    for name, path in [
        ("catalogElement", "/catalog/elements/parcel"),
        ("catalogField", "/catalog/fields/parcel.area"),
        ("binding", "/collections/parcels/binding"),
    ]:
        assert set(schemas[name]["properties"]) == set(client.get(path).json()), name
    assert set(schemas["newBinding"]["properties"]) == set(WANTED)
    assert set(api["paths"]["/collections/{collectionId}/binding"]) == {"get", "put", "delete"}


def test_the_command(new_database: Callable[[], str], tmp_path: Path) -> None:
    url = new_database()
    environment = {**os.environ, "CIM_DATABASE_URL": url, "USER": "wang", "LOGNAME": "wang"}

    def cim(*words: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "api.cli", "catalog", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    engine = engine_of(url)
    put_roads(engine, tmp_path)
    engine.dispose()
    suggested = cim("suggest", "roads")[1]
    assert "0.97 DLDJ = road.class: the name is 'DLDJ'; 100% of its values are in" in suggested
    assert "bind it by: cim catalog bind roads --element road --department" in suggested
    wanted = ("--element", "road", "--department", "住建局", "--field", "DLBH=road.code")
    code, _, error = cim("bind", "roads", *wanted, "--grade", "secret")
    assert (code, error.startswith("cim: grade 'secret' is none of")) == (1, True)
    assert cim("bind", "roads", *wanted, "--grade", "general2", "--why", "确认") == (
        0,
        "roads: road 道路, 住建局, general2, 1 columns bound\n"
        "mandatory fields without a column: road.name\n",
        "",
    )
    assert "layer roads: 住建局, general2" in cim("show", "road")[1]
    listed = json.loads(cim("list", "--json")[1])["catalogs"][0]["domains"]
    held = [e for d in listed for c in d["categories"] for e in c["elements"] if e["layers"]]
    assert [(e["code"], e["layers"]) for e in held] == [("road", ["roads"])]
    fields = [f for f in newer()["fields"] if f["code"] != "road.code"]
    (tmp_path / "new.json").write_text(json.dumps(newer(fields=fields)), encoding="utf-8")
    assert (
        "removed fields road.code 道路编号  touches roads\n"
        in (cim("diff", "cim", str(tmp_path / "new.json"))[1])
    )
    assert 'not in use; run: cim catalog use "cim@2"' in cim("load", str(tmp_path / "new.json"))[1]
    code, _, error = cim("use", "cim@2")
    assert (code, "roads.DLBH to road.code" in error) == (1, True)
    assert cim("unbind", "roads")[1] == "roads: bound to nothing, private to its owner\n"
    assert cim("use", "cim@2")[1] == "cim@2: current\n"
    assert "cim@2 城市信息模型数据资源目录: current" in cim("list", "--versions")[1]
    told = cim("history", "roads")[1].splitlines()
    assert [line.split(" ", 1)[1] for line in told] == [
        "bound to road, 住建局, general2 by wang, 确认",
        "unbound by wang",
    ]
