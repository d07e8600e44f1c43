"""Things by their names: parts of names, Chinese of one or two characters, typing errors."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create_app
from cim.database.connect import engine_of
from cim.layer import Text
from cim.settings import Settings
from layers.load import VectorFile, load

TOWNS = ["汉江", "襄州区", "樊城区", "襄城区", "1%_江"]
SCHOOLS = ["长虹北路小学", "襄阳市第四中学", "人民路小学", "Bilingual School 双语学校"]
ROADS = ["长虹北路", "长虹路", "檀溪路", "人民路", "长征路", "100%_路"]
PLACES = {"towns": (TOWNS, "990101"), "schools": (SCHOOLS, "990401"), "roads": (ROADS, "990301")}


@pytest.fixture(scope="module")
def named(
    new_database: Callable[[], str], open_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """Schools and roads that have names, and 300 doors that have numbers."""
    folder = tmp_path_factory.mktemp("names")
    settings = Settings(home=open_folder / "named", database_url=new_database())
    engine = engine_of(str(settings.database_url))
    doors = {"doors": ([f"建设街{n}号" for n in range(300)], "990503")}
    for layer, (names, kind) in (PLACES | doors).items():
        points = shapely.points([(112 + n / 1000, 32) for n in range(len(names))])
        frame = gpd.GeoDataFrame({"name": names}, geometry=points, crs=4490)
        frame.to_file(folder / f"{layer}.gpkg")
        file = VectorFile(
            *(folder / f"{layer}.gpkg", layer, Text(layer, "")),
            key="name",
            class_code=kind,
            division="420602",
        )
        with engine.begin() as connection:
            load(connection, engine, file)
            connection.execute(
                text(
                    f"INSERT INTO cim.name SELECT code, name FROM layer.{layer}"
                    " ON CONFLICT DO NOTHING"
                )
            )
    engine.dispose()
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def found(client: TestClient, q: str, **more: Any) -> list[str]:
    answer = client.get("/resolve", params={"q": q, **more}).raise_for_status().json()
    scores = [match["score"] for match in answer["matches"]]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    return [match["name"] for match in answer["matches"]]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("长虹北路", ["长虹北路", "长虹北路小学"]),
        ("第四", ["襄阳市第四中学"]),
        ("四", ["襄阳市第四中学"]),
        ("小学", ["人民路小学", "长虹北路小学"]),
        ("长虹", ["长虹路", "长虹北路", "长虹北路小学"]),
        ("bilingual", ["Bilingual School 双语学校"]),
        ("100%_", ["100%_路"]),
        ("school  双", ["Bilingual School 双语学校"]),
    ],
)
def test_what_contains_the_text_comes_first(named: TestClient, q: str, expected: list[str]) -> None:
    assert found(named, q)[: len(expected)] == expected


def test_the_whole_name_scores_one(named: TestClient) -> None:
    best = named.get("/resolve?q=长虹北路").json()["matches"][0]
    assert (best["name"], best["score"], best["layer"]) == ("长虹北路", 1.0, "roads")
    item = named.get(f"/collections/roads/items/{best['code']}").json()
    assert best["feature"] == {k: v for k, v in item.items() if k != "links"}


NAMES = [name for name in SCHOOLS[:3] + ROADS[:1] if len(name) >= 4]


@pytest.mark.parametrize("name", NAMES)
def test_one_typing_error_anywhere_still_finds_it(named: TestClient, name: str) -> None:
    for i in range(len(name)):
        typed = [name[:i] + "错" + name[i + 1 :], name[:i] + "多" + name[i:]]
        typed += [name[:i] + name[i + 1 :]] if len(name) > 4 else []
        typed += [name[:i] + name[i + 1] + name[i] + name[i + 2 :]] if i + 1 < len(name) else []
        for q in typed:
            assert name in found(named, q)[:4], q


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("汗江", "汉江"),
        ("漢江", "汉江"),
        ("汉讲", "汉江"),
        ("襄洲区", "襄州区"),
        ("凡城区", "樊城区"),
        ("樊城曲", "樊城区"),
        ("1%_讲", "1%_江"),
    ],
)
def test_a_wrong_character_of_a_short_name(named: TestClient, q: str, expected: str) -> None:
    best = named.get("/resolve", params={"q": q, "class": "99"}).json()["matches"]
    assert expected in [match["name"] for match in best[:2]]
    assert best[0]["score"] == round(0.5 * (len(q) - 1) / len(q), 4)


def test_nothing_else_beside_the_name_itself(named: TestClient) -> None:
    assert found(named, "汉江") == ["汉江"]


def test_an_error_in_a_part_of_a_longer_name(named: TestClient) -> None:
    assert found(named, "弟四中学") == ["襄阳市第四中学"]
    assert "Bilingual School 双语学校" in found(named, "Bilingval")


def test_what_resembles_nothing_is_not_found(named: TestClient) -> None:
    assert found(named, "诸葛亮广场") == []
    answer = named.get("/resolve", params={"q": "诸葛亮广场", "f": "geojson"}).json()
    assert answer["features"] == []


def test_a_class_narrows(named: TestClient) -> None:
    assert found(named, "路小学", **{"class": "9904"}) == ["人民路小学", "长虹北路小学"]
    assert "长虹北路小学" not in found(named, "长虹北路", **{"class": "990301"})


def test_a_limit_keeps_the_best(named: TestClient) -> None:
    assert len(found(named, "建设街", limit=1000)) == 300
    assert len(found(named, "建设街")) == 100
    assert found(named, "建设街7号", limit=1) == ["建设街7号"]


@pytest.mark.parametrize(
    "query", ["q=", "q=%20", f"q={'长' * 101}", "q=路&datetime=2024-01-01", "q=%00"]
)
def test_bad_questions(named: TestClient, query: str) -> None:
    assert named.get(f"/resolve?{query}").status_code == 400


def test_pages_for_people(named: TestClient) -> None:
    page = named.get("/resolve?q=长虹北路", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "长虹北路小学" in page.text
