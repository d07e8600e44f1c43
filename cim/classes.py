"""Classes of entities (实体分类): the six digits that follow the division in an entity code.

The official table of CJ/T 553-2024 (8 majors, 62 middles) could not be read, so that no official
class stands here: all are our own, under major 99, which the standard leaves to the locality.

>>> get("990101").name_zh
'宗地'
>>> exists("010101")
False
>>> get("010101")
Traceback (most recent call last):
...
cim.errors.UnknownClass: no entity class '010101'
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from cim.data import rows
from cim.errors import UnknownClass


class EntityClass(NamedTuple):
    """A class: names, kind of geometry (point, line, polygon, any), and where it comes from."""

    code: str
    name_zh: str
    name_en: str
    geometry: str
    source: str
    conf: str


@cache
def classes() -> Mapping[str, EntityClass]:
    """Every class by its code."""
    found = (
        EntityClass(**{f: row[f] for f in EntityClass._fields}) for row in rows("entity_classes")
    )
    return MappingProxyType({c.code: c for c in found})


def exists(code: str) -> bool:
    """Whether the table has the class."""
    return code in classes()


def get(code: str) -> EntityClass:
    """The class of six digits; UnknownClass."""
    if code not in classes():
        raise UnknownClass(code)
    return classes()[code]
