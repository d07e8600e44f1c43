"""What is at a place, and what lies in a cell, against the shapes themselves."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Transformer
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create_app
from cim.database.connect import engine_of
from cim.layer import Text
from cim.settings import Settings
from gridcode import beidou, geosot, h3grid
from layers.load import VectorFile, load

Shapes = dict[str, Any]


@pytest.fixture(scope="module")
def shapes(city: Settings) -> Shapes:
    """The geometry of every thing of the sample city by its code, read straight from the tables."""
    engine = engine_of(str(city.database_url))
    with engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM cim.layer WHERE kind = 'vector'"))
        every = " UNION ALL ".join(f"SELECT code, geom FROM layer.{name}" for (name,) in names)
        rows = connection.execute(text(f"SELECT code, ST_AsBinary(geom) FROM ({every}) e"))
        found = {code: shapely.from_wkb(bytes(wkb)) for code, wkb in rows}
    engine.dispose()
    return found


def ask(client: TestClient, **query: Any) -> dict[str, Any]:
    found = client.get(
        "/resolve", params={"class" if k == "class_" else k: v for k, v in query.items()}
    )
    return found.raise_for_status().json()  # type: ignore[no-any-return]


def codes(answer: dict[str, Any]) -> list[str]:
    return [match["code"] for match in answer["matches"]]


def metres(shape: Any, lon: float, lat: float) -> float:
    """Metres from a point or a line, in a projection that is true from there."""
    local = f"+proj=aeqd +lon_0={lon} +lat_0={lat} +ellps=GRS80"
    move = Transformer.from_crs("EPSG:4490", local, always_xy=True).transform
    moved = shapely.transform(shape, move, interleaved=False)
    return float(shapely.distance(moved, shapely.Point(0, 0)))


def test_a_place_is_in_what_holds_it(client: TestClient, shapes: Shapes) -> None:
    rng = np.random.default_rng(39409)
    tree = shapely.STRtree(list(shapes.values()))
    names = list(shapes)
    for code in rng.choice(names, 25):
        place = shapes[code].representative_point()
        answer = ask(client, lon=place.x, lat=place.y, within=5, limit=1000)
        around = [names[i] for i in tree.query(place.buffer(0.001))]
        expected = {
            name
            for name in around
            if (
                shapes[name].intersects(place)
                if shapely.get_dimensions(shapes[name]) == 2
                else metres(shapes[name], place.x, place.y) <= 5
            )
        }
        assert set(codes(answer)) == expected
        assert code in expected
        assert answer["complete"]
        order = [(shapely.get_dimensions(shapes[c]), shapes[c].area) for c in codes(answer)]
        assert order == sorted(order)


def test_the_distance_is_true(client: TestClient, shapes: Shapes) -> None:
    lines = [c for c, s in shapes.items() if shapely.get_dimensions(s) < 2]
    for code in np.random.default_rng(5).choice(lines, 8):
        place = shapes[code].representative_point()
        lon, lat = place.x + 3e-4, place.y - 2e-4
        found = {
            m["code"]: m["distance"] for m in ask(client, lon=lon, lat=lat, within=200)["matches"]
        }
        assert found[code] == pytest.approx(metres(shapes[code], lon, lat), rel=1e-3, abs=0.01)
        for other, distance in found.items():
            assert distance <= 200, other


def in_a_building(client: TestClient) -> Any:
    building = client.get("/collections/buildings/items?limit=1").json()["features"][0]
    return shapely.geometry.shape(building["geometry"]).representative_point()


def test_the_answer_agrees_with_the_items(client: TestClient) -> None:
    place = in_a_building(client)
    answer = ask(client, lon=place.x, lat=place.y)
    features = ask(client, lon=place.x, lat=place.y, f="geojson")
    assert features["type"] == "FeatureCollection"
    assert [f["id"] for f in features["features"]] == codes(answer)
    assert len(answer["matches"]) >= 2
    for match, feature in zip(answer["matches"], features["features"], strict=True):
        item = client.get(f"/collections/{match['layer']}/items/{match['code']}").json()
        assert match["feature"] == feature == {k: v for k, v in item.items() if k != "links"}
        assert match["state"] == "active"
        assert match["type_code"] == match["code"][6:12]


def test_a_class_narrows_and_a_limit_cuts(client: TestClient) -> None:
    place = in_a_building(client)
    every = codes(ask(client, lon=place.x, lat=place.y))
    for prefix in ("99", every[0][6:10], every[-1][6:12]):
        expected = [code for code in every if code[6:].startswith(prefix)]
        assert codes(ask(client, lon=place.x, lat=place.y, class_=prefix)) == expected
    short = ask(client, lon=place.x, lat=place.y, limit=1)
    assert (codes(short), short["complete"]) == (every[:1], False)
    assert codes(ask(client, lon=10, lat=10)) == []


@pytest.fixture(scope="module")
def heights(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory, open_folder: Path
) -> Iterator[TestClient]:
    """Three floors of a house, one over the other, in its plan, and a pipe below."""
    folder = tmp_path_factory.mktemp("heights")
    square = [(112.0, 32.0), (112.001, 32.0), (112.001, 32.001), (112.0, 32.001)]

    def floor(z: float) -> shapely.Geometry:
        return shapely.Polygon([(x, y, z + (0 if x < 112.0005 else 3)) for x, y in square])

    layers = {
        "floors": [floor(70), floor(73), floor(76)],
        "plans": [shapely.Polygon(square)],
        "pipes": [shapely.LineString([(112.0, 32.0005, 65), (112.001, 32.0005, 66)])],
    }
    settings = Settings(home=open_folder / "heights", database_url=new_database())
    engine = engine_of(str(settings.database_url))
    for name, made in layers.items():
        frame = gpd.GeoDataFrame({"n": range(len(made))}, geometry=made, crs=4490)
        frame.to_file(folder / f"{name}.gpkg")
        file = VectorFile(folder / f"{name}.gpkg", name, Text("", ""), key="n", division="420602")
        with engine.begin() as connection:
            load(connection, engine, file)
    engine.dispose()
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def layers_of(answer: dict[str, Any]) -> list[tuple[str, int]]:
    return [(m["layer"], m["feature"]["properties"]["n"]) for m in answer["matches"]]


def test_a_height_chooses_among_what_has_heights(heights: TestClient) -> None:
    place = {"lon": 112.0004, "lat": 32.0005}
    pipe, plan = [("pipes", 0)], [("plans", 0)]
    floors = {z: [("floors", n) for n in ns] for z, ns in ((71, [0]), (73.5, [0, 1]), (90, []))}
    for z, found in floors.items():
        assert sorted(layers_of(ask(heights, **place, height=z))) == sorted(found + plan)
    assert layers_of(ask(heights, **place, height=65.4)) == [*pipe, *plan]
    assert len(ask(heights, **place)["matches"]) == 5
    assert layers_of(ask(heights, **place, height=90, within=20))[0][0] == "floors"


def test_a_cell_with_height_needs_the_geoid(heights: TestClient) -> None:
    """The geoid is 20 m below the ellipsoid here: a height of 71 m is 51 m above it."""
    for grid, reading in (("beidou", "radix"), ("beidou", "bits"), ("geosot", "nested")):
        level = 9 if grid == "beidou" else 26
        query = {"lon": 112.0004, "lat": 32.0005, "height": 51, "level": level, "reading": reading}
        code = heights.get(f"/grid/{grid}/encode", params=query).json()["code3d"]
        found = ask(heights, grid=code, separation=-20, reading=reading)
        assert sorted(layers_of(found)) == [("floors", 0), ("plans", 0)], grid
        without = heights.get("/resolve", params={"grid": code, "reading": reading})
        assert (without.status_code, "separation" in without.json()["detail"]) == (400, True)
        unread = heights.get("/resolve", params={"grid": code, "separation": -20})
        # Both readings of a BeiDou code of level 9 mean one layer this near to the ground.
        assert unread.status_code == (200 if grid == "beidou" else 400)
    flat = heights.get("/resolve", params={"grid": "N49I80", "separation": -20})
    assert flat.status_code == 400


def in_cell(shapes: Shapes, cell: Any) -> list[str]:
    """What shares inner points with the cell, or has a point in it."""
    outline, every = cell.polygon(), np.array(list(shapes.values()))
    meets = shapely.intersects(every, outline)
    touches = (shapely.get_dimensions(every) == 2) & shapely.touches(every, outline)
    return sorted(np.array(list(shapes))[meets & ~touches].tolist())


@pytest.mark.parametrize(
    ("system", "module", "levels"),
    [
        ("beidou", beidou, (1, 3, 4, 5, 7)),
        ("geosot", geosot, (9, 13, 16)),
        ("h3", h3grid, (6, 9, 11)),
    ],
)
def test_a_cell_holds_what_lies_in_it(
    client: TestClient, shapes: Shapes, system: str, module: Any, levels: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(levels[0])
    names = list(shapes)
    for level in levels:
        place = shapes[str(rng.choice(names))].representative_point()
        cell = module.decode(module.encode(place.x, place.y, level))
        expected = in_cell(shapes, cell)
        found, url, pages = [], f"/resolve?grid={cell.code}&limit=400", 0
        while url:
            page = client.get(url).raise_for_status().json()
            assert (page["system"], page["grid"]) == (system, cell.code)
            found += codes(page)
            pages += 1
            url = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
        assert found == expected
        assert pages == -(-len(expected) // 400)


def test_pages_of_a_cell_go_on_across_layers(client: TestClient) -> None:
    """Each page of few, of classes whose codes lie between each other's."""
    whole = codes(ask(client, grid="N49I80081", limit=1000))
    assert len({code[6:12] for code in whole}) > 2
    assert len({code[:6] for code in whole}) > 1
    walked, url = [], "/resolve?grid=N49I80081&limit=7&f=geojson"
    while url:
        page = client.get(url).raise_for_status().json()
        walked += [feature["id"] for feature in page["features"]]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert walked[: len(whole)] == whole
    parcels = codes(ask(client, grid="N49I80081", limit=1000, class_="990101"))
    assert parcels == [code for code in whole if code[6:12] == "990101"]


def test_a_point_on_a_side_lies_in_the_cell_that_owns_it(
    new_database: Callable[[], str], open_folder: Path, tmp_path: Path
) -> None:
    cell = beidou.decode(beidou.encode(112.14, 32.02, 5))
    west, south, east, north = cell.bounds
    middle = (south + north) / 2
    points = [shapely.Point(x, middle) for x in (west, east)]
    points += [shapely.Point((west + east) / 2, y) for y in (south, north)]
    gpd.GeoDataFrame({"n": range(4)}, geometry=points, crs=4490).to_file(tmp_path / "p.gpkg")
    settings = Settings(home=open_folder / "sides", database_url=new_database())
    engine = engine_of(str(settings.database_url))
    file = VectorFile(tmp_path / "p.gpkg", "marks", Text("", ""), key="n", division="420602")
    with engine.begin() as connection:
        load(connection, engine, file)
    engine.dispose()
    with TestClient(create_app(settings)) as client:
        found = ask(client, grid=cell.code)["matches"]
        assert [m["feature"]["properties"]["n"] for m in found] == [0, 2]
        owners = {point: beidou.encode(point.x, point.y, 5) for point in points}
        for number, (point, owner) in enumerate(owners.items()):
            held = ask(client, grid=owner)["matches"]
            assert number in [m["feature"]["properties"]["n"] for m in held], point


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("lon=112", 400, "lat"),
        ("lat=32", 400, "lon"),
        ("lon=east&lat=32", 400, "lon"),
        ("lon=200&lat=32", 400, "lon"),
        ("lon=112&lat=nan", 400, "lat"),
        ("lon=112&lat=32&within=-1", 400, "within"),
        ("lon=112&lat=32&class=9", 400, "class"),
        ("lon=112&lat=32&limit=0", 400, "limit"),
        ("lon=112&lat=32&code=420602990101000000001", 400, "one of code"),
        ("grid=N49I80081&q=x", 400, "one of code"),
        ("lon=112&lat=32&token=1", 400, "token"),
        ("grid=N49I8!", 422, "N49I8"),
        ("grid=XYZ", 422, "BeiDou"),
        ("grid=N49I80081&scheme=geosot", 422, "N49I80081"),
        ("grid=N49I80081&scheme=uic", 400, "scheme"),
        ("grid=N49I80081&token=next", 400, "token"),
        ("", 400, "one of code"),
    ],
)
def test_bad_questions_are_told_what_is_wrong(
    client: TestClient, query: str, status: int, says: str
) -> None:
    answer = client.get(f"/resolve?{query}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
