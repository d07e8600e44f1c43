"""OGC API - Styles 1 (draft 20-009), OGC SLD 1.0: read and written."""

from xml.etree import ElementTree

from documents import get
from editing import Plots
from starlette.testclient import TestClient
from test_styles import FILL, RED, SLD, sld_of

CLASS = "http://www.opengis.net/spec/ogcapi-styles-1/1.0/conf/sld-10"

_ROOT = "{http://www.opengis.net/sld}StyledLayerDescriptor"


def test_content(client: TestClient) -> None:
    """/req/sld-10: every style, well formed, with a layer of each collection"""
    for each in get(client, "/styles")["styles"]:
        answer = client.get(f"/styles/{each['id']}", params={"f": "sld10"}).raise_for_status()
        assert answer.headers["content-type"] == f"{SLD};version=1.0"
        root = ElementTree.fromstring(answer.content)
        assert (root.tag, root.get("version")) == (_ROOT, "1.0.0")
        names = {name.text for name in root.findall("{*}NamedLayer/{*}Name")}
        told = get(client, f"/styles/{each['id']}/metadata")
        assert names <= {layer["id"] for layer in told["layers"]}


def test_what_was_given_comes_back_and_is_translated(plots: Plots) -> None:
    document = sld_of(FILL, "plots")
    put = plots.client.put("/styles/red", content=document, headers={"Content-Type": SLD})
    assert put.status_code == 201, put.text
    assert plots.client.get("/styles/red", params={"f": "sld10"}).text == document
    assert get(plots.client, "/styles/red")["layers"][0]["paint"]["fill-color"] == RED
