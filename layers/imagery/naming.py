"""Names of bands and what is known of them (波段元数据): from the person, the file, the sensor.

What a person says ranks over what the file says, and the file over the table of its sensor. A
name is the band's description in the file, else what tells its file from the others, else its
colour, else `band1`, `band2`…; names are unique and can stand in a list of names in a query.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader

from layers.errors import RecipeUnfit
from layers.imagery import sensors
from layers.imagery.parts import Part
from layers.imagery.recipe import Named, Recipe

_NAME = re.compile(r"[^\s,()/?&=#]{1,40}")
_WAVELENGTH = re.compile(r" \(.*\)$")  # ENVI: "red (665.000000 Nanometers)"
_COLOURS = {ColorInterp.red: "red", ColorInterp.green: "green", ColorInterp.blue: "blue"}
_SPOKEN = {"红": "red", "绿": "green", "蓝": "blue", "近红外": "nir", "r": "red", "g": "green"}
_SPOKEN |= {"b": "blue", "n": "nir", "swir1": "swir16", "swir2": "swir22"}
_TO_MICROMETRES = {"nanometers": 1e-3, "micrometers": 1.0}


@dataclass(frozen=True, slots=True)
class Plan:
    """A band that a scene is to have: where it is, and what is said of it.

    `center` and `width` are in micrometres. `nodata` is that of the file or of the person.
    """

    part: Part
    index: int
    name: str
    common: str
    nodata: float | None
    scale: float
    offset: float
    unit: str
    center: float | None
    width: float | None

    @property
    def source(self) -> DatasetReader:
        return self.part.source


def plans(parts: Sequence[Part], recipe: Recipe) -> list[Plan]:
    """The bands of a scene in order, alpha bands left out; RecipeUnfit, SensorUnknown."""
    places = [(part, i) for part in parts for i in _shown(part.source)]
    if recipe.bands and len(recipe.bands) != len(places):
        raise RecipeUnfit(f"{len(recipe.bands)} bands are named; there are {len(places)}")
    named: list[Named] = list(recipe.bands) or _named(places)
    made = [_plan(place, name, recipe) for place, name in zip(places, named, strict=True)]
    names = [plan.name for plan in made]
    bad = [n for i, n in enumerate(names) if n in names[:i] or not _NAME.fullmatch(n)]
    if bad:
        raise RecipeUnfit(f"{bad[0]!r} cannot name a band, or names two")
    return made


def _shown(source: DatasetReader) -> list[int]:
    return [i for i in source.indexes if source.colorinterp[i - 1] is not ColorInterp.alpha]


def _named(places: Sequence[tuple[Part, int]]) -> list[Named]:
    names: list[str] = []
    for number, (part, i) in enumerate(places, 1):
        name = _name(part, i)
        names.append(name if _NAME.fullmatch(name) and name not in names else f"band{number}")
    return [Named(name, "") for name in names]


def _name(part: Part, index: int) -> str:
    source = part.source
    told = _WAVELENGTH.sub("", (source.descriptions[index - 1] or "").strip())
    if part.label:
        return part.label if source.count == 1 else f"{part.label}_{told or index}"
    return told or _COLOURS.get(source.colorinterp[index - 1], "")


def _plan(place: tuple[Part, int], named: Named, recipe: Recipe) -> Plan:
    part, index = place
    source = part.source
    known = _known(place, named, recipe)
    center, width = _wavelength(source, index)
    scale, offset = _scaling(source, index, known, recipe)
    return Plan(
        part=part,
        index=index,
        name=named.name,
        common=_common(named, known, source.colorinterp[index - 1]),
        nodata=_nodata(source, index, recipe),
        scale=scale,
        offset=offset,
        unit=(source.units[index - 1] or "").strip(),
        center=center or (known.center if known else None),
        width=width or (known.width if known else None),
    )


def _known(place: tuple[Part, int], named: Named, recipe: Recipe) -> sensors.SensorBand | None:
    """The band of the sensor, by the number in its name, else by its colour if it is named so.

    What GDAL takes a band for is not asked: a picture in red, green and blue is no reflectance.
    """
    if not recipe.sensor:
        return None
    part, index = place
    lower = named.name.lower()
    told = recipe.bands or part.source.descriptions[index - 1]
    colour = named.common or (_SPOKEN.get(lower, lower) if told else "")
    return sensors.band(recipe.sensor, named.name) or sensors.of_colour(recipe.sensor, colour)


def _common(named: Named, known: sensors.SensorBand | None, colour: ColorInterp) -> str:
    if named.common and named.common not in sensors.COMMON:
        raise RecipeUnfit(
            f"{named.common!r} is no common name of a band; known are {', '.join(sensors.COMMON)}"
        )
    lower = named.name.lower()
    spoken = lower if lower in sensors.COMMON else _SPOKEN.get(lower, _COLOURS.get(colour, ""))
    return named.common or (known.common if known else spoken)


def _nodata(source: DatasetReader, index: int, recipe: Recipe) -> float | None:
    """Of the person, the file, the sensor, in this order."""
    if recipe.nodata is not None:
        return recipe.nodata
    told = source.nodatavals[index - 1]
    if told is not None:
        return float(told)
    return sensors.sensor(recipe.sensor).nodata if recipe.sensor else None


def _scaling(
    source: DatasetReader, index: int, known: sensors.SensorBand | None, recipe: Recipe
) -> tuple[float, float]:
    scale, offset = source.scales[index - 1], source.offsets[index - 1]
    if (scale, offset) == (1.0, 0.0):
        factor = _number(_envi(source).get("reflectance_scale_factor"))
        scale = 1 / factor if factor else 1.0
    if (scale, offset) == (1.0, 0.0) and known:
        scale, offset = known.scale or 1.0, known.offset or 0.0
    return (
        scale if recipe.scale is None else recipe.scale,
        offset if recipe.offset is None else recipe.offset,
    )


def _wavelength(source: DatasetReader, index: int) -> tuple[float | None, float | None]:
    """Centre and full width in micrometres, where the file tells them."""
    tags = source.tags(index, ns="IMAGERY")
    center = _number(tags.get("CENTRAL_WAVELENGTH_UM"))
    if center:
        return center, _number(tags.get("FWHM_UM"))
    own = source.tags(index)
    factor = _TO_MICROMETRES.get(str(own.get("wavelength_units", "")).lower())
    center = _number(own.get("wavelength"))
    return (center * factor if center and factor else None), None


def _envi(source: DatasetReader) -> Mapping[str, Any]:
    found: Mapping[str, Any] = source.tags(ns="ENVI")
    return found


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
