"""Writes drawings (DXF) for tests: pairs of a group code and a value, as CAD programs write."""

from __future__ import annotations

from pathlib import Path

Pair = tuple[int, object]


def pairs(*given: Pair) -> str:
    return "".join(f"{code}\n{value}\n" for code, value in given)


def line(layer: str, *points: tuple[float, float], closed: bool = False) -> str:
    """A polyline, of two points or more."""
    places = [pair for x, y in points for pair in ((10, x), (20, y))]
    return pairs(
        (0, "LWPOLYLINE"), (5, "A1"), (8, layer), (90, len(points)), (70, int(closed)), *places
    )


def text(layer: str, words: str) -> str:
    return pairs((0, "TEXT"), (5, "A2"), (8, layer), (10, 500), (20, 500), (40, 2), (1, words))


def face(layer: str) -> str:
    """A filled triangle."""
    corners = [(10, 0), (20, 0), (11, 9), (21, 0), (12, 9), (22, 9), (13, 9), (23, 9)]
    return pairs((0, "SOLID"), (5, "A3"), (8, layer), *corners)


def insert(layer: str, block: str, x: float, y: float) -> str:
    return pairs((0, "INSERT"), (5, "A4"), (8, layer), (2, block), (10, x), (20, y))


def block(name: str, entities: str) -> str:
    head = pairs((0, "BLOCK"), (8, "0"), (2, name), (70, 0), (10, 0), (20, 0), (3, name))
    return head + entities + pairs((0, "ENDBLK"), (8, "0"))


def write(path: Path, entities: str, blocks: str = "", encoding: str = "gbk") -> Path:
    """A drawing of AutoCAD 2000, whose head says ANSI_936, or one of 2007 in UTF-8."""
    version = "AC1021" if encoding == "utf-8" else "AC1015"
    head = pairs((9, "$ACADVER"), (1, version), (9, "$DWGCODEPAGE"), (3, "ANSI_936"))
    sections = (("HEADER", head), ("TABLES", ""), ("BLOCKS", blocks), ("ENTITIES", entities))
    body = "".join(
        pairs((0, "SECTION"), (2, name)) + inner + pairs((0, "ENDSEC")) for name, inner in sections
    )
    path.write_text(body + pairs((0, "EOF")), encoding=encoding)
    return path
