"""Which values of a series are doubtful (质量检查), by what the series itself says.

==============  ================================================================================
range           below the lowest or above the highest that can be
rate            moved from the reading before by more than the parameter can in that time (less
                than an hour counts as an hour); not so when it only comes back from such a move
stuck           one of so many equal readings in a row
decimal_slip    about 10, 100 or 1000 times its two neighbours, or that part of them, where these,
                at most a week away, agree with each other; "about" and "agree" are within 20 %
==============  ================================================================================

A flag depends on `reach` readings before and behind it and no others.

>>> from cim import observed
>>> hours = np.arange(5) * 3_600_000_000
>>> check(hours, np.array([65.3, 65.3, 6531.0, 65.4, 65.4]), observed.get("stage")).tolist()
[0, 0, 11, 0, 0]
"""

import numpy as np
from numpy.typing import NDArray

from cim.doubts import DOUBTS
from cim.observed import Parameter

HOUR = 3_600_000_000.0
WEEK = 168 * HOUR
ABOUT = 0.2

_Bools = NDArray[np.bool_]
_Floats = NDArray[np.float64]


def reach(parameter: Parameter) -> int:
    """How many readings on either side the flags of one depend on."""
    return max(2, (parameter.stuck_after or 1) - 1)


def check(micros: NDArray[np.int64], values: _Floats, parameter: Parameter) -> NDArray[np.int16]:
    """The flags of the readings of one series, ascending by time (microseconds)."""
    with np.errstate(over="ignore", invalid="ignore"):  # the range flags what is that large
        found = {
            "range": _out_of_range(values, parameter),
            "rate": _fast(micros, values, parameter.max_rate),
            "stuck": _stuck(values, parameter.stuck_after),
            "decimal_slip": _slipped(micros, values) if parameter.slip else np.zeros(0, bool),
        }
    flags = np.zeros(len(values), np.int16)
    for name, which in found.items():
        if len(which):
            flags[which] |= DOUBTS[name]
    return flags


def _out_of_range(values: _Floats, parameter: Parameter) -> _Bools:
    low = -np.inf if parameter.low is None else parameter.low
    high = np.inf if parameter.high is None else parameter.high
    return np.asarray((values < low) | (values > high))


def _fast(micros: NDArray[np.int64], values: _Floats, most: float | None) -> _Bools:
    fast = np.zeros(len(values), bool)
    if most is None or len(values) < 2:
        return fast
    fast[1:] = _moved(micros, values, 1, most)
    back = np.zeros(len(values), bool)
    back[2:] = fast[1:-1] & ~_moved(micros, values, 2, most)
    return np.asarray(fast & ~back)


def _moved(micros: NDArray[np.int64], values: _Floats, step: int, most: float) -> _Bools:
    """Whether a reading is further from the one `step` before than can be."""
    hours = np.maximum((micros[step:] - micros[:-step]) / HOUR, 1.0)
    return np.asarray(np.abs(values[step:] - values[:-step]) > most * hours)


def _stuck(values: _Floats, count: int | None) -> _Bools:
    if count is None or not len(values):
        return np.zeros(len(values), bool)
    begins = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
    lengths = np.diff(np.append(begins, len(values)))
    return np.asarray(np.repeat(lengths >= count, lengths))


def _slipped(micros: NDArray[np.int64], values: _Floats) -> _Bools:
    """Compared with the mean of its neighbours; at an end of the series the nearest two."""
    size = len(values)
    if size < 3:
        return np.zeros(size, bool)
    one, other = np.arange(size) - 1, np.arange(size) + 1
    one[0], other[-1] = 2, size - 3
    before, behind = values[one], values[other]
    close = (np.abs(micros[one] - micros) <= WEEK) & (np.abs(micros[other] - micros) <= WEEK)
    mean = (before + behind) / 2
    agree = close & (mean != 0) & (np.abs(before - behind) <= ABOUT * np.abs(mean))
    slipped = np.zeros(size, bool)
    for times in (10.0, 100.0, 1000.0):
        slipped |= _about(values, mean * times) | _about(values * times, mean)
    return np.asarray(agree & slipped)


def _about(values: _Floats, wanted: _Floats) -> _Bools:
    return np.asarray(np.abs(values - wanted) <= ABOUT * np.abs(wanted))
