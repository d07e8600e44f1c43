"""Hydrological stations (水文站): where they stand, their datum, their control levels.

Names are those of places, codes are not official: an 8-character code as SL 502 forms it, with a
prefix that no basin has. Stages are metres in the datum of the station; never compare stages of
two stations unless both corrections to 1985 国家高程基准 (EPSG:5737) are known. Chinese control
levels rise: guard 设防 < warning 警戒 < guarantee 保证.
"""

from __future__ import annotations

from typing import NamedTuple

HEADER = (
    "station",
    "name",
    "name_en",
    "river",
    "lon",
    "lat",
    "datum",
    "datum_correction_m",
    "guard_stage_m",
    "warning_stage_m",
    "guarantee_stage_m",
    "level_source",
)
SAMPLE = "sample"


class Rating(NamedTuple):
    """Stage-discharge relation (水位流量关系): stage = zero + factor * flow ** 0.6."""

    zero: float
    factor: float


class Station(NamedTuple):
    """One station, coordinates in degrees; blank levels are unknown."""

    code: str
    name: str
    name_en: str
    river: str
    lon: float
    lat: float
    datum: str
    correction: str
    guard: float
    warning: float | None
    guarantee: float | None
    source: str
    rating: Rating

    def row(self) -> tuple[object, ...]:
        """The line of the station in the CSV."""
        return tuple("" if value is None else value for value in self[:-1])


LAOHEKOU = Station(
    "SMPL0001", "老河口", "Laohekou", "汉江", 111.6450, 32.2850, "1985国家高程基准", "0.000",
    85.50, 86.80, 88.30, SAMPLE, Rating(79.10, 0.0243),
)  # fmt: skip
GUCHENG = Station(
    "SMPL0002", "谷城", "Gucheng", "南河", 111.6100, 32.2100, "吴淞高程（样例）", "-1.830",
    88.00, 89.00, 90.20, SAMPLE, Rating(83.40, 0.0270),
)  # fmt: skip
XIANGYANG = Station(
    "SMPL0003", "襄阳", "Xiangyang", "汉江", 112.1350, 32.0275, "未载明", "",
    65.50, 66.50, 68.00, "guard: public flood bulletins of 2021; the others: sample",
    Rating(61.18, 0.0184),
)  # fmt: skip
ZHANGWAN = Station(
    "SMPL0004", "张湾", "Zhangwan", "唐白河", 112.2480, 32.0820, "冻结吴淞（样例）", "-1.860",
    66.80, 68.00, 69.50, SAMPLE, Rating(62.90, 0.0225),
)  # fmt: skip
YICHENG = Station(
    "SMPL0005", "宜城", "Yicheng", "汉江", 112.2650, 31.7550, "1985国家高程基准", "0.000",
    55.80, 57.00, 58.40, SAMPLE, Rating(51.20, 0.0180),
)  # fmt: skip
STATIONS = (LAOHEKOU, GUCHENG, XIANGYANG, ZHANGWAN, YICHENG)
