"""`POST /resolve`: tables of codes in four formats, and what cannot be read."""

from __future__ import annotations

import csv
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pyarrow as pa
import pytest
from starlette.testclient import TestClient

from api import resolve_bulk
from api.resolve_bulk import ARROW, columns
from cim import entity_code
from cim.resolve_bulk import BLOCK, FIELDS
from cim.settings import Settings

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"
UNKNOWN, BROKEN = "420606990101999999999", "420606-990101-99999999"
SAID = FIELDS.names


@pytest.fixture(scope="module")
def codes(client: TestClient) -> list[str | None]:
    """Entity codes of both forms and parcel codes, with bad ones among them; more than a block."""
    items = client.get("/collections/parcels/items?limit=1000").json()["features"]
    entities = [feature["id"] for feature in items]
    known = [
        *entities,
        *map(entity_code.format, entities),
        *(f"{code[:6]}-{code[6:12]}-{code[12:]}" for code in entities),
        *(feature["properties"]["parcel_code"] for feature in items),
    ]
    chosen = np.random.default_rng(3).choice(known, BLOCK + 5_000).tolist()
    return [UNKNOWN, None, "", BROKEN, *chosen, "襄阳", UNKNOWN]


@pytest.fixture(scope="module")
def expected(client: TestClient, codes: list[str | None]) -> list[tuple[str, str | None]]:
    """Status and entity code of each, asked one at a time where they differ."""
    told: dict[str | None, tuple[str, str | None]] = {
        None: ("invalid", None),
        "": ("invalid", None),
    }
    for text in set(codes) - told.keys():
        answer = client.get("/resolve", params={"code": text})
        status = {200: "found", 404: "unknown", 422: "invalid"}[answer.status_code]
        told[text] = (status, answer.json().get("code"))
    return [told[text] for text in codes]


def post(client: Any, body: Any, kind: str, query: str = "") -> Any:
    return client.post(f"/resolve?{query}", content=body, headers={"content-type": kind})


def arrow(table: pa.Table, **options: Any) -> bytes:
    body = io.BytesIO()
    written = pa.ipc.IpcWriteOptions(compression=options.pop("compression", None))
    with pa.ipc.new_stream(body, table.schema, options=written) as writer:
        writer.write_table(table, **options)
    return body.getvalue()


def test_json(client: TestClient, codes: Any, expected: Any) -> None:
    answer = post(client, json.dumps({"codes": codes}).encode(), JSON).raise_for_status().json()
    assert [row["code"] for row in answer["results"]] == codes
    assert [(row["status"], row["entity_code"]) for row in answer["results"]] == expected
    assert answer["complete"] is True
    good = len([1 for status, _ in expected if status == "found"])
    counts = {"rows": len(codes), "found": good, "unknown": 2, "invalid": 4, "ambiguous": 0}
    assert answer["counts"] == counts


def test_ndjson(client: TestClient, codes: Any, expected: Any) -> None:
    rows = [{"n": n, "code": code, "big": 2**70} for n, code in enumerate(codes)]
    body = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    answer = post(client, body, NDJSON).raise_for_status()
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert [{name: row[name] for name in ("n", "code", "big")} for row in found] == rows
    assert [(row["status"], row["entity_code"]) for row in found] == expected
    assert all(list(row) == ["n", "code", "big", *SAID] for row in found)


def test_ndjson_of_texts_alone(client: TestClient, codes: Any, expected: Any) -> None:
    texts = codes[:1000]
    body = "\n\n".join(map(json.dumps, texts)).encode()
    answer = post(client, body, NDJSON).raise_for_status()
    found = [json.loads(line) for line in answer.text.splitlines()]
    assert [row["code"] for row in found] == texts
    assert [(row["status"], row["entity_code"]) for row in found] == expected[:1000]


def test_csv(client: TestClient, codes: Any, expected: Any) -> None:
    body = io.StringIO()
    writing = csv.writer(body, lineterminator="\n")
    writing.writerow(["n", "编码", 'a "name", quoted'])
    rows = [[f"00{n}", code or "", f'x{n % 3}, "y"\n' * (n % 2)] for n, code in enumerate(codes)]
    writing.writerows(rows)
    answer = post(client, body.getvalue().encode("utf-8-sig"), CSV, "column=编码&prefix=_")
    header, *found = csv.reader(io.StringIO(answer.raise_for_status().text))
    assert header == ["n", "编码", 'a "name", quoted', *(f"_{name}" for name in SAID)]
    assert [row[:3] for row in found] == rows
    assert [(row[3], row[5] or None) for row in found] == expected


def test_arrow(client: TestClient, codes: Any, expected: Any) -> None:
    table = pa.table({"n": list(range(len(codes))), "code": pa.array(codes).dictionary_encode()})
    answer = post(client, arrow(table, max_chunksize=7_777), ARROW).raise_for_status()
    assert answer.headers["content-type"] == ARROW
    found = pa.ipc.open_stream(answer.content).read_all()
    assert found.select(["n", "code"]).equals(table)
    assert found.schema.names == ["n", "code", *SAID]
    said = zip(found["status"].to_pylist(), found["entity_code"].to_pylist(), strict=True)
    assert list(said) == expected


@pytest.fixture
def heirs(writing: TestClient) -> TestClient:
    """Two parcels, of which one became the other, and a hydrological station known as a cell."""
    engine = writing.app.state.service.engine  # type: ignore[attr-defined]
    with engine.begin() as connection:
        connection.exec_driver_sql("""
            INSERT INTO cim.action (who) VALUES ('test');
            INSERT INTO cim.entity (code, source_system, source_id, state) VALUES
                ('420606990101000000001', 's', '1', 'merged'),
                ('420606990101000000002', 's', '2', 'active'),
                ('420606990101000000003', 's', '3', 'active');
            INSERT INTO cim.succession SELECT
                '420606990101000000001', unnest(ARRAY['420606990101000000003',
                '420606990101000000002']), now(), max(id) FROM cim.action;
            INSERT INTO cim.alias (scheme, value, code) VALUES
                ('geosot', 'G0011232', '420606990101000000002'),
                ('hydro_station', 'G0011232', '420606990101000000003'),
                ('standard_address', '长虹路"1"号', '420606990101000000003')
        """)
    return writing


GONE, AMBIGUOUS = "420606990101000000001", "G0011232"
HEIRS = ["420606990101000000002", "420606990101000000003"]
COULD_BE = f"could be {HEIRS[0]} as geosot or {HEIRS[1]} as hydro_station"


def test_successors_and_candidates(heirs: TestClient) -> None:
    told = post(heirs, json.dumps({"codes": [GONE, AMBIGUOUS]}), JSON).json()["results"]
    assert told[0] == {
        "code": GONE,
        "status": "found",
        "scheme": "uic",
        "entity_code": GONE,
        "state": "merged",
        "type_code": "990101",
        "layer": None,
        "successors": HEIRS,
        "reason": None,
    }
    assert (told[1]["status"], told[1]["reason"]) == ("ambiguous", COULD_BE)
    found = post(heirs, f"code\n{GONE}\n{AMBIGUOUS}\n", CSV).text.splitlines()
    assert found[1] == f"{GONE},found,uic,{GONE},merged,990101,,{' '.join(HEIRS)},"
    assert found[2] == f"{AMBIGUOUS},ambiguous,,,,,,,{COULD_BE}"
    table = pa.table({"code": [GONE, AMBIGUOUS]})
    lists = pa.ipc.open_stream(post(heirs, arrow(table), ARROW).content).read_all()["successors"]
    assert lists.to_pylist() == [HEIRS, None]


def test_a_scheme_may_be_named(heirs: TestClient) -> None:
    rows = '{"a":"长虹路\\"1\\"号"}\n{"a":"长虹路2号"}\n{"a":"\\u0000"}\n{}\n'
    answer = post(heirs, rows.encode(), NDJSON, "column=a&scheme=standard_address")
    said = [json.loads(line)["status"] for line in answer.text.splitlines()]
    assert said == ["found", "unknown", "unknown", "invalid"]
    answer = post(heirs, '{"codes":["G0011232"]}', JSON, "scheme=hydro_station").json()
    assert answer["results"][0]["entity_code"] == HEIRS[1]


def test_empty_tables(client: TestClient) -> None:
    said = ",".join(SAID)
    assert post(client, b"code\n", CSV).text == post(client, b"code", CSV).text == f"code,{said}\n"
    assert post(client, b"", NDJSON).content == b""
    assert post(client, b'{"codes": []}', JSON).json()["counts"]["rows"] == 0
    empty = post(client, arrow(pa.table({"code": pa.array([], pa.string())})), ARROW)
    assert pa.ipc.open_stream(empty.content).read_all().num_rows == 0


def test_a_column_of_codes_alone_may_have_empty_rows(client: TestClient) -> None:
    found = post(client, f"code\n\n{UNKNOWN}\r\n\n", CSV).text.splitlines()
    assert [line.split(",")[1] for line in found[1:]] == ["invalid", "unknown", "invalid"]


def test_numbers_are_read_as_their_digits(client: TestClient) -> None:
    told = post(client, b'{"codes": [3205080101000001, 4.2, true]}', JSON).json()["results"]
    assert [row["code"] for row in told] == [3205080101000001, 4.2, True]
    assert [row["status"] for row in told] == ["unknown", "invalid", "invalid"]


GOOD = b"1\n" * 40_000


@pytest.mark.parametrize(
    ("kind", "body", "status", "said"),
    [
        (CSV, b"x\n1\n", 422, "'code' is not among x; column= names another"),
        (CSV, b"code,code\n1,2\n", 422, "'code' is there twice"),
        (CSV, b"code,layer\n1,2\n", 422, "a column 'layer' already; prefix= renames"),
        (CSV, b"code,n\n1,2\n1\n", 422, "row 2: it has 1 fields, the header has 2"),
        (CSV, b"code,n\n" + b"1,2\n" * 600_000 + b"1,2,3\n", 422, "row 600001: it has 3 fields"),
        (CSV, b"code\n\xff\n", 422, "UTF-8"),
        (CSV, b"\xff\n1\n", 422, "UTF-8"),
        (CSV, b"x" * 100_000, 422, "the header is longer"),
        (CSV, b'code\n1\n"' + b"1\n" * 2_000_000, 422, "its quotes are not closed"),
        (CSV, b"", 422, "'code'"),
        (NDJSON, b'"1"\n{"code":1\n', 422, "row 2: it is not JSON"),
        (NDJSON, b'"1"\n' * 200_000 + b"[1]\n", 422, "row 200001: it is neither"),
        (NDJSON, b'{"code":"1","state":2}\n', 422, "row 1: there is a column 'state' already"),
        (NDJSON, b'"' + b"1" * (2 << 20) + b'"\n', 422, "a line is longer"),
        (JSON, b"[]", 422, '{"codes": […]}'),
        (JSON, b'{"codes": "1"}', 422, '{"codes": […]}'),
        (JSON, b'{"codes": ["1"', 422, "it breaks off"),
        (JSON, b'{"codes": ["1"], "n": 1}', 422, "other members"),
        (JSON, b'{"codes": [["1"]]}', 422, "itself a list"),
        (JSON, b'{"codes": ["1",]}', 422, "JSON"),
        (ARROW, b"rubbish", 422, "Arrow"),
        (ARROW, arrow(pa.table({"code": [1, 2]})), 422, "'code' is int64; codes are text"),
        (ARROW, arrow(pa.table({"code": ["1"] * 9_000}))[:-2000], 422, "breaks off"),
        ("text/plain", b"1", 415, "application/json, application/x-ndjson, text/csv"),
    ],
)
def test_what_cannot_be_read(
    client: TestClient, kind: str, body: bytes, status: int, said: str
) -> None:
    answer = post(client, body, kind)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    "body",
    ['code\n"abc\n', 'code\nabc\n"', 'code,b\n1,"abc\n', 'code,b\n"1,abc', 'code\n"' + "0\n" * 9],
)
def test_a_csv_that_ends_within_quotes_was_cut_off(client: TestClient, body: str) -> None:
    assert post(client, body, "text/csv").status_code == 422


@pytest.mark.parametrize("rows", ["0", "0\n0\n", "0\n\n", '"0"\r\n0\r\n', '"a""b"\n', 'a"b\n'])
def test_a_csv_that_is_whole_has_all_its_rows(client: TestClient, rows: str) -> None:
    answer = list(csv.reader(io.StringIO(post(client, "code\n" + rows, "text/csv").text)))
    given = list(csv.reader(io.StringIO(rows)))
    assert [row[0] for row in answer[1:]] == [(row or [""])[0] for row in given]


def test_a_long_last_row_without_its_end_is_read(client: TestClient) -> None:
    row = "1," + "x" * 700_000
    answer = post(client, f"code,b\n{row}\n{row}", "text/csv")
    assert answer.status_code == 200
    assert answer.text.count("x" * 700_000) == 2


@pytest.mark.parametrize(
    "query", ["scheme=isbn", "colum=x", "column=a&column=b", "prefix=%00", "prefix=a%0A"]
)
def test_parameters_that_are_not_known(client: TestClient, query: str) -> None:
    assert post(client, b"code\n1\n", CSV, query).status_code == 400


def test_limits(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "MAX_ROWS", 100)
    told = post(client, b"code\n" + b"1\n" * 101, CSV)
    assert (told.status_code, "100 rows" in told.json()["detail"]) == (413, True)
    monkeypatch.setattr(resolve_bulk, "MAX_BYTES", 100)
    told = post(client, b"code\n" + b"1\n" * 101, CSV)
    assert (told.status_code, "100 bytes" in told.json()["detail"]) == (413, True)


def test_a_batch_that_unpacks_to_more_than_the_memory_is_refused(client: TestClient) -> None:
    table = pa.table({"code": ["1"], "zeros": [b"\0" * (257 << 20)]})
    body = arrow(table, compression="zstd")
    assert len(body) < 1 << 20
    told = post(client, body, ARROW)
    assert (told.status_code, "at a time" in told.json()["detail"]) == (422, True)
    small = arrow(pa.table({"code": [UNKNOWN] * 1000}), compression="zstd")
    assert pa.ipc.open_stream(post(client, small, ARROW).content).read_all().num_rows == 1000


def test_an_answer_that_breaks_off_can_be_told(client: TestClient) -> None:
    """By its length; without one, packed, by its last chunk; JSON by its end as well."""
    headers = {"content-type": JSON, "accept-encoding": "identity"}
    answer = client.post("/resolve", content=json.dumps({"codes": ["1"] * 99}), headers=headers)
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert json.loads(answer.content)["complete"] is True
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(answer.content[:-20])


def test_a_reader_that_is_cut_off_notices(city_url: str) -> None:
    address = urlsplit(city_url)
    body = b"code\n" + b"1\n" * 50_000
    with socket.create_connection((str(address.hostname), address.port or 80)) as line:
        head = f"POST /resolve HTTP/1.1\r\nHost: x\r\nContent-Type: {CSV}\r\nConnection: close\r\n"
        line.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        received = line.recv(1 << 16)
    start, _, some = received.partition(b"\r\n\r\n")
    promised = next(n for n in start.lower().split(b"\r\n") if n.startswith(b"content-length: "))
    assert len(some) < int(promised.split()[1])
    assert httpx.get(f"{city_url}/healthz").status_code == 200


def test_an_upload_that_breaks_off_is_not_answered_and_leaves_the_service_well(
    city_url: str,
) -> None:
    address = urlsplit(city_url)
    with socket.create_connection((str(address.hostname), address.port or 80)) as line:
        head = f"POST /resolve HTTP/1.1\r\nHost: x\r\nContent-Type: {CSV}\r\n"
        line.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n7\r\ncode\n1\n\r\n")
        line.shutdown(socket.SHUT_WR)
        assert b"200" not in line.recv(1 << 16)
    assert httpx.get(f"{city_url}/healthz").status_code == 200


@pytest.fixture(scope="module")
def single(serve: Callable[[Settings, int], str], city: Settings) -> str:
    """Address of a server with one worker over the sample city."""
    return serve(city, 1)


def test_a_client_may_send_all_before_it_reads_and_others_are_answered(
    single: str, codes: Any, expected: Any
) -> None:
    lines = b"".join(b'"%s"\n' % (code or "").encode() for code in codes)

    def chunks() -> Iterator[bytes]:
        for _ in range(3):
            yield lines

    waits: list[float] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            begin = time.monotonic()
            httpx.get(f"{single}/healthz", timeout=60).raise_for_status()
            waits.append(time.monotonic() - begin)

    other = threading.Thread(target=ask)
    other.start()
    try:
        with httpx.Client(base_url=single, timeout=120) as client:
            answer = post(client, chunks(), NDJSON).raise_for_status()
    finally:
        done.set()
        other.join()
    said = [(row["status"], row["entity_code"]) for row in map(json.loads, answer.iter_lines())]
    assert said == expected * 3
    assert len(waits) > 5
    assert float(np.median(waits)) < 0.5
