"""Tables fused with the sample city's parcels, against what pandas and shapely say."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import Engine

from api.cli.sample import SAMPLES, bindings, vector_file
from cim.actions import Action
from cim.catalog.binding import bind
from cim.database.sql import run
from cim.fusion import definition, ways
from cim.fusion.business import Said
from cim.fusion.definition import Named, Wanted
from layers.business.load import TableFile
from layers.business.load import load as load_table
from layers.load import load

BY = Action("wang", "test")
Fuse = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def city(module_engine: Engine) -> Engine:
    """A database with the divisions and the parcels of the sample city, bound to the catalog."""
    manifest = json.loads((SAMPLES / "manifest.json").read_text())
    with module_engine.begin() as connection:
        for entry in manifest["vectors"][:2]:
            load(connection, module_engine, vector_file(entry))
        for layer, wanted in bindings():
            if layer == "parcels":
                bind(connection, layer, wanted, BY)
    return module_engine


@pytest.fixture(scope="module")
def parcels(city: Engine) -> gpd.GeoDataFrame:
    """The file of the parcels, with the code that each got."""
    frame = gpd.read_file(SAMPLES / "parcels.gpkg")
    with city.connect() as connection:
        rows = run(connection, "SELECT parcel_code, code FROM item.parcels")
    return frame.assign(code=frame["parcel_code"].map({r.parcel_code: r.code for r in rows}))


@pytest.fixture
def fuse(city: Engine, tmp_path: Path, request: pytest.FixtureRequest) -> Fuse:
    """Loads rows as a table, fuses it with the parcels, and returns the links by key."""

    def fuse(frame: pd.DataFrame, *by: str, **more: Any) -> dict[str, Any]:
        name = "t" + str(abs(hash(request.node.name)))[:12]
        frame.to_csv(tmp_path / "rows.csv", index=False)
        said = Said(name, owner="税务局", grade="general2", key="id")
        fields = more.pop("fields", [("amount", "")])
        with city.begin() as connection:
            load_table(connection, TableFile(tmp_path / "rows.csv", said), BY)
            wanted = Wanted(name, [ways.read(text) for text in by], fields, **more)
            definition.define(connection, Named(f"f{name}"), "parcels", [wanted], BY)
            links = run(
                connection,
                "SELECT k.* FROM cim.fusion_link k JOIN cim.fusion_table j ON j.id = k.join_id "
                "JOIN cim.business_table t ON t.id = j.table_id WHERE t.name = $1",
                name,
            )
            view = run(connection, f"SELECT * FROM item.f{name}")
        return {"links": {link.row_key: link for link in links}, "view": view}

    return fuse


def test_by_alias_in_every_writing(fuse: Fuse, parcels: gpd.GeoDataFrame) -> None:
    chosen = parcels.sample(400, random_state=1)
    units = chosen["real_estate_unit"].tolist()
    said = [u.lower() if i % 3 else f" {u[:12]} {u[12:]} " for i, u in enumerate(units)]
    said[0], said[1], said[2] = "", f"{units[1][:14]}99998{units[1][19:]}", "not a unit"
    frame = pd.DataFrame({"id": range(400), "unit": said, "amount": range(400)})
    found = fuse(frame, "alias:real_estate_unit:unit")
    links = found["links"]
    assert [(links[k].state, links[k].reason) for k in "012"] == [
        ("unmatched", "no_value"),
        ("unmatched", "not_found"),
        ("unmatched", "invalid"),
    ]
    truth = dict(zip(map(str, range(400)), chosen["code"], strict=True))
    assert all(links[str(i)].code == truth[str(i)] for i in range(3, 400))
    amounts = {row.code: row.amount for row in found["view"] if row.amount is not None}
    assert amounts == {truth[str(i)]: i for i in range(3, 400)}
    assert len(found["view"]) == len(parcels)


def test_by_entity_code_and_by_field(fuse: Fuse, parcels: gpd.GeoDataFrame) -> None:
    chosen = parcels.sample(60, random_state=2)
    shown = [c if i % 2 else "" for i, c in enumerate(chosen["code"])]
    frame = pd.DataFrame(
        {"id": range(60), "uic": shown, "zddm": chosen["parcel_code"], "amount": 1.5}
    )
    links = fuse(frame, "code:uic", "field:zddm=parcel_code")["links"]
    assert [links[str(i)].code for i in range(60)] == chosen["code"].tolist()
    assert Counter(link.how for link in links.values()) == {"code": 30, "field": 30}


def test_a_wrong_code_beside_a_right_field_is_for_people(
    fuse: Fuse, parcels: gpd.GeoDataFrame
) -> None:
    right, other = parcels["parcel_code"][:2]
    frame = pd.DataFrame(
        {
            "id": [1, 2, 3],
            "unit": ["420602001001GB99999F00010001", "", "无"],
            "zddm": [right, other, parcels["parcel_code"][2]],
        }
    )
    by = ("alias:real_estate_unit:unit", "field:zddm=parcel_code")
    links = fuse(frame, *by, fields=[("zddm", "")])["links"]
    assert (links["1"].state, links["1"].reason) == ("review", "mixed")
    assert links["1"].candidates[0]["code"] == parcels["code"][0]
    assert links["2"].state == links["3"].state == "linked"


def test_rows_of_one_feature_are_taken_together(fuse: Fuse, parcels: gpd.GeoDataFrame) -> None:
    random.seed(3)
    keys = [random.choice(parcels["parcel_code"][:50].tolist()) for _ in range(300)]
    frame = pd.DataFrame(
        {
            "id": range(300),
            "zddm": keys,
            "amount": [round(random.random() * 1000, 2) for _ in keys],
            "year": [2000 + i for i in range(300)],
        }
    )
    fields = [("amount", "sum"), ("", "count"), ("amount", "max"), ("amount", "")]
    rule = {"several": "latest", "several_field": "year"}
    view = fuse(frame, "field:zddm=parcel_code", fields=fields, **rule)["view"]
    code_of = dict(zip(parcels["parcel_code"], parcels["code"], strict=True))
    together = frame.groupby("zddm")["amount"].agg(["sum", "count", "max"])
    latest = frame.sort_values("year").groupby("zddm")["amount"].last()
    rows = {row.code: row for row in view}
    counted = next(name for name in view[0]._fields if name.endswith("_count"))
    for zddm, sums in together.iterrows():
        row = rows[code_of[zddm]]
        assert row.amount_sum == pytest.approx(sums["sum"])
        assert (getattr(row, counted), row.amount_max) == (sums["count"], sums["max"])
        assert row.amount == latest[zddm]
    assert sum(getattr(row, counted) for row in view) == 300


def test_by_place_as_shapely_has_it(fuse: Fuse, parcels: gpd.GeoDataFrame) -> None:
    """Distances in metres of the Gauss-Kruger zone of the file, which the program does not use."""
    random.seed(4)
    west, south, east, north = parcels.total_bounds
    spots = [
        shapely.Point(random.uniform(west, east), random.uniform(south, north)) for _ in range(600)
    ]
    places = gpd.GeoSeries(spots, crs=parcels.crs).to_crs(4490)
    frame = pd.DataFrame({"id": range(600), "lon": places.x, "lat": places.y, "amount": 1})
    links = fuse(frame, "place:lon,lat,40", several="first")["links"]
    tree, counted = shapely.STRtree(parcels.geometry.values), Counter[str]()
    for i, spot in enumerate(spots):
        link = links[str(i)]
        near = tree.query(spot.buffer(45))
        metres = {n: parcels.geometry.iloc[n].distance(spot) for n in near}
        inside = [n for n in near if parcels.geometry.iloc[n].contains(spot)]
        if len(inside) == 1:
            assert (link.state, link.code) == ("linked", parcels["code"].iloc[inside[0]]), i
        elif not inside:
            ranked = sorted((m, n) for n, m in metres.items() if m <= 40)
            if any(abs(m - edge) < 0.05 for m in metres.values() for edge in (10, 40)):
                continue  # the two ways of measuring may differ by centimetres
            if not ranked:
                assert (link.state, link.reason) == ("unmatched", "not_found"), i
            elif ranked[0][0] <= 10 and (len(ranked) == 1 or ranked[1][0] - ranked[0][0] > 5.1):
                assert link.code == parcels["code"].iloc[ranked[0][1]], i
            elif ranked[0][0] > 10:
                assert link.state == "review", i
                assert link.candidates[0]["score"] == pytest.approx(
                    1 - 0.4 * ranked[0][0] / 40, abs=0.002
                )
        counted[link.state] += 1
    assert min(counted.values()) > 10
    assert set(counted) == {"linked", "review", "unmatched"}


_NUMERALS = "零一二三四五六七八九"


def numeral(number: int) -> str:
    """Up to 99, as people write it."""
    tens, ones = divmod(number, 10)
    head = ("" if tens == 1 else _NUMERALS[tens]) + "十" if tens else ""
    return head + (_NUMERALS[ones] if ones or not tens else "")


def test_by_address_in_other_words(fuse: Fuse, parcels: gpd.GeoDataFrame) -> None:
    """Never a wrong feature; the right one at once where the address is in other words alone."""
    twice = parcels["address"].duplicated(keep=False)
    once = parcels[~twice & parcels["address"].str.fullmatch(r".+[^\d]\d{1,2}号")]
    chosen = once.sample(300, random_state=5)
    texts: list[str] = []
    for i, (address, town) in enumerate(zip(chosen["address"], chosen["township"], strict=True)):
        road, number = address[: -1 - len(n := "".join(filter(str.isdigit, address[-3:])))], int(n)
        forms = (
            f"湖北省{road} {number}号",
            road.removeprefix("襄阳市") + numeral(number) + "号",
            f"{road}{''.join(chr(ord(d) + 0xFEE0) for d in str(number))}号3栋２单元501室",
            road.replace(town, "") + f"{number}号（汉江小区）",
        )
        texts.append(forms[i % 4])
    repeated = parcels[twice]["address"].drop_duplicates()[:20].tolist()
    texts += [*repeated, "襄阳市襄城区没有这条大街5号", "——"]
    frame = pd.DataFrame({"id": range(len(texts)), "place": texts, "amount": 1})
    links = fuse(frame, "address:place=address")["links"]
    truth = chosen["code"].tolist()
    wrong = [i for i in range(300) if links[str(i)].code not in {None, truth[i]}]
    assert wrong == []
    shorter = Counter(
        address.replace(town, "")
        for address, town in zip(parcels["address"], parcels["township"], strict=True)
    )
    for i, (address, town) in enumerate(zip(chosen["address"], chosen["township"], strict=True)):
        alone = i % 4 < 3 or shorter[address.replace(town, "")] == 1
        assert links[str(i)].state == ("linked" if alone else "review"), texts[i]
    for i in range(300, 320):
        assert links[str(i)].state == "review", texts[i]
        assert links[str(i)].reason == "close"
    assert [links[str(i)].reason for i in (320, 321)] == ["not_found", "invalid"]


def test_a_road_written_wrong_waits_for_people(fuse: Fuse, parcels: gpd.GeoDataFrame) -> None:
    once = parcels[~parcels["address"].duplicated(keep=False)]
    chosen = once[once["address"].str.contains(r"\D[\u4e00-\u9fff]{3}路\d+号$")][:100]
    texts = [re_wrong(address) for address in chosen["address"]]
    frame = pd.DataFrame({"id": range(len(texts)), "place": texts, "amount": 1})
    links = fuse(frame, "address:place")["links"]
    found = 0
    for i, code in enumerate(chosen["code"]):
        link = links[str(i)]
        assert link.state != "linked", (texts[i], link)
        found += code in {each["code"] for each in link.candidates or ()}
    assert found >= 0.9 * len(texts)


def re_wrong(address: str) -> str:
    """The address with another character before 路."""
    at = address.rindex("路")
    return f"{address[: at - 1]}囧{address[at:]}"
