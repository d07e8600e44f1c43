"""The three control lines (三条控制线): farmland, ecology, town.

永久基本农田 is permanent basic farmland, 生态保护红线 the ecological protection red line,
城镇开发边界 the urban development boundary. As the rule is, the three do not overlap one another.
They follow the land and not the counties, so several cross a border. EPSG:4490, lon, lat.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from city import courses, landuse, waterworks
from city.divisions import divisions
from city.frame import geographic, planar, random_stream
from city.parcels import Parcel

CLOSE = 120.0
"""Metres across a street or a small river that do not part a town."""
LANE = 14.0
"""Metres across a lane that do not part a field."""
SLIVER = 20_000.0
"""m2; parts below this are left out."""
CROPS = ("0101", "0102", "0103")
Area: TypeAlias = Polygon | MultiPolygon


class Blob(NamedTuple):
    """A rounded area: name, type, place in degrees, reach in metres east and north."""

    name: str
    type: str
    place: courses.Place
    reach: tuple[float, float]


class ControlArea(NamedTuple):
    """One part of a control line, in degrees."""

    name: str
    type: str
    shape: Polygon


TOWNS = (
    Blob("老河口市城区", "城镇集中建设区", (111.672, 32.395), (2600, 3600)),
    Blob("谷城县城区", "城镇集中建设区", (111.640, 32.255), (2500, 2100)),
    Blob("保康县城区", "城镇集中建设区", (111.260, 31.880), (1200, 2000)),
    Blob("南漳县城区", "城镇集中建设区", (111.840, 31.770), (2400, 1900)),
    Blob("宜城市城区", "城镇集中建设区", (112.245, 31.715), (2100, 3000)),
    Blob("枣阳市城区", "城镇集中建设区", (112.765, 32.125), (4200, 3300)),
    Blob("东津新区拓展区", "城镇弹性发展区", (112.265, 32.010), (1700, 3100)),
    Blob("邓城拓展区", "城镇弹性发展区", (112.075, 32.085), (2300, 1300)),
)
REDLINES = (
    Blob("荆山生物多样性维护红线", "生物多样性维护", (111.320, 31.720), (26000, 17000)),
    Blob("武当山余脉水土保持红线", "水土保持", (111.370, 32.090), (19000, 9000)),
    Blob("漳河源水源涵养红线", "水源涵养", (111.720, 31.560), (11000, 14000)),
    Blob("岘山水土保持红线", "水土保持", (112.120, 31.966), (5400, 4400)),
    Blob("大洪山水源涵养红线", "水源涵养", (112.640, 31.690), (13000, 7500)),
    Blob("桐柏山水源涵养红线", "水源涵养", (112.980, 32.330), (8000, 6000)),
)
FARMLANDS = (
    Blob("唐白河平原永久基本农田", "水田", (112.330, 32.250), (19000, 9500)),
    Blob("鄂北岗地永久基本农田", "旱地", (112.140, 32.320), (13000, 8000)),
    Blob("枣北岗地永久基本农田", "旱地", (112.690, 32.240), (20000, 7500)),
    Blob("滚河河谷永久基本农田", "水田", (112.600, 32.020), (14000, 6500)),
    Blob("宜城平原永久基本农田", "水田", (112.290, 31.640), (8200, 10500)),
    Blob("蛮河河谷永久基本农田", "水田", (112.030, 31.730), (12500, 5200)),
    Blob("老河口岗地永久基本农田", "旱地", (111.790, 32.430), (9500, 7000)),
    Blob("汉江南岸永久基本农田", "水浇地", (111.960, 32.020), (7500, 2600)),
    Blob("樊西永久基本农田", "水浇地", (111.960, 32.140), (7500, 3300)),
    Blob("东津永久基本农田", "水田", (112.300, 31.960), (7500, 6500)),
)


class ControlLines(NamedTuple):
    """The three lines."""

    town: list[ControlArea]
    redline: list[ControlArea]
    farmland: list[ControlArea]


def control_lines(parcels: list[Parcel]) -> ControlLines:
    """Town first, then ecology, then farmland: each leaves out the ones before it."""
    rng = random_stream("control")
    whole = shapely.union_all([d.shape for d in divisions()])
    wide = geographic(courses.wide_water(60.0))[0]
    large = [courses.surface(course, 60.0) for course in courses.WIDE if course != courses.CLEAR]
    barrier = geographic(shapely.union_all(large))[0]
    town = _apart([*_city(parcels), *_blobs(TOWNS, rng)], barrier, whole)
    towns = _safe_union(town)
    redline = _apart([*_blobs(REDLINES, rng), _wetland()], towns, whole)
    lakes = geographic([reservoir.high for reservoir in waterworks.RESERVOIRS])
    taken = shapely.union_all([towns, _safe_union(redline), wide, *lakes])
    farmland = _apart([*_fields(parcels), *_blobs(FARMLANDS, rng)], taken, whole)
    return ControlLines(town, redline, farmland)


def _blobs(blobs: tuple[Blob, ...], rng: np.random.Generator) -> list[ControlArea]:
    return [ControlArea(b.name, b.type, _wobble(b, rng)) for b in blobs]


def _wobble(blob: Blob, rng: np.random.Generator) -> Polygon:
    """An ellipse with lobes, some wide and some small."""
    angle = np.linspace(0, 2 * np.pi, 140, endpoint=False)
    phase = rng.uniform(0, 2 * np.pi, 12)
    orders = np.arange(2, 14)
    waves = np.cos(orders[:, None] * angle + phase[:, None]) * (0.26 / orders**0.85)[:, None]
    radius = 1 + waves.sum(axis=0)
    (middle,) = planar(shapely.points([blob.place]))
    x = middle.x + blob.reach[0] * radius * np.cos(angle)
    y = middle.y + blob.reach[1] * radius * np.sin(angle)
    return geographic(Polygon(np.column_stack([x, y])))[0]


def _city(parcels: list[Parcel]) -> list[ControlArea]:
    """The built-up city bank by bank, and the island as an area of special purpose."""
    built = [p for p in parcels if p.use.feature == "GB" and p.kind != "island"]
    around = [p for p in parcels if p.kind == "island"]
    city = _joined([p.shape for p in built], CLOSE).difference(landuse.HILLS)
    island = _joined([p.shape for p in around], CLOSE)
    banks = [part for part in shapely.get_parts(city) if part.area > 25 * SLIVER]
    parts = [ControlArea("襄阳市中心城区", "城镇集中建设区", geographic(p)[0]) for p in banks]
    return [*parts, ControlArea("鱼梁洲", "特别用途区", geographic(island)[0])]


def _fields(parcels: list[Parcel]) -> list[ControlArea]:
    """Crop parcels of the dense part, joined across lanes."""
    crops = [p for p in parcels if p.use.code in CROPS and p.kind != "island"]
    areas = []
    for code, name in (("0101", "水田"), ("0102", "水浇地"), ("0103", "旱地")):
        joined = _joined([p.shape for p in crops if p.use.code == code], LANE)
        for part in shapely.get_parts(joined):
            if part.area > SLIVER:
                areas.append(ControlArea(f"城郊永久基本农田（{name}）", name, geographic(part)[0]))
    return areas


def _wetland() -> ControlArea:
    """The Han below the city with its banks, through three counties."""
    lower = courses.reach(courses.HAN, courses.FOOT, (112.3600, 31.7050))
    line = planar(shapely.linestrings([lower]))
    return ControlArea("汉江宜城段湿地红线", "湿地保护", geographic(line[0].buffer(750))[0])


def _joined(shapes: list[Polygon], gap: float) -> Area:
    """Shapes as one area, gaps up to twice ``gap`` closed, small holes filled."""
    merged = shapely.union_all(shapely.buffer(shapes, gap, join_style="mitre"))
    shrunk = shapely.buffer(merged, 4.0 - gap, join_style="mitre")
    return shapely.union_all([_filled(part) for part in shapely.get_parts(shrunk)]).simplify(2.0)


def _filled(part: Polygon) -> Polygon:
    holes = [ring for ring in part.interiors if Polygon(ring).area > 4 * SLIVER]
    return Polygon(part.exterior, holes)


def _apart(areas: list[ControlArea], taken: Area, whole: Polygon) -> list[ControlArea]:
    """Each area less what is taken and less the areas before it, part by part."""
    kept: list[ControlArea] = []
    for area in areas:
        free = shapely.intersection(area.shape, whole).difference(taken)
        taken = shapely.union(taken, area.shape)
        parts = [p for p in shapely.get_parts(free) if p.geom_type == "Polygon"]
        big = [p for p in parts if planar(p)[0].area > SLIVER]
        kept += [ControlArea(area.name, area.type, _tidy(p)) for p in big]
    return kept


def _tidy(shape: Polygon) -> Polygon:
    """Vertices on the 1e-7 degree grid, drawn in by 3 cm so that no two lines touch."""
    inner = shapely.set_precision(shapely.buffer(shape, -3e-7, join_style="mitre"), 1e-7)
    return max(shapely.get_parts(inner), key=lambda part: part.area)


def _safe_union(areas: list[ControlArea]) -> Area:
    return shapely.union_all([area.shape for area in areas])
