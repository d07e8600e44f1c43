"""Places a file on the earth (坐标系核定): what it is in, how it gets to CGCS2000, what is doubted.

The first batch is looked at before any row is checked, so that a file in another CRS than it says
is refused with one sentence and not with one for each row. What is found is recorded with the run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.assignment.geometry import Frame
from cim.assignment.rules import Broken, broken
from layers.crs import noticing
from layers.crs.area import CHINA, Area
from layers.crs.declared import Declared
from layers.crs.local import Transformation
from layers.crs.local import read as read_transformation
from layers.crs.noticing import Reading
from layers.crs.operation import Bounds, Operation, find, holds, to_base
from layers.errors import CrsRefused

# What refuses a file unless it is accepted by name.
ACCEPTABLE = (
    *("crs.swapped", "crs.prefix", "crs.units", "crs.zone", "crs.impossible"),
    *("crs.transformation", "crs.parameters", "crs.offset"),
)
_WAY = "Give the city's parameters or an EPSG code with transformation (--transformation)"
_WAY_ZH = "请用 transformation（--transformation）给出本地参数或 EPSG 转换代码"
_FURTHEST = 1000.0  # metres that a change of datum moves anything in China, and more
METRES = 111_320.0  # a degree of the equator


@dataclass(frozen=True, slots=True)
class Asked:
    """What the sender says of the CRS of a file.

    transformation  a code, a PROJ string or JSON (`layers.crs.local`), instead of the best known
    swap_axes       y stands first in the file
    reference       a layer to compare the places with
    accept          rules of `ACCEPTABLE` that shall not refuse the file
    """

    transformation: str | None = None
    swap_axes: bool = False
    reference: str | None = None
    accept: Sequence[str] = ()


AS_USUAL = Asked()


@dataclass(slots=True)
class Placement:
    """How a file is placed; `notes` are told, and grow while it is compared with a layer."""

    declared: Declared
    operation: Operation
    by: str
    swapped: bool = False
    moved: tuple[float, float] | None = None
    notes: list[Broken] = field(default_factory=list)
    reference: Mapping[str, Any] | None = None

    @property
    def frame(self) -> Frame:
        """As geometries are checked in it."""
        reading = Reading(self.declared, self.operation.move, self.swapped)
        plain = self.operation.move is None and not self.swapped
        return Frame(
            self.declared.name,
            None if plain else reading.places,
            self.declared.geographic,
            self.operation.move is None,
        )

    def check_area(self, where: Bounds) -> None:
        """Note that data lie where the transformation was not made for."""
        area = self.operation.area
        if area is None or holds(area, where) or any(n.rule == "crs.area" for n in self.notes):
            return
        west, south, east, north = area
        told = f"{west:g} E – {east:g} E, {south:g} N – {north:g} N"
        name = self.operation.code or self.operation.name
        self.notes.append(broken("crs.area", name, area=told))

    def describe(self) -> dict[str, Any]:
        """For the log and for JSON: metres, and nothing of a city's parameters."""
        operation = self.operation
        return {
            "name": self.declared.name,
            "code": self.declared.code,
            "said_by": self.by,
            "swapped": self.swapped,
            "operation": operation.name,
            "operation_kind": operation.kind,
            "operation_code": operation.code,
            "accuracy": operation.accuracy,
            "moved": None if self.moved is None else [round(each, 3) for each in self.moved],
            "grids_missing": list(operation.missing),
            "parameters_sha256": operation.digest,
            "reference": self.reference,
            "notes": [
                {"rule": said.rule, "value": said.value, "zh": said.zh, "en": said.en}
                for said in self.notes
            ],
        }


def place(
    path: Path,
    said: tuple[Declared, str],
    geometries: NDArray[Any],
    asked: Asked = AS_USUAL,
    area: Area = CHINA,
    *,
    division_given: bool = False,
) -> Placement:
    """Place a file by its first geometries.

    `said` is what was declared, and by whom. Raises CrsRefused where it cannot be there, or is not
    known accurately, and nobody accepts that; TransformationUnfit.
    """
    declared, by = said
    xy = noticing.sample(geometries)
    given = read_transformation(asked.transformation) if asked.transformation else None
    operation = _operation(declared, xy, given, swapped=asked.swap_axes)
    placement = Placement(declared, operation, by, asked.swap_axes, notes=list(declared.notes))
    reading = Reading(declared, operation.move, asked.swap_axes)
    noticed = noticing.notice(reading, xy, area)
    if noticed is not None:
        refused = noticing.refuses(noticed, division_given=division_given)
        _doubt(path, placement, asked, noticed.said, refused=refused)
    _look_at(path, placement, asked, xy)
    return placement


def unknown_way(declared: Declared, operation: Operation, way: str, way_zh: str) -> Broken:
    """That no transformation of known accuracy is there; `way` says what else can be done."""
    missing = ", ".join(operation.missing)
    return broken(
        "crs.transformation",
        crs=declared.name,
        missing=f" ({missing} would, with its grids)" if missing else "",
        missing_zh=f"（{missing} 缺格网文件）" if missing else "",
        way=way,
        way_zh=way_zh,
    )


def doubt(path: Path, placement: Placement, asked: Asked, said: Broken) -> None:
    """Refuse the file for a rule, or note that it was accepted; CrsRefused."""
    _doubt(path, placement, asked, said, refused=True)


def _doubt(path: Path, placement: Placement, asked: Asked, said: Broken, *, refused: bool) -> None:
    if refused and said.rule not in asked.accept:
        raise CrsRefused(path, said)
    placement.notes.append(said)


def _operation(
    declared: Declared, xy: NDArray[Any], given: Transformation | None, *, swapped: bool
) -> Operation:
    if given is not None:
        return given.operation(declared)
    return find(declared, _around(_in_base(declared, xy, swapped=swapped)))


def _in_base(declared: Declared, xy: NDArray[Any], *, swapped: bool) -> NDArray[Any]:
    """About where a sample lies, whatever the datum; nothing of what cannot be."""
    if declared.datum is None:
        return np.empty((0, 2))
    straight, base = (xy[:, ::-1] if swapped else xy), to_base(declared)
    places = straight if base is None or not len(xy) else base(straight)
    there: NDArray[Any] = places[(np.abs(places) <= (180.0, 90.0)).all(axis=1)]
    return there


def _around(places: NDArray[Any]) -> Bounds | None:
    if not len(places):
        return None
    west, south = places.min(axis=0).tolist()
    east, north = places.max(axis=0).tolist()
    return west, south, east, north


def _look_at(path: Path, placement: Placement, asked: Asked, xy: NDArray[Any]) -> None:
    """What is doubtful of the operation: unknown accuracy, another area, parameters that go far."""
    declared, operation = placement.declared, placement.operation
    if operation.kind == "ballpark":
        doubt(path, placement, asked, unknown_way(declared, operation, _WAY, _WAY_ZH))
    base = _in_base(declared, xy, swapped=placement.swapped)
    if not len(base):
        return
    where = _around(base)
    assert where is not None
    placement.check_area(where)
    if operation.kind in {"registry", "local"}:
        placement.moved = _moved(placement, xy, base)
        far = float(np.hypot(*placement.moved)) if placement.moved else 0.0
        if far > _FURTHEST:
            doubt(path, placement, asked, broken("crs.parameters", f"{far:,.0f}"))


def _moved(
    placement: Placement, xy: NDArray[Any], base: NDArray[Any]
) -> tuple[float, float] | None:
    """How far the change of datum moves the middle of a sample: metres east and north."""
    places = Reading(placement.declared, placement.operation.move, placement.swapped).places(xy)
    if len(places) != len(base) or not np.isfinite(places).all():
        return None
    east, north = np.median(places - base, axis=0) * METRES
    return float(east * np.cos(np.radians(np.median(base[:, 1])))), float(north)
