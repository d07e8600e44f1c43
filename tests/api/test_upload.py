"""Files sent over HTTP: loaded by a job that tells how far it is, refused where they mean harm."""

from __future__ import annotations

import io
import re
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import drawing
import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import create_app
from api.ingest.asked import OFTEN, ONCE
from api.ingest.doing import STOPPED
from cim import jobs
from cim.assignment.rules import RULES
from cim.database.sql import run
from cim.settings import Settings

FIELDS = {
    "layer": "plots",
    "title": "地块",
    "key": "number",
    "class": "990101",
    "division": "420602",
}


def test_what_is_advised_names_fields_of_the_form_too() -> None:
    """Of an option of the command `--swap-axes` the field `swap_axes` stands before it."""
    for rule in RULES.values():
        for words in (rule.en, rule.zh):
            advised = re.findall(r"(\w+) ?[(（](--[a-z-]+)[)）]", words)
            assert len(advised) == words.count("--"), words
            for name, option in advised:
                assert option == f"--{name.replace('_', '-')}"
                assert name in (*ONCE, *OFTEN)


def plots(keys: list[str], shapes: list[Any] | None = None) -> gpd.GeoDataFrame:
    boxes = [shapely.box(112 + n / 100, 32, 112.005 + n / 100, 32.01) for n in range(len(keys))]
    return gpd.GeoDataFrame({"number": keys}, geometry=shapes or boxes, crs=4490)


@pytest.fixture
def gpkg(tmp_path: Path) -> Callable[..., bytes]:
    def write(keys: list[str], shapes: list[Any] | None = None) -> bytes:
        plots(keys, shapes).to_file(tmp_path / "plots.gpkg")
        return (tmp_path / "plots.gpkg").read_bytes()

    return write


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return made.getvalue()


def send(client: TestClient, name: str, content: bytes, **fields: Any) -> Any:
    return client.post("/layers", data=FIELDS | fields, files={"file": (name, content)})


def ended(client: TestClient, answer: Any) -> dict[str, Any]:
    """The job, once it has ended."""
    assert answer.status_code == 202, answer.text
    for _ in range(300):
        job: dict[str, Any] = client.get(answer.headers["location"]).raise_for_status().json()
        if job["status"] in {"successful", "failed"}:
            return job
        time.sleep(0.1)
    raise AssertionError(f"the job has not ended: {job}")


def numbers(client: TestClient) -> set[str]:
    answer = client.get("/collections/plots/items")
    assert answer.status_code in {200, 404}
    return {item["properties"]["number"] for item in answer.json().get("features", ())}


def left(client: TestClient) -> list[Path]:
    """What still lies in the folder of uploads."""
    settings: Settings = client.app.state.service.settings  # type: ignore[attr-defined]
    for _ in range(50):
        found = list(settings.uploads.glob("*"))
        if not found:
            break
        time.sleep(0.1)
    return found


def test_a_file_is_loaded_by_a_job(writing: TestClient, gpkg: Callable[..., bytes]) -> None:
    job = ended(
        writing, send(writing, "地块 1.gpkg", gpkg(["a", "b"]), why="new", document="No. 7")
    )
    assert (job["status"], job["rows"], job["progress"]) == ("successful", 2, 100)
    found = job["report"]["run"]
    assert (found["file"], found["added"], found["who"]) == ("地块 1.gpkg", 2, "local")
    assert (found["why"], found["document"]) == ("new", "No. 7")
    assert job["report"]["accepted"] == 2
    assert numbers(writing) == {"a", "b"}
    more = ended(writing, send(writing, "more.gpkg", gpkg(["c"]), mode="append", title=""))
    log = writing.get("/layers/plots/runs").raise_for_status().json()
    assert [each["id"] for each in log["runs"]] == [more["report"]["run"]["id"], found["id"]]
    assert [each["mode"] for each in log["runs"]] == ["append", "replace"]
    assert numbers(writing) == {"a", "b", "c"}
    assert left(writing) == []
    for path in (f"/jobs/{job['jobID']}", "/layers/plots/runs"):
        page = writing.get(path, params={"f": "html", "lang": "en"})
        assert page.status_code == 200
        assert "地块 1.gpkg" in page.text
    for link in (*job["links"], *log["links"]):
        assert writing.get(link["href"].removeprefix("http://testserver")).status_code == 200


def test_what_an_ended_job_brought_is_counted(
    writing: TestClient, gpkg: Callable[..., bytes], engine: Engine
) -> None:
    """At once, and by a worker that no notice of it has reached."""
    ended(writing, send(writing, "plots.gpkg", gpkg(["a", "b"])))
    assert writing.get("/collections/plots/items").json()["numberMatched"] == 2
    sent = send(writing, "plots.gpkg", gpkg(["a", "b", "c"]))
    with engine.begin() as connection:
        hears = "datname = current_database() AND query LIKE 'LISTEN %'"
        run(connection, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {hears}")
    ended(writing, sent)
    assert writing.get("/collections/plots/items?limit=1").json()["numberMatched"] == 3


def test_archives_of_every_kind_are_loaded(writing: TestClient, tmp_path: Path) -> None:
    plots(["甲"]).to_file(tmp_path / "p.shp", encoding="GBK")
    parts = [(f"in/{p.name}", p.read_bytes()) for p in tmp_path.glob("p.*")]
    job = ended(writing, send(writing, "p.zip", zipped(("in/", b""), *parts, ("read.me", b"-"))))
    assert (job["message"], job["report"]["run"]["file"]) == (None, "p.zip")
    assert numbers(writing) == {"甲"}
    files = [("file", (p.name, p.read_bytes())) for p in tmp_path.glob("p.*")]
    ended(writing, writing.post("/layers", data=FIELDS | {"mode": "upsert"}, files=files))
    plots(["g"]).to_file(tmp_path / "g.gdb", driver="OpenFileGDB", layer="plots")
    folder = [(f"g.gdb/{p.name}", p.read_bytes()) for p in (tmp_path / "g.gdb").iterdir()]
    job = ended(writing, send(writing, "g.zip", zipped(*folder), mode="append"))
    assert (job["message"], job["report"]["run"]["added"]) == (None, 1)
    csv = "lon;lat;number\n112.05;32.05;c\n".encode("utf-8-sig")
    ended(writing, send(writing, "c.csv", csv, mode="append", crs="EPSG:4490"))
    assert numbers(writing) == {"甲", "g", "c"}


def test_formats_of_text_and_layers_of_a_file(writing: TestClient, tmp_path: Path) -> None:
    shape = '{"type":"Feature","properties":{"number":"j"},"geometry":{"type":"Point",%s}}'
    lines = "\x1e" + shape % '"coordinates":[112.05,32.05]' + "\n"
    place = "<Point><coordinates>112.06,32.05</coordinates></Point>"
    data = "<ExtendedData><Data name='number'><value>k</value></Data></ExtendedData>"
    kml = f"<kml><Document><Placemark>{data}{place}</Placemark></Document></kml>"
    road = drawing.line("路", (595_000, 3_545_000), (595_010, 3_545_000), (595_010, 3_545_010))
    drawing.write(tmp_path / "d.dxf", road + drawing.text("注", "襄阳"))
    for stem in ("甲", "乙"):
        plots([stem]).to_file(tmp_path / f"{stem}.shp", encoding="GBK")
    shapefiles = [(p.name, p.read_bytes()) for p in tmp_path.glob("[甲乙].*")]
    sent: list[tuple[str, bytes, dict[str, str]]] = [
        ("p.geojsons", lines.encode(), {}),
        ("p.kml", kml.encode(), {}),
        ("p.kmz", zipped(("doc.kml", kml.replace("k</", "z</").encode())), {}),
        ("p.zip", zipped(*shapefiles), {"source_layer": "乙"}),
        ("d.dxf", (tmp_path / "d.dxf").read_bytes(), {"key": "EntityHandle", "layer": "roads"}),
    ]
    for name, content, more in sent:
        fields = {"mode": "replace" if name == "d.dxf" else "upsert", "crs": ""} | more
        if name == "d.dxf":
            fields["crs"] = "EPSG:4546"
        job = ended(writing, send(writing, name, content, **fields))
        assert (job["message"], job["report"]["run"]["added"]) == (None, 1), name
    assert numbers(writing) == {"j", "k", "z", "乙"}
    assert [note["id"] for note in job["report"]["notes"]] == ["encoding.head", "entities.left"]


FLAT = shapely.Polygon([(112.01, 32.01), (112.02, 32.02), (112.01, 32.01)])
BOX = shapely.box(112.01, 32.01, 112.02, 32.02)
BOWTIE = shapely.Polygon([(112.01, 32.01), (112.02, 32.02), (112.02, 32.01), (112.01, 32.02)])


def test_refused_rows_are_told_and_given_back(
    writing: TestClient, gpkg: Callable[..., bytes], tmp_path: Path
) -> None:
    content = gpkg(["a", "b", "", "a"], [BOX, FLAT, BOX, BOWTIE])
    assert "repair" in send(writing, "p.gpkg", content, repair="perhaps").text
    job = ended(writing, send(writing, "p.gpkg", content, repair="true"))
    assert (job["status"], job["report"]["accepted"]) == ("failed", 0)
    assert job["message"].startswith("p.gpkg is refused: row 2: the geometry is invalid")
    refused = job["report"]["refused"]
    assert [(one["row"], one["field"], one["value"], one["rule"]) for one in refused] == [
        (2, None, "(112.01000000, 32.01000000)", "geometry.collapsed"),
        (3, "number", None, "key.empty"),
        (4, "number", "a", "key.doubled"),
    ]
    assert "键值 'a' 已出现在第 1 行" in {one["zh"] for one in refused}
    assert [one["row"] for one in job["report"]["repaired"]] == [4]
    assert job["report"]["rules"]["key.empty"] == {"zh": "键值为空", "en": "empty key"}
    log = writing.get("/layers/plots/runs").json()["runs"]
    assert [(each["state"], each["read"], each["refused"]) for each in log] == [("refused", 4, 3)]
    (related,) = [link for link in job["links"] if link["rel"] == "related"]
    answer = writing.get(related["href"].removeprefix("http://testserver")).raise_for_status()
    assert answer.headers["content-type"] == related["type"]
    (tmp_path / "back.gpkg").write_bytes(answer.content)
    back = gpd.read_file(tmp_path / "back.gpkg", layer="refused")
    assert list(back["refused_row"]) == [2, 3, 4]
    assert list(back["number"]) == ["b", "", "a"]
    assert list(back["refused_rule"]) == ["geometry.collapsed", "key.empty", "key.doubled"]
    assert back.crs.to_epsg() == 4490
    assert back.geometry[0].equals_exact(FLAT)
    job = ended(writing, send(writing, "p.gpkg", content, skip_refused="true"))
    assert (job["status"], job["report"]["accepted"]) == ("successful", 1)
    assert numbers(writing) == {"a"}
    assert left(writing) == []


def test_a_coverage_is_declared_and_its_faults_are_given_back(
    writing: TestClient, gpkg: Callable[..., bytes], tmp_path: Path
) -> None:
    west, east = shapely.box(112, 32, 112.01, 32.01), shapely.box(112.0099, 32, 112.02, 32.01)
    content = gpkg(["w", "e"], [west, east])
    wrong = send(writing, "p.gpkg", content, coverage="true", tolerance="-1", gap_width="wide")
    assert [fault["path"] for fault in wrong.json()["errors"]] == ["tolerance", "gap_width"]
    job = ended(writing, send(writing, "p.gpkg", content, coverage="true"))
    assert {one["rule"] for one in job["report"]["refused"]} == {"coverage.overlap"}
    # A ring of two halves, and what lies in it two tenths of a metre off.
    hole = shapely.box(112.005, 32.002, 112.015, 32.008)
    whole = shapely.difference(shapely.box(112, 32, 112.02, 32.01), hole)
    halves = [shapely.intersection(whole, shapely.box(x, 32, x + 0.01, 33)) for x in (112, 112.01)]
    shapes = [*halves, hole.buffer(-2e-6, join_style="mitre")]
    job = ended(writing, send(writing, "p.gpkg", gpkg(["a", "b", "c"], shapes), coverage="true"))
    assert (job["status"], job["report"]["faults"]) == ("successful", 1)
    (gap,) = job["report"]["told"]
    assert (gap["row"], gap["rule"], sorted(gap["details"]["between"])) == (
        1,
        "coverage.gap",
        ["a", "b", "c"],
    )
    assert gap["zh"].startswith("第 1 行（a）、第 2 行（b）、第 3 行（c）之间有缝隙：面积 ")
    (related,) = [link for link in job["links"] if link["rel"] == "related"]
    answer = writing.get(related["href"].removeprefix("http://testserver")).raise_for_status()
    (tmp_path / "back.gpkg").write_bytes(answer.content)
    assert list(gpd.read_file(tmp_path / "back.gpkg")["rule"]) == ["coverage.gap"]
    page = writing.get(f"/jobs/{job['jobID']}", params={"f": "html", "lang": "zh"})
    assert "缝隙" in page.text


def linked(name: str, kind: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (kind | 0o777) << 16
    return entry


def bomb() -> bytes:
    return zipped(("plots.csv", bytes(65 << 20)))


def lying() -> bytes:
    """An entry that holds more than it says."""
    made = bytearray(zipped(("plots.csv", b"lon,lat\n" * 1000)))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = made.index(mark) + place
        made[at : at + 4] = (10).to_bytes(4, "little")
    return bytes(made)


def crowded() -> bytes:
    return zipped(*((f"{n}.txt", b"") for n in range(10_001)))


HARM: dict[str, tuple[Callable[[], bytes], str]] = {
    "traversal": (lambda: zipped(("../p.gpkg", b"-")), "leads out of it"),
    "deep traversal": (lambda: zipped(("a/../../p.gpkg", b"-")), "leads out of it"),
    "absolute": (lambda: zipped(("/tmp/p.gpkg", b"-")), "leads out of it"),
    "drive": (lambda: zipped(("C:\\p.gpkg", b"-")), "leads out of it"),
    "backslashes": (lambda: zipped(("..\\p.gpkg", b"-")), "leads out of it"),
    "link": (lambda: zipped((linked("p.gpkg", stat.S_IFLNK), b"/etc/passwd")), "symbolic link"),
    "device": (lambda: zipped((linked("p.gpkg", stat.S_IFCHR), b"")), "neither a file"),
    "nested": (lambda: zipped(("p.zip", zipped(("p.gpkg", b"-")))), "an archive itself"),
    "bomb": (bomb, "packed more than 200 to one"),
    "crowd": (crowded, "more than 10,000 entries"),
    "twice": (lambda: zipped(("p.csv", b"-"), ("P.csv", b"-")), "the same name"),
    "no archive": (lambda: b"PK but no more", "no zip archive"),
    "cut off": (lambda: zipped(("p.csv", b"lon,lat\n"))[:-30], "no zip archive"),
}


@pytest.mark.parametrize("name", HARM)
def test_an_archive_that_means_harm_is_refused(name: str, writing: TestClient) -> None:
    make, reason = HARM[name]
    answer = send(writing, "p.zip", make())
    assert answer.status_code == 422, answer.text
    assert reason in answer.json()["detail"]
    assert left(writing) == []
    assert not (Path("/tmp") / "p.gpkg").exists()


LATE: dict[str, tuple[Callable[[], bytes], str]] = {
    "lying": (lying, "p.zip is refused: "),
    "hidden archive": (
        lambda: zipped(("p.csv", zipped(("q.csv", b"-")))),
        "'p.csv' is an archive itself",
    ),
    "nothing": (lambda: zipped(("read.me", b"-")), "one data set"),
    "two": (
        lambda: zipped(("p.csv", b"-"), ("q.csv", b"-")),
        "with source_layer (--source-layer): p.csv, q.csv",
    ),
    "file and folder": (lambda: zipped(("p.csv", b"-"), ("p.csv/q.csv", b"-")), "refused: one of"),
    "other": (lambda: zipped(("p.gpkg", b"lon,lat\n")), "p.gpkg is refused: it is no gpkg file"),
}


@pytest.mark.parametrize("name", LATE)
def test_what_only_unpacking_shows_ends_the_job(name: str, writing: TestClient) -> None:
    make, reason = LATE[name]
    job = ended(writing, send(writing, "p.zip", make()))
    assert job["status"] == "failed"
    assert reason in job["message"]
    assert left(writing) == []
    (found,) = writing.get("/layers/plots/runs").json()["runs"]
    assert found["state"] == "refused"


VRT = b"""<OGRVRTDataSource><OGRVRTLayer name="p"><SrcDataSource>/etc/passwd</SrcDataSource>
</OGRVRTLayer></OGRVRTDataSource>"""
ELSEWHERE = {
    "p.csv": VRT,
    "q.csv": b"lon,lat\n" + VRT,
    "p.geojson": b'{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read x"}',
    "p.gpkg": VRT,
    "p.vrt": VRT,
    "p.kml": VRT,
    "p.dxf": VRT,
    "p.ndjson": VRT,
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_file_that_leads_elsewhere_is_refused(name: str, writing: TestClient) -> None:
    answer = send(writing, name, ELSEWHERE[name], crs="EPSG:4490")
    assert answer.status_code == 422, answer.text


FORMS: dict[str, tuple[dict[str, Any], str]] = {
    "no layer": ({"layer": ""}, "layer: it must be given"),
    "bad layer": ({"layer": "1; DROP"}, "layer: '1; DROP' cannot be a name"),
    "bad mode": ({"mode": "merge"}, "mode: 'merge' is not one of replace, append"),
    "unknown": ({"colour": "red"}, "colour: no such field"),
    "twice": ({"key": ["a", "b"]}, "key: it is given twice"),
    "scheme": ({"alias": "isbn=x"}, "alias: no code scheme 'isbn'"),
    "alias": ({"alias": "parcel"}, "alias: it is SCHEME=FIELD"),
    "moment": ({"valid_from": "yesterday"}, "valid_from: "),
    "flag": ({"skip_refused": "maybe"}, "skip_refused: 'maybe' is neither"),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_tells_what_is_wrong_with_it(
    name: str, writing: TestClient, gpkg: Callable[..., bytes]
) -> None:
    fields, reason = FORMS[name]
    answer = send(writing, "p.gpkg", gpkg(["a"]), **fields)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(reason)
    assert left(writing) == []


def test_bodies_that_are_no_form(writing: TestClient) -> None:
    assert writing.post("/layers", json={}).status_code == 415
    assert writing.post("/layers", data=FIELDS).status_code == 415
    files = {"file": ("", b""), "other": (None, b"x")}
    assert writing.post("/layers", files=files).status_code == 422
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    whole = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n\r\n-\r\n--x--\r\n'
    )
    for body in (b"", b"nothing", whole[:-8] % b"a.csv", whole % b"../a.csv", whole % b".a.csv"):
        answer = writing.post("/layers", content=body, headers=kind)
        assert answer.status_code == 400, (body, answer.text)
    assert left(writing) == []


@pytest.fixture
def small(database: str, open_folder: Path) -> Iterator[TestClient]:
    """A service that takes a hundred thousand bytes, from who has a token."""
    settings = Settings(
        home=open_folder / "small",
        database_url=database,
        upload_bytes=100_000,
        tokens={"0123456789abcdef": "clerk"},
    )
    with TestClient(create_app(settings), client=("127.0.0.1", 50000)) as client:
        yield client


def test_size_and_sender_are_limited(small: TestClient) -> None:
    assert send(small, "p.csv", b"").status_code == 401
    headers = {"Authorization": "Bearer 0123456789abcdef"}
    small.headers.update(headers)
    assert send(small, "p.csv", bytes(100_001)).status_code == 413

    def pieces() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="p.csv"\r\n\r\n'
        for _ in range(11):
            yield bytes(10_000)

    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    assert small.post("/layers", content=pieces(), headers=kind).status_code == 413
    answer = send(small, "p.zip", zipped(("p.csv", bytes(range(250)) * 1700)))
    assert "more than 400,000 bytes come out" in answer.json()["detail"]
    assert left(small) == []


def test_jobs_outlive_their_worker(writing: TestClient, engine: Engine) -> None:
    """What nobody works on any more has failed, and every worker says so."""
    with engine.begin() as connection:
        dead = jobs.accept(connection, "ingest", "plots", {"mode": "replace"}, ("local", "gone:1"))
    workshop = writing.app.state.workshop  # type: ignore[attr-defined]
    folder = workshop.folder(dead)
    folder.mkdir(parents=True)
    workshop.sweep()
    assert folder.exists()
    with engine.begin() as connection:
        jobs.begin(connection, dead)
        run(connection, "UPDATE cim.job SET beaten_at = now() - interval '61 seconds'")
    asked = writing.get(f"/jobs/{dead}").raise_for_status().json()
    assert (asked["status"], asked["message"]) == ("failed", jobs.LOST)
    workshop.sweep()
    assert not folder.exists()
    with engine.begin() as connection:
        assert run(connection, "SELECT state FROM cim.job")[0].state == "failed"
        with pytest.raises(jobs.JobLost):
            jobs.succeed(connection, dead, {})
    assert writing.get("/jobs/999").status_code == 404
    assert writing.get(f"/jobs/{dead}/refused").status_code == 404


def test_a_stopped_service_gives_its_jobs_up(
    database: str, open_folder: Path, engine: Engine, gpkg: Callable[..., bytes]
) -> None:
    """A load that waits for another one of its layer is cancelled, and told as failed."""
    settings = Settings(home=open_folder / "stopped", database_url=database)
    with engine.begin() as connection:
        run(connection, "SELECT pg_advisory_xact_lock(hashtext('layer plots'))")
        with TestClient(create_app(settings), client=("127.0.0.1", 50000)) as client:
            answer = send(client, "p.gpkg", gpkg(["a"]))
            for _ in range(100):
                job = client.get(answer.headers["location"]).json()
                if job["status"] == "running":
                    break
                time.sleep(0.1)
            assert (job["status"], job["report"]) == ("running", None)
            page = client.get(answer.headers["location"], params={"f": "html"})
            assert 'http-equiv="refresh"' in page.text
    with engine.connect() as connection:
        (row,) = run(connection, "SELECT state, message FROM cim.job")
        assert (row.state, row.message) == ("failed", STOPPED)
        assert run(connection, "SELECT 1 FROM cim.layer WHERE name = 'plots'") == []
    assert list(settings.uploads.iterdir()) == []
