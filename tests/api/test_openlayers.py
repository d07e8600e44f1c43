"""OpenLayers in a real browser, on a page of another host: tiles, imagery and features of ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
OPENLAYERS = Path(__file__).parents[1] / "openlayers" / "node_modules" / "ol" / "dist"
SECONDS = 60_000
BOX = (112.13, 32.005, 112.15, 32.02)

pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs a browser: apt-get install chromium"),
    pytest.mark.skipif(
        not OPENLAYERS.exists(), reason="needs OpenLayers: npm ci --prefix tests/openlayers"
    ),
]

PAGE = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script src="ol.js"></script>
<div id="map" style="width:600px;height:600px"></div>
<script>
const city = new URLSearchParams(location.search).get("city");
const box = ol.proj.transformExtent(%s, "EPSG:4326", "EPSG:3857");
const parcels = `${city}/collections/parcels`;
const tiles = new ol.layer.VectorTile({source: new ol.source.OGCVectorTile({
  url: `${parcels}/tiles/WebMercatorQuad`, format: new ol.format.MVT()})});
const imagery = new ol.layer.Tile({source: new ol.source.OGCMapTile({
  url: `${city}/collections/imagery/map/tiles/WebMercatorQuad`, crossOrigin: ""})});
const features = new ol.layer.Vector({source: new ol.source.Vector({
  format: new ol.format.GeoJSON({dataProjection: "EPSG:3857", featureProjection: "EPSG:3857"}),
  strategy: ol.loadingstrategy.bbox,
  url: extent => `${parcels}/items?limit=10000&bbox=${extent.join(",")}`
    + "&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/3857"
    + "&crs=http://www.opengis.net/def/crs/EPSG/0/3857"})});
const layers = {imagery, tiles, features};
const map = new ol.Map({target: "map", layers: Object.values(layers), view: new ol.View()});
map.getView().fit(box);
const found = {};
map.once("rendercomplete", () => {
  for (const name of ["tiles", "features"]) {
    const pixel = map.getPixelFromCoordinate(ol.extent.getCenter(box));
    const [at] = map.getFeaturesAtPixel(pixel, {layerFilter: layer => layer === layers[name]});
    found[name] = at?.get("code");
  }
  found.count = features.getSource().getFeatures().length;
  const drawn = document.createElement("canvas").getContext("2d");
  tiles.setVisible(false); features.setVisible(false);
  map.once("rendercomplete", () => {
    const canvas = document.querySelector("#map canvas");
    drawn.drawImage(canvas, 0, 0);
    found.alpha = drawn.getImageData(100, 100, 1, 1).data[3];
    document.title = "done";
  });
  map.render();
});
</script>"""


@pytest.fixture
def page_url(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "ol.js").symlink_to(OPENLAYERS / "ol.js")
    (tmp_path / "index.html").write_text(PAGE % list(BOX))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/index.html"
    server.shutdown()
    server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_openlayers_draws_tiles_imagery_and_features(page_url: str, city_url: str) -> None:
    complaints: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{page_url}?city={city_url}")
        page.wait_for_function("document.title === 'done'", timeout=SECONDS, polling=200)
        found = page.evaluate("found")
        browser.close()
    assert not complaints
    west, south, east, north = BOX
    place = {"lon": (west + east) / 2, "lat": (south + north) / 2}
    here = httpx.get(f"{city_url}/resolve", params=place).json()["matches"]
    parcel = next(each["code"] for each in here if each["layer"] == "parcels")
    assert found["tiles"] == found["features"] == parcel
    (items,) = [url for url in asked if "/items?" in url]
    assert found["count"] == httpx.get(items).json()["numberReturned"] > 10
    assert found["alpha"] == 255
