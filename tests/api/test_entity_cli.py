"""The commands of assignment and of the life cycle, one after the other over one small city."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import psycopg
import pytest
import shapely
from commands import Cim, Said

from cim import entity_code


def done(said: Said) -> str:
    assert said.status == 0, said.err
    return said.out


def square(x: float, width: float = 0.001) -> shapely.Polygon:
    return shapely.box(x, 32, x + width, 32.001)


def write(path: Path, shapes: dict[str, Any]) -> Path:
    columns = {"nr": list(shapes), "use": [f"0{n}" for n in range(len(shapes))]}
    gpd.GeoDataFrame(columns, geometry=list(shapes.values()), crs=4490).to_file(path)
    return path


PARCELS = {"p1": square(112.1), "p2": square(112.2), "p3": square(112.20001), "": square(112.3)}


@pytest.fixture
def assign(cim: Cim, tmp_path: Path) -> Callable[..., Said]:
    def run(*more: str | Path, shapes: dict[str, Any] = PARCELS) -> Said:
        file = write(tmp_path / "parcels.gpkg", shapes)
        words = ("--class", "990101", "--system", "cadastre", "--key", "nr", "--division", "420606")
        return cim("entity", "assign", file, *words, "--results", tmp_path / "o.csv", *more)

    return run


@pytest.fixture
def codes(assign: Callable[..., Said], tmp_path: Path) -> list[str]:
    """Codes of p1 and p2."""
    done(assign())
    with (tmp_path / "o.csv").open(newline="") as file:
        return [row["code"] for row in csv.DictReader(file)][:2]


def test_a_batch_is_summed_up(assign: Callable[..., Said], tmp_path: Path) -> None:
    first = done(assign()).splitlines()
    out = tmp_path / "o.csv"
    assert first[0] == (
        f"4 rows: 2 assigned, 0 existing, 1 duplicate?, 1 rejected; {out} tells each"
    )
    assert first[1].endswith("wait for a decision: cim review list")
    again = json.loads(done(assign("--json", "--no-guard")))
    assert again == {
        "rows": 4,
        "assigned": 1,
        "existing": 2,
        "duplicates": 0,
        "rejected": 1,
        "results": str(out),
    }


def test_what_cannot_be_is_told_in_one_line(assign: Callable[..., Said], cim: Cim) -> None:
    for words, told in (
        (("--layer", "none"), "cim: there is no layer 'none'"),
        (("--alias", "nonsense=nr"), "cim: no code scheme 'nonsense'"),
        (("--valid-from", "yesterday"), "cim: 'yesterday' is not an RFC 3339 time or interval"),
    ):
        said = assign(*words)
        assert (said.status, said.err.count("\n")) == (1, 1), said
        assert said.err.startswith(told), said.err
    assert cim("entity", "change", "420606990101000000001").status == 2
    nobody = cim("entity", "retire", "420606990101000000001")
    assert (nobody.status, nobody.err) == (1, "cim: no entity '420606990101000000001'\n")


def test_a_life(cim: Cim, codes: list[str], tmp_path: Path) -> None:
    one, two = codes
    change = ("entity", "change", entity_code.format(one))
    assert done(cim(*change, "--name", "一号", "--property", "floors=3", "--why", "survey")) == (
        f"{one}: changed\n"
    )
    assert "nothing was different" in done(cim(*change, "--property", "floors=3"))
    moved = write(tmp_path / "moved.geojson", {"p1": square(112.1, 0.002)})
    done(cim(*change, "--property", "use=", "--geometry", moved, "--document", "no. 7"))
    feature = json.loads(done(cim("resolve", one, "--json")))["matches"][0]["feature"]
    assert feature["properties"]["attributes"] == {"floors": 3}
    assert shapely.geometry.shape(feature["geometry"]).area == pytest.approx(2e-6)

    halves = write(tmp_path / "halves.gpkg", {"a": square(112.1), "b": square(112.101, 0.0005)})
    split = ("entity", "split", one, halves, "--key", "nr", "--why", "sold")
    refused = cim(*split)
    assert (refused.status, "make up 75" in refused.err) == (1, True), refused
    told = done(cim(*split, "--force", "a road was taken off"))
    parts = [line.split()[3] for line in told.splitlines()]
    assert told.splitlines()[0] == f"{one}: split into {parts[0]} (a)"

    whole = write(tmp_path / "whole.gpkg", {"c": square(112.1, 0.0015)})
    merged = done(cim("entity", "merge", *parts, whole, "--key", "nr"))
    final = merged.split()[-2]
    assert done(cim("entity", "merge", two, "--into", final)).endswith(f"merged into {final}\n")
    assert done(cim("entity", "void", final)) == "1 void\n"

    history = json.loads(done(cim("entity", "history", one, "--json")))["changes"]
    assert [event["change"] for event in history] == ["assigned", "changed", "changed", "split"]
    assert [event["why"] for event in history][1:] == ["survey", None, "sold; a road was taken off"]
    assert history[2]["document"] == "no. 7"
    assert history[3]["successors"] == parts
    assert {event["who"] for event in history} == {"tester"}
    assert f"into {', '.join(parts)}" in done(cim("entity", "history", one))


def test_reviews_are_decided(cim: Cim, codes: list[str], assign: Callable[..., Said]) -> None:
    (review,) = json.loads(done(cim("review", "list", "--json")))["reviews"]
    assert (review["source_id"], review["candidate"]) == ("p3", codes[1])
    assert "99% of the area" in done(cim("review", "list"))
    assert "cadastre p3" in done(cim("review", "show", review["id"]))
    told = done(cim("review", "decide", review["id"], "same", "--why", "drawn twice"))
    assert told == f"review {review['id']}: same; p3 is existing {codes[1]}\n"
    assert cim("review", "decide", review["id"], "different").status == 1
    assert cim("review", "decide", review["id"], "perhaps").status == 2
    assert "0 duplicate?" in done(assign())
    assert done(cim("review", "list")) == "No review waits.\n"


def test_reservations_and_quotas(cim: Cim, assign: Callable[..., Said]) -> None:
    done(cim("quota", "set", "planning", 5, "--class", "990101"))
    block = ("--class", "990101", "--division", "420606", "--department", "planning")
    make = ("reservation", "make", "--project", "bridge", "--expires", "2099-01-01", *block)
    held = json.loads(done(cim(*make, 4, "--json")))
    assert (held["first_code"], held["unused"]) == ("420606990101000000001", 4)
    over = cim(*make, 2)
    assert "may have 1 more codes of class 990101 and asks for 2" in over.err
    done(assign("--reservation", str(held["id"])))
    (living,) = json.loads(done(cim("reservation", "list", "--json")))["reservations"]
    assert living["unused"] == 2
    released = done(cim("reservation", "release", held["id"]))
    assert released == f"reservation {held['id']}: released, 2 unused codes are void\n"
    assert done(cim("reservation", "list")) == "There is no reservation.\n"
    assert done(cim("reservation", "expire")) == "0 reservations have expired\n"
    (quota,) = json.loads(done(cim("quota", "list", "--json")))["quotas"]
    assert (quota["codes"], quota["used"]) == (5, 2)


@pytest.mark.usefixtures("codes")
def test_the_feed_goes_on_where_it_was_left(cim: Cim) -> None:
    lines = [json.loads(line) for line in done(cim("changes")).splitlines()]
    assert [line["change"] for line in lines] == ["assigned", "assigned"]
    rest = done(cim("changes", "--since", lines[0]["position"], "--limit", "5"))
    assert [json.loads(line) for line in rest.splitlines()] == lines[1:]
    assert done(cim("changes", "--since", lines[1]["position"])) == ""


@pytest.mark.usefixtures("codes")
def test_up_ends_what_has_expired(cim: Cim, database: str) -> None:
    block = ("--class", "990101", "--division", "420606", "--expires", "2099-01-01")
    done(cim("reservation", "make", 3, "--project", "bridge", *block))
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE cim.reservation SET expires_at = now() - interval '1 day'")
    assert "Reservations that have expired: 1" in cim("up", "--no-serve").err
    told = [json.loads(line)["change"] for line in done(cim("changes")).splitlines()]
    assert told == ["assigned"] * 2 + ["reserved"] * 3 + ["void"] * 3
    status = json.loads(done(cim("status", "--port", "8123", "--json")))
    assert (status["running"], status["service"]) == (True, "http://127.0.0.1:8123")
