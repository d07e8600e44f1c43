"""What a feature that is written is held to beside its own rules (要素编辑核验)."""

from collections.abc import Sequence
from typing import Any

import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from cim.assignment.codes import Target
from cim.assignment.geometry import STORAGE_CRS
from cim.assignment.problems import Problems
from cim.assignment.rows import Rows
from cim.layer import Layer
from layers import doubled, governed
from layers.coverage.check import Check, Plane, check_kinds
from layers.coverage.tiling import Box
from layers.coverage.whole import Whole
from layers.source import Batch

_SINGLE = {"Point", "LineString", "Polygon"}
_WIDER = 1e-6  # degrees around a feature in which it could overlap another


def check_catalog(connection: Connection, layer: Layer, rows: Rows, problems: Problems) -> None:
    """Note values that are not as the catalog has them, where the layer is bound."""
    checks = governed.checks(connection, layer, layer.columns)
    names = [column.name for column in layer.columns]
    checks(Batch(rows.first, rows.geometries, tuple(rows.columns)), names, problems)


def check_shapes(layer: Layer, rows: Rows, problems: Problems) -> None:
    """Note geometries of another kind than the layer has; a layer of several kinds takes all."""
    kind = _single(layer.geometry_type or "")
    if kind not in _SINGLE:
        return
    for row, shape in enumerate(rows.geometries, rows.first):
        if shape is not None and _single(shape.geom_type) != kind:
            reason = f"it is a {shape.geom_type}, where {layer.name} has {layer.geometry_type}s"
            problems.add(row, None, reason)


def _single(kind: str) -> str:
    return kind.removeprefix("Multi")


def is_wider(layer: Layer, shapes: NDArray[Any]) -> bool:
    """Whether the layer gets its first geometries of several parts."""
    if layer.geometry_type not in _SINGLE:
        return False
    return bool((shapely.get_type_id(shapes) > shapely.GeometryType.POLYGON).any())


def check_coverage(
    connection: Connection, layer: Layer, target: Target, rows: Rows, problems: Problems
) -> None:
    """Note overlaps with what stays, where the layer is a coverage. The rows are staged."""
    if layer.coverage is None:
        return
    doubled.find(connection)
    doubled.check(connection, problems, refused=True)
    check_kinds(connection, problems)
    whole = Whole.of(connection, target, held=True, replaced=False)
    named = layer.key_field is not None
    check = Check(
        whole,
        layer.coverage,
        Plane(STORAGE_CRS),
        problems,
        known=True,
        named=named,
        progress=lambda: None,
    )
    for box in _boxes(rows.geometries):
        check.within(box)


def _boxes(shapes: Sequence[Any] | NDArray[Any]) -> list[Box]:
    there = [shape for shape in shapes if shape is not None]
    bounds = shapely.bounds(there).reshape(-1, 4)
    return [
        Box(west - _WIDER, south - _WIDER, east + _WIDER, north + _WIDER)
        for west, south, east, north in bounds.tolist()
    ]
