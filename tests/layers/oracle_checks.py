"""Which readings are doubtful, one by one and by the words of `layers.observations.checks`."""

from __future__ import annotations

from cim.doubts import DOUBTS
from cim.observed import Parameter

Reading = tuple[int, float]
"""Microseconds, value."""


def flags(readings: list[Reading], parameter: Parameter) -> list[int]:
    return [_flags(readings, i, parameter) for i in range(len(readings))]


def _flags(readings: list[Reading], i: int, parameter: Parameter) -> int:
    value = readings[i][1]
    found = 0
    if parameter.low is not None and value < parameter.low:
        found |= DOUBTS["range"]
    if parameter.high is not None and value > parameter.high:
        found |= DOUBTS["range"]
    if parameter.max_rate is not None and _fast(readings, i, parameter.max_rate):
        found |= DOUBTS["rate"]
    if parameter.stuck_after is not None and _run(readings, i) >= parameter.stuck_after:
        found |= DOUBTS["stuck"]
    if parameter.slip and _slipped(readings, i):
        found |= DOUBTS["decimal_slip"]
    return found


def _fast(readings: list[Reading], i: int, most: float) -> bool:
    if i == 0 or not _moved(readings, i - 1, i, most):
        return False
    came_back = (
        i >= 2 and _moved(readings, i - 2, i - 1, most) and not _moved(readings, i - 2, i, most)
    )
    return not came_back


def _moved(readings: list[Reading], i: int, j: int, most: float) -> bool:
    hours = (readings[j][0] - readings[i][0]) / 3_600_000_000
    return abs(readings[j][1] - readings[i][1]) > most * max(hours, 1.0)


def _run(readings: list[Reading], i: int) -> int:
    first = last = i
    while first > 0 and readings[first - 1][1] == readings[i][1]:
        first -= 1
    while last < len(readings) - 1 and readings[last + 1][1] == readings[i][1]:
        last += 1
    return last - first + 1


def _slipped(readings: list[Reading], i: int) -> bool:
    if len(readings) < 3:
        return False
    last = len(readings) - 1
    first, second = {0: (1, 2), last: (last - 1, last - 2)}.get(i, (i - 1, i + 1))
    week = 7 * 24 * 3_600_000_000
    if any(abs(readings[j][0] - readings[i][0]) > week for j in (first, second)):
        return False
    mean = (readings[first][1] + readings[second][1]) / 2
    apart = abs(readings[first][1] - readings[second][1])
    if mean == 0 or not apart <= 0.2 * abs(mean):
        return False
    value = readings[i][1]
    powers = (10.0, 100.0, 1000.0)
    return any(_about(value, mean * n) or _about(value * n, mean) for n in powers)


def _about(value: float, wanted: float) -> bool:
    return abs(value - wanted) <= 0.2 * abs(wanted)
