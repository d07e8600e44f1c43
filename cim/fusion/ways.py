"""The ways by which rows of a table are linked to features (关联方式), as values and as text.

>>> read("code:parcel_no")
Way(kind='code', column='parcel_no', to='', lon='', lat='', within=0.0)
>>> str(read("alias:real_estate_unit:unit"))
'alias:real_estate_unit:unit'
>>> read("place:lon,lat,30").within, str(read("address:坐落=address"))
(30.0, 'address:坐落=address')
>>> read("name")
Traceback (most recent call last):
...
cim.errors.FusionInvalid: by 'name' is none of code:COLUMN, alias:SCHEME:COLUMN, \
field:COLUMN=PROPERTY, address:COLUMN[=PROPERTY], place:LON,LAT[,METRES]
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from cim import schemes
from cim.errors import FusionInvalid

WITHIN = 50.0  # metres
MOST_WITHIN = 5_000.0
FORMS = (
    "code:COLUMN",
    "alias:SCHEME:COLUMN",
    "field:COLUMN=PROPERTY",
    "address:COLUMN[=PROPERTY]",
    "place:LON,LAT[,METRES]",
)


@dataclass(frozen=True, slots=True)
class Way:
    """One way: the column of the table, and what of the layer it is compared `to`.

    `to` is a scheme of codes or a property of the layer; the address of an `address` way without
    it is in the property `address`, or where there is none the names of the layer's things. A
    `place` is in the columns `lon` and `lat`, and looks `within` metres.
    """

    kind: str
    column: str = ""
    to: str = ""
    lon: str = ""
    lat: str = ""
    within: float = 0.0

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that are read."""
        return (self.lon, self.lat) if self.kind == "place" else (self.column,)

    def document(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        if self.kind == "place":
            return f"place:{self.lon},{self.lat},{self.within:g}"
        if self.kind == "alias":
            return f"alias:{self.to}:{self.column}"
        return f"{self.kind}:{self.column}" + (f"={self.to}" if self.to else "")


def read(text: str) -> Way:
    """The way that a text names; FusionInvalid, UnknownScheme."""
    kind, colon, rest = text.partition(":")
    if not colon or not rest or kind not in _READ:
        raise _none(text)
    return _READ[kind](text, rest)


def _code(_: str, rest: str) -> Way:
    return Way("code", rest)


def _alias(text: str, rest: str) -> Way:
    scheme, colon, column = rest.partition(":")
    if not colon or not column:
        raise _none(text)
    schemes.get(scheme)
    return Way("alias", column, scheme)


def _field(text: str, rest: str) -> Way:
    column, equals, to = rest.rpartition("=")
    if not equals or not column or not to:
        raise _none(text)
    return Way("field", column, to)


def _address(text: str, rest: str) -> Way:
    column, equals, to = rest.rpartition("=")
    if equals and not (column and to):
        raise _none(text)
    return Way("address", column, to) if equals else Way("address", rest)


def _place(text: str, rest: str) -> Way:
    parts = rest.split(",")
    if len(parts) not in {2, 3} or not all(parts):
        raise _none(text)
    within = _metres(text, parts[2]) if len(parts) == 3 else WITHIN
    return Way("place", lon=parts[0], lat=parts[1], within=within)


def _metres(text: str, number: str) -> float:
    try:
        within = float(number)
    except ValueError:
        raise _none(text) from None
    if not isfinite(within) or not 0 <= within <= MOST_WITHIN:
        raise FusionInvalid("by", f"{text!r}: metres are from 0 to {MOST_WITHIN:g}")
    return within


_READ: dict[str, Callable[[str, str], Way]] = {
    "code": _code,
    "alias": _alias,
    "field": _field,
    "address": _address,
    "place": _place,
}


def _none(text: str) -> FusionInvalid:
    return FusionInvalid("by", f"{text!r} is none of {', '.join(FORMS)}")


def told(ways: Sequence[Way]) -> str:
    return ", then ".join(map(str, ways))
