"""The layers as tables: which columns each has, in which order, of which type.

Columns of Chinese databases keep their usual pinyin abbreviation where GIS staff know them by it
(控制线 XZQDM, HXMC, HXLX); the rest are English words.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod

from city import courses, imagery, waterworks
from city.buildings import STYLES, Building, floor_area_ratios
from city.control import ControlArea
from city.divisions import divisions
from city.frame import GEOGRAPHIC, PLANAR, geographic, random_stream
from city.parcels import Parcel, areas
from city.titles import parcel_addresses, parcel_names
from city.write import Table

ELLIPSOID = Geod(ellps="GRS80")
"""CGCS2000 has the axis and the flattening of GRS 80."""
CRS84 = "OGC:CRS84"
BUILDING_RIGHTS, FOREST_RIGHTS = "BC", "EL"
"""Rights (second letter of 宗地特征码) whose unit is a building or a forest, where one stands."""
CONTROL_RULES = {
    "basic_farmland": "严格保护，一般建设不得占用",
    "ecological_redline": "原则上禁止人为活动，仅允许有限人为活动",
    "urban_boundary": "城镇集中建设，边界外不得城镇集中建设",
}


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
    right = parcel.use.feature[1]
    if built and right in BUILDING_RIGHTS:
        return f"{parcel.code}F00010001"
    return parcel.code + ("L00000001" if right in FOREST_RIGHTS else "W00000000")


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


def building_table(parcels: list[Parcel], buildings: list[Building]) -> Table:
    """The buildings, names short enough for a DBF."""
    names = parcel_names(parcels)
    on = [parcels[b.parcel] for b in buildings]
    styles = [STYLES[p.use.style] for p in on]
    columns: dict[str, npt.NDArray[Any]] = {
        "bldg_id": text(f"{p.code}F{b.number:04d}" for p, b in zip(on, buildings, strict=True)),
        "zddm": text(p.code for p in on),
        "name": text(
            f"{names[b.parcel]}{b.number}{style.noun}"
            for b, style in zip(buildings, styles, strict=True)
        ),
        "use": text(style.use for style in styles),
        "floors": np.array([b.floors for b in buildings], dtype="int32"),
        "height_m": np.array([b.height for b in buildings]),
        "built": np.array([b.year for b in buildings], dtype="int32"),
    }
    return Table("buildings", "buildings", PLANAR, [b.shape for b in buildings], columns)


def control_table(name: str, title: str, found: list[ControlArea], first: int) -> Table:
    """One control line; MJ is the ellipsoidal area in m2, XZQDM 420600 where it crosses."""
    homes = [_home(area.shape) for area in found]
    columns: dict[str, npt.NDArray[Any]] = {
        "BSM": text(f"420600{first + i:012d}" for i in range(len(found))),
        "XZQDM": text(code for code, _ in homes),
        "XZQMC": text(where for _, where in homes),
        "HXMC": text(area.name for area in found),
        "HXLX": text(area.type for area in found),
        "GKYQ": text(CONTROL_RULES[name] for _ in found),
        "MJ": np.array([_ellipsoidal_area(area.shape) for area in found]),
        "BZ": text("示例" for _ in found),
    }
    return Table(name, title, GEOGRAPHIC, [area.shape for area in found], columns)


def _home(shape: shapely.Geometry) -> tuple[str, str]:
    """The county that the shape lies in, or the city when it lies in several."""
    hit = [d for d in divisions() if shapely.intersects(d.shape, shape)]
    return (hit[0].code, hit[0].name) if len(hit) == 1 else ("420600", "襄阳市")


def _ellipsoidal_area(shape: shapely.Geometry) -> float:
    return round(abs(float(ELLIPSOID.geometry_area_perimeter(shape)[0])), 2)


def river_table() -> Table:
    """The rivers' centre lines; the length is ellipsoidal, of the line as written."""
    found = courses.COURSES
    lines = [courses.centre_line(course) for course in found]
    columns: dict[str, npt.NDArray[Any]] = {
        "river_key": text(course.key for course in found),
        "name": text(course.name for course in found),
        "name_en": text(course.name_en for course in found),
        "flows_into": text(course.into for course in found),
        "length_km": np.array([round(ELLIPSOID.geometry_length(x) / 1000, 2) for x in lines]),
    }
    return Table("rivers", "rivers", CRS84, lines, columns)


def water_surface_table() -> Table:
    """Water surfaces at low water of the wide rivers, and the moat."""
    shapes = [*map(courses.surface, courses.WIDE), waterworks.moat()]
    columns: dict[str, npt.NDArray[Any]] = {
        "surface_key": text([*(f"{c.key}-SURFACE" for c in courses.WIDE), "MOAT-SURFACE"]),
        "name": text([*(c.name for c in courses.WIDE), "襄阳护城河"]),
        "landuse": text("1701" for _ in shapes),
        "landuse_name": text("河流水面" for _ in shapes),
        "area_m2": np.array([round(shape.area, 2) for shape in shapes]),
    }
    return Table("water_surfaces", "water_surfaces", CRS84, list(geographic(shapes)), columns)


def reservoir_table() -> Table:
    """The reservoirs at low water with their levels (特征水位), all sample values."""
    found = waterworks.RESERVOIRS
    columns: dict[str, npt.NDArray[Any]] = {
        "reservoir_key": text(r.key for r in found),
        "name": text(r.name for r in found),
        "name_en": text(r.name_en for r in found),
        "river": text(r.river for r in found),
        "dead_level_m": np.array([r.dead for r in found]),
        "flood_limit_level_m": np.array([r.limit for r in found]),
        "normal_level_m": np.array([r.normal for r in found]),
        "design_level_m": np.array([r.design for r in found]),
        "check_level_m": np.array([r.check for r in found]),
        "total_storage_mm3": np.array([r.total for r in found]),
        "datum": text("1985国家高程基准" for _ in found),
        "level_source": text("sample" for _ in found),
    }
    shapes = list(geographic([r.low for r in found]))
    return Table("reservoirs", "reservoirs", CRS84, shapes, columns)


def change_table() -> Table:
    """What changed between the two scenes; planar area in EPSG:4546, m2."""
    found = imagery.changes()
    columns: dict[str, npt.NDArray[Any]] = {
        "kind": text(change.kind for change in found),
        "before": text(change.before for change in found),
        "after": text(change.after for change in found),
        "area_m2": np.array([round(change.shape.area, 2) for change in found]),
    }
    shapes = list(geographic([change.shape for change in found]))
    return Table("known_changes", "known_changes", CRS84, shapes, columns)
