"""Maps against what the items say; after writes, of filters, of very much, and by OWSLib."""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pictures
import pytest
import rasterio.features
import shapely
from owslib.ogcapi.maps import Maps
from PIL import Image
from rasterio.transform import from_bounds
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.maps import drawing
from cim.layer import Layer, Text
from cim.settings import Settings
from layers.load import VectorFile, load
from tiles import vector
from tiles.maps import features, painting, styles
from tiles.maps.painting import Canvas
from tiles.maps.styles import Drawn

PLOTS = "/collections/plots/map"
EVERYWHERE = {"bbox": "111.99,31.99,112.05,32.05", "width": 600}
Bring = Callable[..., None]

FILL = [{"id": "f", "type": "fill", "paint": {"fill-color": "#ff0000"}}]


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Areas are filled, and nothing else is drawn."""
    draw_with(monkeypatch, FILL)


def draw_with(monkeypatch: pytest.MonkeyPatch, style: list[Any]) -> None:
    """Draws every layer with these style layers, whatever its own are."""

    def runs(_document: Any, layers: dict[str, Layer]) -> list[Drawn]:
        return [Drawn(layer, style) for layer in layers.values()]

    monkeypatch.setattr(styles, "runs", runs)


def test_mapnik_is_there_before_anybody_asks(city: Settings) -> None:
    """While it is loaded PROJ_LIB is another one: other threads would find no CRS."""
    painting._loaded.cache_clear()
    with TestClient(create_app(city)):
        assert painting._loaded.cache_info().currsize == 1


@pytest.fixture
def bring(writing: TestClient, tmp_path: Path) -> Bring:
    """Loads plots as they are given, by default 20 x 20 squares of a thousandth of a degree."""
    engine: Engine = writing.app.state.service.engine  # type: ignore[attr-defined]

    def load_plots(shapes: list[Any] | None = None, **columns: Any) -> None:
        if shapes is None:
            places = [(112 + 0.002 * (i % 20), 32 + 0.002 * (i // 20)) for i in range(400)]
            shapes = [shapely.box(x, y, x + 0.001, y + 0.001) for x, y in places]
        frame = {"number": [f"N{i}" for i in range(len(shapes))], **columns}
        gpd.GeoDataFrame(frame, geometry=shapes, crs=4490).to_file(tmp_path / "plots.gpkg")
        file = VectorFile(
            tmp_path / "plots.gpkg",
            "plots",
            Text("地块", "Plots"),
            key="number",
            class_code="990101",
            division="420602",
        )
        with engine.begin() as connection:
            load(connection, engine, file)

    return load_plots


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("number", [4490, 3857, 4546])
def test_pixels_are_filled_where_the_items_lie(client: TestClient, number: int) -> None:
    """But for those that an edge crosses, as GDAL burns the items in the same CRS."""
    uri = f"{pictures.EPSG}{number}"
    picture = pictures.ask(client, bbox=pictures.CITY, crs=uri, width=400)
    page = client.get(
        "/collections/parcels/items",
        params={
            "bbox": picture.answer.headers["content-bbox"],
            "bbox-crs": uri,
            "limit": 10_000,
            "crs": uri,
        },
    ).json()
    flipped = number != 3857
    shapes = [
        shapely.transform(shapely.geometry.shape(f["geometry"]), lambda c: c[:, ::-1])
        if flipped
        else shapely.geometry.shape(f["geometry"])
        for f in page["features"]
    ]
    assert len(shapes) > 300
    box = [picture.bbox[i] for i in (1, 0, 3, 2)] if flipped else picture.bbox
    width, height = picture.size
    place = from_bounds(*box, width, height)
    burnt = rasterio.features.rasterize(shapes, (height, width), transform=place) == 1
    touched = rasterio.features.rasterize(
        shapes, (height, width), transform=place, all_touched=True
    )
    outlines = [shape.boundary for shape in shapes]
    edges = rasterio.features.rasterize(
        outlines, (height, width), transform=place, all_touched=True
    )
    filled = picture.pixels[..., 3] > 127
    inner = edges == 0
    assert inner.mean() > 0.4
    assert (filled == burnt)[inner].all()
    assert (filled != burnt).mean() < 0.02
    assert not (picture.drawn & (touched == 0) & inner).any()


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("many", [10**6, 100])
def test_a_small_scale_shows_the_ground_that_is_covered(
    writing: TestClient, bring: Bring, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """From the features, or from the pyramid of a layer of many: in the same places."""
    monkeypatch.setattr(vector, "MANY", many)
    bring()
    near = pictures.ask(writing, PLOTS, bbox="111.9,31.9,112.1,32.1", width=400, height=400)
    whole = pictures.ask(writing, PLOTS, bbox="102,22,122,42", width=400, height=400)
    rows, columns = np.nonzero(whole.drawn)
    assert 1 <= len(rows) <= 25
    assert np.abs(rows - 199).max() <= 5
    assert np.abs(columns - 200).max() <= 5
    rows, columns = np.nonzero(near.drawn)
    assert np.ptp(columns) == pytest.approx(0.039 / 0.2 * 400, abs=6)
    assert rows.min() == pytest.approx((32.1 - 32.039) / 0.2 * 400, abs=6)


@pytest.mark.parametrize("many", [10**6, 100])
def test_an_edit_is_in_the_next_map(
    writing: TestClient, bring: Bring, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(vector, "MANY", many)
    bring()
    for bbox in ("111.9,31.9,112.2,32.2", "102,22,122,42"):
        ask = {"bbox": bbox, "width": "300"}
        first = pictures.ask(writing, PLOTS, **ask)
        tag = {"If-None-Match": first.answer.headers["etag"]}
        assert first.answer.headers["cache-control"] == "no-cache"
        known = writing.get(PLOTS, params=ask, headers=tag)
        assert (known.status_code, known.content) == (304, b"")
        assert writing.get(PLOTS, params={**ask, "width": "301"}, headers=tag).status_code == 200
        bring([shapely.box(112.1, 32.1, 112.15, 32.15)])
        second = pictures.read(writing.get(PLOTS, params=ask, headers=tag))
        assert (second.drawn != first.drawn).any()
        bring()


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("many", [10**6, 100])
def test_filters_choose_things_and_layers(
    writing: TestClient, bring: Bring, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(vector, "MANY", many)
    bring(use=["a" if i % 20 < 10 else "b" for i in range(400)])
    west = pictures.ask(writing, PLOTS, **EVERYWHERE, filter="use = 'a'")
    east = pictures.ask(writing, "/map", **EVERYWHERE, filter="use <> 'a'", transparent="true")
    whole = pictures.ask(writing, PLOTS, **EVERYWHERE)
    assert west.drawn.any()
    assert np.flatnonzero(west.drawn.any(axis=0)).max() < 300
    assert (west.drawn | east.drawn == whole.drawn).all()
    small = pictures.ask(writing, PLOTS, bbox="102,22,122,42", width=300, filter="use = 'a'")
    assert 1 <= small.drawn.sum() <= 9
    for path in (PLOTS, "/map"):
        problem = pictures.refused(writing, path, filter="colour = 'red'")
        assert "'colour'" in problem["detail"]


@pytest.mark.usefixtures("plain")
def test_a_style_reads_the_properties_of_things(
    writing: TestClient, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    colours = ["match", ["get", "use"], "a", "#00ff00", "#0000ff"]
    style = [{"id": "f", "type": "fill", "paint": {"fill-color": colours}}]
    draw_with(monkeypatch, style)
    halves = [shapely.box(112, 32, 112.01, 32.01), shapely.box(112.01, 32, 112.02, 32.01)]
    bring(halves, use=["a", "b"])
    pixels = pictures.ask(writing, PLOTS, width=100).pixels
    assert pixels[20, 20].tolist() == [0, 255, 0, 255]
    assert pixels[20, 80].tolist() == [0, 0, 255, 255]
    bad = [{"id": "bad", "type": "fill", "paint": {"fill-pattern": "stripes"}}]
    draw_with(monkeypatch, bad)
    answer = writing.get(PLOTS)
    assert answer.status_code == 422
    assert "'fill-pattern'" in answer.json()["detail"]


def test_more_than_a_map_draws_is_refused(
    writing: TestClient, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, most in (("MOST_FEATURES", 399), ("MOST_BYTES", 20_000)):
        bring()
        with monkeypatch.context() as patch:
            patch.setattr(features, name, most)
            problem = pictures.refused(writing, PLOTS, **EVERYWHERE)
        assert problem["status"] == 413
        assert "'bbox'" in problem["detail"]


@pytest.mark.usefixtures("plain")
def test_a_map_that_takes_too_long_is_refused_in_time_and_keeps_its_turn(
    writing: TestClient, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring()
    draw = Canvas.draw
    monkeypatch.setattr(writing.app.state.service.maps, "total_tokens", 1)  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        patch.setattr(drawing, "SECONDS", 0.4)
        patch.setattr(Canvas, "draw", lambda *of: (time.sleep(2.5), draw(*of)))
        began = time.perf_counter()
        slow = pictures.refused(writing, PLOTS, **EVERYWHERE)
        other = writing.get(PLOTS, params=EVERYWHERE)
        assert time.perf_counter() - began < 2.4
        assert (slow["status"], other.status_code) == (413, 429)
        assert other.headers["retry-after"] == "60"
        assert "'width'" in slow["detail"]
    assert pictures.ask(writing, PLOTS, **EVERYWHERE).drawn.any()


@pytest.mark.usefixtures("plain")
def test_a_huge_thing_costs_no_more_than_its_picture(writing: TestClient, bring: Bring) -> None:
    """A coast of 300,000 corners is cut and thinned by the database."""
    around = np.linspace(0, 2 * np.pi, 300_000, endpoint=False)
    far = 1 + 0.05 * np.sin(around * 40_000)
    bring([shapely.Polygon(np.stack([112 + far * np.cos(around), 32 + far * np.sin(around)], 1))])
    began = time.perf_counter()
    near = pictures.ask(writing, PLOTS, bbox="112.5,32,113.5,33", width=500, height=500)
    assert time.perf_counter() - began < 5
    inside = shapely.Point(112, 32).buffer(0.94, quad_segs=90)
    expected = rasterio.features.rasterize(
        [inside], (500, 500), transform=from_bounds(112.5, 32, 113.5, 33, 500, 500)
    )
    assert (near.pixels[..., 3] == 255)[expected == 1].mean() > 0.999


def test_an_empty_layer_has_no_map_and_a_box_of_nothing_is_blank(
    writing: TestClient, bring: Bring
) -> None:
    assert writing.get("/map").status_code == 204
    bring()
    assert not pictures.ask(writing, PLOTS, bbox="10,50,11,51", width=20).drawn.any()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_owslib_draws_maps(city_url: str) -> None:
    maps = Maps(city_url)
    assert {"parcels", "imagery", "divisions"} <= set(maps.maps())
    body = maps.map(
        "parcels",
        bbox=[112.13, 32.01, 112.15, 32.02],
        width=320,
        height=200,
        transparent=False,
    )
    with Image.open(BytesIO(body.read())) as image:
        assert image.format == "PNG"
        assert image.size == (320, 200)
        assert len(image.convert("RGB").getcolors(1 << 20) or []) > 5


def test_maps_in_stored_styles(writing: TestClient, bring: Bring) -> None:
    """A style of a collection's name is its own from then on; others are asked for by theirs."""
    bring([shapely.box(112, 32, 112.01, 32.01)], use=["a"])
    made = pictures.ask(writing, PLOTS, width=50)

    def put(name: str, colour: str, more: list[Any]) -> None:
        layers = [
            *more,
            {
                "id": "f",
                "type": "fill",
                "source": "plots",
                "source-layer": "plots",
                "paint": {"fill-color": colour},
            },
        ]
        document = {
            "version": 8,
            "name": name,
            "sources": {"plots": {"type": "vector", "tiles": ["/collections/plots/tiles/x"]}},
            "layers": layers,
        }
        answer = writing.put(
            f"/styles/{name}",
            json=document,
            headers={"Content-Type": "application/vnd.mapbox.style+json"},
        )
        assert answer.status_code in {200, 201, 204}, answer.text

    put(
        "night",
        "#000080",
        [{"id": "b", "type": "background", "paint": {"background-color": "#111111"}}],
    )
    for path in ("/styles/night/map", "/collections/plots/styles/night/map"):
        night = pictures.ask(
            writing, path, bbox="112,32,112.02,32.01", width=40, transparent="false"
        )
        assert night.pixels[10, 10].tolist() == [0, 0, 128, 255]
        assert night.pixels[10, 30].tolist() == [17, 17, 17, 255]
    assert (pictures.ask(writing, PLOTS, width=50).pixels == made.pixels).all()
    put("plots", "#00ff00", [])
    tag = {"If-None-Match": made.answer.headers["etag"]}
    own = pictures.read(writing.get(PLOTS, params={"width": 50}, headers=tag))
    assert (own.pixels == [0, 255, 0, 255]).all()
    assert pictures.ask(writing, "/map", width=50).pixels[25, 25].tolist() == [0, 255, 0, 255]
    assert writing.get("/styles/nothing/map").status_code == 404


def test_everything_is_drawn_in_the_style_of_everything(client: TestClient) -> None:
    """Every style that the program makes can be drawn, in both languages, at every scale."""
    ids = [style["id"] for style in client.get("/styles").json()["styles"]]
    assert {"one-map", "parcels", "rivers", "imagery"} <= set(ids)
    for name in ids:
        for scale in (5_000, 200_000, 5_000_000):
            ask = {"center": "112.14,32.02", "width": 200, "scale-denominator": scale, "lang": "en"}
            pictures.read(client.get(f"/styles/{name}/map", params=ask))
    plain = pictures.ask(client, "/map", width=500)
    assert (plain.pixels == pictures.ask(client, "/styles/one-map/map", width=500).pixels).all()
    assert not (plain.pixels == pictures.ask(client, "/map", width=500, lang="en").pixels).all()
