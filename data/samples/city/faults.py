"""The wrong values in the observations, put there on purpose, and the list of them.

Real telemetry is dirty in these ways: a slipped decimal point, a sign, a water balance that gives
negative flow, a gap, a float that sticks, a bucket that overflows its field. A quality check has
to find them; the list is its answer key. Wrong values stand in the file as they came, unflagged.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from city.hydrology import START, Observed, Series

HEADER = ("station", "from", "to", "column", "kind", "note")


class Fault(NamedTuple):
    """Hours of one column at one station that are wrong; from and to are both wrong hours."""

    station: str
    start: str
    end: str
    column: str
    kind: str
    note: str

    def row(self) -> tuple[str, ...]:
        """The line of the list, times written as in the observations."""
        times = (f"{hour}:00+08:00" for hour in (self.start, self.end))
        return (self.station, *times, self.column, self.kind, self.note)


FAULTS = (
    Fault("SMPL0003", "2024-07-14T09", "2024-07-14T09", "stage_m", "decimal_slip", "100 倍"),
    Fault("SMPL0002", "2024-11-03T04", "2024-11-03T04", "flow_m3s", "sign", "取负且 10 倍"),
    Fault("SMPL0004", "2025-01-12T01", "2025-01-12T18", "flow_m3s", "negative", "水量平衡反推为负"),
    Fault("SMPL0001", "2024-09-05T13", "2024-09-05T19", "stage_m", "gap", "遥测中断，空值"),
    Fault("SMPL0001", "2024-09-05T13", "2024-09-05T19", "flow_m3s", "gap", "遥测中断，空值"),
    Fault("SMPL0005", "2025-02-10T02", "2025-02-11T13", "stage_m", "stuck", "浮子卡滞，数值不变"),
    Fault("SMPL0004", "2025-06-21T16", "2025-06-21T16", "rain_mm", "overflow", "超量程 999.9"),
)


def spoiled(observed: Observed) -> Observed:
    """The series as telemetry delivered it; gaps are NaN."""
    columns = {"stage_m": observed.stage, "flow_m3s": observed.flow, "rain_mm": observed.rain}
    columns = {name: series.copy() for name, series in columns.items()}
    for fault in FAULTS:
        if fault.station == observed.station.code:
            series = columns[fault.column]
            series[_hours(fault)] = _wrong(fault.kind, series[_hours(fault)])
    return Observed(observed.station, *columns.values())


def _hours(fault: Fault) -> slice:
    first, last = (int((np.datetime64(t) - START).astype(int)) for t in (fault.start, fault.end))
    return slice(first, last + 1)


def _wrong(kind: str, right: Series) -> Series:
    wrong = {
        "decimal_slip": right * 100,
        "sign": -right * 10,
        "negative": -right / 4,
        "gap": np.full_like(right, np.nan),
        "stuck": np.full_like(right, right[0]),
        "overflow": np.full_like(right, 999.9),
    }
    return np.asarray(np.round(wrong[kind], 2))
