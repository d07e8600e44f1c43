"""Doubtful values: whole series against an oracle that looks at one reading after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle_checks import Reading, flags

from cim import observed
from cim.doubts import DOUBTS, names
from cim.observed import Parameter
from layers.observations.checks import check, reach

HOUR = 3_600_000_000
TIGHT = observed.get("stage")._replace(low=0.0, high=100.0, stuck_after=3)

# Few different values, so that runs, slips and returns come about.
VALUES = st.one_of(
    st.sampled_from([-650.0, -5.0, 0.0, 0.65, 6.5, 65.0, 65.0, 66.0, 66.5, 650.0, 6500.0, 1e308]),
    st.floats(allow_nan=False, allow_infinity=False),
)
STEPS = st.sampled_from([1, HOUR // 2, HOUR, HOUR, HOUR, 5 * HOUR, 169 * HOUR])


@st.composite
def series(draw: st.DrawFn) -> list[Reading]:
    steps = draw(st.lists(st.tuples(STEPS, VALUES), max_size=30))
    found, time = [], 0
    for step, value in steps:
        time += step
        found.append((time, value))
    return found


@given(series(), st.sampled_from([TIGHT, *observed.table()]))
def test_flags_are_those_of_the_oracle(readings: list[Reading], parameter: Parameter) -> None:
    times = np.array([time for time, _ in readings], np.int64)
    values = np.array([value for _, value in readings], float)
    assert check(times, values, parameter).tolist() == flags(readings, parameter)


@given(series(), st.data())
def test_a_flag_depends_on_what_is_in_reach(readings: list[Reading], data: st.DataObject) -> None:
    if not readings:
        return
    place = data.draw(st.integers(0, len(readings) - 1))
    margin = reach(TIGHT)
    first = max(0, place - margin)
    near = readings[first : place + margin + 1]
    assert flags(near, TIGHT)[place - first] == flags(readings, TIGHT)[place]


@dataclass(frozen=True)
class Case:
    values: list[float]
    doubts: dict[int, list[str]]
    parameter: str = "stage"


@pytest.mark.parametrize(
    "case",
    [
        Case([65.3, 65.3, 653.1, 65.4, 65.4], {2: ["rate", "decimal_slip"]}),
        Case([65.3, 65.3, 0.653, 65.4], {2: ["rate", "decimal_slip"]}),
        Case([65.3, 68.0, 68.1, 68.1], {1: ["rate"]}),  # a step that stays is told once
        Case([65.3, 66.0, 66.9, 68.0], {}),
        Case([120.0, -3.0, 130.0], {1: ["range"]}, "flow"),
        Case([0.0] * 40, {}, "rainfall"),
        Case([65.3] * 23 + [65.4], {}),
        Case([65.3] * 24 + [65.4], {i: ["stuck"] for i in range(24)}),
        Case([0.025] * 60, {}, "ammonia_nitrogen"),  # half the detection limit
    ],
)
def test_what_people_call_doubtful(case: Case) -> None:
    times = np.arange(len(case.values)) * HOUR
    found = check(times, np.array(case.values), observed.get(case.parameter)).tolist()
    assert {i: names(flag) for i, flag in enumerate(found) if flag} == case.doubts


def test_the_table_of_doubts_fits_its_column() -> None:
    bits = sorted(DOUBTS.values())
    assert bits == [1 << i for i in range(len(bits))]
    assert sum(bits) < 1 << 15
