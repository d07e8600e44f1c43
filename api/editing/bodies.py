"""Features as clients send them (请求中的要素): GeoJSON (RFC 7946), merge patches (RFC 7396).

What GET answers may be sent back as it is: members that the service gives (the code and its parts,
the BeiDou code, readings of a station, links) may say what is so, or nothing. Members that would
place the coordinates without the header Content-Crs are refused, others that RFC 7946 does not know
are passed by. A patch has its properties under `properties`, as features have them, or beside
`geometry`, as the schema of the collection has them.

>>> merged({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"c": None}, "e": 4})
{'a': 1, 'b': {'d': 3}, 'e': 4}
>>> merged([1], {"a": None})
{}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from api.entities.bodies import path
from api.entities.geometry import read
from api.errors import BodyUnfit
from cim.errors import BatchTooLarge
from cim.feature_sql import CODE_COLUMNS, readings
from cim.layer import Layer
from cim.lifecycle.change import Present
from layers.editing.staging import Wanted

MOST = 10_000
_OF_FEATURES = ("type", "id", "geometry", "properties", "bbox", "links")
_PLACED = ("place", "coordRefSys")  # of JSON-FG

Place = tuple[str | int, ...]
Json = dict[str, Any]


class Patched(NamedTuple):
    """A feature as a patch wants it; `moved` tells whether its geometry is the patch's."""

    wanted: Wanted
    moved: bool


def new_features(layer: Layer, document: Json) -> tuple[list[Wanted], bool]:
    """The features to be made, and whether they came as a collection; BodyUnfit, BatchTooLarge."""
    reading = _Reading(layer)
    together = document.get("type") == "FeatureCollection"
    if not together:
        found = [reading.feature(document, ())]
    else:
        reading.check_foreign(document, ())
        each = document.get("features")
        if not isinstance(each, list) or not each:
            raise BodyUnfit([("$.features", "it should be an array with a feature at least")])
        if len(each) > MOST:
            raise BatchTooLarge(len(each), MOST)
        found = [reading.feature(one, ("features", i)) for i, one in enumerate(each)]
    reading.end()
    return found, together


def replacement(
    layer: Layer, document: Json, now: Present, geometry_now: Callable[[], Json]
) -> Patched:
    """What a feature is to be in place of what it is; BodyUnfit.

    `geometry_now` gives its geometry as GET does, in the CRS of the request: whoever sends that
    back does not move the feature, though GET has fewer decimals than is stored.
    """
    reading = _Reading(layer, now)
    reading.check_id(document)
    wanted = reading.feature(document, ())
    reading.end()
    if _whole(document["geometry"], geometry_now) is None:
        return Patched(replace(wanted, geometry=now.geometry), moved=False)
    return Patched(wanted, moved=True)


def patched(
    layer: Layer, document: Json, now: Present, geometry_now: Callable[[], Json]
) -> Patched:
    """The feature with what is new of it; BodyUnfit. `geometry_now` as for `replacement`."""
    reading = _Reading(layer, now, patch=True)
    reading.check_id(document)
    reading.check_foreign(document, ())
    if document.get("type", "Feature") != "Feature":
        reading.fault(("type",), "it should be Feature")
    said = document.get("properties", {})
    if not isinstance(said, dict):
        reading.fault(("properties",), "it should be a JSON object")
        said = {}
    beside = {n: v for n, v in document.items() if n not in (*_OF_FEATURES, *_PLACED, "crs")}
    new = reading.own(beside, ()) | reading.own(said, ("properties",))
    columns = {n: _patched_value(layer, now, n, value) for n, value in new.items()}
    shape, moved = now.geometry, False
    if "geometry" in document:
        whole = _whole(document["geometry"], geometry_now)
        if whole is not None:
            shape, moved = reading.shape(whole, ()), True
    reading.end()
    return Patched(Wanted(shape, {**now.columns, **columns}), moved)


def _whole(new: Any, geometry_now: Callable[[], Json]) -> Any:
    """The geometry that a patch makes; None where it stays as it is."""
    if not isinstance(new, dict):
        return {} if new is None else new
    now = geometry_now()
    made = merged(now, new)
    return None if all(made.get(name) == now[name] for name in now) else made


def _patched_value(layer: Layer, now: Present, name: str, value: Any) -> Any:
    column = layer.column(name)
    document = column is not None and column.type == "jsonb"
    return merged(now.columns[name], value) if document else value


def merged(target: Any, patch: Any) -> Any:
    """The target with a merge patch applied (RFC 7396)."""
    if not isinstance(patch, dict):
        return patch
    made = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = merged(made.get(name), value)
    return made


class _Reading:
    """One body, whose faults are gathered; `now` is the feature that it is about."""

    def __init__(self, layer: Layer, now: Present | None = None, *, patch: bool = False) -> None:
        self._layer = layer
        self._now = now
        self._patch = patch
        self._faults: list[tuple[str, str]] = []
        self._readings = {name for name, _ in readings(layer)}

    def fault(self, place: Place, reason: str) -> None:
        self._faults.append((path(place), reason))

    def end(self) -> None:
        if self._faults:
            raise BodyUnfit(self._faults)

    def feature(self, document: Any, place: Place) -> Wanted:
        if not isinstance(document, dict) or document.get("type") != "Feature":
            self.fault((*place, "type"), "it should be Feature")
            return Wanted(None, {})
        self.check_foreign(document, place)
        said = document.get("properties")
        if said is not None and not isinstance(said, dict):
            self.fault((*place, "properties"), "it should be a JSON object or null")
            said = None
        shape = self.shape(document.get("geometry"), place)
        columns = self.own(said or {}, (*place, "properties"))
        return Wanted(shape, columns, self._division(said or {}))

    def shape(self, given: Any, place: Place) -> Any:
        if given in (None, {}):
            self.fault((*place, "geometry"), "it is missing")
            return None
        shape, reason = read(given)
        if reason is not None:
            self.fault((*place, "geometry"), reason)
        return shape

    def own(self, said: Mapping[str, Any], place: Place) -> Json:
        """The properties of the layer, and what it has not, which its rules tell of."""
        found: Json = {}
        for name, value in said.items():
            if self._layer.column(name) is None and self._is_given(name):
                self._check_given(name, value, place)
            else:
                found[name] = value
        return found

    def check_id(self, document: Json) -> None:
        """The id may be left out; it is not changed."""
        assert self._now is not None
        given = document.get("id", self._now.code)
        if given != self._now.code:
            self.fault(("id",), f"it should be {self._now.code}, as in the address, or missing")

    def check_foreign(self, document: Json, place: Place) -> None:
        """Refuse members that would place coordinates otherwise than they are read."""
        for name in _PLACED:
            if document.get(name) is not None:
                reason = "JSON-FG is not read here: say geometry, and the header Content-Crs"
                self.fault((*place, name), reason)
        if document.get("crs") is not None and not str(document["crs"]).rstrip("'}").endswith(
            "CRS84"
        ):
            self.fault((*place, "crs"), "the header Content-Crs says what coordinates are in")

    def _is_given(self, name: str) -> bool:
        return name in CODE_COLUMNS or name in self._readings

    def _check_given(self, name: str, value: Any, place: Place) -> None:
        if value is None and not self._patch:
            return
        if name in self._readings and self._now is not None:
            if self._patch:
                self.fault((*place, name), "readings are not written here")
            return
        if name == "region_code" and self._now is None and isinstance(value, str):
            return  # of a new feature it says which division is meant
        if self._now is None or value != _given(self._now)[name]:
            self.fault((*place, name), "the service gives it: it is read only")

    def _division(self, said: Mapping[str, Any]) -> str | None:
        if self._now is not None or self._layer.column("region_code") is not None:
            return None
        given: str | None = said.get("region_code")
        return given if isinstance(given, str) else None


def _given(now: Present) -> Mapping[str, str]:
    code = now.code
    return dict(zip(CODE_COLUMNS, (code, code[:6], code[6:12], now.beidou_code), strict=True))


def place_of(row: int, name: str | None, *, together: bool) -> str:
    """The JSONPath of a property, or of the geometry, of a feature counted from 1."""
    steps: Sequence[str | int] = ("features", row - 1) if together else ()
    return path((*steps, "geometry") if name is None else (*steps, "properties", name))
