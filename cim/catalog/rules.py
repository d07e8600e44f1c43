"""What a version of a catalog may say (目录规则), checked before it comes near the database.

A document has the head and a list of rows a table, as `model.TABLES` names them; values are texts
as CSV has them or those of JSON, nothing being an empty text or null. The first fault is told with
its table, row and column.

>>> head = {"catalog": "c", "version": "1", "name_zh": "目录", "name_en": "catalog"}
>>> made(head).head.reference
'c@1'
>>> domain = {"code": "a", "name_zh": "甲", "name_en": "A", "source": "local", "certainty": "L"}
>>> made({**head, "domains": [domain]}).domains[0].name_zh
'甲'
>>> made({**head, "domains": [domain, domain]})
Traceback (most recent call last):
...
cim.errors.CatalogInvalid: domains, row 2 (a): code stands in row 1 already
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cim.catalog import grades, model
from cim.catalog.model import TABLES, Catalog, Element, Field, Head
from cim.errors import CatalogInvalid, GradeInvalid

LONGEST = 1_000
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NOT_EMPTY = ("code", "name_zh", "name_en", "source", "certainty", "catalog", "version", "list")
_MAY_BE_EMPTY = {"code_list_entries": ("name_en",), "head": ("source", "note")}
_CHOICES = {
    "certainty": model.CERTAINTIES,
    "type": model.TYPES,
    "mandatory": model.MANDATORY,
    "update_cycle": ("", *model.CYCLES),
    "sharing": ("", *model.SHARING),
    "opening": ("", *model.OPENING),
}
# Which column of which table names a row of which other table.
_POINTERS = (
    ("categories", "domain", "domains"),
    ("elements", "category", "categories"),
    ("code_list_entries", "list", "code_lists"),
    ("fields", "element", "elements"),
    ("fields", "code_list", "code_lists"),
)


def made(document: Mapping[str, Any]) -> Catalog:
    """The version that a document tells; CatalogInvalid."""
    for name in document:
        if name not in {*Head._fields, *TABLES}:
            raise CatalogInvalid(f"{name!r} is not known; known are {', '.join(TABLES)}")
    head = _row(Head, "head", {n: v for n, v in document.items() if n in Head._fields}, "")
    rows = {table: _rows(table, document.get(table)) for table in TABLES}
    catalog = Catalog(head, **rows)
    _check_pointers(catalog)
    _check_entries(catalog)
    for number, element in enumerate(catalog.elements, 1):
        _check_element(_place("elements", number, element.code), element)
    for number, field in enumerate(catalog.fields, 1):
        element = catalog.by_code["elements"][field.element]
        _check_field(_place("fields", number, field.code), field, element)
    return catalog


def document(catalog: Catalog) -> dict[str, Any]:
    """The version as a JSON document, which `made` reads again."""
    rows = {table: [model.plain(row) for row in found] for table, found in catalog.tables().items()}
    return {**model.plain(catalog.head), **rows}


def digest(catalog: Catalog) -> str:
    """SHA-256 of what the version says, however it was written."""
    text = json.dumps(document(catalog), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _rows(table: str, rows: Any) -> tuple[Any, ...]:
    if rows is None:
        return ()
    if not isinstance(rows, list | tuple):
        raise CatalogInvalid(f"{table} is no list of rows")
    kind, made_rows = TABLES[table], []
    seen: dict[Any, int] = {}
    for number, raw in enumerate(rows, 1):
        if not isinstance(raw, Mapping):
            raise CatalogInvalid(f"{table}, row {number} is no object")
        place = _place(table, number, raw.get("code"))
        row = _row(kind, table, raw, place)
        key = row[:2] if table == "code_list_entries" else row.code
        if key in seen:
            raise CatalogInvalid(f"{place}code stands in row {seen[key]} already")
        seen[key] = number
        made_rows.append(row)
    return tuple(made_rows)


def _place(table: str, number: int, code: object) -> str:
    return f"{table}, row {number} ({code}): "


def _row(kind: type[Any], table: str, raw: Mapping[str, Any], place: str) -> Any:
    names: tuple[str, ...] = kind._fields
    for name in raw:
        if name not in names:
            raise CatalogInvalid(f"{place}{name} is not known; known are {', '.join(names)}")
    values = {name: _value(place, name, raw.get(name)) for name in names}
    for name in _NOT_EMPTY:
        if values.get(name) == "" and name not in _MAY_BE_EMPTY.get(table, ()):
            raise CatalogInvalid(f"{place}{name} is missing")
    for name, choices in _CHOICES.items():
        if name in values and values[name] not in choices:
            known = ", ".join(filter(None, choices))
            raise CatalogInvalid(f"{place}{name} is one of {known}, not {values[name]!r}")
    if table != "code_list_entries":
        _check_code(place, values)
    return kind(**values)


def _check_code(place: str, values: Mapping[str, Any]) -> None:
    for name in ("code", "catalog", "version"):
        if name in values and not _CODE.fullmatch(values[name]):
            rule = "is 1-64 letters, digits, '.', '_' and '-', a letter or digit first"
            raise CatalogInvalid(f"{place}{name} {rule}, not {values[name]!r}")


def _value(place: str, name: str, value: Any) -> Any:
    if name == "aliases":
        return _aliases(place, value)
    if name == "length":
        return _length(place, value)
    if value is None:
        return ""
    if name in {"minimum", "maximum"} and isinstance(value, int | float):
        return f"{value:.15g}"
    if not isinstance(value, str) or not value.isprintable() or len(value) > LONGEST:
        raise CatalogInvalid(f"{place}{name} is one line of at most {LONGEST} characters")
    return value.strip()


def _aliases(place: str, value: Any) -> tuple[str, ...]:
    """As a list, or as one text with | between."""
    parts = value.split("|") if isinstance(value, str) else value or ()
    if not isinstance(parts, list | tuple):
        raise CatalogInvalid(f"{place}aliases are texts with | between, or a list of texts")
    return tuple(alias for part in parts if (alias := _value(place, "alias", part)))


def _length(place: str, value: Any) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str) or not _positive(value):
        raise CatalogInvalid(f"{place}length is a whole number of 1 or more, not {value!r}")
    return int(value)


def _positive(value: int | str) -> bool:
    return re.fullmatch(r"[1-9][0-9]{0,5}", str(value), re.ASCII) is not None


def _check_pointers(catalog: Catalog) -> None:
    tables = catalog.tables()
    for table, column, target in _POINTERS:
        for number, row in enumerate(tables[table], 1):
            code = getattr(row, column)
            empty = code == "" and column == "code_list"
            if not empty and code not in catalog.by_code[target]:
                place = _place(table, number, row.code)
                raise CatalogInvalid(f"{place}{column} {code!r} is not among the {target}")


def _check_entries(catalog: Catalog) -> None:
    known = {(entry.list, entry.code) for entry in catalog.code_list_entries}
    for number, entry in enumerate(catalog.code_list_entries, 1):
        if entry.parent and (entry.list, entry.parent) not in known:
            place = _place("code_list_entries", number, entry.code)
            raise CatalogInvalid(f"{place}parent {entry.parent!r} is not in {entry.list}")


def _check_element(place: str, element: Element) -> None:
    _check_grade(place, element.grade)
    _check_sharing(place, element)
    if element.class_code and not re.fullmatch(r"[0-9]{6}", element.class_code):
        raise CatalogInvalid(f"{place}class_code has six digits, not {element.class_code!r}")


def _check_field(place: str, field: Field, element: Element) -> None:
    if field.grade:
        _check_grade(place, field.grade)
        if not grades.at_least(field.grade, element.grade):
            raise CatalogInvalid(
                f"{place}grade {field.grade} is below {element.grade}, that of its element"
            )
    _check_sharing(place, field)
    for check in _FIELD_CHECKS:
        fault = check(field)
        if fault:
            raise CatalogInvalid(f"{place}{fault}")


def _check_grade(place: str, grade: str) -> None:
    try:
        grades.check(grade)
    except GradeInvalid as error:
        raise CatalogInvalid(f"{place}{error}") from None


def _check_sharing(place: str, row: Element | Field) -> None:
    if (row.sharing == "conditional") != bool(row.sharing_condition):
        raise CatalogInvalid(f"{place}sharing_condition belongs to sharing that is conditional")


def _list_fault(field: Field) -> str:
    coded = field.type in {"code", "code_name"}
    if coded == bool(field.code_list):
        return ""
    return f"type {field.type} and code_list {field.code_list or 'nothing'} do not go together"


def _condition_fault(field: Field) -> str:
    if (field.mandatory == "C") == bool(field.condition):
        return ""
    return "condition belongs to a field that is C (conditional)"


def _bounds_fault(field: Field) -> str:
    try:
        low, high = bounds(field)
    except ValueError:
        return "minimum and maximum are numbers, or dates as 2024-05-01 where the type is date"
    if (low is not None or high is not None) and field.type not in {"number", "integer", "date"}:
        return f"minimum and maximum are for numbers and dates, not for type {field.type}"
    return "minimum is above maximum" if low is not None and high is not None and low > high else ""


def _text_fault(field: Field) -> str:
    if field.unit and field.type not in {"number", "integer"}:
        return f"unit is for numbers, not for type {field.type}"
    if (field.pattern or field.length) and field.type not in {"text", "code", "code_name"}:
        return f"pattern and length are for texts, not for type {field.type}"
    return _pattern_fault(field.pattern) if field.pattern else ""


def _pattern_fault(pattern: str) -> str:
    try:
        re.compile(pattern)
        pc.match_substring_regex(pa.array([""]), whole(pattern))
    except (re.error, pa.ArrowInvalid):
        return f"pattern {pattern!r} is no regular expression as RE2 and Python both know it"
    return ""


_FIELD_CHECKS: tuple[Callable[[Field], str], ...] = (
    _list_fault,
    _condition_fault,
    _bounds_fault,
    _text_fault,
)


def bounds(field: Field) -> tuple[Any, Any]:
    """Minimum and maximum as values of the field's type, None where there is none; ValueError."""
    low, high = (_bound(field.type, text) for text in (field.minimum, field.maximum))
    return low, high


def _bound(kind: str, text: str) -> float | date | None:
    if not text:
        return None
    if kind == "date":
        return date.fromisoformat(text)
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def whole(pattern: str) -> str:
    """The pattern as one that only a whole text fits."""
    return f"^(?:{pattern})$"
