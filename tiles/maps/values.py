"""Properties of a style layer as numbers, colours and words (样式属性值), read for one scale.

What is the same for all features is worked out here; the rest is a function of the feature, which
gives the default of the property where it makes nothing, as MapLibre does.
"""

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from tiles.errors import StyleUnfit
from tiles.maps import colours, expressions
from tiles.maps.expressions import Function, Seen


class Given(NamedTuple):
    """A value of a property: what makes it of a feature, and whether all features have the same."""

    of: Function
    constant: bool


class Values:
    """The properties of one style layer; those that nobody reads are refused by `all_read`."""

    def __init__(self, layer: Mapping[str, Any], zoom: float) -> None:
        self.name = str(layer.get("id", ""))
        self._given = {**layer.get("layout", {}), **layer.get("paint", {})}
        self._left = set(self._given) - {"visibility"}
        self._nobody = Seen({}, "", zoom)

    def all_read(self, ignored: Collection[str] = ()) -> None:
        """StyleUnfit names a property that is not drawn."""
        for name in sorted(self._left.difference(ignored)):
            raise StyleUnfit(self.name, f"{name!r} is not drawn in maps")

    def has(self, name: str) -> bool:
        return name in self._given

    def number(self, name: str, default: float) -> Given:
        return self._read(name, default, lambda value: _finite(name, value))

    def colour(self, name: str, default: str) -> Given:
        return self._read(name, default, lambda value: colours.parse(value).css)

    def text(self, name: str) -> Given:
        return self._read(name, "", lambda value: "" if value is None else str(value))

    def word(self, name: str, *known: str) -> str:
        """One of the words, the first by default, the same for all features."""
        return str(self._fixed(name, known[0], lambda value: _one_of(name, value, known)))

    def numbers(self, name: str, default: list[float], count: int | None = None) -> list[float]:
        """A list of numbers, the same for all features."""

        def read(value: Any) -> list[float]:
            made = [_finite(name, each) for each in value]
            if count is not None and len(made) != count:
                raise ValueError(f"{name!r} has {count} numbers, not {len(made)}")
            return made

        found: list[float] = self._fixed(name, default, read)
        return found

    def flag(self, name: str) -> bool:
        return bool(self._fixed(name, False, bool))

    def fixed(self, given: Given) -> Any:
        """The value that all features have."""
        return given.of(self._nobody)

    def _fixed(self, name: str, default: Any, read: Callable[[Any], Any]) -> Any:
        found = self._read(name, default, read)
        if not found.constant:
            raise StyleUnfit(self.name, f"{name!r} may not depend on features in maps")
        return found.of(self._nobody)

    def _read(self, name: str, default: Any, read: Callable[[Any], Any]) -> Given:
        self._left.discard(name)
        if name not in self._given:
            made = read(default)
            return Given(lambda _: made, True)
        expression = _lists_as_literals(self._given[name])
        try:
            function = expressions.compile(expression)
            if expressions.is_constant(expression):
                value = read(function(self._nobody))
                return Given(lambda _: value, True)
        except (ValueError, TypeError, ArithmeticError, AttributeError) as error:
            raise StyleUnfit(self.name, f"{name!r}: {error}") from None
        otherwise = read(default)

        def of(seen: Seen) -> Any:
            try:
                return read(function(seen))
            except (ValueError, TypeError, ArithmeticError, AttributeError):
                return otherwise

        return Given(of, False)


def _lists_as_literals(value: Any) -> Any:
    """Lists of numbers or words, such as dashes and fonts, are values and no expressions."""
    if isinstance(value, list) and (not value or not isinstance(value[0], str)):
        return ["literal", value]
    return value


def _finite(name: str, value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError(f"{name!r} is a number, not {value!r}")
    return number


def _one_of(name: str, value: Any, known: Collection[str]) -> str:
    if value not in known:
        raise ValueError(f"{name!r} is one of {', '.join(known)} in maps, not {value!r}")
    return str(value)
