"""Sees where coordinates lie, and that they cannot be in the declared CRS (坐标系疑误识别).

A sample of the coordinates is read as it was declared. Where next to none of it lies in the area
that is expected - the loaded counties, or China before there are any - it is read in other ways:
with its axes swapped, with or without the number of the zone in the easting, as degrees or metres,
in other zones of the datum. A way in which next to all of it lies there is the likely one; it is
told, and nothing is put right. Whether the datum is another one cannot be seen by this: such a
shift is too small (`layers.crs.reference`).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from cim.assignment.rules import Broken, broken
from layers.crs import zones
from layers.crs.area import WORLD, Area, Places
from layers.crs.declared import Declared
from layers.crs.operation import Move
from layers.crs.zones import Zone

SAMPLE = 500  # coordinates, each of another feature
_FEW, _MOST = 0.05, 0.95  # shares of a sample
_MOST_FITS = 3  # zones that a sentence names

_LATITUDE_FIRST = {
    "first": "latitude or northing",
    "first_zh": "纬度（北坐标）",
    "option": "with",
    "option_zh": "加",
}
_AS_USUAL = {
    "first": "longitude or easting",
    "first_zh": "经度（东坐标）",
    "option": "without",
    "option_zh": "去掉",
}

_SWAP = {False: ("", ""), True: (" and swap_axes (--swap-axes)", "，并加 swap_axes（--swap-axes）")}


class Reading(NamedTuple):
    """How a sample is read: its CRS, the way to degrees, and whether axes are swapped."""

    declared: Declared
    move: Move | None
    swapped: bool = False

    def places(self, xy: Places) -> Places:
        straight = _turned(xy, self.swapped)
        return straight if self.move is None else self.move(straight)


class Noticed(NamedTuple):
    """What was noticed, and whether the coordinates could be there all the same."""

    said: Broken
    possible: bool


def sample(geometries: NDArray[np.object_]) -> Places:
    """The first coordinate of up to `SAMPLE` geometries from all of them."""
    there = geometries[~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)]
    step = max(1, len(there) // SAMPLE)
    xy, of = shapely.get_coordinates(there[::step], return_index=True)
    first = np.flatnonzero(np.diff(of, prepend=-1))
    found: Places = xy[first]
    return found[np.isfinite(found).all(axis=1)]


def notice(reading: Reading, xy: Places, area: Area) -> Noticed | None:
    """What is wrong with the declared CRS of a sample, as far as it can be seen."""
    if not len(xy):
        return None
    misnumbered = _numbered(reading, xy, area)
    if misnumbered is not None:
        return Noticed(misnumbered, possible=False)
    places = reading.places(xy)
    if area.share(places) >= _FEW:
        return None
    looked = (look(reading, xy, area) for look in (_swapped, _other_units, _other_zone))
    said = next(filter(None, looked), None)
    possible = WORLD.share(places) >= _FEW
    if said is None and not possible:
        said = broken("crs.impossible", _middle(xy), crs=reading.declared.name)
    if said is None and area.counties:
        here, here_zh = _where(places)
        crs = reading.declared.name
        said = broken("crs.elsewhere", _middle(xy), crs=crs, here=here, here_zh=here_zh)
    return Noticed(said, possible) if said is not None else None


def refuses(noticed: Noticed, *, division_given: bool) -> bool:
    """Whether the file is refused: not where its rows would be taken and may be right."""
    if noticed.said.rule == "crs.elsewhere":
        return False
    return not (noticed.possible and division_given)


def _swapped(reading: Reading, xy: Places, area: Area) -> Broken | None:
    turned = reading._replace(swapped=not reading.swapped).places(xy)
    if area.share(turned) < _MOST:
        return None
    here, here_zh = _where(reading.places(xy))
    there, there_zh = _where(turned)
    words = _AS_USUAL if reading.swapped else _LATITUDE_FIRST
    return broken(
        "crs.swapped",
        _middle(xy),
        crs=reading.declared.name,
        **words,
        here=here,
        here_zh=here_zh,
        there=there,
        there_zh=there_zh,
    )


def _numbered(reading: Reading, xy: Places, area: Area) -> Broken | None:
    """Another number of a zone in the easting than the CRS has, or one where it has none."""
    declared = zones.zone(reading.declared.epsg)
    if declared is None:
        return None
    for swapped, easting in _eastings(xy, reading):
        number = int(easting // 1_000_000) or None
        if number == declared.number:
            continue
        fits = zones.like(declared, numbered=False)
        if number is not None:
            fits = zones.of_easting(declared.datum, easting)
        for fit in fits:
            if area.share(fit.places(_turned(xy, swapped))) >= _MOST:
                return _other_number(reading, easting, (number, declared.number), (fit, swapped))
    return None


def _other_number(
    reading: Reading,
    easting: float,
    numbers: tuple[int | None, int | None],
    found: tuple[Zone, bool],
) -> Broken:
    (has, has_zh), (wants, wants_zh) = (
        (f"has the zone number {number} in front", f"前有带号 {number}")
        if number
        else ("has no zone number", "没有带号")
        for number in numbers
    )
    fit, swapped = found
    return broken(
        "crs.prefix",
        f"{easting:.0f}",
        crs=reading.declared.name,
        has=has,
        has_zh=has_zh,
        wants=wants,
        wants_zh=wants_zh,
        **_fit([fit], swapped=swapped),
    )


def _other_units(reading: Reading, xy: Places, area: Area) -> Broken | None:
    """Degrees in a projected CRS, or metres in one of degrees."""
    geographic = reading.declared.geographic
    largest = np.abs(xy).max(axis=1)
    if geographic and (largest > 1000).mean() >= _MOST:
        fits = list(_projected(reading, xy, area))
        hint = "; name its zone with crs (--crs)"
        hint_zh = "；请用 crs（--crs）指明投影带"
        if fits:
            told = _fit([fit for fit, _ in fits], swapped=fits[0][1])
            hint = f"; it fits {told['fits']}: crs (--crs) {told['code']}{told['swap']}"
            hint_zh = f"；应为 {told['fits']}：crs（--crs）{told['code']}{told['swap_zh']}"
        return _units(reading, xy, (("metres", "米"), ("degrees", "度")), (hint, hint_zh))
    if geographic or not (largest <= 180).mean() >= _MOST:
        return None
    swapped = False
    if area.share(xy) < _MOST:
        if area.share(xy[:, ::-1]) < _MOST:
            return None
        swapped = True
    code, (swap, swap_zh) = _degrees_of(reading.declared), _SWAP[swapped]
    fit, fit_zh = f": crs (--crs) {code}{swap}", f"：crs（--crs）{code}{swap_zh}"
    return _units(reading, xy, (("degrees", "度"), ("metres", "米")), (fit, fit_zh))


def _units(
    reading: Reading,
    xy: Places,
    units: tuple[tuple[str, str], tuple[str, str]],
    hints: tuple[str, str],
) -> Broken:
    (unit, unit_zh), (other, other_zh) = units
    return broken(
        "crs.units",
        _middle(xy),
        crs=reading.declared.name,
        unit=unit,
        unit_zh=unit_zh,
        other=other,
        other_zh=other_zh,
        hint=hints[0],
        hint_zh=hints[1],
    )


def _degrees_of(declared: Declared) -> str:
    base = declared.crs.geodetic_crs
    epsg = base.to_epsg() if base is not None else None
    return f"EPSG:{epsg or 4490}"


def _projected(reading: Reading, xy: Places, area: Area) -> Iterator[tuple[Zone, bool]]:
    """Zones of CGCS2000 in which metres lie in the area, and whether their axes are swapped.

    Without a zone number every zone lies somewhere in China, so that only counties tell them apart.
    """
    for swapped, easting in _eastings(xy, reading):
        straight = _turned(xy, swapped)
        fits = zones.of_easting("CGCS2000", easting)
        if not fits and area.counties:
            fits = zones.plain("CGCS2000")
        for fit in fits:
            if area.share(fit.places(straight)) >= _MOST:
                yield fit, swapped


def _other_zone(reading: Reading, xy: Places, area: Area) -> Broken | None:
    declared = zones.zone(reading.declared.epsg)
    if declared is None or not area.counties:
        return None
    straight = _turned(xy, reading.swapped)
    others = zones.plain(declared.datum)
    if declared.number is not None:
        others = zones.of_easting(declared.datum, float(np.median(straight[:, 0])))
    fits = [z for z in others if area.share(z.places(straight)) >= _MOST]
    if not fits:
        return None
    here, here_zh = _where(reading.places(xy))
    return broken(
        "crs.zone",
        _middle(xy),
        crs=reading.declared.name,
        here=here,
        here_zh=here_zh,
        **_fit(fits, swapped=reading.swapped),
    )


def _eastings(xy: Places, reading: Reading) -> Iterator[tuple[bool, float]]:
    """The middle easting, with axes as they are said to be and then the other way."""
    x, y = (float(each) for each in np.median(xy, axis=0))
    yield reading.swapped, y if reading.swapped else x
    yield not reading.swapped, x if reading.swapped else y


def _turned(xy: Places, swapped: bool) -> Places:
    return xy[:, ::-1] if swapped else xy


def _fit(fits: list[Zone], *, swapped: bool) -> dict[str, str]:
    named = [f"EPSG:{fit.code} ({fit.name})" for fit in fits[:_MOST_FITS]]
    return {
        "fits": ", ".join(named),
        "code": f"EPSG:{fits[0].code}",
        "swap": _SWAP[swapped][0],
        "swap_zh": _SWAP[swapped][1],
    }


def _middle(xy: Places) -> str:
    x, y = np.median(xy, axis=0)
    return f"({x:.10g}, {y:.10g})"


def _where(places: Places) -> tuple[str, str]:
    """About where places lie, in words of both languages."""
    there = places[np.isfinite(places).all(axis=1)]
    if not len(there):
        return "nowhere on the earth", "地球之外"
    x, y = np.median(there, axis=0)
    if abs(x) > 180 or abs(y) > 90:
        return "nowhere on the earth", "地球之外"
    place = f"({x:.4f}, {y:.4f})"
    return f"at {place}", f"{place}"
