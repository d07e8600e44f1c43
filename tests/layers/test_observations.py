"""Observations in the database: what is added, replaced, kept, flagged and refused."""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle_checks import flags as oracle
from sqlalchemy import Connection, Engine

from cim import observed, registry
from cim.access import ANONYMOUS
from cim.database.sql import run
from cim.doubts import names
from cim.errors import LayerNotFound, UnknownParameter
from layers.errors import DatumDiffers, FieldMissing, RowsRefused
from layers.observations import checking, store
from layers.observations.file import Datum, ObservationFile, Wanted
from layers.observations.load import load
from layers.observations.report import ObservationReport

HEADER = ("station", "time", "parameter", "value")
Row = Sequence[object]


HISTORY = "JOIN cim.observation_history h USING (datastream_id, time)"


class Desk:
    """Loads rows as a long CSV, in a transaction that is rolled back at the end."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        self.connection, self.folder = connection, folder

    def load(self, rows: Sequence[Row], header: Row = HEADER, **more: Any) -> ObservationReport:
        path = self.folder / "readings.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return load(self.connection, ObservationFile(path, "gauges", **more))

    def rows(self, columns: str, rest: str = "") -> list[tuple[Any, ...]]:
        sql = f"""
            SELECT {columns} FROM cim.observation o JOIN cim.datastream d ON d.id = o.datastream_id
            JOIN cim.entity e ON e.code = d.station {rest}
            ORDER BY source_id, parameter, datum, o.time
        """
        return [tuple(row) for row in run(self.connection, sql)]

    def flags(self) -> list[list[str]]:
        return [names(flags) for (flags,) in self.rows("flags")]


@pytest.fixture
def desk(stations: Engine, tmp_path: Path) -> Any:
    with stations.connect() as connection:
        yield Desk(connection, tmp_path)
        connection.rollback()


def at(hour: int, day: int = 1) -> datetime:
    return datetime(2024, 7, day, tzinfo=UTC) + timedelta(hours=hour)


def test_a_reading_is_kept_with_its_time_value_and_raw_number(desk: Desk) -> None:
    moment = "2024-07-01 08:00"
    report = desk.load([("A", moment, "stage", "65.30"), ("B", moment, "Q", 12)])
    assert (report.added, report.new_series, report.refused) == (2, 2, 0)
    assert report.first_at == at(0)
    assert desk.rows("source_id, parameter, unit, time, value, raw, flags, given_unit") == [
        ("A", "stage", "m", at(0), 65.3, 65.3, 0, None),
        ("B", "flow", "m3/s", at(0), 12.0, 12.0, 0, None),
    ]


def test_the_same_again_changes_nothing(desk: Desk) -> None:
    rows = [("A", f"2024-07-01 {hour:02}:00", "stage", 60 + hour / 10) for hour in range(24)]
    desk.load(rows)
    version = run(desk.connection, "SELECT version FROM cim.registry")
    before = desk.rows("o.*, o.xmin::text")
    report = desk.load(rows)
    assert (report.added, report.changed, report.unchanged, report.new_series) == (0, 0, 24, 0)
    assert desk.rows("o.*, o.xmin::text") == before
    assert run(desk.connection, "SELECT version FROM cim.registry") == version


def test_another_value_takes_the_place_and_the_old_one_is_history(desk: Desk) -> None:
    eight, nine, ten = (f"2024-07-01 {hour:02}:00" for hour in (8, 9, 10))
    desk.load([("A", eight, "stage", 65.3), ("A", nine, "stage", 65.4)])
    report = desk.load([("A", eight, "stage", 65.1), ("A", ten, "stage", 65)])
    assert (report.added, report.changed, report.unchanged) == (1, 1, 0)
    assert [value for (value,) in desk.rows("value")] == [65.1, 65.4, 65.0]
    [old] = run(desk.connection, "SELECT time, value, raw, flags FROM cim.observation_history")
    assert tuple(old) == (at(0), 65.3, 65.3, 0)


def test_of_two_rows_for_one_time_the_later_counts(desk: Desk) -> None:
    rows = [("A", "2024-07-01 08:00", "stage", value) for value in (1, 2, 3, 2, 3)]
    report = desk.load(rows)
    assert (report.added, report.repeated) == (1, 4)
    assert desk.rows("value") == [(3.0,)]
    old = run(desk.connection, "SELECT value FROM cim.observation_history ORDER BY id")
    assert [row.value for row in old] == [1, 2, 2]  # the other 3 said the same


def test_units_are_converted_and_the_raw_number_stays(desk: Desk) -> None:
    header = (*HEADER, "unit")
    desk.load(
        [
            ("A", "2024-07-01 08:00", "stage", 6530, "cm"),
            ("A", "2024-07-01 09:00", "stage", 65.31, "m"),
            ("A", "2024-07-01 10:00", "stage", 65.32, ""),
            ("A", "2024-07-01 08:00", "flow", 1500, "L/s"),
        ],
        header,
    )
    assert desk.rows("value, raw, given_unit") == [
        (1.5, 1500, "L/s"),
        (65.3, 6530, "cm"),
        (65.31, 65.31, None),
        (65.32, 65.32, None),
    ]
    again = desk.load([("A", "2024-07-01 08:00", "stage", 6530, "cm")], header)
    assert (again.unchanged, again.changed) == (1, 0)


@pytest.mark.parametrize("key", ["A", "60100001", "code"])
def test_a_station_is_known_by_each_of_its_codes(desk: Desk, key: str) -> None:
    if key == "code":
        key = run(desk.connection, "SELECT code FROM item.gauges WHERE station = 'A'")[0].code
    desk.load([(key, "2024-07-01 08:00", "stage", 1)])
    assert desk.rows("source_id") == [("A",)]


def test_rows_that_cannot_be_read_are_refused_with_reasons(
    desk: Desk,
) -> None:
    header = (*HEADER, "unit")
    report = desk.load(
        [
            ("A", "2024-07-01 08:00", "stage", 65.3, ""),
            ("Z", "2024-07-01 08:00", "stage", 65.3, ""),
            ("A", "yesterday", "stage", 65.3, ""),
            ("A", "2024-07-01 09:00", "gossip", 65.3, ""),
            ("A", "2024-07-01 09:00", "stage", "high", ""),
            ("A", "2024-07-01 10:00", "stage", 65.3, "m3/s"),
            ("A", "2024-07-01 10:00", "stage", 65.3, "cubit"),
            ("", "2024-07-01 11:00", "stage", 65.3, ""),
            ("A", "2024-07-01 12:00", "stage", "", ""),
            ("A", "2024-07-01 13:00", "stage"),
            ("420602990203000000001", "2024-07-01 13:00", "stage", 1, ""),
        ],
        header,
    )
    assert (report.added, report.refused, report.empty) == (1, 9, 1)
    told = {problem.row: str(problem) for problem in report.problems}
    assert "names no station of gauges" in told[2]
    assert told[3] == "row 3, field time: 'yesterday' is no time that can be read"
    assert "no observed parameter 'gossip'" in told[4]
    assert told[5] == "row 5, field value: 'high' is no number"
    assert "m3/s measures flow, and m length" in told[6]
    assert "no unit of measure 'cubit'" in told[7]
    assert "is empty" in told[8]
    assert told[10] == "row 10: the row has 3 values and not 5"
    assert "names no station" in told[11]
    rules = {problem.row: (problem.rule, problem.value) for problem in report.problems}
    assert rules == {
        2: ("observation.station", "Z"),
        3: ("observation.time", "yesterday"),
        4: ("observation.parameter", "gossip"),
        5: ("observation.number", "high"),
        6: ("observation.unfit", "m3/s"),
        7: ("observation.unit", "cubit"),
        8: ("observation.nameless", None),
        10: ("row.unread", "A,2024-07-01 13:00,stage"),
        11: ("observation.station", "420602990203000000001"),
    }
    assert all(re.search("[一-鿿]", problem.zh) for problem in report.problems)


def test_a_time_that_a_change_of_the_clock_makes_doubtful_is_told_as_such(desk: Desk) -> None:
    rows = [
        ("A", "1991-09-15 01:30", "stage", 1),
        ("A", "1991/4/14 2:30", "stage", 1),
        ("A", "1991-09-15 01:30+08:00", "stage", 1),
        ("A", "", "stage", 1),
    ]
    report = desk.load(rows, timezone="Asia/Shanghai")
    told = {problem.row: (problem.rule, problem.reason) for problem in report.problems}
    assert told[1] == (
        "observation.twice",
        "'1991-09-15 01:30' came twice in Asia/Shanghai, whose clock was set back then; "
        "write its zone behind it, such as +08:00",
    )
    assert told[2][0] == "observation.never"
    assert told[4] == ("observation.empty", "the cell is empty")
    assert (report.added, len(told)) == (1, 3)


def test_a_strict_load_refuses_the_file(desk: Desk) -> None:
    rows = [("A", "2024-07-01 08:00", "stage", 1), ("Z", "2024-07-01 08:00", "stage", 1)]
    with pytest.raises(RowsRefused, match="'Z' names no station"):
        desk.load(rows, strict=True)


def test_a_file_without_any_row_that_can_be_read_is_refused(desk: Desk) -> None:
    with pytest.raises(RowsRefused):
        desk.load([("Z", "2024-07-01 08:00", "stage", 1)])


def test_what_the_caller_says_wrong_is_told(desk: Desk) -> None:
    row = [("A", "2024-07-01 08:00", "stage", 1)]
    with pytest.raises(UnknownParameter):
        desk.load(row, parameters=(Wanted("gossip"),))
    with pytest.raises(FieldMissing):
        desk.load(row, columns={"time": "moment"})
    with pytest.raises(FieldMissing):
        desk.load(row, datum_field="nothing")
    with pytest.raises(LayerNotFound):
        load(desk.connection, ObservationFile(desk.folder / "readings.csv", "nowhere"))


def test_a_datum_belongs_to_heights_and_another_datum_is_another_series(desk: Desk) -> None:
    rows = [
        (station, "2024-07-01 08:00", parameter, 65)
        for station in "ABC"
        for parameter in ("stage", "flow")
    ]
    desk.load(rows, datum_field="datum", offset_field="offset")
    held = "source_id, parameter, datum, datum_offset"
    assert desk.rows(held) == [
        ("A", "flow", "", None),
        ("A", "stage", "吴淞", -1.83),
        ("B", "flow", "", None),
        ("B", "stage", "", None),
        ("C", "flow", "", None),
        ("C", "stage", "1985国家高程基准", 0.0),
    ]
    desk.load([("A", "2024-07-01 08:00", "stage", 63.17)], datum=Datum("1985国家高程基准", 0.0))
    mine = "source_id, datum, value"
    assert desk.rows(mine, "WHERE source_id = 'A' AND parameter = 'stage'") == [
        ("A", "1985国家高程基准", 63.17),  # as it came: nothing is converted
        ("A", "吴淞", 65.0),
    ]
    with pytest.raises(DatumDiffers, match=r"-1.83 m from the 1985 datum, not -1.8 m"):
        desk.load([("A", "2024-07-01 09:00", "stage", 65)], datum=Datum("吴淞", -1.8))


def test_what_the_source_doubts_is_flagged(desk: Desk) -> None:
    header = (*HEADER, "flag")
    marks = ("", "0", "ok", "suspect", "正常", "可疑")
    rows = [("A", f"2024-07-01 {i:02}:00", "stage", 60 + i / 10, m) for i, m in enumerate(marks)]
    report = desk.load(rows, header)
    assert report.flagged == {"given": 2}
    assert [row[0] for row in desk.rows("given_flag")] == [mark or None for mark in marks]
    assert desk.flags() == [[], [], [], ["given"], [], ["given"]]
    cleared = desk.load([(*rows[3][:4], "ok"), *rows[4:]], header)
    assert (cleared.changed, cleared.flagged) == (1, {"given": 1})


def test_a_later_value_clears_and_raises_flags_beside_it(desk: Desk) -> None:
    day = [("A", f"2024-07-01 {hour:02}:00", "stage", 65 + hour / 100) for hour in range(24)]
    day[12] = (*day[12][:3], 651.2)
    assert desk.load(day[:13]).flagged == {"rate": 1, "decimal_slip": 1}
    assert desk.load(day[13:]).flagged == {}
    assert [i for i, flags in enumerate(desk.flags()) if flags] == [12]
    right = desk.load([(*day[12][:3], 65.12)])
    assert (right.changed, right.flagged) == (1, {})
    assert not any(desk.flags())
    stuck = [("B", f"2024-07-01 {hour:02}:00", "stage", 65) for hour in range(23)]
    assert desk.load(stuck).flagged == {}
    assert desk.load([("B", "2024-06-30 23:00", "stage", 65)]).flagged == {"stuck": 1}
    assert sum(flags == ["stuck"] for flags in desk.flags()) == 24


def test_a_reading_of_the_future_is_doubted_and_no_latest_one(desk: Desk) -> None:
    desk.load([("A", "2024-07-01 08:00", "stage", 65), ("A", "2124-07-01 08:00", "stage", 65)])
    assert desk.flags() == [[], ["future"]]
    [row] = run(desk.connection, "SELECT readings FROM cim.latest")
    assert row.readings["stage"]["time"] == "2024-07-01T00:00:00Z"


def test_a_station_shows_its_latest_readings(desk: Desk) -> None:
    days = [("A", f"2024-07-0{day} 08:00", "stage", day) for day in (1, 3, 2)]
    desk.load([*days, ("A", "2024-07-01 08:00", "flow", 1)], datum_field="datum")
    [row] = run(desk.connection, "SELECT cim_latest FROM item.gauges WHERE station = 'A'")
    assert row.cim_latest["stage"] == {
        "value": 3,
        "unit": "m",
        "time": "2024-07-03T00:00:00Z",
        "datum": "吴淞",
        "flags": [],
    }
    desk.load([("A", "2024-07-02 08:00", "flow", 99), ("A", "2024-07-04 08:00", "flow", -1)])
    [row] = run(desk.connection, "SELECT cim_latest FROM item.gauges WHERE station = 'A'")
    assert row.cim_latest["flow"]["value"] == -1
    assert row.cim_latest["flow"]["flags"] == ["range"]
    assert registry.read(desk.connection).layer("gauges", ANONYMOUS).observed == ("flow", "stage")


def test_a_year_has_a_partition_of_its_own(desk: Desk) -> None:
    times = ("1954-08-18 08:00", "2024-01-01 07:59", "2024-01-01 08:00", "2024-12-31 08:00")
    desk.load([("A", time, "stage", 65) for time in times])
    tables = [row[0].removeprefix("cim.") for row in desk.rows("o.tableoid::regclass::text")]
    assert tables == [f"observation_{year}" for year in (1954, 2023, 2024, 2024)]
    plan = run(
        desk.connection,
        "EXPLAIN SELECT FROM cim.observation WHERE datastream_id = 1 AND time >= '2024-06-01Z'",
    )
    assert "observation_1954" not in "".join(row[0] for row in plan)


def test_readers_are_not_kept_out_while_a_partition_is_made(desk: Desk, stations: Engine) -> None:
    desk.load([("A", "1931-07-01 08:00", "stage", 65)])
    with stations.connect() as other:
        run(other, "SET statement_timeout = '2s'")
        assert run(other, "SELECT count(*) AS size FROM cim.observation")[0].size == 0


HOUR = st.integers(0, 60)
LEVEL = st.sampled_from([65.0, 65.0, 65.0, 65.1, 67.0, 650.0, 6.5, -30.0])
PART = st.lists(st.tuples(st.sampled_from("AB"), HOUR, LEVEL), min_size=1, max_size=60)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PART, min_size=1, max_size=4), st.integers(1, 40), st.integers(1, 40))
def test_the_series_is_the_same_whatever_way_it_came(
    stations: Engine,
    tmp_path: Path,
    parts: list[list[tuple[str, int, float]]],
    at_once: int,
    block: int,
) -> None:
    """Against a model: the last word for each time counts; flags are the oracle's of the whole."""
    parameter = observed.get("stage")._replace(stuck_after=4)
    model: dict[str, dict[int, float]] = {}
    with stations.connect() as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "ROWS", at_once)
        patch.setattr(checking, "BLOCK_ROWS", block)
        patch.setattr(observed, "_by_text", lambda: {"stage": parameter})
        desk = Desk(connection, tmp_path)
        for part in parts:
            for station, hour, value in part:
                model.setdefault(station, {})[hour] = value
            desk.load([(s, at(hour).isoformat(), "stage", value) for s, hour, value in part])
        found = desk.rows("source_id, time, value, flags")
        old = set(desk.rows("source_id, h.time, h.value", HISTORY))
        connection.rollback()
    expected = []
    for station, series in sorted(model.items()):
        times = sorted(series)
        readings = [(hour * 3_600_000_000, series[hour]) for hour in times]
        for hour, flags in zip(times, oracle(readings, parameter), strict=True):
            expected.append((station, at(hour), series[hour], flags))
    assert found == expected
    given = {(station, at(hour), value) for part in parts for station, hour, value in part}
    assert old <= given, "nothing is in the history that nobody said"
    assert given <= old | {row[:3] for row in found}, "and nothing that was said is lost"


def test_two_loads_of_one_layer_follow_each_other(stations: Engine, tmp_path: Path) -> None:
    """The second waits for the first and then finds what it has written."""
    rng = random.Random(1)
    with stations.connect() as first, stations.connect() as second:
        rows = [("A", at(hour).isoformat(), "stage", rng.random()) for hour in range(5)]
        Desk(first, tmp_path).load(rows)
        run(second, "SET lock_timeout = '100ms'")
        with pytest.raises(Exception, match="lock timeout"):
            Desk(second, tmp_path).load(rows)
        first.rollback()
        second.rollback()
