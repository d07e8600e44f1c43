"""Formulas over bands (波段运算): indices (指数) and arithmetic, of reflectance and not of counts.

A band is called by its name or its common name. Values are scaled first, as the scene says, for
an offset does not cancel out: an NDVI of Sentinel-2 counts since 2022 is wrong without it.

==========  ==========================================  ==================================
index       formula                                     from
==========  ==========================================  ==================================
ndvi        (nir - red) / (nir + red)                   Rouse and others 1974 (植被)
ndwi        (green - nir) / (green + nir)               McFeeters 1996 (水体)
mndwi       (green - swir16) / (green + swir16)         Xu 2006 (改进的水体)
==========  ==========================================  ==================================

>>> index("ndvi").names
('nir', 'red')
>>> expression("2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1)").names
('nir', 'red', 'blue')
>>> expression("__import__('os')")
Traceback (most recent call last):
tiles.errors.FormulaInvalid: "__import__('os')" is no formula: only + - * / ( ), numbers and bands
>>> index("evi")
Traceback (most recent call last):
tiles.errors.FormulaInvalid: 'evi' is no index; known are ndvi, ndwi, mndwi
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.scenes import Band, Scene
from tiles.errors import BandMissing, FormulaInvalid

Masked = np.ma.MaskedArray[Any, Any]

LONGEST = 300  # characters
INDICES = {
    "ndvi": ("(nir - red) / (nir + red)", "RdYlGn"),
    "ndwi": ("(green - nir) / (green + nir)", "RdBu"),
    "mndwi": ("(green - swir16) / (green + swir16)", "RdBu"),
}

_SIGNS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.USub: np.negative,
    ast.UAdd: np.positive,
}
_ARITHMETIC = (
    *(ast.Expression, ast.BinOp, ast.UnaryOp, ast.Constant, ast.Name, ast.Load),
    *_SIGNS,
)
_STANDS_FOR = {"nir": ("nir", "nir08")}  # near infrared is narrow on Landsat


@dataclass(frozen=True, slots=True)
class Formula:
    """Arithmetic over the bands so named; `title` is what the values are called."""

    title: str
    text: str
    names: tuple[str, ...]

    def indexes(self, scene: Scene) -> list[int]:
        """Indexes from 1 of its bands in a scene, in the order of the names; BandMissing."""
        return [named(scene, name) for name in self.names]


def index(name: str) -> Formula:
    """FormulaInvalid."""
    if name.lower() not in INDICES:
        raise FormulaInvalid(f"{name!r} is no index; known are {', '.join(INDICES)}")
    return _parsed(name.lower(), INDICES[name.lower()][0])


def expression(text: str) -> Formula:
    """FormulaInvalid."""
    return _parsed("expression", text)


def named(scene: Scene, name: str) -> int:
    """Index from 1 of the band of that name or common name; BandMissing."""
    found = find(scene, name)
    if not found:
        raise BandMissing(name, scene.name, [_called(band) for band in scene.bands])
    return found


def find(scene: Scene, name: str) -> int:
    """As `named`, but 0 where there is none."""
    for i, band in enumerate(scene.bands, 1):
        if band.name == name:
            return i
    for common in _STANDS_FOR.get(name, (name,)):
        for i, band in enumerate(scene.bands, 1):
            if band.common == common:
                return i
    return 0


def values(formula: Formula, scene: Scene, read: Masked) -> Masked:
    """One band of float32 out of those that the formula names, masked where it has no value."""
    bands = [scene.bands[i - 1] for i in formula.indexes(scene)]
    return apply(formula, [scaled(values, band) for values, band in zip(read, bands, strict=True)])


def apply(formula: Formula, bands: list[Masked]) -> Masked:
    """Over bands that are scaled already, in the order of the formula's names.

    rio-tiler's own expressions would give 0 where something is divided by 0, which is a value.
    """
    given = dict(zip(formula.names, (band.data for band in bands), strict=True))
    with np.errstate(all="ignore"):
        found = _worked_out(ast.parse(formula.text, mode="eval").body, given)
    missing = np.logical_or.reduce([np.ma.getmaskarray(band) for band in bands])
    whole = np.broadcast_to(found, missing.shape).astype("float32")
    return np.ma.MaskedArray(whole, missing | ~np.isfinite(whole))[np.newaxis]


def _worked_out(node: ast.expr, given: Mapping[str, NDArray[Any]]) -> Any:
    match node:
        case ast.Constant():
            return np.float64(node.value)  # type: ignore[arg-type]
        case ast.Name():
            return given[node.id]
        case ast.UnaryOp():
            return _SIGNS[type(node.op)](_worked_out(node.operand, given))
        case ast.BinOp():
            work = _SIGNS[type(node.op)]
            return work(_worked_out(node.left, given), _worked_out(node.right, given))
    raise AssertionError(node)


def scaled(read: Masked, band: Band) -> Masked:
    """What was measured: value times scale plus offset."""
    measured = read.data.astype("float64") * band.scale + band.offset
    return np.ma.MaskedArray(measured, np.ma.getmaskarray(read))


def _called(band: Band) -> str:
    return f"{band.name} ({band.common})" if band.common not in {"", band.name} else band.name


def _parsed(title: str, text: str) -> Formula:
    try:
        tree = ast.parse(text.strip(), mode="eval") if len(text) <= LONGEST else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = None
    nodes = list(ast.walk(tree)) if tree else []
    if not nodes or not all(isinstance(node, _ARITHMETIC) and _number(node) for node in nodes):
        raise FormulaInvalid(f"{text!r} is no formula: only + - * / ( ), numbers and bands")
    found = [node for node in nodes if isinstance(node, ast.Name)]
    names = {n.id: None for n in sorted(found, key=lambda n: (n.lineno, n.col_offset))}
    if not names:
        raise FormulaInvalid(f"{text!r} names no band")
    return Formula(title, text.strip(), tuple(names))


def _number(node: ast.AST) -> bool:
    return not isinstance(node, ast.Constant) or type(node.value) in {int, float}
