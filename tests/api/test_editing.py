"""Items that are written: what is kept, what is refused, and who was faster."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import morecantile
import pyproj
import pytest
import shapely
from editing import ITEMS, Plots, box, feature, parcel, two_counties
from sqlalchemy import text
from starlette.testclient import TestClient

from cim.actions import Action
from cim.database.sql import run
from cim.layer import Text
from layers import rollback
from layers.load import VectorFile, load

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
NOBODY = "420602990101000009999"
QUAD = morecantile.tms.get("WebMercatorQuad")


@pytest.fixture
def plots(writing: TestClient, tmp_path: Path) -> Plots:
    """Plots A to D."""
    made = two_counties(writing, tmp_path)
    made.load(["A", "B", "C", "D"])
    return made


def test_a_new_feature_cannot_be_told_from_a_loaded_one(plots: Plots) -> None:
    more = {"called": "新地", "parcel": parcel(9), "rank": 7, "size": 2, "seen": None}
    answer = plots.client.post(f"{ITEMS}?why=补测", json=feature("N1", **more))
    assert (answer.status_code, answer.content) == (201, b"")
    code = answer.headers["location"].rpartition("/")[2]
    assert answer.headers["location"] == f"http://testserver{ITEMS}/{code}"
    assert code[:12] == "420602990101"
    written = plots.whole(code)
    got = plots.get(code)
    assert got.headers["etag"] == answer.headers["etag"]
    assert got.json()["properties"]["rank"] == 7
    assert plots.client.get(f"/resolve?code={parcel(9)}").json()["code"] == code
    assert plots.client.get("/resolve?q=新地").json()["matches"][0]["code"] == code
    change = plots.client.get("/changes").json()["changes"][-1]
    assert (change["code"], change["change"], change["who"], change["why"]) == (
        *(code, "assigned", "local", "补测"),
    )
    # The same, loaded from a file into another layer of the same kind.
    with plots.engine.begin() as connection:
        connection.execute(text("DELETE FROM cim.alias WHERE code = :code"), {"code": code})
    plots.client.delete(f"{ITEMS}/{code}")
    frame = gpd.GeoDataFrame(
        {"number": ["M1"], "use": "farm", **{n: [v] for n, v in more.items()}},
        geometry=[shapely.geometry.shape(box(112.05))],
        crs=4490,
    )
    path = plots.folder / "one.geojson"
    frame.to_file(path)
    file = VectorFile(
        *(path, "plots", Text("", "")), mode="append", key="number", aliases={"parcel": "parcel"}
    )
    with plots.engine.begin() as connection:
        load(connection, plots.engine, file)
    loaded = plots.whole(plots.code("M1"))
    assert written == loaded


def test_what_get_answers_may_be_put_back(plots: Plots) -> None:
    code = plots.code("A")
    got = plots.get(code)
    same = plots.client.put(f"{ITEMS}/{code}", json=got.json())
    assert (same.status_code, same.headers["etag"]) == (204, got.headers["etag"])
    assert plots.whole(code)["events"] == [("assigned",)], "nothing has happened"
    new = got.json()
    new["properties"] |= {"use": "wood", "called": None, "parcel": parcel(77)}
    new["geometry"] = box(112.06)
    put = plots.client.put(f"{ITEMS}/{code}", json=new, headers={"Prefer": "return=representation"})
    assert put.status_code == 200, put.text
    assert put.headers["preference-applied"] == "return=representation"
    assert put.json() == plots.get(code).json()
    assert put.json()["geometry"] == new["geometry"]
    assert put.headers["etag"] == plots.get(code).headers["etag"] != got.headers["etag"]
    after = plots.whole(code)
    assert (after["name"], after["aliases"]) == ([], [("parcel", parcel(77))])
    assert after["events"] == [("assigned",), ("changed",)]
    found = plots.client.get("/resolve?lon=112.0602&lat=32.0102").json()
    assert code in [each["code"] for each in found["matches"]]
    history = plots.rows("SELECT cim_version FROM history.plots WHERE code = $1", code)
    assert history == [(1,)]


def test_a_put_replaces_all(plots: Plots) -> None:
    code = plots.code("A")
    body = {"type": "Feature", "geometry": box(112.01), "properties": {"number": "A"}}
    assert plots.client.put(f"{ITEMS}/{code}", json=body).status_code == 204
    properties = plots.get(code).json()["properties"]
    assert {n for n, v in properties.items() if v is None} >= {"use", "called", "parcel", "rank"}


def test_a_merge_patch_changes_what_it_names(plots: Plots) -> None:
    code = plots.code("B")
    before = plots.get(code).json()
    patched = plots.patch(code, {"properties": {"use": "wood", "rank": None}})
    assert patched.status_code == 204, patched.text
    after = plots.get(code).json()
    assert after["properties"] == {**before["properties"], "use": "wood", "rank": None}
    assert after["geometry"] == before["geometry"]
    # As the schema has it, and a part of the geometry.
    part = {"size": 3, "geometry": {"coordinates": box(112.07)["coordinates"]}}
    assert plots.patch(code, part).status_code == 204
    moved = plots.get(code).json()
    assert (moved["geometry"], moved["properties"]["size"]) == (box(112.07), 3)
    tag = plots.get(code).headers["etag"]
    assert plots.patch(code, {}).headers["etag"] == tag
    assert plots.patch(code, {"geometry": {}}).headers["etag"] == tag


def test_coordinates_come_in_the_axis_order_of_their_crs(plots: Plots) -> None:
    wanted = shapely.geometry.shape(box(112.05))
    for number in (4490, 4326, 4258, 3857, 4546, 4526):
        forward = pyproj.Transformer.from_crs(4490, number)  # axis order as registered
        ring = [list(forward.transform(y, x)) for x, y in box(112.05)["coordinates"][0]]
        body = feature(f"N{number}") | {"geometry": {"type": "Polygon", "coordinates": [ring]}}
        headers = {"Content-Crs": f"<{EPSG}{number}>", "Prefer": "return=representation"}
        made = plots.client.post(ITEMS, json=body, headers=headers)
        assert made.status_code == 201, made.text
        assert made.headers["content-crs"] == f"<{EPSG}{number}>"
        code = made.json()["id"]
        shape = shapely.from_geojson(json.dumps(plots.get(code).json()["geometry"]))
        assert shapely.hausdorff_distance(shape, wanted) < 2e-8, number
        # A patch of something else leaves the place alone, whatever the header says; so does what
        # GET gave, sent back in the same CRS.
        place = plots.whole(code)["row"][0][2]
        address = f"{EPSG}{number}"
        assert plots.patch(code, {"use": "x"}, Content_Crs=address).status_code == 204
        back = plots.client.get(f"{ITEMS}/{code}?crs={address}").json()
        headers = {"Content-Crs": address}
        assert plots.client.put(f"{ITEMS}/{code}", json=back, headers=headers).status_code == 204
        assert plots.whole(code)["row"][0][2] == place


def test_a_crs_that_is_not_offered_is_refused(plots: Plots) -> None:
    answer = plots.client.post(ITEMS, json=feature(), headers={"Content-Crs": f"<{EPSG}27700>"})
    assert answer.status_code == 400
    assert "Content-Crs" in answer.json()["detail"]
    old = feature() | {"crs": {"type": "name", "properties": {"name": "EPSG:4547"}}}
    assert plots.client.post(ITEMS, json=old).json()["errors"][0]["path"] == "$.crs"


def test_the_tag_of_an_item(plots: Plots) -> None:
    code = plots.code("A")
    plain = plots.get(code)
    tag = plain.headers["etag"]
    assert tag.startswith('"1-')
    assert plots.get(code, **{"If-None-Match": tag}).status_code == 304
    assert plots.get(code, **{"If-None-Match": f'"x", W/{tag}'}).status_code == 304
    assert plots.get(code, **{"If-None-Match": '"x"'}).status_code == 200
    north = plots.client.get(f"{ITEMS}/{code}?crs={EPSG}4490")
    assert north.headers["etag"] != tag, "a strong tag is of one representation"
    assert plots.patch(code, {"use": "b"}, If_Match=north.headers["etag"]).status_code == 204
    assert plots.get(code, **{"If-None-Match": tag}).status_code == 200


def test_a_lost_update_is_refused(plots: Plots) -> None:
    code = plots.code("A")
    tag = plots.get(code).headers["etag"]
    assert plots.patch(code, {"use": "mine"}, If_Match=tag).status_code == 204
    path = f"{ITEMS}/{code}"
    for late in (
        plots.patch(code, {"use": "yours"}, If_Match=tag),
        plots.client.put(path, json=feature("A"), headers={"If-Match": tag}),
        plots.client.delete(path, headers={"If-Match": tag}),
        plots.client.delete(path, headers={"If-Match": f"W/{plots.get(code).headers['etag']}"}),
        plots.client.put(path, json=feature("A"), headers={"If-None-Match": "*"}),
        plots.client.delete(path, headers={"If-Match": "unquoted"}),
    ):
        assert late.status_code == 412, late.text
        assert late.headers["etag"] == plots.get(code).headers["etag"]
        assert late.headers["content-type"] == "application/problem+json"
    assert plots.get(code).json()["properties"]["use"] == "mine"
    assert plots.client.delete(path, headers={"If-Match": "*"}).status_code == 204


def test_of_many_writers_none_loses_an_update_that_was_acknowledged(plots: Plots) -> None:
    code = plots.code("A")

    def count(_writer: int) -> tuple[int, int]:
        """Add one to the rank five times, reading it again whenever another was faster."""
        kept = refused = 0
        while kept < 5:
            got = plots.get(code)
            rank = got.json()["properties"]["rank"] + 1
            answer = plots.patch(code, {"rank": rank}, If_Match=got.headers["etag"])
            assert answer.status_code in {204, 412}, answer.text
            kept += answer.status_code == 204
            refused += answer.status_code == 412
        return kept, refused

    with ThreadPoolExecutor(8) as pool:
        counted = list(pool.map(count, range(8)))
    assert plots.get(code).json()["properties"]["rank"] == sum(kept for kept, _ in counted) == 40
    assert sum(refused for _, refused in counted) > 0, "they never met"
    versions_kept = plots.rows(
        "SELECT cim_version, rank FROM version.plots WHERE code = $1 ORDER BY 1", code
    )
    assert versions_kept == [(n + 1, n) for n in range(41)]
    assert len(plots.whole(code)["events"]) == 41


def test_of_two_who_make_the_same_thing_one_does(plots: Plots) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: plots.client.post(ITEMS, json=feature(rank=n)), range(6)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409, 409]
    assert plots.client.get(f"{ITEMS}?number=N1").json()["numberReturned"] == 1
    assert plots.rows("SELECT count(*) FROM cim.entity WHERE source_id = 'N1'") == [(1,)]


def test_a_deleted_feature_is_retired(plots: Plots) -> None:
    code = plots.code("C")
    path = f"{ITEMS}/{code}"
    gone = plots.client.delete(f"{path}?why=拆迁&document=函7")
    assert (gone.status_code, gone.content) == (204, b"")
    assert plots.get(code).status_code == 404
    assert plots.client.get(f"/id/{code}", follow_redirects=True).status_code == 410
    change = plots.client.get("/changes").json()["changes"][-1]
    assert (change["change"], change["why"], change["document"]) == ("retired", "拆迁", "函7")
    for answer in (
        plots.client.delete(path),
        plots.client.put(path, json=feature("C")),
        plots.patch(code, {"use": "x"}),
        plots.client.put(f"{ITEMS}/{NOBODY}", json=feature()),
        plots.client.put(f"{ITEMS}/{NOBODY}", json=feature(), headers={"If-Match": '"xyz"'}),
        plots.client.delete(f"{ITEMS}/nothing"),
    ):
        assert answer.status_code == 404, answer.text
    again = plots.client.post(ITEMS, json=feature("C"))
    assert again.status_code == 409, "it was retired by name"
    assert code in again.json()["detail"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"properties": {"number": "N1", "landuse": 1}}, "$.properties.landuse"),
    ({"properties": {"number": "N1", "rank": "three"}}, "$.properties.rank"),
    ({"properties": {"number": "N1", "seen": "2024-05-01T00:00:00"}}, "$.properties.seen"),
    ({"properties": {"number": "N1", "use": 5}}, "$.properties.use"),
    ({"properties": {"number": "N1", "parcel": "x"}}, "$.properties.parcel"),
    ({"properties": {"number": "N1", "code": NOBODY}}, "$.properties.code"),
    ({"properties": {"number": "N1", "beidou_code": "N"}}, "$.properties.beidou_code"),
    ({"properties": {"number": "N1", "cim_version": 3}}, "$.properties.cim_version"),
    ({"properties": {"number": "N1", "region_code": "999999"}}, "$.properties.region_code"),
    ({"properties": {"use": "x"}}, "$.properties.number"),
    ({"properties": []}, "$.properties"),
    ({"geometry": None}, "$.geometry"),
    ({"geometry": {"type": "Point", "coordinates": [112.05, 32.01]}}, "$.geometry"),
    ({"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}}, "$.geometry"),
    ({"geometry": box(10.0)}, "$.geometry"),
    ({"type": "Point"}, "$.type"),
    ({"place": {"type": "Point"}}, "$.place"),
]


def test_what_is_wrong_is_named(plots: Plots) -> None:
    for new, path in WRONG:
        answer = plots.client.post(ITEMS, json=feature() | new)
        assert answer.status_code == 422, (new, answer.text)
        assert path in [each["path"] for each in answer.json()["errors"]], new
        assert answer.json()["detail"].startswith("$.")
    assert plots.client.get(f"{ITEMS}?number=N1").json()["numberReturned"] == 0


def test_an_invalid_geometry_is_told_with_its_place(plots: Plots) -> None:
    bow = [[112.05, 32.01], [112.06, 32.02], [112.06, 32.01], [112.05, 32.02], [112.05, 32.01]]
    body = feature() | {"geometry": {"type": "Polygon", "coordinates": [bow]}}
    detail = plots.client.post(ITEMS, json=body).json()["detail"]
    assert detail.endswith("self-intersection at (112.05500000, 32.01500000)"), "nothing repairs it"


WRONG_PATCHES: list[tuple[dict[str, Any], str]] = [
    ({"id": NOBODY}, "$.id"),
    ({"properties": {"code": NOBODY}}, "$.properties.code"),
    ({"code": None}, "$.code"),
    ({"properties": {"number": "Z"}}, "$.properties.number"),
    ({"properties": {"number": None}}, "$.properties.number"),
    ({"properties": None}, "$.properties"),
    ({"geometry": None}, "$.geometry"),
    ({"propertis": {}}, "$.properties.propertis"),
    ({"type": "FeatureCollection"}, "$.type"),
]


def test_what_is_wrong_with_a_patch_is_named(plots: Plots) -> None:
    code = plots.code("A")
    before = plots.whole(code)
    for new, path in WRONG_PATCHES:
        answer = plots.patch(code, new)
        assert answer.status_code == 422, (new, answer.text)
        assert path in [each["path"] for each in answer.json()["errors"]], new
    assert plots.whole(code) == before


def test_what_another_feature_has_is_a_conflict(plots: Plots) -> None:
    there = plots.client.post(ITEMS, json=feature("A"))
    assert there.status_code == 409, there.text
    assert there.json()["errors"][0]["path"] == "$.properties.number"
    assert plots.code("A") in there.json()["detail"]
    taken = plots.patch(plots.code("A"), {"parcel": parcel(2)})
    assert taken.status_code == 409, taken.text
    assert taken.json()["errors"][0]["path"] == "$.properties.parcel"


def test_a_collection_is_made_whole_or_not_at_all(plots: Plots) -> None:
    features = [feature(f"M{i}", 112.03 + i * 0.001) for i in range(20)]
    broken = [*features, feature("M3", 112.09), feature("M30", 112.08, rank="x")]
    body: dict[str, Any] = {"type": "FeatureCollection", "features": broken}
    refused = plots.client.post(ITEMS, json=body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["path"] == "$.features[21].properties.rank"
    body["features"] = broken[:-1]
    doubled = plots.client.post(ITEMS, json=body)
    assert doubled.json()["errors"][0]["path"] == "$.features[20].properties.number"
    assert plots.client.get(f"{ITEMS}?limit=100").json()["numberReturned"] == 4
    body["features"] = features
    made = plots.client.post(ITEMS, json=body)
    assert made.status_code == 201, made.text
    numbers = [plots.get(code).json()["properties"]["number"] for code in made.json()["ids"]]
    assert numbers == [f"M{i}" for i in range(20)]
    assert len(made.json()["links"]) == 20


def test_bodies_of_other_types(plots: Plots) -> None:
    code, body = plots.code("A"), json.dumps(feature("A")).encode()

    def send(method: str, path: str, kind: str | None) -> int:
        headers = {} if kind is None else {"Content-Type": kind}
        return plots.client.request(method, path, content=body, headers=headers).status_code

    for method, path in (("POST", ITEMS), ("PUT", f"{ITEMS}/{code}"), ("PATCH", f"{ITEMS}/{code}")):
        assert send(method, path, None) == 400
        assert send(method, path, "text/csv") == 415
    assert send("PATCH", f"{ITEMS}/{code}", "application/geo+json") == 415
    assert send("PUT", f"{ITEMS}/{code}", "application/geo+json; charset=utf-8") == 204


def test_options_tell_what_may_be_done(plots: Plots) -> None:
    plain = plots.client.options(ITEMS)
    assert plain.status_code == 200
    assert plain.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert plain.headers["accept-post"] == "application/geo+json, application/json"
    for item in (plots.code("A"), "unknown_id"):  # QGIS asks for that where there is none
        one = plots.client.options(f"{ITEMS}/{item}")
        assert one.headers["allow"] == "GET, HEAD, OPTIONS, PUT, PATCH, DELETE"
        assert one.headers["accept-patch"] == "application/merge-patch+json"
    elsewhere = plots.client.options(ITEMS, headers={"X-Forwarded-For": "10.0.0.1"})
    assert elsewhere.headers["allow"] == "GET, HEAD, OPTIONS", "who may not write is told so"
    for answer in (
        plots.client.post(f"{ITEMS}/{plots.code('A')}", json={}),
        plots.client.put(ITEMS),
    ):
        assert answer.status_code == 405
        assert "OPTIONS, P" in answer.headers["allow"]


def test_an_edit_is_in_the_next_tile(plots: Plots) -> None:
    def drawn(z: int) -> int:
        """How many plots the tile has; at small scales several stand as one."""
        tile = QUAD.tile(112.0502, 32.0102, z)
        path = f"/collections/plots/tiles/WebMercatorQuad/{z}/{tile.y}/{tile.x}"
        answer = plots.client.get(path)
        if answer.status_code in {204, 404}:  # 404 outside the limits of the layer
            return 0
        layers = mapbox_vector_tile.decode(answer.content)
        found = [each["properties"] for each in layers["plots"]["features"]]
        return sum(each.get("cim_features", 1) for each in found)

    before = [drawn(10), drawn(16)]
    made = plots.client.post(ITEMS, json=feature()).headers["location"].rpartition("/")[2]
    assert [drawn(10), drawn(16)] == [before[0] + 1, before[1] + 1]
    assert plots.patch(made, {"geometry": box(112.15)}).status_code == 204
    assert [drawn(10), drawn(16)] == [before[0] + 1, before[1]]
    assert plots.patch(made, {"geometry": box(112.05)}).status_code == 204
    assert [drawn(10), drawn(16)] == [before[0] + 1, before[1] + 1]
    plots.client.delete(f"{ITEMS}/{made}")
    assert [drawn(10), drawn(16)] == before


def test_a_run_that_was_edited_since_is_not_undone(plots: Plots) -> None:
    run_id = plots.load(["A", "B", "C", "D"], 0.0002)
    code = plots.code("A")
    assert plots.patch(code, {"use": "wood"}).status_code == 204
    with plots.engine.begin() as connection, pytest.raises(Exception, match=f"{code} is changed"):
        rollback.rollback(connection, run_id, Action("tester"))
    # A file goes on with what it knows by its key, and takes what was made for a part of the layer.
    assert plots.client.post(ITEMS, json=feature()).status_code == 201
    made = plots.code("N1")
    plots.load(["N1"], first=50, mode="upsert")
    assert plots.code("N1") == made
    assert plots.whole(made)["events"] == [("assigned",), ("changed",)]


def test_writers_wait_for_a_load_and_are_told(
    plots: Plots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("layers.editing.writing._WAIT", "100ms")
    with plots.engine.begin() as connection:
        run(connection, "SELECT pg_advisory_xact_lock(hashtext('layer plots'))")
        busy = plots.client.post(ITEMS, json=feature())
    assert busy.status_code == 503, busy.text
    assert plots.client.post(ITEMS, json=feature()).status_code == 201
