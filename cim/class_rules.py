"""What a class may be (实体分类规则): its code, its names, and the values that belong together.

A code under major 99 is the locality's own: its source is local99 unless another is named, and its
middle class is one of entity_class_middles.csv. Other codes are those of an official table, which
we could not read: they are taken from whoever has it, with the name of the source and how sure it
is, and never from us.

>>> made({"code": "990799", "name_zh": "直饮水点", "name_en": "tap", "geometry": "point"}).conf
'L'
>>> changed(made({"code": "010101", "name_zh": "甲", "name_en": "A", "geometry": "line",
...               "source": "cjt553", "conf": "H"}), {"tolerance": 5}).tolerance
5.0
>>> made({"code": "010101", "name_zh": "甲", "name_en": "A", "geometry": "line"})
Traceback (most recent call last):
...
cim.errors.ClassInvalid: code '010101' is not under major 99: name the official table as its source
"""

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from cim.classes import EntityClass, middles
from cim.errors import ClassInvalid
from cim.schemes import SCHEMES

OURS = "local99"
OWN_MAJOR = "99"
GEOMETRIES = ("point", "line", "polygon", "any")
CERTAINTIES = ("H", "M", "L")
STATES = ("active", "deprecated")
LONGEST = 100
FARTHEST = 1_000.0

# What a change may touch; the code stays, and with it the source that it was taken from.
CHANGEABLE = (
    "name_zh",
    "name_en",
    "geometry",
    "gbt13923",
    "cim_big",
    "cim_middle",
    "cim_small",
    "key_scheme",
    "tolerance",
    "conf",
)
ADDABLE = ("code", *CHANGEABLE, "source")
_REQUIRED = ("code", "name_zh", "name_en", "geometry")


def is_code(value: object) -> bool:
    """Whether a value has the shape of a class code: six digits."""
    return isinstance(value, str) and re.fullmatch(r"[0-9]{6}", value) is not None


def made(fields: Mapping[str, Any]) -> EntityClass:
    """A new class of these fields, None or nothing being what a column has by default."""
    given = _known(fields, ADDABLE)
    for name in _REQUIRED:
        if not given.get(name):
            raise ClassInvalid(name, "is missing")
    texts = dict.fromkeys(EntityClass._fields, "") | {"source": OURS}
    values: dict[str, Any] = {**texts, **{n: v for n, v in given.items() if v not in {"", None}}}
    if values["source"] == OURS:
        values["conf"] = values["conf"] or "L"
    typed = {"tolerance": given.get("tolerance"), "version": 1, "state": "active"}
    return _checked(EntityClass(**{**values, **typed, "replaced_by": None}))


def changed(found: EntityClass, fields: Mapping[str, Any]) -> EntityClass:
    """The class with these fields, None being nothing. Its version stays; ClassInvalid."""
    given = _known(fields, CHANGEABLE)
    wanted = found._replace(**given)
    other = wanted.geometry != found.geometry
    if other and found.tolerance is not None and "tolerance" not in given:
        raise ClassInvalid("tolerance", "measures something else then: give it with the geometry")
    return _checked(wanted)


def _known(fields: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The fields with their types; None is an empty text, or no tolerance."""
    for name in fields:
        if name not in names:
            raise ClassInvalid(name, "cannot be set here")
    return {
        name: _number(value) if name == "tolerance" else _text(name, value)
        for name, value in fields.items()
    }


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not value.isprintable() or len(value) > LONGEST:
        raise ClassInvalid(name, f"is one line of at most {LONGEST} characters")
    return value.strip()


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ClassInvalid("tolerance", f"is a number, not {value!r}")
    return float(value)


def _checked(entity_class: EntityClass) -> EntityClass:
    for check in _CHECKS:
        check(entity_class)
    return entity_class


def _code(c: EntityClass) -> None:
    if not is_code(c.code):
        raise ClassInvalid("code", f"has six digits, not {c.code!r}")
    if c.source != OURS:
        if not c.conf:
            raise ClassInvalid("conf", "must say how sure it is, for a class of another source")
        return
    if not c.code.startswith(OWN_MAJOR):
        rule = f"{c.code!r} is not under major {OWN_MAJOR}: name the official table as its source"
        raise ClassInvalid("code", rule)
    if c.code[:4] not in middles():
        known = ", ".join(f"{m.code} {m.name_zh}" for m in middles().values())
        raise ClassInvalid("code", f"{c.code!r} is in none of the middle classes {known}")


def _names(c: EntityClass) -> None:
    for name in ("name_zh", "name_en", "source"):
        if not getattr(c, name):
            raise ClassInvalid(name, "cannot be empty")


def _choices(c: EntityClass) -> None:
    for name, values in (("geometry", GEOMETRIES), ("conf", CERTAINTIES)):
        if getattr(c, name) not in values:
            raise ClassInvalid(name, f"is one of {', '.join(values)}, not {getattr(c, name)!r}")
    if c.key_scheme not in {"", *SCHEMES}:
        raise ClassInvalid("key_scheme", f"is one of {', '.join(SCHEMES)}, not {c.key_scheme!r}")


def _links(c: EntityClass) -> None:
    # Our tables of GB/T 13923 and of the catalogue are partial: only the shape can be checked.
    if c.gbt13923 and not is_code(c.gbt13923):
        raise ClassInvalid("gbt13923", f"has six digits, not {c.gbt13923!r}")
    for upper, lower in (("cim_big", "cim_middle"), ("cim_middle", "cim_small")):
        if getattr(c, lower) and not getattr(c, upper):
            raise ClassInvalid(upper, f"is missing: the catalogue's class of {lower} is inside it")


def _tolerance(c: EntityClass) -> None:
    if c.tolerance is None:
        return
    if c.geometry == "any":
        raise ClassInvalid("tolerance", "has no unit where the geometry may be any")
    most = 1.0 if c.geometry == "polygon" else FARTHEST
    if not (math.isfinite(c.tolerance) and 0 < c.tolerance <= most):
        unit = "share of the area" if c.geometry == "polygon" else "metres"
        raise ClassInvalid("tolerance", f"is above 0 and at most {most:g} ({unit})")


_CHECKS: tuple[Callable[[EntityClass], None], ...] = (_code, _names, _choices, _links, _tolerance)
