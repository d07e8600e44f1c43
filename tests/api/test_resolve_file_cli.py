"""``cim resolve --file`` as people run it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient

from api.cli import main
from cim.resolve_bulk import FIELDS
from cim.settings import Settings

UNKNOWN = "420606990101999999999"


@pytest.fixture(scope="module")
def codes(client: TestClient) -> list[str]:
    items = client.get("/collections/parcels/items?limit=2").json()["features"]
    return [items[0]["id"], UNKNOWN, items[1]["properties"]["parcel_code"], "襄阳"]


class Done(NamedTuple):
    """How the command ended."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def cim(
    city: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command, run in this process."""
    monkeypatch.setenv("CIM_DATABASE_URL", str(city.database_url))

    def run(*words: str) -> Done:
        monkeypatch.setattr("sys.argv", ["cim", "resolve", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(int(ended.value.code or 0), *capsys.readouterr())

    return run


def write(path: Path, codes: list[str]) -> None:
    table = pa.table({"n": list(range(len(codes))), "code": codes})
    rows = table.to_pylist()
    match path.name.split("."):
        case [_, "csv"]:
            path.write_text("n,code\n" + "".join(f"{r['n']},{r['code']}\n" for r in rows))
        case [_, "ndjson"]:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        case [_, "json"]:
            path.write_text(json.dumps({"codes": codes}))
        case ["stream", "arrow"]:
            with pa.ipc.new_stream(str(path), table.schema) as writer:
                writer.write_table(table)
        case [_, "arrow"]:
            with pa.ipc.new_file(str(path), table.schema) as writer:
                writer.write_table(table)
        case _:
            pq.write_table(table, path)


def read(path: Path) -> list[dict[str, Any]]:
    match path.name.split("."):
        case [_, "csv"]:
            return list(csv.DictReader(path.read_text("utf-8").splitlines()))
        case [_, "ndjson"]:
            return [json.loads(line) for line in path.read_text().splitlines()]
        case [_, "json"]:
            return list(json.loads(path.read_text())["results"])
        case ["stream", "arrow"]:
            return list(pa.ipc.open_stream(path.read_bytes()).read_all().to_pylist())
        case [_, "arrow"]:
            return list(pa.ipc.open_file(path.read_bytes()).read_all().to_pylist())
        case _:
            return list(pq.read_table(path).to_pylist())


@pytest.mark.parametrize(
    "name", ["a.csv", "a.ndjson", "a.json", "stream.arrow", "file.arrow", "a.parquet"]
)
def test_a_file_is_written_again_with_what_its_codes_name(
    cim: Command, codes: list[str], tmp_path: Path, name: str
) -> None:
    given, made = tmp_path / name, tmp_path / "out" / name
    made.parent.mkdir()
    write(given, codes)
    done = cim("--file", str(given), "--output", str(made), "--prefix", "its_", "--json")
    assert done.returncode == 0, done.stderr
    counts = {"rows": 4, "found": 2, "unknown": 1, "invalid": 1, "ambiguous": 0}
    assert json.loads(done.stdout) == counts
    found = read(made)
    assert [row["code"] for row in found] == codes
    assert [row["its_status"] for row in found] == ["found", "unknown", "found", "invalid"]
    assert [found[n]["its_layer"] for n in (0, 2)] == ["parcels", "parcels"]
    assert {f"its_{field}" for field in FIELDS.names} < set(found[0])
    assert [path.name for path in made.parent.iterdir()] == [name]


def test_a_file_that_cannot_be_read_is_told_in_one_line(cim: Command, tmp_path: Path) -> None:
    given, made = tmp_path / "a.csv", tmp_path / "b.csv"
    given.write_text("code,n\n1,2\n3\n")
    for words, said in (
        ((), "row 2: it has 1 fields, the header has 2"),
        (("--column", "x"), "the column 'x' is not among code, n"),
        (("--scheme", "isbn"), "'isbn' is not one of uic, "),
    ):
        done = cim("--file", str(given), "--output", str(made), *words)
        assert done.returncode == 1
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
    assert cim("--file", str(given), "--output", str(tmp_path / "b.parquet")).returncode == 1
    assert cim("--file", str(tmp_path / "no.csv"), "--output", str(made)).returncode == 1
    assert list(tmp_path.iterdir()) == [given]


def test_a_misused_command_exits_with_2(cim: Command, tmp_path: Path) -> None:
    assert cim().returncode == 2
    assert cim("--file", str(tmp_path / "a.csv")).returncode == 2
    assert cim(UNKNOWN, "--file", str(tmp_path / "a.csv")).returncode == 2
