"""What is declared of a CRS is recognised, and leads to CGCS2000 with an accuracy or not at all."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from layers.crs import zones
from layers.crs.declared import declare
from layers.crs.local import names_files, read
from layers.crs.operation import Operation, find
from layers.crs.placing import Asked, Placement, place
from layers.errors import CrsRefused, CrsUnknown, TransformationUnfit

METRES = 111_320.0


def esri(name: str, gcs: tuple[str, str, str], meridian: float, easting: float) -> str:
    datum, called, ellipsoid = gcs
    return (
        f'PROJCS["{name}",GEOGCS["GCS_{called}",DATUM["{datum}",SPHEROID[{ellipsoid}]],'
        'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
        f'PARAMETER["False_Easting",{easting}],PARAMETER["False_Northing",0.0],'
        f'PARAMETER["Central_Meridian",{meridian}],PARAMETER["Scale_Factor",1.0],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )


CGCS = (
    "D_China_2000",
    "China_Geodetic_Coordinate_System_2000",
    '"CGCS2000",6378137.0,298.257222101',
)
XIAN = ("D_Xian_1980", "Xian_1980", '"Xian_1980",6378140.0,298.257')
BEIJING = ("D_Beijing_1954", "Beijing_1954", '"Krasovsky_1940",6378245.0,298.3')
PRJ = {
    esri("CGCS2000_3_Degree_GK_CM_111E", CGCS, 111.0, 500000.0): "EPSG:4546",
    esri("CGCS2000_3_Degree_GK_Zone_38", CGCS, 114.0, 38500000.0): "EPSG:4526",
    esri("Xian_1980_3_Degree_GK_Zone_37", XIAN, 111.0, 37500000.0): "EPSG:2361",
    esri("Xian_1980_GK_CM_111E", XIAN, 111.0, 500000.0): "EPSG:2344",
    esri("Beijing_1954_3_Degree_GK_CM_111E", BEIJING, 111.0, 500000.0): "EPSG:2434",
    esri("Beijing_1954_GK_Zone_19", BEIJING, 111.0, 19500000.0): "EPSG:21419",
    esri("襄阳规划", CGCS, 111.0, 500000.0): "EPSG:4546",  # by its parameters
    "CGCS2000": "EPSG:4490",
    "OGC:CRS84": "OGC:CRS84",
    "EPSG:4547+5737": "EPSG:4547",
    "EPSG:4480": "EPSG:4490",
}


@pytest.mark.parametrize("text", PRJ)
def test_what_files_say_is_recognised(text: str) -> None:
    assert declare(text).code == PRJ[text]


def test_a_local_projection_is_taken_as_it_is_written() -> None:
    own = declare(esri("Xiangyang_2000", CGCS, 112.1, 300000.0))
    assert (own.code, own.datum) == (None, "China 2000")
    (note,) = own.notes
    assert note.rule == "crs.custom"
    assert "Longitude of natural origin 112.1" in note.en
    found = find(own, None)
    assert (found.kind, found.accuracy) == ("conversion", 0.0)
    assert moved(found, [[300_000.0, 3_550_000.0]])[0][0] == pytest.approx(112.1)


def test_a_name_that_its_parameters_belie_is_told() -> None:
    belied = declare(esri("CGCS2000_3_Degree_GK_CM_114E", CGCS, 111.0, 500000.0))
    assert [note.rule for note in belied.notes] == ["crs.custom", "crs.misnamed"]
    assert belied.code is None


def test_parameters_of_unknown_origin_are_not_used() -> None:
    bound = declare(
        'GEOGCS["Beijing 1954",DATUM["Beijing_1954",SPHEROID["Krassowsky 1940",6378245,298.3],'
        'TOWGS84[15.8,-154.4,-82.3,0,0,0,0]],PRIMEM["Greenwich",0],'
        'UNIT["degree",0.0174532925199433]]'
    )
    assert (bound.code, [note.rule for note in bound.notes]) == ("EPSG:4214", ["crs.bound"])
    assert find(bound, (112.0, 32.0, 112.1, 32.1)).kind == "ballpark"


@pytest.mark.parametrize("text", ["EPSG:5737", "EPSG:4479", "GCJ", "EPSG:999999", "bd09mc", "{}"])
def test_what_is_no_crs_of_a_file(text: str) -> None:
    with pytest.raises(CrsUnknown):
        declare(text)


def test_zones_are_as_proj_has_them() -> None:
    assert len(zones.zones()) == 256
    for each in zones.zones()[::7]:
        told = CRS.from_epsg(each.code).coordinate_operation
        assert told is not None
        values = {p.name: p.value for p in told.params}
        assert values["Longitude of natural origin"] == each.meridian
        assert values["False easting"] == (each.number or 0) * 1e6 + 5e5


def moved(operation: Operation, xy: list[list[float]]) -> NDArray[np.float64]:
    there = np.array(xy)
    return there if operation.move is None else operation.move(there)


def test_web_mercator_and_wgs84_are_within_a_metre() -> None:
    for code in ("EPSG:4326", "EPSG:3857", "EPSG:32649"):
        found = find(declare(code), None)
        assert (found.kind, found.accuracy) == ("null", 1.0)
    (there,) = moved(find(declare("EPSG:3857"), None), [[12_483_367.66, 3_769_293.96]])
    assert there == pytest.approx([112.14, 32.05], abs=0.01)


def geocentric(lonlat: NDArray[np.float64], a: float, f: float) -> NDArray[np.float64]:
    """Places on an ellipsoid as X, Y, Z, written out apart from PROJ."""
    lon, lat = np.radians(lonlat).T
    e2 = f * (2 - f)
    n = a / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    cos = n * np.cos(lat)
    return np.column_stack((cos * np.cos(lon), cos * np.sin(lon), n * (1 - e2) * np.sin(lat)))


def geographic(xyz: NDArray[np.float64], a: float, f: float) -> NDArray[np.float64]:
    x, y, z = xyz.T
    e2, p = f * (2 - f), np.hypot(x, y)
    lat = np.arctan2(z, p * (1 - e2))
    for _ in range(20):
        n = a / np.sqrt(1 - e2 * np.sin(lat) ** 2)
        lat = np.arctan2(z + e2 * n * np.sin(lat), p)
    return np.degrees(np.column_stack((np.arctan2(y, x), lat)))


KRASOVSKY, IAG75, GRS80 = (
    (6378245.0, 1 / 298.3),
    (6378140.0, 1 / 298.257),
    (6378137.0, 1 / 298.257222101),
)


def test_beijing_1954_in_ordos_by_the_registry() -> None:
    found = find(declare("EPSG:4214"), (108.0, 36.0, 109.0, 37.0))
    assert (found.code, found.accuracy) == ("EPSG:15936", 2.0)
    xy = np.array([[108.0, 36.0], [109.5, 38.5]])
    shift = np.array([11.911, -154.833, -80.079])  # EPSG 15936
    by_hand = geographic(geocentric(xy, *KRASOVSKY) + shift, *GRS80)
    assert np.abs(moved(found, xy.tolist()) - by_hand).max() * METRES < 0.001
    assert np.hypot(*((by_hand - xy) * METRES).T).min() > 30


SEVEN = {"x": -12.5, "y": -98.0, "z": -61.0, "rx": 0.8, "ry": -1.1, "rz": 2.2, "s": 1.4}


@pytest.mark.parametrize("convention", ["coordinate_frame", "position_vector"])
def test_seven_parameters_of_a_city(convention: str) -> None:
    text = json.dumps({"method": "helmert7", "convention": convention, "accuracy": 0.05, **SEVEN})
    declared = declare("EPSG:2361")
    found = read(text).operation(declared)
    assert (found.kind, found.accuracy) == ("local", 0.05)
    assert found.digest is not None
    assert "98" not in found.name
    xy = np.array([[37_600_000.0, 3_550_000.0], [37_480_000.0, 3_490_000.0]])
    base = Transformer.from_crs(2361, 4610, always_xy=True)
    lonlat = np.column_stack(base.transform(*xy.T))
    sign = 1 if convention == "position_vector" else -1
    rx, ry, rz = (sign * np.radians(SEVEN[name] / 3600) for name in ("rx", "ry", "rz"))
    turn = np.array([[1, -rz, ry], [rz, 1, -rx], [-ry, rx, 1]])
    shift = np.array([SEVEN["x"], SEVEN["y"], SEVEN["z"]])
    xyz = geocentric(lonlat, *IAG75) @ turn.T * (1 + SEVEN["s"] * 1e-6) + shift
    by_hand = geographic(xyz, *GRS80)
    assert np.abs(moved(found, xy.tolist()) - by_hand).max() * METRES < 0.002


def test_the_same_seven_parameters_as_a_proj_string() -> None:
    numbers = " ".join(f"+{name}={value}" for name, value in SEVEN.items())
    text = f"+proj=helmert {numbers} +convention=coordinate_frame"
    as_json = json.dumps({"method": "helmert7", "convention": "coordinate_frame", **SEVEN})
    ways = [read(each).operation(declare("EPSG:2361")) for each in (text, as_json)]
    one, other = (moved(way, [[37_600_000.0, 3_550_000.0]]) for way in ways)
    assert (one == other).all()


def test_four_parameters_of_a_plane() -> None:
    values = {"method": "plane4", "target": "EPSG:4546", "from": "LOCAL"}
    numbers = {"east": 594_000.0, "north": 3_500_000.0, "rotation": 3600.0, "scale": 1.00001}
    found = read(json.dumps(values | numbers)).operation(declare("LOCAL"))
    e, n, angle = 9000.0, 47_000.0, np.radians(1.0)
    east = 594_000 + 1.00001 * (e * np.cos(angle) - n * np.sin(angle))
    north = 3_500_000 + 1.00001 * (e * np.sin(angle) + n * np.cos(angle))
    by_hand = Transformer.from_crs(4546, 4490, always_xy=True).transform(east, north)
    assert moved(found, [[e, n]])[0] == pytest.approx(by_hand, abs=1e-10)


UNFIT = {
    "EPSG:4833": "from Amersfoort",
    "EPSG:1": "no operation",
    "+proj=helmert +rx=1": "convention",
    "+proj=tmerc +lon_0=111": "pipeline",
    "+proj=pipeline +step +proj=nothing": "PROJ cannot read",
    '{"method": "helmert7", "x": "12.345"}': "x must be a number",
    '{"method": "helmert7", "dx": 12.345}': "has no dx",
    '{"method": "plane4", "target": "EPSG:2361"}': "target must be",
    '{"method": "plane4", "target": "EPSG:4546", "scale": 12.345}': "factor near 1",
    '{"method": "plane4", "target": "EPSG:4546", "from": "EPSG:2362"}': "the file is in",
    "12.345 98": "neither",
}


@pytest.mark.parametrize("text", UNFIT)
def test_a_transformation_that_cannot_be_used(text: str) -> None:
    with pytest.raises(TransformationUnfit, match=UNFIT[text]) as refused:
        read(text).operation(declare("EPSG:2361"))
    assert "12.345" not in str(refused.value)


def test_files_are_not_named_from_outside() -> None:
    for text in ("+proj=hgridshift +grids=/etc/passwd", "+init=/etc/x:1", "+proj=tinshift +file=a"):
        assert names_files(text)
    assert not names_files(json.dumps({"method": "helmert7"}))
    assert not names_files("CGCS2000 / 3-degree Gauss-Kruger zone 37")


def placed(crs: str, xy: list[list[float]], **asked: object) -> Placement:
    points = shapely.points(xy)
    return place(Path("a.shp"), (declare(crs), "file"), points, Asked(**asked))  # type: ignore[arg-type]


def test_a_transformation_far_from_any_datum_is_refused() -> None:
    wrong = json.dumps({"method": "helmert7", "x": 15_000.0, "convention": "position_vector"})
    xy = [[37_600_000.0, 3_550_000.0]]
    with pytest.raises(CrsRefused) as refused:
        placed("EPSG:2361", xy, transformation=wrong)
    assert refused.value.said.rule == "crs.parameters"
    taken = placed("EPSG:2361", xy, transformation=wrong, accept=("crs.parameters",))
    assert [note.rule for note in taken.notes] == ["crs.parameters"]


def test_an_operation_beyond_its_area_is_told() -> None:
    there = placed("EPSG:4214", [[112.0, 32.0]], transformation="EPSG:15918")
    assert [note.rule for note in there.notes] == ["crs.area"]
    assert there.describe()["operation_code"] == "EPSG:15918"


REFUSED = {
    ("EPSG:4490", 32.02, 112.14): ("crs.swapped", "--swap-axes"),
    ("GCJ-02", 32.02, 112.14): ("crs.swapped", "--swap-axes"),
    ("EPSG:4546", 3_545_000.0, 607_000.0): ("crs.swapped", "--swap-axes"),
    ("EPSG:4546", 37_607_000.0, 3_545_000.0): ("crs.prefix", "(--crs) EPSG:4525"),
    ("EPSG:2379", 37_607_000.0, 3_545_000.0): ("crs.prefix", "(--crs) EPSG:2361"),
    ("EPSG:4525", 607_000.0, 3_545_000.0): ("crs.prefix", "(--crs) EPSG:4546"),
    ("EPSG:4525", 38_607_000.0, 3_545_000.0): ("crs.prefix", "(--crs) EPSG:4526"),
    ("EPSG:4546", 3_545_000.0, 19_607_000.0): (
        "crs.prefix",
        "(--crs) EPSG:4497 … swap_axes (--swap-axes)",
    ),
    ("EPSG:4546", 112.14, 32.02): ("crs.units", "(--crs) EPSG:4490"),
    ("EPSG:2361", 32.02, 112.14): ("crs.units", "(--crs) EPSG:4610 … swap_axes (--swap-axes)"),
    ("EPSG:4490", 607_000.0, 3_545_000.0): ("crs.units", "name its zone"),
    ("EPSG:4326", 37_607_000.0, 3_545_000.0): ("crs.units", "(--crs) EPSG:4525"),
    ("EPSG:4490", 500.0, 2.0): ("crs.impossible", "name the CRS"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_coordinates_that_cannot_be_there(case: tuple[str, float, float]) -> None:
    crs, x, y = case
    accept = ("crs.transformation",)
    with pytest.raises(CrsRefused) as refused:
        placed(crs, [[x, y], [x + 0.01, y + 0.01]], accept=accept)
    rule, hint = REFUSED[case]
    assert refused.value.said.rule == rule
    zh = refused.value.said.zh.replace("（", " (").replace("）", ") ")
    for part in hint.split(" … "):
        assert part in refused.value.said.en
        assert part in zh or rule in {"crs.units", "crs.impossible"}


def test_coordinates_that_are_where_they_say() -> None:
    for crs, x, y in (
        ("EPSG:4490", 112.14, 32.02),
        ("EPSG:4490", 5.3, 52.1),  # the Netherlands, which may be meant
        ("EPSG:4525", 37_607_000.0, 3_545_000.0),
        ("EPSG:28992", 155_000.0, 463_000.0),
    ):
        assert placed(crs, [[x, y]]).notes == []
    with pytest.raises(CrsRefused, match=r"or easting first.* without swap_axes \(--swap-axes\)"):
        placed("EPSG:4490", [[112.14, 32.02]], swap_axes=True)
    turned = placed("EPSG:4490", [[32.02, 112.14]], swap_axes=True)
    assert turned.frame.move is not None
    assert turned.frame.move(np.array([[32.02, 112.14]])).tolist() == [[112.14, 32.02]]


def test_one_wrong_row_does_not_refuse_the_file_as_a_whole() -> None:
    xy = [[112.0 + n / 100, 32.0] for n in range(9)]
    assert placed("EPSG:4490", [*xy, [500.0, 1.0]]).notes == []
    assert all(one[0] < other[0] for one, other in pairwise(xy))
