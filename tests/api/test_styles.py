"""Styles over HTTP: made, put, checked, translated, removed; their legends and pages."""

import io
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from PIL import Image
from sqlalchemy import text
from starlette.testclient import TestClient

from cim import registry, styles
from cim.database.connect import engine_of
from cim.layer import Text
from cim.styles import checking
from layers.load import VectorFile, load

MAPBOX = "application/vnd.mapbox.style+json"
SLD = "application/vnd.ogc.sld+xml"
RED = "#ff0000"


@pytest.fixture
def service(writing: TestClient, database: str, tmp_path: Path) -> TestClient:
    """A service with a parcel and a river, to write to."""
    engine = engine_of(database)
    for name, title, class_code, shape in (
        ("parcels", "宗地", "990101", shapely.box(112.0, 32.0, 112.01, 32.01)),
        ("rivers", "河流", "990201", shapely.LineString([(112.0, 32.0), (112.1, 32.1)])),
    ):
        frame = gpd.GeoDataFrame({"n": ["1"], "landuse": ["07"]}, geometry=[shape], crs=4490)
        frame.to_file(tmp_path / f"{name}.gpkg")
        words = Text(title, name.title())
        path, code = tmp_path / f"{name}.gpkg", "420602"
        file = VectorFile(path, name, words, key="n", class_code=class_code, division=code)
        with engine.begin() as connection:
            load(connection, engine, file)
    engine.dispose()
    return writing


def style_of(name: str = "parcels", colour: str = RED, **more: Any) -> dict[str, Any]:
    layer = {"id": "fill", "type": "fill", "source": "s", "source-layer": name}
    return {
        "version": 8,
        "name": "mine",
        "sources": {"s": {"type": "vector", "tiles": ["https://elsewhere.example/{z}/{y}/{x}"]}},
        "layers": [{**layer, "paint": {"fill-color": colour}, **more}],
    }


def sld_of(rule: str, name: str = "parcels") -> str:
    return (
        '<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"'
        f' xmlns:ogc="http://www.opengis.net/ogc"><NamedLayer><Name>{name}</Name><UserStyle>'
        f"<Name>red</Name><Title>红色</Title><FeatureTypeStyle><Rule><Title>红</Title>{rule}</Rule>"
        "</FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"
    )


FILL = (
    f'<PolygonSymbolizer><Fill><CssParameter name="fill">{RED}</CssParameter></Fill>'
    "</PolygonSymbolizer>"
)
HATCHED = "<PolygonSymbolizer><Fill><GraphicFill/></Fill></PolygonSymbolizer>"


def test_every_collection_has_a_style_that_is_valid(client: TestClient) -> None:
    listed = client.get("/styles").json()
    collections = {c["id"]: c for c in client.get("/collections").json()["collections"]}
    collections.pop("catalog")
    assert listed["default"] == "one-map"
    assert {style["id"] for style in listed["styles"]} == {"one-map", *collections}
    for style in listed["styles"]:
        sheets = {lnk["type"]: lnk for lnk in style["links"] if lnk["rel"] == "stylesheet"}
        answer = client.get(sheets[MAPBOX]["href"])
        assert answer.headers["content-type"] == MAPBOX
        assert checking.faults(answer.json()) == []
        sld = client.get(sheets[f"{SLD};version=1.0"]["href"])
        assert sld.headers["content-type"] == f"{SLD};version=1.0"
        assert b"StyledLayerDescriptor" in sld.content
    for name, collection in collections.items():
        rels = {lnk["rel"]: lnk["href"] for lnk in collection["links"]}
        own = client.get(rels["http://www.opengis.net/def/rel/ogc/1.0/styles"]).json()
        assert own["default"] == name
        assert [style["id"] for style in own["styles"]] == [name]


def test_the_tiles_of_a_style_are_there(client: TestClient) -> None:
    style = client.get("/styles/parcels").json()
    (source,) = style["sources"].values()
    tile = source["tiles"][0].replace("{z}", "12").replace("{y}", "1663").replace("{x}", "3323")
    assert client.get(tile).status_code == 200
    assert (
        source["bounds"]
        == client.get("/collections/parcels").json()["extent"]["spatial"]["bbox"][0]
    )


def test_names_are_in_the_language_asked_for(client: TestClient) -> None:
    def names(language: str) -> Any:
        answer = client.get("/styles/rivers", params={"lang": language})
        assert answer.headers["content-language"] == language
        return next(la for la in answer.json()["layers"] if la["type"] == "symbol")["layout"]

    assert "name_en" in json.dumps(names("en")["text-field"])
    assert "name_en" not in json.dumps(names("zh")["text-field"])


def test_the_map_of_everything_hides_imagery_and_draws_points_last(client: TestClient) -> None:
    layers = client.get("/styles/one-map").json()["layers"]
    order = [la["source"] for la in layers]
    assert order.index("imagery") < order.index("parcels") < order.index("hydro_stations")
    hidden = {la["source"] for la in layers if la.get("layout", {}).get("visibility") == "none"}
    assert "imagery" in hidden
    assert "parcels" not in hidden


def test_a_legend_as_json_svg_and_png(client: TestClient) -> None:
    here = "/collections/parcels/legend"
    (group,) = client.get(f"{here}?f=json&lang=zh").json()["groups"]
    colours = {entry["title"]: entry["symbol"]["fill"] for entry in group["entries"]}
    assert colours["居住用地"] == "#ffe26b"
    assert group["by"] == "用地用海分类"
    svg = client.get(f"{here}?f=svg&lang=zh")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert "居住用地" in svg.text
    assert "residential land" in client.get(f"{here}?f=svg&lang=en").text
    png = client.get(f"{here}?f=png&lang=en")
    image = Image.open(io.BytesIO(png.content))
    seen = {colour for _, colour in image.getcolors(1 << 24) or ()}
    blended = tuple(round(0.85 * c + 0.15 * 255) for c in (0xFF, 0xE2, 0x6B))
    assert any(max(abs(a - b) for a, b in zip(c, blended, strict=True)) < 3 for c in seen)
    chinese = client.get(f"{here}?f=png&lang=zh")
    assert chinese.headers["content-language"] in ("zh", "en")  # as fonts are here
    assert (
        client.get("/styles/parcels/legend?f=json").json()["groups"]
        == client.get(f"{here}?f=json").json()["groups"]
    )
    assert client.get(f"{here}?f=gif").status_code == 400


@pytest.mark.parametrize("path", ["/styles", "/collections/parcels/styles", "/styles/parcels"])
def test_pages_for_people(client: TestClient, path: str) -> None:
    for language, word in (("zh", "图例"), ("en", "Legend")):
        page = client.get(path, params={"f": "html", "lang": language}).raise_for_status()
        assert "/legend?f=svg" in page.text
        assert word in page.text


def test_a_style_is_put_read_and_removed(service: TestClient) -> None:
    made = service.get("/styles/parcels").json()
    answer = service.put("/styles/parcels", json=style_of(), headers={"Content-Type": MAPBOX})
    assert answer.status_code == 200, answer.text
    assert answer.json()["publisher"] == "local"
    assert service.get("/styles/parcels").json() == style_of()
    own = service.get("/collections/parcels/styles/parcels").json()
    assert own["layers"][0]["paint"] == {"fill-color": RED}
    drawn = service.get("/styles/one-map").json()
    fill = next(la for la in drawn["layers"] if la["source"] == "parcels" and la["type"] == "fill")
    assert fill["paint"] == {"fill-color": RED}
    assert "elsewhere" not in json.dumps(drawn)
    legend = service.get("/collections/parcels/legend?f=json").json()
    assert legend["groups"][0]["entries"][0]["symbol"]["fill"] == RED
    assert service.delete("/styles/parcels").status_code == 204
    assert service.get("/styles/parcels").json() == made
    assert service.delete("/styles/parcels").status_code == 409


def test_whoever_draws_a_layer_takes_its_style(service: TestClient, database: str) -> None:
    engine = engine_of(database)

    def drawn() -> Any:
        with engine.begin() as connection:
            layer = registry.read(connection).layers["parcels"]
            return styles.document(connection, layer, "http://base")

    assert "match" in json.dumps(drawn())
    service.put("/styles/parcels", json=style_of())
    assert drawn()["layers"][0]["paint"] == {"fill-color": RED}
    assert drawn()["sources"]["parcels"]["tiles"][0].startswith("http://base/collections/parcels/")
    with engine.begin() as connection:
        why = connection.execute(text("SELECT who, why FROM cim.action ORDER BY id DESC")).first()
    engine.dispose()
    assert why is not None
    assert tuple(why) == ("local", "style parcels put")


def test_a_new_style_of_several_collections(service: TestClient) -> None:
    both = style_of()
    both["layers"].append({**style_of("rivers")["layers"][0], "id": "river", "type": "line"})
    both["layers"][1]["paint"] = {"line-color": "blue"}
    answer = service.post("/styles", json={**both, "name": "night map"})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith("/styles/night-map")
    assert service.get(answer.headers["location"]).json()["name"] == "night map"
    for name, kind in (("parcels", "fill"), ("rivers", "line")):
        listed = service.get(f"/collections/{name}/styles").json()
        assert [style["id"] for style in listed["styles"]] == [name, "night-map"]
        part = service.get(f"/collections/{name}/styles/night-map").json()
        assert [layer["type"] for layer in part["layers"]] == [kind]
    assert service.post("/styles", json={**both, "name": "night map"}).status_code == 409
    assert service.post("/styles", json={**both, "name": "parcels"}).status_code == 409
    unnamed = service.post("/styles", json={**both, "name": ""})
    assert unnamed.status_code == 201
    assert service.get(unnamed.headers["location"]).status_code == 200


def test_a_style_that_breaks_the_rules_is_told_where(service: TestClient) -> None:
    for style, place in (
        (style_of(colour="reddish"), "$.layers[0].paint.fill-color"),
        (style_of(filter=["==", ["get", "a"]]), "$.layers[0].filter"),
        (style_of("rivers"), "$.layers"),
        ({"version": 8}, "$"),
        ([], "$"),
    ):
        answer = service.put("/styles/parcels", json=style)
        assert answer.status_code == 400, place
        assert answer.json()["title"] == "Invalid style"
        assert answer.json()["errors"][0]["path"] == place
    wrong = {"content": "{", "headers": {"Content-Type": MAPBOX}}
    assert service.put("/styles/parcels", **wrong).status_code == 400
    csv = {"content": "a", "headers": {"Content-Type": "text/csv"}}
    assert service.put("/styles/parcels", **csv).status_code == 415
    assert service.put("/styles/a%2Fb%20c", json=style_of()).status_code in (400, 404)
    assert service.put("/styles/-x", json=style_of()).status_code == 400
    assert service.get("/styles/nothing").status_code == 404


def test_an_sld_is_translated_and_what_is_not_is_told(service: TestClient) -> None:
    whole, part = sld_of(FILL), sld_of(FILL + HATCHED)
    put = service.put("/styles/red", content=whole, headers={"Content-Type": SLD})
    assert put.status_code == 201, put.text
    sheets = {sheet["version"]: sheet for sheet in put.json()["stylesheets"]}
    assert sheets["1.0"]["native"]
    assert sheets["8"]["untranslated"] == []
    assert service.get("/styles/red?f=sld10").text == whole
    style = service.get("/styles/red").json()
    assert style["layers"][0]["paint"]["fill-color"] == RED
    assert "/collections/parcels/tiles/" in style["sources"]["parcels"]["tiles"][0]
    legend = service.get("/styles/red/legend?f=json").json()
    assert legend["groups"][0]["entries"][0]["title"] == "红"

    headers = {"Content-Type": f"{SLD};version=1.0"}
    put = service.put("/styles/red", content=part, headers=headers)
    assert put.status_code == 200
    sheets = {sheet["version"]: sheet for sheet in put.json()["stylesheets"]}
    (note,) = sheets["8"]["untranslated"]
    assert "GraphicFill" in note["detail"]
    assert service.get("/styles/red/metadata").json()["stylesheets"] == put.json()["stylesheets"]
    strict = service.put(
        "/styles/red", content=part, headers=headers | {"Prefer": "handling=strict"}
    )
    assert strict.status_code == 400
    assert "GraphicFill" in strict.json()["errors"][0]["detail"]


def test_an_sld_names_its_collection_by_title_or_by_its_address(service: TestClient) -> None:
    headers = {"Content-Type": SLD}
    titled = service.post("/styles", content=sld_of(FILL, "宗地"), headers=headers)
    assert titled.status_code == 201
    assert titled.json()["id"] == "red"
    assert [layer["id"] for layer in titled.json()["layers"]] == ["parcels"]
    own = service.put("/styles/parcels", content=sld_of(FILL, "图层 1"), headers=headers)
    assert own.status_code == 200
    nobody = service.put("/styles/other", content=sld_of(FILL, "图层 1"), headers=headers)
    (note,) = nobody.json()["stylesheets"][0]["untranslated"]
    assert "图层 1" in note["detail"]


def test_entities_are_not_read(service: TestClient) -> None:
    attack = (
        f'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>{sld_of("<Name>&x;</Name>" + FILL)}'
    )
    answer = service.put("/styles/red", content=attack, headers={"Content-Type": SLD})
    assert answer.status_code == 400
    assert "document type" in answer.json()["detail"]
    gbk = f'<?xml version="1.0" encoding="GBK"?>{sld_of(FILL)}'.encode("gbk")
    assert service.put("/styles/red", content=gbk, headers={"Content-Type": SLD}).status_code == 201
    assert "红色" in service.get("/styles/red?f=sld10").text


def test_a_dry_run_does_all_but_write(service: TestClient) -> None:
    for how, path in (("PUT", "/styles/parcels"), ("PUT", "/styles/new"), ("POST", "/styles")):
        answer = service.request(how, f"{path}?dry-run=true", json=style_of())
        assert (answer.status_code, answer.content) == (204, b"")
        bad = service.request(how, f"{path}?dry-run=true", json=style_of(colour="reddish"))
        assert bad.status_code == 400
    assert service.get("/styles/new").status_code == 404
    assert "match" in service.get("/styles/parcels").text
    assert service.put("/styles/new?dry-run=perhaps", json=style_of()).status_code == 400


def test_a_lost_update_is_noticed(service: TestClient) -> None:
    first = service.get("/styles/parcels")
    assert (
        service.get("/styles/parcels", headers={"If-None-Match": first.headers["etag"]}).status_code
        == 304
    )
    seen = {"If-Match": first.headers["etag"]}
    assert service.put("/styles/parcels", json=style_of(), headers=seen).status_code == 200
    assert service.put("/styles/parcels", json=style_of(), headers=seen).status_code == 412
    assert service.delete("/styles/parcels", headers=seen).status_code == 412
    now = {"If-Match": service.get("/styles/parcels?f=sld10").headers["etag"]}
    assert (
        service.put("/styles/parcels", json=style_of(colour="blue"), headers=now).status_code == 200
    )
    fresh = {"If-None-Match": "*"}
    assert service.put("/styles/parcels", json=style_of(), headers=fresh).status_code == 412
    assert service.put("/styles/new", json=style_of(), headers=fresh).status_code == 201
    assert service.put("/styles/gone", json=style_of(), headers=seen).status_code == 412


def test_title_and_description_are_changed_alone(service: TestClient) -> None:
    service.put("/styles/mine", json=style_of())
    patch = {"title": {"zh": "我的", "en": "Mine"}, "description": "说明"}
    answer = service.patch("/styles/mine/metadata", json=patch)
    assert answer.status_code == 200, answer.text
    assert service.get("/styles/mine/metadata?lang=en").json()["title"] == "Mine"
    assert service.get("/styles/mine/metadata?lang=zh").json()["description"] == "说明"
    assert service.get("/styles/mine").json() == style_of()
    assert service.patch("/styles/mine/metadata", json={"id": "a"}).status_code == 400
    assert service.patch("/styles/mine/metadata", json={"title": None}).status_code == 400
    assert service.patch("/styles/parcels/metadata", json=patch).status_code == 409
    assert service.patch("/styles/nothing/metadata", json=patch).status_code == 404


def test_others_may_not_write(client: TestClient) -> None:
    far = {"X-Forwarded-For": "203.0.113.7"}
    assert client.put("/styles/parcels", json=style_of(), headers=far).status_code == 403
    assert client.delete("/styles/parcels", headers=far).status_code == 403
