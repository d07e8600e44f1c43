"""Schemes of codes (编码体系): from a text to the schemes that it could be.

A scheme is a module with the verbs compact, validate, is_valid, format and parse. The table
below ranks them: what says more of itself (check character, letters, segments) goes first.

>>> [match.scheme for match in identify("420602010101000000001")]
['uic']
>>> identify("420606 001001 gb00001")[0]
Match(scheme='parcel', canonical='420606001001GB00001')
>>> identify("襄阳")
[]
>>> get("isbn")
Traceback (most recent call last):
...
cim.errors.UnknownScheme: no code scheme 'isbn'
"""

from collections.abc import Collection, Mapping
from types import ModuleType
from typing import NamedTuple

from cim import code_text, entity_code
from cim.errors import InvalidCode, UnknownScheme
from cim.schemes import (
    beidou,
    component,
    gb28181,
    geosot,
    house,
    hydro_station,
    opaque,
    parcel,
    real_estate_unit,
    unit_grid,
    uscc,
)


class Scheme(NamedTuple):
    """A scheme: its name in data, its Chinese name, its module, the lengths of its codes, and the
    characters that they begin with where those are few.

    A scheme without lengths is not shown by its texts: it matches only where it is named.
    """

    name: str
    title: str
    module: ModuleType
    lengths: Collection[int]
    begins: str = ""


class Match(NamedTuple):
    """A scheme that a text fits, and the canonical form of the text in it."""

    scheme: str
    canonical: str


_RANKED = (
    Scheme("uic", "统一识别代码", entity_code, (21, 22)),
    Scheme("real_estate_unit", "不动产单元代码", real_estate_unit, (28,)),
    Scheme("parcel", "宗地代码", parcel, (19,)),
    Scheme("uscc", "统一社会信用代码", uscc, (18,)),
    Scheme("house", "房屋代码", house, (23,)),
    Scheme("gb28181", "视频设备编码", gb28181, (20,)),
    Scheme("component", "城市管理部件代码", component, (16,)),
    Scheme("unit_grid", "单元网格代码", unit_grid, (15,)),
    Scheme("beidou", "北斗网格位置码", beidou, beidou.LENGTHS, "NS"),
    Scheme("geosot", "地球空间网格编码", geosot, range(1, 34), "G"),
    Scheme("hydro_station", "水文测站编码", hydro_station, (8,)),
    Scheme("standard_address", "统一标准地址编码", opaque, ()),
    Scheme("jgj496", "房屋建筑统一编码", opaque, ()),
)

SCHEMES: Mapping[str, Scheme] = {scheme.name: scheme for scheme in _RANKED}


def get(name: str) -> ModuleType:
    """The module of a scheme; UnknownScheme."""
    if name not in SCHEMES:
        raise UnknownScheme(name)
    return SCHEMES[name].module


def identify(text: str, scheme: str | None = None) -> list[Match]:
    """The schemes that the text fits, likeliest first; only the named one where one is named.

    UnknownScheme; TypeError where it is no text at all, which is a mistake of the program.
    """
    if not isinstance(text, str):
        raise TypeError(f"a code is a str, not {type(text).__name__}")
    if scheme is not None:
        get(scheme)
        candidates = [SCHEMES[scheme]]
    else:
        code = code_text.compact(text).replace(".", "")
        fitting = (s for s in _RANKED if len(code) in s.lengths)
        candidates = [s for s in fitting if not s.begins or code[0] in s.begins]
    return [Match(s.name, c) for s in candidates if (c := _canonical(s, text)) is not None]


def _canonical(scheme: Scheme, text: str) -> str | None:
    try:
        return str(scheme.module.validate(text))
    except InvalidCode:
        return None
