"""Two dates of a satellite scene (遥感影像): 4 bands of surface reflectance at 10 m, EPSG:4546.

Land cover is painted from the city itself (streets, parcels, buildings, water), then turned into
reflectance times 10,000 with texture. Between the dates the river and the lake rise, a new town
replaces fields, a building site and a quarry appear: `changes` says where.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import rasterio
import shapely
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely import Polygon

from city import courses, landuse, waterworks
from city.buildings import Building
from city.frame import WINDOW, random_stream
from city.parcels import Parcel
from city.streets import Block, blocks

PIXEL = 10.0
SHAPE = (int((WINDOW.north - WINDOW.south) / PIXEL), int((WINDOW.east - WINDOW.west) / PIXEL))
GRID = Affine(PIXEL, 0.0, WINDOW.west, 0.0, -PIXEL, WINDOW.north)
BANDS = ("blue", "green", "red", "nir")
STEP = 40
"""Reflectance is a multiple of this (0.004), as of a sensor of 8 bits; it keeps the file small."""
Cover = npt.NDArray[np.uint8]
Field = npt.NDArray[np.float64]


class Spectrum(NamedTuple):
    """Reflectance of a cover in the four bands, and how much it varies by parcel and by pixel."""

    bands: tuple[float, float, float, float]
    patchy: float
    grainy: float


SPECTRA = {
    "water": Spectrum((0.074, 0.082, 0.056, 0.024), 0.00, 0.03),
    "pond": Spectrum((0.060, 0.072, 0.050, 0.036), 0.10, 0.05),
    "sand": Spectrum((0.150, 0.185, 0.215, 0.270), 0.00, 0.10),
    "street": Spectrum((0.098, 0.104, 0.108, 0.135), 0.00, 0.08),
    "lane": Spectrum((0.070, 0.092, 0.092, 0.240), 0.00, 0.12),
    "crop": Spectrum((0.038, 0.072, 0.044, 0.385), 0.22, 0.07),
    "dry_crop": Spectrum((0.052, 0.088, 0.078, 0.300), 0.25, 0.09),
    "paddy": Spectrum((0.048, 0.074, 0.056, 0.210), 0.20, 0.07),
    "orchard": Spectrum((0.036, 0.064, 0.046, 0.310), 0.12, 0.13),
    "forest": Spectrum((0.024, 0.046, 0.028, 0.330), 0.08, 0.14),
    "park": Spectrum((0.042, 0.074, 0.054, 0.285), 0.12, 0.16),
    "yard": Spectrum((0.092, 0.108, 0.108, 0.195), 0.12, 0.14),
    "village": Spectrum((0.078, 0.098, 0.098, 0.225), 0.10, 0.14),
    "square": Spectrum((0.150, 0.160, 0.165, 0.205), 0.10, 0.08),
    "roof": Spectrum((0.128, 0.138, 0.146, 0.182), 0.22, 0.10),
    "old_roof": Spectrum((0.084, 0.088, 0.096, 0.128), 0.12, 0.10),
    "hall": Spectrum((0.190, 0.178, 0.162, 0.200), 0.25, 0.06),
    "bare": Spectrum((0.118, 0.158, 0.204, 0.268), 0.05, 0.10),
    "rock": Spectrum((0.205, 0.225, 0.245, 0.290), 0.00, 0.12),
}
COVERS = tuple(SPECTRA)
COVER_OF_USE = {
    "0101": "paddy",
    "0102": "crop",
    "0103": "dry_crop",
    "02": "orchard",
    "03": "forest",
    "0703": "village",
    "1401": "park",
    "1402": "forest",
    "1403": "square",
    "1704": "pond",
}
"""Cover by the start of the land-use code; the longest start that fits, else a yard."""
ROOFS = {"hall": "hall", "old": "old_roof", "farmhouse": "old_roof"}


class Scene(NamedTuple):
    """One acquisition: day, whether the water is high and the changes have happened, sunlight."""

    day: str
    late: bool
    light: float


SCENES = (Scene("2024-05-01", False, 1.0), Scene("2025-05-01", True, 1.02))


class Change(NamedTuple):
    """Where the two dates differ, and how."""

    kind: str
    before: str
    after: str
    shape: shapely.Geometry


def changes() -> list[Change]:
    """The answer key of change detection, in EPSG:4546."""
    box = shapely.box(*WINDOW)
    river = courses.city_water(waterworks.BANK_RISE).difference(courses.city_water())
    lakes = [lake.high.difference(lake.low) for lake in waterworks.city_reservoirs()]
    return [
        Change("new_city", "耕地", "建设用地", _new_city()),
        Change("works", "耕地", "裸地（施工）", landuse.WORKS),
        Change("quarry", "林地", "裸岩（采石）", landuse.QUARRY),
        Change("river_rise", "滩地", "河流水面", shapely.intersection(river, box)),
        *(Change("reservoir_rise", "消落带", "水库水面", lake) for lake in lakes),
    ]


def reflectance(
    scene: Scene, parcels: list[Parcel], buildings: list[Building]
) -> npt.NDArray[np.uint16]:
    """Shape (4, rows, columns): blue, green, red, near infrared, reflectance times 10,000."""
    cover = _cover(scene, parcels, buildings)
    patch = _patches(parcels)
    grain = _texture(random_stream("texture")) + 0.12 * _white(random_stream(scene.day))
    table = np.array([SPECTRA[name].bands for name in COVERS]) * scene.light
    patchy = np.array([SPECTRA[name].patchy for name in COVERS])[cover] * patch
    grainy = np.array([SPECTRA[name].grainy for name in COVERS])[cover] * grain
    bands = []
    for band in range(len(BANDS)):
        lean = 1.0 if band < 3 else -0.55  # a sparser crop is brighter in red, darker in infrared
        value = table[cover, band] * np.exp(lean * patchy + grainy)
        bands.append(np.maximum(STEP, np.round(value * 10_000 / STEP) * STEP))
    return np.array(bands).astype(np.uint16)


def _cover(scene: Scene, parcels: list[Parcel], buildings: list[Building]) -> Cover:
    cover = np.full(SHAPE, COVERS.index("dry_crop"), dtype=np.uint8)
    _paint(cover, [("forest", landuse.HILLS)])
    _paint(cover, [(_street_cover(b), Polygon(b.corners)) for b in blocks()])
    _paint(cover, [(_parcel_cover(p, scene.late), p.shape) for p in parcels])
    if scene.late:
        _paint(cover, [("street", _new_city().difference(_land(parcels)))])
    standing = [b for b in buildings if scene.late or b.year <= int(scene.day[:4])]
    roofs = [(ROOFS.get(parcels[b.parcel].use.style, "roof"), b.shape) for b in standing]
    _paint(cover, roofs)
    if scene.late:
        _paint(cover, [("bare", landuse.WORKS), ("rock", landuse.QUARRY)])
    _paint(cover, _waters(scene.late))
    _paint(cover, [("street", bridge) for bridge in _bridges()])
    return cover


def _paint(cover: Cover, shapes: list[tuple[str, Any]]) -> None:
    """Burn shapes in order over what is there."""
    burn = [(shape, COVERS.index(name)) for name, shape in shapes if not shape.is_empty]
    rasterize(burn, out=cover, transform=GRID)


def _street_cover(block: Block) -> str:
    middle = Polygon(block.corners).centroid
    if shapely.contains(landuse.HILLS, middle):
        return "forest"
    if shapely.contains(landuse.NEW_CITY, middle):
        return "dry_crop"
    return "street" if landuse.urbanity(middle.x, middle.y) > 0.24 else "lane"


def _parcel_cover(parcel: Parcel, late: bool) -> str:
    if parcel.kind == "new_city":
        return "bare" if late else ("crop", "dry_crop", "paddy")[int(parcel.code[-1]) % 3]
    code = parcel.use.code
    fits = [start for start in COVER_OF_USE if code.startswith(start)]
    return COVER_OF_USE[max(fits, key=len)] if fits else "yard"


def _waters(high: bool) -> list[tuple[str, Any]]:
    """Sand where the bank falls dry, then the water."""
    rise = waterworks.BANK_RISE
    shore = [courses.city_water(rise), *(lake.high for lake in waterworks.city_reservoirs())]
    river = courses.city_water(rise if high else 0.0)
    lakes = [lake.high if high else lake.low for lake in waterworks.city_reservoirs()]
    water = [river, *lakes, waterworks.moat()]
    return [*(("sand", shape) for shape in shore), *(("water", shape) for shape in water)]


def _bridges() -> list[Polygon]:
    """Bridges (桥) as straight decks from bank to bank."""
    ends = (
        ((606_060, 3_544_950), (606_180, 3_546_350)),
        ((608_950, 3_545_050), (608_820, 3_546_350)),
        ((610_750, 3_544_600), (612_700, 3_544_900)),
        ((614_250, 3_545_100), (615_700, 3_545_000)),
        ((612_800, 3_547_500), (612_800, 3_548_900)),
    )
    return [shapely.LineString(pair).buffer(13, cap_style="flat") for pair in ends]


def _new_city() -> shapely.Geometry:
    quads = [Polygon(block.corners) for block in blocks()]
    return shapely.union_all([q for q in quads if shapely.contains(landuse.NEW_CITY, q.centroid)])


def _land(parcels: list[Parcel]) -> shapely.Geometry:
    return shapely.union_all([p.shape for p in parcels if p.kind == "new_city"])


def _patches(parcels: list[Parcel]) -> Field:
    """A value from -1 to 1 for each parcel, 0 between them."""
    values = random_stream("patches").uniform(-1, 1, len(parcels) + 1)
    values[0] = 0.0
    burn = [(p.shape, i + 1) for i, p in enumerate(parcels)]
    return np.asarray(values[rasterize(burn, out_shape=SHAPE, transform=GRID, dtype="int32")])


def _white(rng: np.random.Generator) -> Field:
    return rng.normal(0, 1, SHAPE)


def _texture(rng: np.random.Generator) -> Field:
    """Grain at three scales, the same on both dates as the ground is the same."""
    coarse = sum(_blurred(_white(rng), width) for width in (5, 11, 27))
    return np.asarray(0.55 * coarse)


def _blurred(field: Field, width: int) -> Field:
    """A box mean of odd width over rows and columns, scaled back to unit variance."""
    for axis in (0, 1):
        pad = [(width // 2 + 1, width // 2) if a == axis else (0, 0) for a in (0, 1)]
        total = np.cumsum(np.pad(field, pad, mode="reflect"), axis=axis)
        ahead = np.split(total, [width], axis=axis)[1]
        behind = np.take(total, range(ahead.shape[axis]), axis=axis)
        field = (ahead - behind) / width
    return np.asarray(field * width)


def profile() -> dict[str, Any]:
    """The profile that rasterio writes the scene with: a plain tiled GeoTIFF, no overviews."""
    return {
        "driver": "GTiff",
        "width": SHAPE[1],
        "height": SHAPE[0],
        "count": len(BANDS),
        "dtype": "uint16",
        "nodata": 0,
        "crs": rasterio.CRS.from_epsg(4546),
        "transform": GRID,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
        "zlevel": 7,
        "interleave": "pixel",
    }
