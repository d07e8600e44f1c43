"""A version of a catalog as a value (目录版本): rows as they stand in its files and tables.

An empty text is a thing that is not said. `owner`, `authority`, `update_cycle`, `sharing` with its
condition, `opening` and `grade` of a field are those of its element where it does not say its own;
`effective` gives the field with all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from cim.catalog import grades

TYPES = ("text", "integer", "number", "boolean", "date", "datetime", "code", "code_name")
CERTAINTIES = ("H", "M", "L", "T", "G")
MANDATORY = ("M", "C", "O")
CYCLES = (
    "realtime",
    "daily",
    "weekly",
    "monthly",
    "quarterly",
    "half_yearly",
    "yearly",
    "irregular",
)
SHARING = ("unconditional", "conditional", "none")
OPENING = ("open", "conditional", "none")


class Domain(NamedTuple):
    """A domain (领域), such as 资源调查数据.

    source     who made the code: local, or the name of a standard
    certainty  how sure the row is: H, M, L, T or G
    """

    code: str
    name_zh: str
    name_en: str
    source: str
    certainty: str


class Category(NamedTuple):
    """A category (门类) of a domain."""

    code: str
    domain: str
    name_zh: str
    name_en: str
    source: str
    certainty: str


class Element(NamedTuple):
    """An element (要素): a kind of thing that a layer holds.

    aliases       other names, in any language, also those of tables
    class_code    class of its entities (`cim.classes`), "" where none is usual
    clause        of the standard; "" where it is not known
    owner         department that answers for it (责任部门)
    authority     its authoritative source (权威数据源), such as a register
    update_cycle  one of CYCLES
    sharing       unconditional | conditional, with its condition | none (共享属性)
    opening       open | conditional | none, to the public (开放属性)
    """

    code: str
    category: str
    name_zh: str
    name_en: str
    definition: str
    aliases: tuple[str, ...]
    class_code: str
    standard: str
    clause: str
    owner: str
    authority: str
    update_cycle: str
    sharing: str
    sharing_condition: str
    opening: str
    grade: str
    source: str
    certainty: str


class Field(NamedTuple):
    """A data item (数据项) of an element.

    type       one of TYPES: a `code` is an entry's code in the code list, a `code_name` its name
    unit       UCUM, "1" for counts; "" where there is none
    length     characters of a text at the most
    mandatory  M mandatory | C conditional, with its condition | O optional
    minimum, maximum  of a number or date, both allowed
    pattern    a regular expression (RE2) that a whole text fits
    """

    code: str
    element: str
    name_zh: str
    name_en: str
    definition: str
    aliases: tuple[str, ...]
    standard: str
    clause: str
    type: str
    unit: str
    length: int | None
    code_list: str
    mandatory: str
    condition: str
    minimum: str
    maximum: str
    pattern: str
    owner: str
    authority: str
    update_cycle: str
    sharing: str
    sharing_condition: str
    opening: str
    grade: str
    source: str
    certainty: str


class CodeList(NamedTuple):
    """A code list (代码表) whose entries fields take their values from."""

    code: str
    name_zh: str
    name_en: str
    standard: str
    source: str
    certainty: str


class Entry(NamedTuple):
    """An entry of a code list; `parent` is the entry above it in the same list, "" at the top."""

    list: str
    code: str
    name_zh: str
    name_en: str
    parent: str
    certainty: str


class Head(NamedTuple):
    """What a version says of itself."""

    catalog: str
    version: str
    name_zh: str
    name_en: str
    source: str = ""
    note: str = ""

    @property
    def reference(self) -> str:
        """How a version is named, such as `cim@1`."""
        return f"{self.catalog}@{self.version}"


# The tables of a version: their names in files and documents, and what a row of each is.
TABLES: Mapping[str, type[Any]] = {
    "domains": Domain,
    "categories": Category,
    "elements": Element,
    "code_lists": CodeList,
    "code_list_entries": Entry,
    "fields": Field,
}


@dataclass(frozen=True)
class Catalog:
    """A version, whole."""

    head: Head
    domains: tuple[Domain, ...]
    categories: tuple[Category, ...]
    elements: tuple[Element, ...]
    code_lists: tuple[CodeList, ...]
    code_list_entries: tuple[Entry, ...]
    fields: tuple[Field, ...]

    @cached_property
    def by_code(self) -> Mapping[str, Mapping[str, Any]]:
        """Rows by table and code; those of code lists' entries by (list, code)."""
        return {
            table: {row[:2] if table == "code_list_entries" else row.code: row for row in rows}
            for table, rows in self.tables().items()
        }

    def tables(self) -> dict[str, tuple[Any, ...]]:
        return {table: getattr(self, table) for table in TABLES}


def effective(field: Field, element: Element) -> Field:
    """The field with what it leaves to its element; its grade is never below the element's."""
    sharing = (field.sharing, field.sharing_condition)
    if not field.sharing:
        sharing = (element.sharing, element.sharing_condition)
    return field._replace(
        owner=field.owner or element.owner,
        authority=field.authority or element.authority,
        update_cycle=field.update_cycle or element.update_cycle,
        sharing=sharing[0],
        sharing_condition=sharing[1],
        opening=field.opening or element.opening,
        grade=grades.highest(filter(None, (element.grade, field.grade))),
    )


def plain(row: Any) -> dict[str, Any]:
    """A row as JSON has it: an empty text is null."""
    return {n: list(v) if isinstance(v, tuple) else _nothing(v) for n, v in row._asdict().items()}


def stored(kind: type[Any], raw: Mapping[str, Any]) -> Any:
    """A row of one of the tables out of the JSON that the database makes of it."""
    values = {name: raw[name] for name in kind._fields}
    if "aliases" in values:
        values["aliases"] = tuple(values["aliases"])
    if "code_list" in values:
        values["code_list"] = values["code_list"] or ""
    return kind(**values)


def _nothing(value: Any) -> Any:
    return None if value == "" else value
