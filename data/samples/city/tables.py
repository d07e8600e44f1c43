"""The layers as tables: which columns each has, in which order, of which type.

Columns of Chinese databases keep their usual pinyin abbreviation where GIS staff know them by it
(控制线 XZQDM, HXMC, HXLX); the rest are English words.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from city.buildings import Building, floor_area_ratios
from city.divisions import divisions
from city.frame import GEOGRAPHIC, PLANAR, random_stream
from city.parcels import Parcel, areas
from city.titles import parcel_addresses, parcel_names
from city.write import Table


def text(values: Iterable[str]) -> npt.NDArray[np.object_]:
    """A column of strings."""
    return np.array(list(values), dtype=object)


def division_table() -> Table:
    """The county-level divisions."""
    found = divisions()
    columns: dict[str, npt.NDArray[Any]] = {
        "code": text(d.code for d in found),
        "name": text(d.name for d in found),
        "name_en": text(d.name_en for d in found),
        "level": text("县级" for _ in found),
        "parent": text("420600" for _ in found),
        "parent_name": text("襄阳市" for _ in found),
    }
    title = "县级行政区（示例） County-level divisions (sample)"
    return Table("divisions", title, GEOGRAPHIC, [d.shape for d in found], columns)


def parcel_table(parcels: list[Parcel], buildings: list[Building]) -> Table:
    """The parcels; areas and ratios are those of the shapes in this table."""
    ratios = np.array(floor_area_ratios(parcels, buildings))
    built = np.array([bool(p.use.style) for p in parcels])
    columns: dict[str, npt.NDArray[Any]] = {
        "parcel_code": text(p.code for p in parcels),
        "real_estate_unit": text(_unit(p, r > 0) for p, r in zip(parcels, ratios, strict=True)),
        "name": text(parcel_names(parcels)),
        "address": text(parcel_addresses(parcels)),
        "township_code": text(p.township.code for p in parcels),
        "township": text(p.township.name for p in parcels),
        "landuse": text(p.use.code for p in parcels),
        "landuse_name": text(p.use.name for p in parcels),
        "area_m2": areas(parcels),
        "floor_area_ratio": np.where(built, ratios, np.nan),
        "owner_kind": text(_owner(p) for p in parcels),
        "use_right": text(p.use.right for p in parcels),
        "approved": _approved(parcels),
    }
    title = "宗地（示例） Parcels (sample)"
    return Table("parcels", title, PLANAR, [p.shape for p in parcels], columns)


def _unit(parcel: Parcel, built: bool) -> str:
    """Real-estate unit code (不动产单元代码): the first building, the forest, or no fixture."""
    forest = parcel.use.feature[1] in "EL"
    return parcel.code + ("F00010001" if built else "L00000001" if forest else "W00000000")


def _owner(parcel: Parcel) -> str:
    return "国家所有" if parcel.use.feature[0] == "G" else "集体所有"


def _approved(parcels: list[Parcel]) -> npt.NDArray[np.datetime64]:
    """The day of registration: contracts in the years of the national round, the rest 1992-2023."""
    rng = random_stream("approved")
    contract = np.array([p.use.right in ("家庭承包", "其他方式承包") for p in parcels])
    recent = np.array([p.kind == "new_city" for p in parcels])
    any_year = rng.integers(0, 32 * 365, len(parcels))
    start = np.where(contract, "2016-01-01", np.where(recent, "2024-06-01", "1992-01-01"))
    span = np.where(contract, any_year % 1000, np.where(recent, any_year % 200, any_year))
    return np.asarray(start.astype("datetime64[D]") + span.astype("timedelta64[D]"))
