"""Where the rows of a text table are (表中位置): two columns of numbers, or one of WKT.

A column of WKT may hold EWKT with an SRID, and hexadecimal WKB, as PostGIS writes them.

>>> found = find(["name", "经度", "纬度"])
>>> found.columns
('经度', '纬度')
>>> shapes, faults = found.read([pa.array(["112.1", "x", None]), pa.array(["32", "32", None])])
>>> shapes.tolist()
[<POINT (112.1 32)>, None, None]
>>> [(fault.place, fault.field, fault.said.en) for fault in faults]
[(1, '经度', "'x' is not a number")]
>>> find(["name"]) is None
True
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from cim.assignment.rules import broken
from layers import wkb
from layers.reading import curve_text
from layers.reading.opened import Fault

X_NAMES = ("lon", "longitude", "lng", "long", "x", "经度", "东经")
Y_NAMES = ("lat", "latitude", "y", "纬度", "北纬")
SHAPE_NAMES = ("wkt", "ewkt", "geometry", "geom", "the_geom", "几何")

_NUMBER = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?$"
_EWKT = re.compile(r"\s*SRID=(\d{1,9});(.*)", re.IGNORECASE | re.DOTALL)
_PLAIN = re.compile(r"(?!SRID=)[A-Z]", re.IGNORECASE)
_HEX = re.compile(r"\s*0[01][0-9a-fA-F]{8,}\s*")
_CURVED = re.compile(
    r"\s*(CIRCULAR|COMPOUND|CURVE|MULTICURVE|MULTISURFACE|GEOMETRYCOLLECTION.*C(IRCULAR|URVE))",
    re.IGNORECASE | re.DOTALL,
)
_NO_NUMBER = {"what": "a number", "what_zh": "数字"}
_NO_SHAPE = {"what": "WKT", "what_zh": " WKT"}

Shapes = NDArray[Any]


class Pair(NamedTuple):
    """Two columns of numbers."""

    columns: tuple[str, str]

    @staticmethod
    def srid(_columns: Sequence[pa.Array]) -> None:
        """Numbers do not tell it."""

    def read(
        self, columns: Sequence[pa.Array], _srid: int | None = None
    ) -> tuple[Shapes, list[Fault]]:
        """Points; none where both numbers are missing, and faults where one is no number."""
        texts = [pc.utf8_trim_whitespace(column.fill_null("")) for column in columns]
        empty = pc.and_(pc.equal(texts[0], ""), pc.equal(texts[1], ""))
        right, faults = ~empty.to_numpy(zero_copy_only=False), []
        numbers = []
        for name, column in zip(self.columns, texts, strict=True):
            is_number = pc.match_substring_regex(column, _NUMBER)
            for place in pc.indices_nonzero(pc.and_not(pc.invert(is_number), empty)).to_pylist():
                said = broken("place.unread", column[place].as_py(), **_NO_NUMBER)
                faults.append(Fault(place, name, said))
                right[place] = False
            none = pa.scalar(None, pa.string())
            read = pc.if_else(is_number, column, none).cast(pa.float64())
            numbers.append(read.to_numpy(zero_copy_only=False))
        shapes = np.full(len(right), None, object)
        shapes[right] = shapely.points(numbers[0][right], numbers[1][right])
        return shapes, faults


class Wkt(NamedTuple):
    """A column of WKT, EWKT or hexadecimal WKB."""

    columns: tuple[str]

    @staticmethod
    def srid(columns: Sequence[pa.Array]) -> int | None:
        """The SRID of the first text that has one."""
        for text in columns[0].to_pylist():
            if text and (found := _EWKT.match(text)):
                return int(found[1])
            if text and _HEX.fullmatch(text):
                return _srid(text)
        return None

    def read(
        self, columns: Sequence[pa.Array], srid: int | None = None
    ) -> tuple[Shapes, list[Fault]]:
        """Geometries; none where there is no text, and faults where one cannot be read."""
        texts = [text.strip() if text else None for text in columns[0].to_pylist()]
        shapes, faults = _quickly(texts), []
        for place, text in enumerate(texts):
            if text and shapes[place] is None:
                shapes[place], found = _one(text, srid)
                name = self.columns[0]
                faults += [each._replace(place=place, field=name) for each in found]
        return shapes, faults


Places = Pair | Wkt


def find(names: Sequence[str]) -> Places | None:
    """The columns that say where rows are; those of WKT before those of numbers."""
    shape = _first(names, SHAPE_NAMES)
    return find_pair(names) if shape is None else Wkt((shape,))


def find_pair(names: Sequence[str]) -> Pair | None:
    """The two columns of numbers that say where rows are."""
    x, y = (_first(names, known) for known in (X_NAMES, Y_NAMES))
    return None if x is None or y is None else Pair((x, y))


def _first(names: Sequence[str], known: Sequence[str]) -> str | None:
    return next((name for name in names if name.strip().lower() in known), None)


def _quickly(texts: list[str | None]) -> Shapes:
    """Plain WKT; what is something else is none."""
    plain = [
        text if text and _PLAIN.match(text) and not _CURVED.match(text) else None for text in texts
    ]
    try:
        return np.atleast_1d(shapely.from_wkt(np.array(plain, object), on_invalid="ignore"))
    except (shapely.errors.GEOSException, NotImplementedError):
        return np.full(len(texts), None, object)


def _one(text: str, srid: int | None) -> tuple[Any, Sequence[Fault]]:
    """The geometry of one text, with lines for arcs, and what is wrong with it or told."""
    found = _EWKT.match(text)
    own, body = (int(found[1]), found[2]) if found else (None, text)
    faults: Sequence[Fault] = ()
    try:
        if _HEX.fullmatch(body):
            (shape,), faults = wkb.read(np.array([bytes.fromhex(body.strip())], object))
            own = _srid(body)
        elif (arcs := curve_text.wkb(body)) if _CURVED.match(body) else None:
            (shape,), faults = wkb.read(np.array([arcs], object))
        else:
            shape = shapely.from_wkt(body)
    except (shapely.errors.GEOSException, NotImplementedError, ValueError):
        shape = None
    if shape is None:
        return None, [Fault(0, None, broken("place.unread", text, **_NO_SHAPE))]
    if own is not None and own != srid:
        what = {"what": f"of the SRID {srid} of the first row", "what_zh": f"首行的 SRID {srid}"}
        return None, [Fault(0, None, broken("place.unread", text, **what))]
    return shape, faults


def _srid(text: str) -> int | None:
    try:
        shape = shapely.from_wkb(text.strip(), on_invalid="ignore")
    except NotImplementedError:  # arcs
        return None
    return None if shape is None else int(shapely.get_srid(shape)) or None
