"""Grades of data (数据分级), GB/T 43697-2024: core 核心, important 重要, general 一般 in four.

The four grades of general data are those of its annex H (informative), 4 the most sensitive. A
grade is raised and never lowered: what is made of several things has the highest of theirs.

>>> highest(["general2", "important", "general4"])
'important'
>>> at_least("general4", "general2"), at_least("general4", "core")
(True, False)
>>> title("general3", "zh")
'一般 3 级'
>>> highest([])
Traceback (most recent call last):
...
cim.errors.GradeInvalid: grade is missing: nothing is in the catalog without one
>>> check("secret")
Traceback (most recent call last):
...
cim.errors.GradeInvalid: grade 'secret' is none of general1, general2, general3, general4, \
important, core
"""

from collections.abc import Iterable

from cim.errors import GradeInvalid

GRADES = ("general1", "general2", "general3", "general4", "important", "core")

_TITLES = {
    "general1": ("一般 1 级", "general 1"),
    "general2": ("一般 2 级", "general 2"),
    "general3": ("一般 3 级", "general 3"),
    "general4": ("一般 4 级", "general 4"),
    "important": ("重要", "important"),
    "core": ("核心", "core"),
}


def check(grade: object) -> str:
    """The grade itself; GradeInvalid where it is none, or missing."""
    if grade is None or grade == "":
        raise GradeInvalid("is missing: nothing is in the catalog without one")
    if not isinstance(grade, str) or grade not in GRADES:
        raise GradeInvalid(f"{grade!r} is none of {', '.join(GRADES)}")
    return grade


def highest(grades: Iterable[str]) -> str:
    """The grade of what is made of things of these grades; GradeInvalid where there are none."""
    return max((check(grade) for grade in grades), key=GRADES.index, default="") or check("")


def at_least(grade: str, least: str) -> bool:
    return GRADES.index(check(grade)) >= GRADES.index(check(least))


def title(grade: str, language: str) -> str:
    """The grade in words, `zh` or `en`."""
    return _TITLES[check(grade)][language == "en"]
