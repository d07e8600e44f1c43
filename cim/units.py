"""Units of measure (计量单位) by their UCUM codes, and the way from one to another.

A table (units.csv): of each unit its quantity, and how its values become those of the quantity's
first unit, `value * times / over + plus`. Units of one quantity turn into each other; others never
do. Spellings that files use (`m³/s`, `立方米/秒`) mean a unit as well; case counts, as in UCUM.

>>> get("m³/s").code
'm3/s'
>>> conversion("cm", "m")(6530.0)
65.3
>>> conversion("K", "Cel")(300.0) == 300.0 - 273.15
True
>>> conversion("mm", "m3/s")
Traceback (most recent call last):
cim.errors.UnitUnfit: mm measures length, and m3/s flow
"""

from functools import cache
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from cim.data import rows
from cim.errors import UnitUnfit, UnknownUnit

Values = TypeVar("Values", float, NDArray[np.float64])


class Unit(NamedTuple):
    """A unit; `name` is English and Chinese."""

    code: str
    name: str
    quantity: str
    times: float
    over: float
    plus: float


class Conversion(NamedTuple):
    """`value * times / over + plus`; without a change every value stays bit by bit."""

    times: float = 1.0
    over: float = 1.0
    plus: float = 0.0

    def __call__(self, values: Values) -> Values:
        return values if self == _SAME else values * self.times / self.over + self.plus


_SAME = Conversion()


def get(text: str) -> Unit:
    """The unit that a text means; UnknownUnit."""
    found = _by_text().get(text.strip())
    if found is None:
        raise UnknownUnit(text)
    return found


def conversion(given: str, wanted: str) -> Conversion:
    """How values in one unit become values in another; UnknownUnit, UnitUnfit."""
    a, b = get(given), get(wanted)
    if a.quantity != b.quantity:
        raise UnitUnfit(a.code, a.quantity, b.code, b.quantity)
    if a == b:
        return _SAME
    times, over = a.times * b.over, a.over * b.times
    shared = min(times, over)
    return Conversion(times / shared, over / shared, (a.plus - b.plus) * b.over / b.times)


@cache
def _by_text() -> MappingProxyType[str, Unit]:
    found: dict[str, Unit] = {}
    for row in rows("units"):
        numbers = (float(row[name]) for name in ("times", "over", "plus"))
        unit = Unit(row["code"], row["name"], row["quantity"], *numbers)
        for text in (unit.code, *filter(None, row["spellings"].split("|"))):
            assert text not in found, f"{text!r} means two units"
            found[text] = unit
    return MappingProxyType(found)
