"""Transformations that a city gives (本地转换参数): confidential, so that none is shipped or told.

A transformation is a code of the registry (`EPSG:15918`), a PROJ string, or JSON:

- `helmert7` (七参数, Bursa-Wolf): between geocentric coordinates of the file's datum and of
  CGCS2000. `x`, `y`, `z` in metres, `rx`, `ry`, `rz` in arc-seconds, `s` in parts per million, and
  `convention`, since the signs of the rotations differ: `coordinate_frame` (EPSG 9607), or
  `position_vector` (EPSG 9606), which PROJ's `+towgs84` means. Heights are taken as zero and stay.
- `plane4` (平面四参数): from the plane of the file to that of `target`, a CRS on CGCS2000, by

      E' = east + scale (E cos r - N sin r)      N' = north + scale (E sin r + N cos r)

  `east` and `north` in metres, `rotation` r in arc-seconds, counter-clockwise, `scale` near 1. E is
  the easting and N the northing, with a zone number where the CRS has one. Surveyors write X for
  the northing.
- A PROJ string of `+proj=helmert` in three dimensions is the first of these; a `+proj=pipeline`
  goes from x and y of the file all the way to longitude and latitude in degrees.

JSON may name what it is `from`, which is then held to what was declared, its `accuracy` in metres,
and a `name`, which is told. Of the parameters only a SHA-256 is kept.

>>> read('{"method": "plane4", "target": "EPSG:4547", "east": 1.5, "accuracy": 0.05}').accuracy
0.05
>>> read("EPSG:15918").code
'EPSG:15918'
>>> read("4")
Traceback (most recent call last):
layers.errors.TransformationUnfit: the transformation cannot be used: its JSON is no object
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.exceptions import ProjError

from layers.crs.declared import CGCS2000, Declared, declare
from layers.crs.operation import Move, Operation, by_code, moving, to_base
from layers.errors import CrsUnknown, TransformationUnfit

MOST_TEXT = 10_000  # characters
_CODE = re.compile(r"[A-Za-z]+:[0-9]+")
_CONVENTIONS = ("coordinate_frame", "position_vector")
_NUMBERS = {
    "helmert7": ("x", "y", "z", "rx", "ry", "rz", "s"),
    "plane4": ("east", "north", "rotation", "scale"),
}
_WORDS = {"method", "from", "target", "convention", "accuracy", "name"}
_FILES = re.compile(r"(grids|\bfile|\binit|\bmodel)\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Transformation:
    """One that was given: a `code` of the registry, a `pipeline` of PROJ, or parameters.

    `accuracy` is in metres, None where it is not told.
    """

    name: str
    code: str | None = None
    pipeline: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    accuracy: float | None = None
    digest: str | None = None

    def operation(self, declared: Declared) -> Operation:
        """The way that it makes for a declared CRS; TransformationUnfit."""
        if self.code is not None:
            return by_code(declared, self.code)
        if "from" in self.values:
            _check_from(str(self.values["from"]), declared, self.values["method"])
        move = self._move(declared)
        return Operation(self.name, "local", self.accuracy, move, digest=self.digest)

    def _move(self, declared: Declared) -> Move:
        if self.values.get("method") == "plane4":
            return _plane(self.values)
        if self.pipeline is not None and "pipeline" in self.pipeline:
            return _pipeline(self.pipeline)
        return _helmert(self.pipeline or _as_proj(self.values), declared)


def read(text: str) -> Transformation:
    """What a text gives; TransformationUnfit, which repeats none of the parameters."""
    text = text.strip()
    digest = hashlib.sha256(text.encode()).hexdigest()
    if len(text) > MOST_TEXT:
        raise TransformationUnfit(f"it is longer than {MOST_TEXT:,} characters")
    if _CODE.fullmatch(text):
        return Transformation(text.upper(), code=text.upper())
    if text.startswith("+proj=") or text.startswith("proj="):
        return Transformation("parameters of the city", pipeline=_proj(text), digest=digest)
    try:
        values = json.loads(text)
    except ValueError:
        raise TransformationUnfit("it is neither a code, a PROJ string nor JSON") from None
    if not isinstance(values, dict):
        raise TransformationUnfit("its JSON is no object")
    _check(values)
    name = str(values.get("name", "parameters of the city"))[:200]
    return Transformation(name, values=values, accuracy=values.get("accuracy"), digest=digest)


def names_files(text: str) -> bool:
    """Whether a text for PROJ reads files, such as grids; nobody may send one over HTTP."""
    return bool(_FILES.search(text))


def _proj(text: str) -> str:
    if "pipeline" in text:
        return text
    if "proj=helmert" not in text or "theta" in text:
        raise TransformationUnfit("a PROJ string is a pipeline, or +proj=helmert of x, y and z")
    named = any(f"convention={each}" in text for each in _CONVENTIONS)
    if not named and re.search(r"\br[xyz]=", text):
        raise TransformationUnfit(f"convention must be {' or '.join(_CONVENTIONS)}")
    return text


def _check(values: Mapping[str, Any]) -> None:
    method = values.get("method")
    if method not in _NUMBERS:
        raise TransformationUnfit(f"its method is not {' or '.join(_NUMBERS)}")
    numbers = (*_NUMBERS[method], "accuracy")
    unknown = set(values) - _WORDS - set(numbers)
    if unknown:
        raise TransformationUnfit(f"{method} has no {', '.join(sorted(unknown))}")
    for name in numbers:
        value = values.get(name, 0.0)
        if type(value) not in {int, float} or not math.isfinite(value):
            raise TransformationUnfit(f"{name} must be a number")
    if method == "helmert7" and values.get("convention") not in _CONVENTIONS:
        raise TransformationUnfit(f"convention must be {' or '.join(_CONVENTIONS)}")
    if method == "plane4":
        _target(values)
        if not 0.9 < values.get("scale", 1.0) < 1.1:
            raise TransformationUnfit("scale is a factor near 1, not parts per million")


def _check_from(told: str, declared: Declared, method: str) -> None:
    source = _declared("from", told)
    same = source.datum == declared.datum
    if method == "plane4":
        same = (source.code or source.name) == (declared.code or declared.name)
    if not same:
        raise TransformationUnfit(f"it is from {source.name}, and the file is in {declared.name}")


def _declared(field: str, text: str) -> Declared:
    try:
        return declare(text)
    except CrsUnknown as error:
        raise TransformationUnfit(f"{field}: {error}") from error


def _target(values: Mapping[str, Any]) -> Declared:
    target = _declared("target", str(values.get("target", "")))
    if target.datum != CGCS2000 or target.geographic:
        raise TransformationUnfit("target must be a projected CRS on CGCS2000")
    return target


def _plane(values: Mapping[str, Any]) -> Move:
    back = to_base(_target(values))
    assert back is not None
    angle = math.radians(values.get("rotation", 0.0) / 3600)
    scale = values.get("scale", 1.0)
    turn = scale * np.array(
        [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]
    )
    moved = np.array([values.get("east", 0.0), values.get("north", 0.0)])

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return back(xy @ turn + moved)

    return move


def _as_proj(values: Mapping[str, Any]) -> str:
    numbers = " ".join(f"+{name}={values.get(name, 0)!r}" for name in _NUMBERS["helmert7"])
    return f"+proj=helmert {numbers} +convention={values['convention']}"


def _helmert(step: str, declared: Declared) -> Move:
    if declared.datum is None or declared.offset is not None:
        raise TransformationUnfit(f"{declared.name} has no datum that seven parameters could move")
    ellipsoid = declared.crs.ellipsoid
    assert ellipsoid is not None
    axes = f"+a={ellipsoid.semi_major_metre!r} +rf={ellipsoid.inverse_flattening!r}"
    steps = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad",
        f"+step +proj=cart {axes}",
        f"+step {step}",
        "+step +inv +proj=cart +ellps=GRS80",
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg",
    )
    first, shift = to_base(declared), _pipeline(" ".join(steps))
    return shift if first is None else lambda xy: shift(first(xy))


def _pipeline(text: str) -> Move:
    try:
        return moving(Transformer.from_pipeline(text))
    except ProjError:
        raise TransformationUnfit("PROJ cannot read its string") from None
