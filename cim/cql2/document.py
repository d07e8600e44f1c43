"""CQL2 JSON (CQL2 JSON 编码): read into a tree, OGC 21-065r2 clause 9.

>>> read({"op": "=", "args": [{"property": "名称"}, "襄阳"]}).args
(Name(name='名称', place='/args/0/property'), Literal(value='襄阳', place='/args/1', loose=False))
>>> read({"op": "not", "args": [{"op": "=", "arg": []}]})
Traceback (most recent call last):
...
cim.errors.FilterInvalid: at /args/0: an operation has the members op and args and no others
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

import orjson
import shapely

from cim.cql2.tree import Call, Listed, Literal, Name, Node, Shape, deeper
from cim.errors import FilterInvalid

MAX_NODES = 20_000
_SHAPES = {
    *("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"),
    "GeometryCollection",
}
_ARRAYS = {"interval", "bbox"}
_TEXTS = {"date", "timestamp"}


def parsed(text: str) -> Any:
    """The document of a text; FilterInvalid."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FilterInvalid(error.pos + 1, f"not JSON: {error.msg}") from None


def read(document: Any) -> Node:
    """The tree of a document; FilterInvalid with the pointer."""
    return _Reader().node(document, "", 0)


class _Reader:
    def __init__(self) -> None:
        self._nodes = 0

    def node(self, value: Any, place: str, depth: int) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise FilterInvalid(place, f"more than {MAX_NODES:,} values")
        match value:
            case bool() | str():
                return Literal(_text(value, place), place)
            case int() | float() | Decimal():
                return Literal(_number(value, place), place)
            case list() | tuple():
                return Listed(self._all(value, place, depth), place)
            case Mapping():
                return self._object(value, place, depth)
        raise FilterInvalid(place, f"{_shown(value)} cannot stand here")

    def _all(self, values: Any, place: str, depth: int) -> tuple[Node, ...]:
        depth = deeper(depth, place)
        return tuple(self.node(one, f"{place}/{i}", depth) for i, one in enumerate(values))

    def _object(self, value: Mapping[str, Any], place: str, depth: int) -> Node:
        keys = set(value)
        if "op" in keys:
            return self._operation(value, place, depth)
        if isinstance(value.get("type"), str) and value["type"] in _SHAPES:
            return Shape(_shape(value, place), place)
        if len(keys) != 1:
            raise FilterInvalid(place, f"{_shown(value)} is no expression")
        key = next(iter(keys))
        here, inner = f"{place}/{key}", value[key]
        if key == "property" and isinstance(inner, str):
            return Name(str(_text(inner, here)), here)
        if key in _ARRAYS and isinstance(inner, list | tuple):
            return Call(key, self._all(inner, here, depth), place)
        if key in _TEXTS and isinstance(inner, str):
            return Call(key, (Literal(inner, here),), place)
        raise FilterInvalid(place, f"{_shown(value)} is no expression")

    def _operation(self, value: Mapping[str, Any], place: str, depth: int) -> Node:
        op, args = value["op"], value.get("args")
        if set(value) != {"op", "args"}:
            reason = "an operation has the members op and args and no others"
            raise FilterInvalid(place, reason)
        if not isinstance(op, str) or not isinstance(args, list | tuple):
            raise FilterInvalid(place, "op is a text and args an array")
        return Call(op.lower(), self._all(args, f"{place}/args", depth), place)


def _text(value: str | bool, place: str) -> str | bool:
    if isinstance(value, str) and "\0" in value:
        raise FilterInvalid(place, "it has the character NUL, which no text here has")
    return value


def _number(value: float | Decimal, place: str) -> int | Decimal:
    if not isfinite(value) or (value and abs(Decimal(value).adjusted()) > 300):
        raise FilterInvalid(place, f"the number {str(value)[:20]} is out of range")
    return value if isinstance(value, int | Decimal) else Decimal(repr(value))


def _shape(value: Mapping[str, Any], place: str) -> shapely.Geometry:
    try:
        return shapely.from_geojson(json.dumps(value))
    except (shapely.errors.ShapelyError, TypeError, ValueError) as error:
        reason = str(error).partition(": ")[2] or str(error)
        raise FilterInvalid(place, f"not a GeoJSON geometry: {reason}") from None


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"
