"""What is in a placemark of KML (OGC 12-007r2, 地标): its texts, its data, and its geometry.

Coordinates are `longitude,latitude[,height]` in degrees of WGS 84 and metres, one after another
with blanks between.

>>> from xml.etree.ElementTree import fromstring
>>> found = read(fromstring(
...     "<Placemark><name>隆中</name><ExtendedData><Data name='level'><value>5A</value></Data>"
...     "</ExtendedData><Point><coordinates>112.05,32.05,80</coordinates></Point></Placemark>"))
>>> found.values, found.shape
({'Name': '隆中', 'level': '5A'}, <POINT Z (112.05 32.05 80)>)
>>> read(fromstring("<Placemark><Point><coordinates>x</coordinates></Point></Placemark>")).wrong
'x'
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

import shapely

# What a placemark says of itself, and the fields that it becomes, as GDAL calls them.
_OWN = {"name": "Name", "description": "description", "address": "address"}
_TIMES = {"when": "timestamp", "begin": "begin", "end": "end"}
_KINDS = {"Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "MultiTrack"}
_COLLECTIONS = {
    0: shapely.multipoints,
    1: shapely.multilinestrings,
    2: shapely.multipolygons,
}
_DEEPEST = 16


class Placemark(NamedTuple):
    """Texts by field, the geometry, and the text that is no coordinates where there is one."""

    values: Mapping[str, str]
    shape: Any = None
    wrong: str | None = None


class NoCoordinatesError(ValueError):
    """A text that is no coordinates."""


def local(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def read(element: Element, *, with_shape: bool = True) -> Placemark:
    """What an element says, with its geometry or without."""
    values: dict[str, str] = {}
    for child in element:
        name = local(child.tag)
        if name in _OWN:
            values[_OWN[name]] = _text(child)
        elif name in {"TimeStamp", "TimeSpan"}:
            values |= {_TIMES[local(e.tag)]: _text(e) for e in child if local(e.tag) in _TIMES}
    for name, text in _data(element):
        values.setdefault(name if name not in values else f"data_{name}", text)
    if not with_shape:
        return Placemark(values)
    shapes = [child for child in element if local(child.tag) in _KINDS]
    try:
        return Placemark(values, _shape(shapes[0], 0) if shapes else None)
    except NoCoordinatesError as wrong:
        return Placemark(values, wrong=str(wrong))
    except shapely.errors.GEOSException:
        return Placemark(values, wrong=local(shapes[0].tag))


def _data(element: Element) -> Iterator[tuple[str, str]]:
    """The names and texts of ExtendedData."""
    for child in element:
        if local(child.tag) != "ExtendedData":
            continue
        for one in child.iter():
            name = one.get("name", "").strip()
            if local(one.tag) == "SimpleData" and name:
                yield name, _text(one)
            elif local(one.tag) == "Data" and name:
                values = [value for value in one if local(value.tag) == "value"]
                yield name, _text(values[0]) if values else ""


def _text(element: Element) -> str:
    return "".join(element.itertext()).strip()


def _shape(element: Element, depth: int) -> Any:
    kind = local(element.tag)
    if depth > _DEEPEST:
        raise NoCoordinatesError(kind)
    if kind in {"MultiGeometry", "MultiTrack"}:
        parts = [_shape(child, depth + 1) for child in element if local(child.tag) in _KINDS]
        return _collected([part for part in parts if part is not None])
    if kind == "Polygon":
        return _polygon(element)
    points = _track(element) if kind == "Track" else _coordinates(element)
    if not points:
        return None
    if kind == "Point":
        return shapely.Point(points[0])
    if len(points) == 1 and kind == "Track":
        return shapely.Point(points[0])
    return shapely.linestrings(points)


def _polygon(element: Element) -> Any:
    rings: dict[str, list[Any]] = {"outerBoundaryIs": [], "innerBoundaryIs": []}
    for child in element:
        found = [e for e in child.iter() if local(e.tag) == "LinearRing"]
        rings.get(local(child.tag), []).extend(_ring(_coordinates(ring)) for ring in found)
    outer, inner = rings.values()
    if not outer or not outer[0]:
        return None
    return shapely.Polygon(outer[0], [ring for ring in inner if ring])


def _ring(points: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """The points of a ring, closed where it is not."""
    return [*points, points[0]] if points and points[0] != points[-1] else points


def _coordinates(element: Element) -> list[tuple[float, ...]]:
    for child in element:
        if local(child.tag) == "coordinates":
            return _points(_text(child).replace(", ", ",").split())
    return []


def _track(element: Element) -> list[tuple[float, ...]]:
    """The points of a track, which are written with blanks."""
    coords = [_text(child) for child in element if local(child.tag) == "coord"]
    return _points([",".join(text.split()) for text in coords])


def _points(texts: Sequence[str]) -> list[tuple[float, ...]]:
    """Points of two numbers, or of three where each has a height."""
    points = [_numbers(text) for text in texts]
    size = min(map(len, points), default=2)
    return [point[:size] for point in points]


def _numbers(text: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.rstrip(",").split(",")[:3])
    except ValueError:
        raise NoCoordinatesError(text) from None
    if len(numbers) < 2 or "_" in text or any(number - number for number in numbers):
        raise NoCoordinatesError(text)
    return numbers


def _collected(parts: list[Any]) -> Any:
    """One geometry of parts: a collection of their kind, where they are of one kind."""
    if len(parts) < 2:
        return parts[0] if parts else None
    single = [one for part in parts for one in shapely.get_parts(part)]
    dimensions = {int(shapely.get_dimensions(one)) for one in single}
    if len(dimensions) > 1:
        return shapely.geometrycollections(single)
    return _COLLECTIONS[dimensions.pop()](single)
