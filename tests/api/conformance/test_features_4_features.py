"""OGC API - Features 4 (draft 20-002r1), Features: GeoJSON in, in any CRS that is offered."""

import pyproj
import pytest
import shapely
from documents import get
from editing import ITEMS, Plots, box, feature

CLASS = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/features"

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def test_geojson(plots: Plots) -> None:
    """/conf/features/geojson: as application/geo+json, and what was sent comes back"""
    kind = {"Content-Type": "application/geo+json"}
    answer = plots.client.post(ITEMS, json=feature("as geojson", rank=5), headers=kind)
    assert answer.status_code == 201
    got = plots.client.get(answer.headers["location"])
    assert got.headers["content-type"] == "application/geo+json"
    assert got.json()["properties"]["rank"] == 5
    assert (
        plots.client.post(ITEMS, content="x", headers={"Content-Type": "text/plain"}).status_code
        == 415
    )


@pytest.mark.parametrize("number", [4490, 4326, 3857, 4546])
def test_content_crs(plots: Plots, number: int) -> None:
    """/conf/features/crs: coordinates as `Content-Crs` says, axes as registered"""
    forward = pyproj.Transformer.from_crs(4490, number)
    ring = [list(forward.transform(y, x)) for x, y in box(112.05)["coordinates"][0]]
    body = feature(f"in {number}") | {"geometry": {"type": "Polygon", "coordinates": [ring]}}
    headers = {"Content-Crs": f"<{EPSG}{number}>"}
    answer = plots.client.post(ITEMS, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    code = answer.headers["location"].rpartition("/")[2]
    found = shapely.geometry.shape(get(plots.client, f"{ITEMS}/{code}")["geometry"])
    assert shapely.hausdorff_distance(found, shapely.geometry.shape(box(112.05))) < 2e-8


def test_a_crs_that_is_not_offered(plots: Plots) -> None:
    """/conf/features/crs"""
    headers = {"Content-Crs": f"<{EPSG}27700>"}
    assert plots.client.post(ITEMS, json=feature("far"), headers=headers).status_code in {400, 415}


def test_schema_tells_what_may_be_written(plots: Plots) -> None:
    """/conf/features/schema: what the service gives is read only"""
    schema = get(plots.client, "/collections/plots/schema")["properties"]
    assert schema["code"]["readOnly"] is True
    assert "readOnly" not in schema["use"]
