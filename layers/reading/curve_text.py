"""Reads curves in WKT (曲线 WKT 读取), which GEOS does not know, as ISO WKB (`curves` makes lines).

Parts without a word of their own are lines or polygons, as ISO 13249-3 has it. Where no Z or M is
said, three numbers of a point are x, y, z.

>>> wkb("CIRCULARSTRING(0 0, 1 1, 2 0)").hex()[:18]
'010800000003000000'
>>> wkb("CURVEPOLYGON(COMPOUNDCURVE(CIRCULARSTRING(0 0,1 1,2 0),(2 0,0 0)))").hex()[:10]
'010a000000'
>>> wkb("POINT(1 2") is None, wkb("CIRCULARSTRING(0 0, 1)") is None
(True, True)
"""

import re
import struct
from collections.abc import Callable

_KINDS = {
    "POINT": 1,
    "LINESTRING": 2,
    "POLYGON": 3,
    "MULTIPOINT": 4,
    "MULTILINESTRING": 5,
    "MULTIPOLYGON": 6,
    "GEOMETRYCOLLECTION": 7,
    "CIRCULARSTRING": 8,
    "COMPOUNDCURVE": 9,
    "CURVEPOLYGON": 10,
    "MULTICURVE": 11,
    "MULTISURFACE": 12,
}
_POINT, _LINE, _POLYGON, _ARCS = 1, 2, 3, 8
# What a part without a word is.
_PARTS = {4: _POINT, 5: _LINE, 6: _POLYGON, 7: 0, 9: _LINE, 10: _LINE, 11: _LINE, 12: _POLYGON}
_TOKEN = re.compile(r"\s*([A-Za-z]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[(),])")
_DIMENSIONS = {"": 0, "Z": 1, "M": 2, "ZM": 3}
_NUMBERS = (2, 3, 3, 4)  # of a point: xy, xyz, xym, xyzm
_DEEPEST = 32


def wkb(text: str) -> bytes | None:
    """ISO WKB; None of a text that is no geometry."""
    try:
        reader = _Reader(text)
        made = reader.geometry(0, 0)
        reader.end()
    except (ValueError, KeyError, IndexError):
        return None
    return made


class _Reader:
    """Walks through the words, numbers and brackets of a text."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        at, text = 0, text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise ValueError
            self._tokens.append(found[1].upper())
            at = found.end()
        self._at = 0
        self._dimensions = self._of_first_point()

    def geometry(self, usual: int, depth: int) -> bytes:
        """A geometry, of the `usual` kind where no word says its own."""
        if depth > _DEEPEST:
            raise ValueError
        kind = usual if self._tokens[self._at] in {"(", "EMPTY"} else self._kind()
        head = struct.pack("<BI", 1, kind + 1000 * self._dimensions)
        if kind == _POINT:
            self._take("(")
            body = self._point()
            self._take(")")
            return head + body
        if kind in {_LINE, _ARCS}:
            return head + self._line()
        parts = self._list(lambda: self._line() if kind == _POLYGON else self._part(kind, depth))
        return head + struct.pack("<I", len(parts)) + b"".join(parts)

    def end(self) -> None:
        if self._at != len(self._tokens):
            raise ValueError

    def _part(self, kind: int, depth: int) -> bytes:
        return self.geometry(_PARTS[kind], depth + 1)

    def _kind(self) -> int:
        word = self._next()
        if word not in _KINDS:
            word = word.rstrip("ZM")  # CIRCULARSTRINGZ, as some write it
        if self._tokens[self._at] in {"Z", "M", "ZM"}:
            self._at += 1
        return _KINDS[word]

    def _line(self) -> bytes:
        points = self._list(self._point)
        return struct.pack("<I", len(points)) + b"".join(points)

    def _point(self) -> bytes:
        numbers = [float(self._next()) for _ in range(_NUMBERS[self._dimensions])]
        return struct.pack(f"<{len(numbers)}d", *numbers)

    def _list(self, read: Callable[[], bytes]) -> list[bytes]:
        if self._tokens[self._at] == "EMPTY":
            self._at += 1
            return []
        self._take("(")
        found = [read()]
        while self._tokens[self._at] == ",":
            self._at += 1
            found.append(read())
        self._take(")")
        return found

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, wanted: str) -> None:
        if self._next() != wanted:
            raise ValueError

    def _of_first_point(self) -> int:
        """The dimensions that the first word says, else those of the first point."""
        words = "".join(self._tokens[:2])
        told = re.fullmatch(rf"(?:{'|'.join(_KINDS)})(Z?M?)[(]?(?:EMPTY)?", words)
        if told is not None and told[1]:
            return _DIMENSIONS[told[1]]
        count = 0
        for token in self._tokens:
            if token in {",", ")"}:
                break
            count = count + 1 if token[0] in "+-.0123456789" else 0
        return {2: 0, 3: 1, 4: 3}.get(count, 0)
