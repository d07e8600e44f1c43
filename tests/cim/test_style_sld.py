"""SLD 1.0 read and written: what is translated means the same, and what is not is told."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from style_layers import LAYERS, PARCELS

from cim.errors import StyleInvalid
from cim.styles import checking, default, lists, sld
from cim.styles.sld.reading import Target

PACKAGE = Path(__file__).parents[2] / "api/page/node_modules/@maplibre/maplibre-gl-style-spec"
NODE = shutil.which("node")

# The order of the children in StyledLayerDescriptor.xsd 1.0.0 of the OGC; of those in one tuple
# any, as often as it likes.
_ORDER: dict[str, list[str | tuple[str, ...]]] = {
    "StyledLayerDescriptor": ["Name", "Title", "Abstract", ("NamedLayer", "UserLayer")],
    "NamedLayer": ["Name", "LayerFeatureConstraints", ("NamedStyle", "UserStyle")],
    "UserStyle": ["Name", "Title", "Abstract", "IsDefault", ("FeatureTypeStyle",)],
    "FeatureTypeStyle": ["Name", "Title", "Abstract", "FeatureTypeName", ("Rule",)],
    "Rule": [
        *("Name", "Title", "Abstract", "LegendGraphic", ("Filter", "ElseFilter")),
        *("MinScaleDenominator", "MaxScaleDenominator"),
        (
            *("PolygonSymbolizer", "LineSymbolizer", "PointSymbolizer"),
            *("TextSymbolizer", "RasterSymbolizer"),
        ),
    ],
    "PolygonSymbolizer": ["Geometry", "Fill", "Stroke"],
    "LineSymbolizer": ["Geometry", "Stroke"],
    "PointSymbolizer": ["Geometry", "Graphic"],
    "TextSymbolizer": ["Geometry", "Label", "Font", "LabelPlacement", "Halo", "Fill"],
    "RasterSymbolizer": ["Geometry", "Opacity"],
    "Graphic": [("ExternalGraphic", "Mark"), "Opacity", "Size", "Rotation"],
    "Mark": ["WellKnownName", "Fill", "Stroke"],
    "Halo": ["Radius", "Fill"],
    "PointPlacement": ["AnchorPoint", "Displacement", "Rotation"],
    "AnchorPoint": ["AnchorPointX", "AnchorPointY"],
    "Displacement": ["DisplacementX", "DisplacementY"],
}

_HEAD = (
    '<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"'
    ' xmlns:ogc="http://www.opengis.net/ogc"><NamedLayer><Name>parcels</Name><UserStyle>'
    "<Name>mine</Name><Title>用地</Title><FeatureTypeStyle>"
)
_TAIL = "</FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"
_FILL = (
    '<PolygonSymbolizer><Fill><CssParameter name="fill">#ff0000</CssParameter></Fill>'
    "</PolygonSymbolizer>"
)


_OPAQUE = '<CssParameter name="fill-opacity">7</CssParameter>'


def read(rules: str, numbers: Sequence[str] = ()) -> sld.Read:
    return sld.read(f"{_HEAD}{rules}{_TAIL}".encode(), lambda name: Target(name, numbers))


def filtered(filter_: str, numbers: Sequence[str] = ()) -> Any:
    found = read(f"<Rule><ogc:Filter>{filter_}</ogc:Filter>{_FILL}</Rule>", numbers)
    assert not found.notes
    return found.layers[0].get("filter")


def written(layers: list[Any], names: Any = None) -> sld.Written:
    style = {"version": 8, "sources": {}, "layers": layers}
    return sld.write(style, sld.Named("mine", "用地", "zh", names or {}))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
def test_a_made_style_goes_to_sld_and_comes_back(layer: Any) -> None:
    style = default.of_layer(layer)
    first = sld.write(style, sld.Named(layer.name, "一", "zh", {layer.name: lists.of_layer(layer)}))
    ordered(first.data)
    back = sld.read(first.data)
    assert back.notes == []
    made = {**style, "layers": back.layers}
    assert checking.faults(made) == []
    again = sld.write(made, sld.Named(layer.name, "一"))
    assert sld.read(again.data).layers == back.layers
    kinds = {each["type"] for each in style["layers"]}
    assert {each["type"] for each in back.layers} == kinds


def test_land_use_classes_are_rules_with_their_names() -> None:
    style = default.of_layer(PARCELS)
    names = {"parcels": lists.of_layer(PARCELS)}
    made = sld.write(style, sld.Named("parcels", "宗地", "zh", names))
    titles = etree.fromstring(made.data).xpath("//*[local-name()='Rule']/*[local-name()='Title']")
    assert "居住用地" in {title.text for title in titles}
    residential = next(
        each
        for each in sld.read(made.data).layers
        if each.get("metadata", {}).get("cim:title") == "居住用地"
    )
    assert residential["paint"]["fill-color"] == "#ffe26b"
    assert residential["filter"] == ["==", ["slice", ["to-string", ["get", "landuse"]], 0, 2], "07"]


CITY = Target("parcels", ["n"], ["a"], "MultiPolygon")


def test_what_draws_otherwise_than_it_says_is_told() -> None:
    least = "<MinScaleDenominator>1000</MinScaleDenominator>"
    one = f"<ogc:Filter>{EQUAL.format('Equal', '0101')}</ogc:Filter>"
    rules = f"<Rule>{one}{least}{_FILL}</Rule><Rule><ElseFilter/>{_FILL}</Rule>"
    point = "<Rule><PointSymbolizer><Graphic><Size>6</Size></Graphic></PointSymbolizer></Rule>"
    for given, said in ((rules, "ElseFilter"), (point, "PointSymbolizer draws nothing")):
        found = sld.read(f"{_HEAD}{given}{_TAIL}".encode(), {"parcels": CITY}.get)
        assert any(note.reason.startswith(said) for note in found.notes), found.notes


def test_texts_are_compared_as_texts_also_in_their_order() -> None:
    less = f"<ogc:PropertyIsLessThan>{A}<ogc:Literal>02</ogc:Literal></ogc:PropertyIsLessThan>"
    rule = f"<Rule><ogc:Filter>{less}</ogc:Filter>{_FILL}</Rule>"
    for target, value in ((CITY, "02"), (Target("parcels"), 2)):
        found = sld.read(f"{_HEAD}{rule}{_TAIL}".encode(), {"parcels": target}.get)
        assert found.layers[0]["filter"][-1][-1] == value


A, N = (f"<ogc:PropertyName>{name}</ogc:PropertyName>" for name in "an")
EQUAL = f"<ogc:PropertyIs{{0}}To>{A}<ogc:Literal>{{1}}</ogc:Literal></ogc:PropertyIs{{0}}To>"
SEVEN = EQUAL.format("Equal", "07")
LESS = f"<ogc:PropertyIsLessThan>{N}<ogc:Literal>5</ogc:Literal></ogc:PropertyIsLessThan>"
LIKE = (
    f'<ogc:PropertyIsLike wildCard="%" singleChar="_" escape="!">{A}'
    "<ogc:Literal>{}</ogc:Literal></ogc:PropertyIsLike>"
)
BETWEEN = (
    "<ogc:PropertyIsBetween><ogc:PropertyName>n</ogc:PropertyName><ogc:LowerBoundary>"
    "<ogc:Literal>2</ogc:Literal></ogc:LowerBoundary><ogc:UpperBoundary><ogc:Literal>4"
    "</ogc:Literal></ogc:UpperBoundary></ogc:PropertyIsBetween>"
)
SUM = (
    "<ogc:PropertyIsGreaterThan><ogc:Add><ogc:PropertyName>n</ogc:PropertyName><ogc:Literal>1"
    "</ogc:Literal></ogc:Add><ogc:Literal>5</ogc:Literal></ogc:PropertyIsGreaterThan>"
)
NULL = "<ogc:PropertyIsNull><ogc:PropertyName>a</ogc:PropertyName></ogc:PropertyIsNull>"

THINGS: list[dict[str, Any]] = [
    {"a": "07", "n": 3},
    {"a": "7", "n": 5},
    {"a": "0701", "n": 4.5},
    {"a": "x%y", "n": -1},
    {"n": 2},
    {"a": ""},
]
MEANT: list[tuple[str, tuple[int, ...]]] = [
    (SEVEN, (0,)),
    (EQUAL.format("NotEqual", "07"), (1, 2, 3, 5)),
    (LESS, (0, 2, 3, 4)),
    (f"<ogc:Not>{LESS}</ogc:Not>", (1, 5)),
    (f"<ogc:And>{EQUAL.format('Equal', '0701')}{LESS}</ogc:And>", (2,)),
    (f"<ogc:Or>{LESS}{EQUAL.format('Equal', '7')}</ogc:Or>", (0, 1, 2, 3, 4)),
    (f"<ogc:Or>{EQUAL.format('Equal', '7')}{LESS}</ogc:Or>", (0, 1, 2, 3, 4)),
    (LIKE.format("07%"), (0, 2)),
    (LIKE.format("%1"), (2,)),
    (LIKE.format("%70%"), (2,)),
    (LIKE.format("0%1"), (2,)),
    (LIKE.format("x!%%"), (3,)),
    (BETWEEN, (0, 4)),
    (SUM, (1, 2)),
    (SUM.replace("Greater", "Less"), (0, 3, 4)),
    (NULL, (4,)),
    (f"<ogc:Not>{NULL}</ogc:Not>", (0, 1, 2, 3, 5)),
]
_EVALUATE = """
import {featureFilter} from './dist/index.mjs';
import fs from 'fs';
const {filters, things} = JSON.parse(fs.readFileSync(0));
console.warn = () => {};
console.log(JSON.stringify(filters.map(each => things.map(properties =>
    featureFilter(each, "f").filter({zoom: 12}, {type: 3, properties})))));
"""


def test_case_is_folded_where_a_filter_says_so() -> None:
    """As QGIS writes ILIKE; Filter 1.0 cannot say it back, which is told."""
    small = ["downcase", ["to-string", ["get", "a"]]]
    for text, known, meant in (
        (LIKE.format("Xy%"), [], ["==", ["slice", small, 0, 2], "xy"]),
        (EQUAL.format("Equal", "Xy"), [], ["==", small, "xy"]),
        (EQUAL.format("NotEqual", "Xy"), [], ["all", ["has", "a"], ["!=", small, "xy"]]),
        (EQUAL.format("Equal", "7"), ["a"], ["==", ["get", "a"], 7]),
    ):
        folded = re.sub(r"<(ogc:PropertyIs\w+)", r'<\1 matchCase="false"', text, count=1)
        assert filtered(folded, known) == meant
    layer = {"id": "a", "type": "fill", "source": "parcels", "source-layer": "parcels"}
    assert written([{**layer, "filter": ["==", small, "xy"]}]).notes


@pytest.mark.skipif(not PACKAGE.exists() or NODE is None, reason="needs node and MapLibre")
def test_filters_mean_what_they_say_and_mean_it_after_a_round_trip() -> None:
    """MapLibre itself evaluates them over things, some without the properties."""
    once = [filtered(text, ["n"]) for text, _ in MEANT]
    twice = []
    for condition in once:
        layer = {"id": "a", "type": "fill", "source": "parcels", "source-layer": "parcels"}
        made = written([{**layer, "filter": condition}])
        ordered(made.data)
        assert made.notes == []
        back = sld.read(made.data, lambda name: Target(name, ["n"]))
        twice.append(back.layers[0]["filter"])
    asked = {"filters": once + twice, "things": THINGS}
    said = subprocess.run(
        [NODE or "node", "--input-type=module", "-e", _EVALUATE],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE,
    )
    told = json.loads(said.stdout)
    for at, (text, meant) in enumerate(MEANT):
        for found in (told[at], told[at + len(MEANT)]):
            assert tuple(i for i, each in enumerate(found) if each) == meant, text


def test_an_else_filter_is_for_what_is_left() -> None:
    found = read(
        f"<Rule><Title>一</Title><ogc:Filter>{SEVEN}</ogc:Filter>{_FILL}</Rule>"
        f"<Rule><ElseFilter/>{_FILL}</Rule>"
    )
    first, rest = found.layers
    assert rest["filter"] == ["!", first["filter"]]
    assert first["metadata"] == {"cim:title": "一"}


def test_scales_are_zooms_and_zooms_scales() -> None:
    found = read(
        "<Rule><MinScaleDenominator>1000</MinScaleDenominator>"
        f"<MaxScaleDenominator>50000</MaxScaleDenominator>{_FILL}</Rule>"
    )
    low, high = found.layers[0]["minzoom"], found.layers[0]["maxzoom"]
    assert (round(low, 2), round(high, 2)) == (12.45, 18.09)
    made = etree.fromstring(written(found.layers).data)
    scales = [float(each.text) for each in made.iter("{*}MinScaleDenominator")]
    scales += [float(each.text) for each in made.iter("{*}MaxScaleDenominator")]
    assert scales == pytest.approx([1000, 50000], rel=1e-4)


def test_a_line_keeps_its_dashes_and_a_text_its_place() -> None:
    found = read(
        '<Rule><LineSymbolizer><Stroke><CssParameter name="stroke">#00ff00</CssParameter>'
        '<CssParameter name="stroke-width">2</CssParameter>'
        '<CssParameter name="stroke-dasharray">6 4</CssParameter>'
        '<CssParameter name="stroke-linecap">round</CssParameter></Stroke></LineSymbolizer>'
        "<TextSymbolizer><Label>编号 <ogc:PropertyName>a</ogc:PropertyName></Label>"
        '<Font><CssParameter name="font-family">SimSun</CssParameter>'
        '<CssParameter name="font-size">12</CssParameter>'
        '<CssParameter name="font-weight">bold</CssParameter></Font>'
        "<LabelPlacement><PointPlacement><AnchorPoint><AnchorPointX>1</AnchorPointX>"
        "<AnchorPointY>0</AnchorPointY></AnchorPoint><Displacement><DisplacementX>6</DisplacementX>"
        "<DisplacementY>-3</DisplacementY></Displacement></PointPlacement></LabelPlacement>"
        '<Halo><Radius>2</Radius><Fill><CssParameter name="fill">#ffffff</CssParameter></Fill>'
        "</Halo>"
        "</TextSymbolizer></Rule>"
    )
    line, text = found.layers
    assert found.notes == []
    assert line["paint"]["line-dasharray"] == [3, 2]
    assert line["layout"] == {"line-cap": "round"}
    assert text["layout"]["text-field"] == ["concat", "编号 ", ["to-string", ["get", "a"]]]
    assert text["layout"]["text-font"] == ["SimSun Bold"]
    assert text["layout"]["text-anchor"] == "bottom-right"
    assert text["layout"]["text-offset"] == [0.5, 0.25]
    assert sld.read(written(found.layers).data).layers == found.layers


@pytest.mark.parametrize(
    ("rule", "told", "layers"),
    [
        (f"<Rule><ogc:Filter><ogc:BBOX/></ogc:Filter>{_FILL}</Rule>", "BBOX", 0),
        (f"<Rule><ogc:Filter>{LIKE.format('_x')}</ogc:Filter>{_FILL}</Rule>", "one character", 0),
        (
            "<Rule><PolygonSymbolizer><Fill><GraphicFill/></Fill></PolygonSymbolizer></Rule>",
            "GraphicFill",
            1,
        ),
        (
            "<Rule><PointSymbolizer><Graphic><ExternalGraphic/></Graphic></PointSymbolizer></Rule>",
            "ExternalGraphic",
            1,
        ),
        (
            "<Rule><PointSymbolizer><Graphic><Mark><WellKnownName>star</WellKnownName></Mark>"
            "</Graphic></PointSymbolizer></Rule>",
            "star",
            1,
        ),
        ("<Rule><RasterSymbolizer><ColorMap/></RasterSymbolizer></Rule>", "ColorMap", 1),
        (f"<Rule><VendorOption/>{_FILL}</Rule>", "VendorOption", 1),
        (f"<Rule><MinScaleDenominator>-5</MinScaleDenominator>{_FILL}</Rule>", "no scale", 1),
        (f"<Rule><MaxScaleDenominator>0</MaxScaleDenominator>{_FILL}</Rule>", "no map has", 0),
        (f"<Rule>{_FILL.replace('</Fill>', _OPAQUE + '</Fill>')}</Rule>", "'7' is no number", 1),
        (
            '<Rule><LineSymbolizer><Stroke><CssParameter name="stroke-dashoffset">2</CssParameter>'
            "</Stroke></LineSymbolizer></Rule>",
            "stroke-dashoffset",
            1,
        ),
    ],
)
def test_what_is_not_read_is_told_with_its_place(rule: str, told: str, layers: int) -> None:
    found = read(rule)
    assert any(told in note.reason for note in found.notes), found.notes
    assert all(note.path.startswith("/StyledLayerDescriptor/") for note in found.notes)
    assert len(found.layers) == layers


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        ({"type": "heatmap"}, "heatmap"),
        ({"type": "fill", "paint": {"fill-pattern": "dots"}}, "fill-pattern"),
        ({"type": "fill", "filter": ["within", {"type": "Polygon", "coordinates": []}]}, "within"),
        ({"type": "line", "filter": ["==", ["geometry-type"], "LineString"]}, "whether"),
        (
            {
                "type": "line",
                "paint": {"line-width": ["interpolate", ["linear"], ["zoom"], 9, 1, 12, 4]},
            },
            "steps",
        ),
        ({"type": "circle", "paint": {"circle-radius": ["sqrt", ["get", "n"]]}}, "depends on"),
    ],
)
def test_what_is_not_written_is_told_and_stands_in_the_document(layer: Any, told: str) -> None:
    made = written([{"id": "a", "source": "s", "source-layer": "parcels", **layer}])
    assert any(told in note.reason for note in made.notes), made.notes
    assert all(note.path.startswith("$.layers[0]") for note in made.notes)
    assert told in made.data.decode().partition("<Name>")[0]


def test_as_qgis_writes_it() -> None:
    """SLD 1.1 with elements of Symbology Encoding, whose parameters are named SvgParameter."""
    found = sld.read(
        b'<StyledLayerDescriptor xmlns="http://www.opengis.net/sld" version="1.1.0"'
        b' xmlns:se="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc">'
        b"<NamedLayer><se:Name>parcels</se:Name><UserStyle><se:Name>parcels</se:Name>"
        b"<se:FeatureTypeStyle><se:Rule><se:Name>07</se:Name><se:Description><se:Title>R"
        b"</se:Title></se:Description><ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>landuse"
        b"</ogc:PropertyName><ogc:Literal>07</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter>"
        b'<se:PolygonSymbolizer><se:Fill><se:SvgParameter name="fill">#ffe26b</se:SvgParameter>'
        b"</se:Fill></se:PolygonSymbolizer></se:Rule></se:FeatureTypeStyle></UserStyle>"
        b"</NamedLayer></StyledLayerDescriptor>"
    )
    (fill,) = found.layers
    assert found.notes == []
    assert fill["paint"]["fill-color"] == "#ffe26b"
    assert fill["metadata"] == {"cim:title": "R"}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"<a/>", "StyledLayerDescriptor expected"),
        (b"<StyledLayerDescriptor>", "no XML"),
        (b"", "no XML"),
        (
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            b"<StyledLayerDescriptor><Name>&x;</Name></StyledLayerDescriptor>",
            "document type",
        ),
        (
            b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
            b"<StyledLayerDescriptor>&b;</StyledLayerDescriptor>",
            "document type",
        ),
        (b"<x>" * 5000, "no XML"),
    ],
)
def test_a_document_that_is_none_is_refused(data: bytes, told: str) -> None:
    with pytest.raises(StyleInvalid, match=told):
        sld.read(data)


def ordered(data: bytes) -> None:
    """The elements stand in the order that the schema has them in."""
    for element in etree.fromstring(data).iter(etree.Element):
        name = etree.QName(element).localname
        if name not in _ORDER:
            continue
        at = 0
        for child in element.iterchildren(etree.Element):
            own = etree.QName(child).localname
            known = _ORDER[name]
            while at < len(known) and not (own == known[at] or own in known[at]):
                at += 1
            assert at < len(known), f"{own} in {name}"
            assert own == known[at] or isinstance(known[at], tuple)
