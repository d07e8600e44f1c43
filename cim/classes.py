"""Classes of entities (实体分类): the six digits that follow the division in an entity code.

Two digits each of major (大类), middle (中类) and minor class (小类). The official table of
CJ/T 553-2024 (8 majors, 62 middles) could not be read, so that no official class stands here: all
are our own, under major 99, which the standard leaves to the locality.

This is the table as the program brings it (entity_classes.csv): conf L says that a row is our
proposal; its links to GB/T 13923 and to the CIM catalogue (CJJ/T 315) are judgements, on tables
that are partly from memory. The table that counts is the one in the city's database, which begins
as this one and which the city changes: `cim.class_table`, and `cim.registry` in memory.

>>> get("990101").name_zh
'宗地'
>>> get("990203").key_scheme, get("990203").tolerance
('hydro_station', 2.0)
>>> middles()["9906"].name_zh
'管线'
>>> get("010101")
Traceback (most recent call last):
...
cim.errors.UnknownClass: no entity class '010101'
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from cim.data import rows
from cim.errors import UnknownClass

# The program itself gives these a meaning: counties, and what nobody has classified.
NEEDED = ("990501", "999999")


class EntityClass(NamedTuple):
    """A class.

    geometry    point | line | polygon | any
    gbt13923    code of the GB/T 13923 class it belongs to, "" where none fits
    cim_*       big, middle and small class of the CIM catalogue, "" where none fits
    key_scheme  scheme of cim.schemes that its key is normally written in, "" where none is usual
    tolerance   what makes two of them one in the eyes of the duplicate guard: metres apart for
                points, Hausdorff metres for lines, shared part of the area for polygons; None
                where several things may well share a place
    source      who made the class: local99, ourselves
    conf        how sure it is (H, M, L)
    version     of the row; rises with every change of it
    state       active | deprecated: nothing new is put into a deprecated class
    replaced_by the class that is taken instead of a deprecated one
    """

    code: str
    name_zh: str
    name_en: str
    geometry: str
    gbt13923: str
    cim_big: str
    cim_middle: str
    cim_small: str
    key_scheme: str
    tolerance: float | None
    source: str
    conf: str
    version: int
    state: str = "active"
    replaced_by: str | None = None


class MiddleClass(NamedTuple):
    """A middle class: the first four digits that its minor classes share."""

    code: str
    name_zh: str
    name_en: str


@cache
def classes() -> Mapping[str, EntityClass]:
    """Every class by its code."""
    return MappingProxyType({row["code"]: read(row) for row in rows("entity_classes")})


def read(row: Mapping[str, Any]) -> EntityClass:
    """The class of a row, be it of the csv file or of the database's JSON."""
    tolerance = row["tolerance"]
    measured = None if tolerance in {"", None} else float(tolerance)
    return EntityClass(**{**row, "tolerance": measured, "version": int(row["version"])})


@cache
def middles() -> Mapping[str, MiddleClass]:
    """Every middle class by its four digits."""
    found = (MiddleClass(**row) for row in rows("entity_class_middles"))
    return MappingProxyType({middle.code: middle for middle in found})


def get(code: str) -> EntityClass:
    """The class of six digits; UnknownClass."""
    if code not in classes():
        raise UnknownClass(code)
    return classes()[code]
