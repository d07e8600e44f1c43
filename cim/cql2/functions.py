"""Functions of filters beside those of the standard (过滤条件函数): `GET /functions` lists them.

Metres are those of the ellipsoid of CGCS2000. A null among the arguments gives null.
"""

from typing import NamedTuple

from cim.cql2.terms import Kind

__all__ = ["FUNCTIONS", "Function"]


class Function(NamedTuple):
    """A function: the kinds that each argument may have, what it gives, its SQL, what it does."""

    arguments: tuple[tuple[str, tuple[Kind, ...]], ...]
    returns: Kind
    sql: str
    zh: str
    en: str
    exact: str = ""


_GEOMETRY: tuple[Kind, ...] = ("geometry",)
_TEXT: tuple[Kind, ...] = ("text",)
_NUMBER: tuple[Kind, ...] = ("number",)
_TIME: tuple[Kind, ...] = ("date", "moment", "local")

FUNCTIONS: dict[str, Function] = {
    "area": Function(
        (("geometry", _GEOMETRY),),
        "number",
        "ST_Area(({0})::geography)",
        "面积（平方米）",
        "Area in square metres",
        "double",
    ),
    "length": Function(
        (("geometry", _GEOMETRY),),
        "number",
        "ST_Length(({0})::geography)",
        "线的长度（米）",
        "Length of lines in metres",
        "double",
    ),
    "perimeter": Function(
        (("geometry", _GEOMETRY),),
        "number",
        "ST_Perimeter(({0})::geography)",
        "面的周长（米）",
        "Length of the outlines of areas in metres",
        "double",
    ),
    "distance": Function(
        (("a", _GEOMETRY), ("b", _GEOMETRY)),
        "number",
        "ST_Distance(({0})::geography, ({1})::geography)",
        "两几何间最短距离（米）",
        "Shortest distance between two geometries in metres",
        "double",
    ),
    "buffer": Function(
        (("geometry", _GEOMETRY), ("metres", _NUMBER)),
        "geometry",
        # the projection that it is worked out in ends somewhere
        "(SELECT CASE WHEN abs(m) <= 100000"
        " THEN ST_SetSRID(ST_Buffer(g::geography, m)::geometry, 4490) END"
        " FROM (SELECT {0} AS g, ({1})::double precision AS m OFFSET 0) b)",
        "缓冲区（米，至多 100000）",
        "What lies within so many metres of a geometry, 100000 at the most; null beyond",
    ),
    "centroid": Function(
        (("geometry", _GEOMETRY),), "geometry", "ST_Centroid({0})", "几何中心", "Centre of gravity"
    ),
    "lower": Function(
        (("text", _TEXT),), "text", "lower({0})", "转为小写", "The text in small letters"
    ),
    "upper": Function(
        (("text", _TEXT),), "text", "upper({0})", "转为大写", "The text in capital letters"
    ),
    "strlen": Function(
        (("text", _TEXT),),
        "number",
        "char_length({0})",
        "字符数",
        "Number of characters",
        "integer",
    ),
    "abs": Function((("number", _NUMBER),), "number", "abs({0})", "绝对值", "Absolute value"),
    "floor": Function((("number", _NUMBER),), "number", "floor({0})", "向下取整", "Rounded down"),
    "ceil": Function((("number", _NUMBER),), "number", "ceil({0})", "向上取整", "Rounded up"),
    "round": Function(
        (("number", _NUMBER),),
        "number",
        "round(({0})::numeric)",
        "四舍五入",
        "Rounded, halves away from zero",
        "numeric",
    ),
    "year": Function(
        (("time", _TIME),), "number", "date_part('year', {0})", "年（UTC）", "Year by UTC", "double"
    ),
    "month": Function(
        (("time", _TIME),),
        "number",
        "date_part('month', {0})",
        "月（UTC）",
        "Month by UTC",
        "double",
    ),
}
