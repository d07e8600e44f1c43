"""Two years of hourly stage (水位, m), flow (流量, m3/s) and rain (降水量, mm) at five stations.

Storms fall by season on three catchments; what does not soak away runs off by a gamma unit
hydrograph; the Han brings a regulated release from above; reaches are routed by Muskingum
(马斯京根) in sub-reaches of one hour, so that 2Kx <= dt <= 2K(1-x) holds; ratings turn flow into
stage. Time is Beijing time, UTC+8, each row the state at the hour and the rain of the hour before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from city import stations
from city.frame import random_stream
from city.stations import Station

Series = npt.NDArray[np.float64]
START, END = np.datetime64("2024-01-01T00"), np.datetime64("2026-01-01T00")
TIMES = np.arange(START, END)
MONTHS = TIMES.astype("datetime64[M]").astype(int) % 12
STORMS = (1.2, 1.8, 2.8, 3.6, 4.4, 4.6, 5.6, 5.2, 4.4, 3.2, 2.0, 1.0)
"""Storms a month, January first."""
DEPTHS = (7, 9, 13, 18, 24, 28, 38, 34, 28, 18, 11, 6)
"""Mean depth of a storm in mm."""
WEIGHT = 0.2
"""Muskingum x: how much of a reach's storage its inflow holds."""
TIP = 0.5
"""mm that one tip of the gauge's bucket stands for."""


class Storm(NamedTuple):
    """A storm that is in the script rather than drawn: start, hours, depth in mm."""

    start: str
    hours: int
    depth: float


FLOODS = (
    Storm("2024-07-17T02", 60, 150.0),
    Storm("2024-10-03T08", 70, 80.0),
    Storm("2025-04-27T12", 56, 95.0),
    Storm("2025-09-15T00", 72, 165.0),
)
"""The storms that everybody remembers; the third one stands on the second image."""


class Catchment(NamedTuple):
    """Area in km2, share of rain that runs off when wet, mean hours to the outlet, base flow."""

    area: float
    runoff: float
    hours: float
    base: float


NAN = Catchment(6400, 0.40, 15, 55)
TANGBAI = Catchment(24000, 0.24, 34, 60)
MIDDLE = Catchment(3800, 0.34, 13, 30)
LOWER = Catchment(4200, 0.34, 17, 40)


class Observed(NamedTuple):
    """One station's hours."""

    station: Station
    stage: Series
    flow: Series
    rain: Series


def observations() -> list[Observed]:
    """The clean series of the five stations."""
    rng = random_stream("hydrology")
    common = _storms(rng)
    rain = {s.code: _rain(common, rng) for s in stations.STATIONS}
    laohekou = _release(rng) + _runoff(rain["SMPL0001"], MIDDLE) * 0.3
    gucheng = _runoff(rain["SMPL0002"], NAN)
    zhangwan = _runoff(rain["SMPL0004"], TANGBAI)
    xiangyang = route(laohekou, 14) + route(gucheng, 9) + _runoff(rain["SMPL0003"], MIDDLE)
    yicheng = route(xiangyang, 12) + route(zhangwan, 14) + _runoff(rain["SMPL0005"], LOWER)
    flows = (laohekou, gucheng, xiangyang, zhangwan, yicheng)
    return [
        _observed(station, flow, rain[station.code], rng)
        for station, flow in zip(stations.STATIONS, flows, strict=True)
    ]


def route(inflow: Series, hours: int, step: float = 1.0) -> Series:
    """Muskingum routing through as many sub-reaches of K = 1 h as the reach takes hours."""
    denominator = 2 * (1 - WEIGHT) + step
    c0, c1 = (step - 2 * WEIGHT) / denominator, (step + 2 * WEIGHT) / denominator
    c2 = (2 * (1 - WEIGHT) - step) / denominator
    flow = inflow
    for _ in range(hours):
        out = [float(flow[0])]
        for before, now in zip(flow[:-1].tolist(), flow[1:].tolist(), strict=True):
            out.append(c0 * now + c1 * before + c2 * out[-1])
        flow = np.array(out)
    return flow


def _storms(rng: np.random.Generator) -> list[Storm]:
    """Drawn storms of every month, then the ones in the script."""
    months = np.unique(TIMES.astype("datetime64[M]"))
    drawn = []
    for i, month in enumerate(months):
        for _ in range(rng.poisson(STORMS[i % 12])):
            start = str(month.astype("datetime64[h]") + rng.integers(0, 28 * 24))
            depth = float(rng.gamma(1.3, DEPTHS[i % 12] / 1.3))
            drawn.append(Storm(start, int(rng.integers(5, 44)), min(depth, 90.0)))
    return [*drawn, *FLOODS]


def _rain(storms: list[Storm], rng: np.random.Generator) -> Series:
    """Rain at one gauge: each storm somewhat earlier or later, heavier or lighter, in tips."""
    rain = np.zeros(len(TIMES))
    for storm in storms:
        first = int((np.datetime64(storm.start) - START).astype(int)) + int(rng.integers(-4, 5))
        shape = rng.gamma(0.6, 1.0, storm.hours) * np.hanning(storm.hours + 2)[1:-1]
        hours = storm.depth * rng.uniform(0.65, 1.3) * shape / shape.sum()
        at = np.arange(first, first + storm.hours)
        inside = (at >= 0) & (at < len(rain))
        rain[at[inside]] += hours[inside]
    return np.asarray(np.diff(np.floor(np.cumsum(rain) / TIP), prepend=0.0) * TIP)


def _runoff(rain: Series, catchment: Catchment) -> Series:
    """m3/s at the outlet: base flow by season, and rain through the unit hydrograph."""
    wetness = _filtered(rain, 24 * 9)
    share = catchment.runoff * (0.25 + 0.75 * np.clip(wetness * 24 * 9 / 60, 0, 1))
    hours = np.arange(int(catchment.hours * 7))
    unit = hours**2.0 * np.exp(-3 * hours / catchment.hours)
    quick = np.convolve(rain * share, unit / unit.sum())[: len(rain)]
    season = 1 + 0.5 * np.sin((np.arange(len(rain)) / 8766 - 0.3) * 2 * np.pi)
    return np.asarray(catchment.base * season + quick * catchment.area / 3.6)


def _filtered(series: Series, hours: int) -> Series:
    decay = np.exp(-np.arange(hours * 3) / hours)
    return np.asarray(np.convolve(series, decay / decay.sum())[: len(series)])


def _release(rng: np.random.Generator) -> Series:
    """What the reservoir above lets go: power by day, more in autumn, long waves in a flood."""
    hour = np.arange(len(TIMES))
    daily = 90 * np.sin((hour % 24 - 8) / 24 * 2 * np.pi)
    season = 820 + 260 * np.sin((hour / 8766 - 0.4) * 2 * np.pi)
    wave = np.zeros(len(TIMES))
    for storm, peak in zip(FLOODS, (6100, 1500, 1400, 6900), strict=True):
        since = hour - int((np.datetime64(storm.start) - START).astype(int)) - 20
        wave += peak * _plateau(since, 30, storm.hours + 60)
    return np.asarray(season + daily + wave + rng.normal(0, 6, len(TIMES)))


def _plateau(since: npt.NDArray[np.int64], rise: int, last: int) -> Series:
    """0 before, 1 after ``rise`` hours, back to 0 from ``last`` hours on over twice the rise."""
    up = np.clip(since / rise, 0, 1)
    down = np.clip((last + 2 * rise - since) / (2 * rise), 0, 1)
    return np.asarray(np.minimum(up, down) ** 1.4)


def _observed(station: Station, flow: Series, rain: Series, rng: np.random.Generator) -> Observed:
    flow = np.maximum(flow, 5.0)
    stage = station.rating.zero + station.rating.factor * flow**0.6
    return Observed(
        station, np.round(stage + rng.normal(0, 0.006, len(flow)), 2), np.round(flow, 1), rain
    )
