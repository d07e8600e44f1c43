"""Files of observations in all their shapes: the same readings come out of each."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from cim.assignment.problems import Problems
from cim.database.sql import run
from cim.errors import UnitUnfit
from layers.errors import FieldMissing, LayoutUnclear, SourceUnreadable
from layers.observations import source, times
from layers.observations.file import ObservationFile, Wanted
from layers.observations.load import load

BEIJING = timezone(timedelta(hours=8))
EXPECTED = [
    ("A", "flow", datetime(2024, 7, 1, 0, tzinfo=UTC), 1200.0),
    ("A", "flow", datetime(2024, 7, 1, 1, tzinfo=UTC), 1210.0),
    ("A", "stage", datetime(2024, 7, 1, 0, tzinfo=UTC), 65.3),
    ("A", "stage", datetime(2024, 7, 1, 1, tzinfo=UTC), 65.4),
    ("B", "stage", datetime(2024, 7, 1, 1, tzinfo=UTC), 61.0),
]
STAGES = [row for row in EXPECTED if row[1] == "stage"]
WANTED = (Wanted("stage", "h"), Wanted("flow", "q"))

FORMS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y%m%d%H%M%S",
    "%Y年%m月%d日%H时%M分",
    "%Y.%m.%d %H:%M",
    "%Y-%m-%d",
)

LONG = """station,time,parameter,value
A,2024-07-01 08:00,stage,65.3
A,2024-07-01 09:00,stage,65.4
B,2024-07-01 09:00,stage,61
A,2024-07-01 08:00,flow,1200
A,2024-07-01 09:00,flow,1210
"""
BY_PARAMETER = """station,time,h,q
A,2024-07-01 08:00,65.3,1200
A,2024-07-01 09:00,65.4,1210
B,2024-07-01 09:00,61,
"""
BY_STATION = """TM,A,B
2024-07-01 08:00,65.3,
2024-07-01 09:00,65.4,61.0
"""

Load = Callable[..., list[tuple[object, ...]]]


@pytest.fixture
def loaded(stations: Engine, tmp_path: Path) -> Iterator[Load]:
    """Writes a file, loads it, and tells what the database then has."""
    with stations.connect() as connection:

        def put(content: str | bytes | pa.Table, name: str = "file.csv", **more: object) -> object:
            path = tmp_path / name
            if isinstance(content, pa.Table):
                pq.write_table(content, path)
            else:
                path.write_bytes(content.encode() if isinstance(content, str) else content)
            load(connection, ObservationFile(path, "gauges", **more))  # type: ignore[arg-type]
            return _readings(connection)

        yield put  # type: ignore[misc]
        connection.rollback()


def _readings(connection: Connection) -> list[tuple[object, ...]]:
    rows = run(
        connection,
        """
        SELECT source_id, parameter, time, value FROM cim.observation o
        JOIN cim.datastream d ON d.id = o.datastream_id JOIN cim.entity e ON e.code = d.station
        ORDER BY 1, 2, 3
        """,
    )
    return [tuple(row) for row in rows]


def test_long_csv(loaded: Load) -> None:
    assert loaded(LONG) == EXPECTED


def test_wide_csv_with_a_column_for_each_parameter(loaded: Load) -> None:
    assert loaded(BY_PARAMETER, parameters=WANTED) == EXPECTED


def test_wide_csv_with_a_column_for_each_station(loaded: Load) -> None:
    assert loaded(BY_STATION, parameters=(Wanted("stage"),)) == STAGES


@pytest.mark.parametrize("header", ["stage,flow", "水位(m),流量[m3/s]", "Z,Q", "q,h"])
def test_headers_that_are_known(loaded: Load, header: str) -> None:
    text = BY_PARAMETER.replace("h,q", header)
    if header == "q,h":  # they are no names of parameters
        with pytest.raises(LayoutUnclear):
            loaded(text)
    else:
        assert loaded(text) == EXPECTED


def test_a_unit_in_a_header_is_read(loaded: Load) -> None:
    text = "station,time,水位(cm)\nA,2024-07-01 08:00,6530\n"
    assert loaded(text) == STAGES[:1]
    with pytest.raises(UnitUnfit):
        loaded(text, parameters=(Wanted("stage", "水位(cm)", "m3/s"),))


@pytest.mark.parametrize("named", [{}, {"time": "TM"}, {"value": "A"}])
def test_a_layout_can_be_told(loaded: Load, named: dict[str, str]) -> None:
    text = BY_STATION.replace("TM", "TM" if named else "moment")
    stage = (Wanted("stage"),)
    if not named:
        with pytest.raises(FieldMissing, match="'time'"):
            loaded(text, parameters=stage)
        assert loaded(text, parameters=stage, columns={"time": "moment"}) == STAGES
    elif "value" in named:  # then it is long, and has no station
        with pytest.raises(FieldMissing, match="'station'"):
            loaded(text, parameters=stage, columns=named)
    else:
        assert loaded(text, parameters=stage, columns=named, layout="wide") == STAGES


def test_flags_of_a_wide_file_stand_beside_their_values(loaded: Load) -> None:
    text = "station,time,stage,stage_flag\nA,2024-07-01 08:00,65.3,\nA,2024-07-01 09:00,65.4,?\n"
    assert loaded(text) == STAGES[:2]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("file.csv.gz", lambda text: gzip.compress(text.encode())),
        ("semicolons.csv", lambda text: text.replace(",", ";").encode()),
        ("tabs.tsv", lambda text: text.replace(",", "\t").encode()),
        ("bom.csv", lambda text: b"\xef\xbb\xbf" + text.encode()),
        ("crlf.csv", lambda text: text.replace("\n", "\r\n").encode()),
        ("quoted.csv", lambda text: text.replace("A,", '"A ",').encode()),
    ],
)
def test_csv_as_programs_write_it(loaded: Load, name: str, change: Callable[[str], bytes]) -> None:
    assert loaded(change(LONG), name) == EXPECTED


def test_text_in_gbk(loaded: Load) -> None:
    text = LONG.replace("station,time,parameter,value", "站码,时间,参数,数值")
    text = text.replace("stage", "水位").replace("flow", "流量").encode("gbk")
    assert loaded(text) == EXPECTED  # found by its bytes
    assert loaded(gzip.compress(text), "packed.csv.gz") == EXPECTED
    assert loaded(text, encoding="ANSI 936") == EXPECTED
    for wrong in ("UTF-8", "Klingon"):
        with pytest.raises(SourceUnreadable, match="name its encoding"):
            loaded(text, encoding=wrong)


def test_chinese_far_down_a_file_tells_its_encoding(loaded: Load, tmp_path: Path) -> None:
    plain = "".join(f"A,2024-07-01 08:00,65.3,note {i:050}\n" for i in range(30_000))
    text = f"station,time,stage,remark\n{plain}A,2024-07-01 09:00,65.4,检修\n"
    path = tmp_path / "far.csv"
    path.write_bytes(text.encode("gbk"))
    with source.open_source(path, None, Problems()) as opened:
        *_, (_, batch) = opened.batches()
    assert (opened.encoding, batch.column("remark")[-1].as_py()) == ("gb18030", "检修")
    assert len(loaded(text.encode("utf-16"), "wide.csv")) == 2


@pytest.mark.parametrize(
    "moments",
    [
        [datetime(2024, 7, 1, 8), datetime(2024, 7, 1, 9)],
        [datetime(2024, 7, 1, 8, tzinfo=BEIJING), datetime(2024, 7, 1, 9, tzinfo=BEIJING)],
        ["2024-07-01T00:00:00Z", "2024-07-01T01:00:00Z"],
    ],
)
@pytest.mark.parametrize("number", [float, Decimal, str])
def test_parquet(loaded: Load, moments: list[object], number: Callable[[str], object]) -> None:
    columns = {
        "station": pa.array(["A", "A", "B"]).dictionary_encode(),
        "time": [*moments, moments[1]],
        "stage": [number(text) for text in ("65.3", "65.4", "61.0")],
        "flow": [1200, 1210, None],
    }
    assert loaded(pa.table(columns), "file.parquet") == EXPECTED


def test_single_precision_is_what_its_decimals_say(stations: Engine, tmp_path: Path) -> None:
    """65.3 and not 65.30000305175781, so that a CSV of the same values changes nothing."""
    moments = [datetime(2024, 7, 1, 8), datetime(2024, 7, 1, 9)]
    single = pa.array([65.3, 80.2], pa.float32())
    table = pa.table({"station": ["A", "A"], "time": moments, "stage": single})
    pq.write_table(table, tmp_path / "single.parquet")
    rows = "A,2024-07-01 08:00,65.3\nA,2024-07-01 09:00,80.2\n"
    (tmp_path / "same.csv").write_text("station,time,stage\n" + rows)
    with stations.connect() as connection:
        load(connection, ObservationFile(tmp_path / "single.parquet", "gauges"))
        found = run(connection, "SELECT value, raw FROM cim.observation ORDER BY time")
        again = load(connection, ObservationFile(tmp_path / "same.csv", "gauges"))
        connection.rollback()
    assert [tuple(row) for row in found] == [(65.3, 65.3), (80.2, 80.2)]
    assert (again.unchanged, again.changed) == (2, 0)


def test_batches_do_not_change_what_is_read(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BLOCK_BYTES", 64)
    assert loaded(LONG) == EXPECTED


_CUT = gzip.compress(b"station,time,stage\nA,2024-07-01,1\n" * 99, mtime=0)[:-20]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is empty"),
        ("station,time,stage\n", "no row beneath"),
        ("station,time,stage,stage\nA,2024-07-01,1,2\n", "called 'stage'"),
        (b"PAR1 and then nothing", "cannot be read"),
        (_CUT, "cannot be read"),
    ],
)
def test_files_that_cannot_be_read(loaded: Load, content: str | bytes, reason: str) -> None:
    with pytest.raises(SourceUnreadable, match=reason):
        loaded(content)


def test_a_refused_row_is_told_by_its_number_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text("a,b\n1,2\n3\n4,5\n6,7,8\n9\n10,11\n")
    problems = Problems()
    with source.open_source(path, None, problems) as opened:
        [(_, batch)] = opened.batches()
        rows = opened.numbers(np.arange(batch.num_rows, dtype=np.int64)).tolist()
    assert batch.column("a").to_pylist() == ["1", "4", "10"]
    assert rows == [1, 3, 6]
    assert [problem.row for problem in problems.kept] == [2, 4, 5]


@given(
    st.datetimes(datetime(1800, 1, 2), datetime(2199, 12, 30)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    st.sampled_from(FORMS),
    st.sampled_from(["", "+08:00", "Z", "-0330"]),
)
def test_times_are_read_as_python_reads_them(moment: datetime, form: str, zone: str) -> None:
    moment = datetime.strptime(moment.strftime(form), form)
    if "%H" not in form:
        zone = ""
    east = {"": 8, "+08:00": 8, "Z": 0, "-0330": -3.5}[zone]
    expected = moment.replace(tzinfo=timezone(timedelta(hours=east)))
    found = times.read(pa.array([moment.strftime(form) + zone, None]), "+08:00")
    assert found.wrong.tolist() == [False, True]
    since = expected - datetime(1970, 1, 1, tzinfo=UTC)
    assert found.micros[0] == since // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "zone", "utc"),
    [
        ("1988-07-01 08:00", "+08:00", "1988-07-01T00:00"),  # hydrology keeps Beijing time
        ("1988-07-01 08:00", "Asia/Shanghai", "1988-06-30T23:00"),  # the clock of that summer
        ("2024-07-01 00:00", "UTC", "2024-07-01T00:00"),
        ("2024-03-10 02:30", "America/New_York", None),  # no such time
        ("2024-11-03 01:30", "America/New_York", None),  # twice that time
        ("2024-11-03 01:30-05:00", "America/New_York", "2024-11-03T06:30"),
        ("2024-02-30 08:00", "+08:00", None),
        ("2024-07-01 24:00", "+08:00", "2024-07-01T16:00"),
        ("20240701", "+08:00", "2024-06-30T16:00"),
        ("0024-07-01", "+08:00", None),
        ("1719792000", "+08:00", None),
    ],
)
def test_zones_and_what_is_no_time(text: str, zone: str, utc: str | None) -> None:
    found = times.read(pa.array([text]), times.zone(zone))
    assert found.wrong[0] == (utc is None)
    if utc is not None:
        assert found.micros[0] == np.datetime64(utc, "us").astype(np.int64)


def test_dates_and_numbers_as_times() -> None:
    found = times.read(pa.array([date(2024, 7, 1)]), "+08:00")
    assert found.micros[0] == np.datetime64("2024-06-30T16:00", "us").astype(np.int64)
    assert times.read(pa.array([1719792000]), "+08:00").wrong.tolist() == [True]
