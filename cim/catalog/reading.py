"""Statements that read the current catalogs (目录查询): their outline, one element, field or list.

Each row has one JSON document made of rows of the tables, for `element`, `field` and `code_list`
below to read.
"""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from cim.catalog.model import (
    Category,
    CodeList,
    Domain,
    Element,
    Entry,
    Field,
    Head,
    effective,
    stored,
)
from cim.statement import Statement

_HEAD = "json_build_object({})".format(", ".join(f"'{n}', v.{n}" for n in Head._fields))
_CURRENT = "cim.catalog_version v"


class FoundElement(NamedTuple):
    """An element, where it stands, and its fields with what it gives them."""

    head: Head
    domain: Domain
    category: Category
    element: Element
    fields: tuple[Field, ...]


class FoundList(NamedTuple):
    """A code list with its entries."""

    head: Head
    code_list: CodeList
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """The current version of a catalog without its fields: elements with how many they have."""

    head: Head
    domains: tuple[Domain, ...]
    categories: tuple[Category, ...]
    elements: tuple[tuple[Element, int], ...]
    code_lists: tuple[CodeList, ...]


def outlines() -> Statement:
    """A row for each catalog, for `outline`."""
    return Statement(
        f"""
        SELECT json_build_object('head', {_HEAD},
            'domains', (SELECT coalesce(json_agg(d ORDER BY position), '[]')
                FROM cim.catalog_domain d WHERE version_id = v.id),
            'categories', (SELECT coalesce(json_agg(c ORDER BY position), '[]')
                FROM cim.catalog_category c WHERE version_id = v.id),
            'elements', (SELECT coalesce(json_agg(json_build_object('element', e, 'fields',
                    (SELECT count(*) FROM cim.catalog_field f
                     WHERE f.version_id = v.id AND f.element = e.code)) ORDER BY position), '[]')
                FROM cim.catalog_element e WHERE version_id = v.id),
            'code_lists', (SELECT coalesce(json_agg(l ORDER BY position), '[]')
                FROM cim.code_list l WHERE version_id = v.id))::text AS document
        FROM {_CURRENT} WHERE v.current ORDER BY v.catalog
        """,
        (),
    )


def outline(text: str) -> Outline:
    raw = json.loads(text)
    return Outline(
        _head(raw),
        tuple(stored(Domain, each) for each in raw["domains"]),
        tuple(stored(Category, each) for each in raw["categories"]),
        tuple((stored(Element, each["element"]), each["fields"]) for each in raw["elements"]),
        tuple(stored(CodeList, each) for each in raw["code_lists"]),
    )


def of_element(code: str) -> Statement:
    """One row for `element`, none where no current catalog has it."""
    return Statement(f"{_ELEMENT} WHERE v.current AND e.code = $1", (code,))


def of_field(code: str) -> Statement:
    """One row for `element`, with that field alone; none where no current catalog has it."""
    only = "AND f.code = $1"
    return Statement(
        _ELEMENT.replace("/* fields */", only)
        + """ WHERE v.current AND e.code = (
            SELECT element FROM cim.catalog_field f WHERE f.version_id = v.id AND f.code = $1)""",
        (code,),
    )


_ELEMENT = f"""
    SELECT json_build_object('head', {_HEAD}, 'domain', d, 'category', c, 'element', e,
        'fields', (SELECT coalesce(json_agg(f ORDER BY f.position), '[]')
            FROM cim.catalog_field f
            WHERE f.version_id = v.id AND f.element = e.code /* fields */))::text AS document
    FROM {_CURRENT}
        JOIN cim.catalog_element e ON e.version_id = v.id
        JOIN cim.catalog_category c ON c.version_id = v.id AND c.code = e.category
        JOIN cim.catalog_domain d ON d.version_id = v.id AND d.code = c.domain
"""


def element(text: str) -> FoundElement:
    raw = json.loads(text)
    found = stored(Element, raw["element"])
    return FoundElement(
        _head(raw),
        stored(Domain, raw["domain"]),
        stored(Category, raw["category"]),
        found,
        tuple(effective(stored(Field, each), found) for each in raw["fields"]),
    )


def of_list(code: str) -> Statement:
    """One row for `code_list`, none where no current catalog has it."""
    return Statement(
        f"""
        SELECT json_build_object('head', {_HEAD}, 'list', l,
            'entries', (SELECT coalesce(json_agg(e ORDER BY e.position), '[]')
                FROM cim.code_list_entry e
                WHERE e.version_id = v.id AND e.list = l.code))::text AS document
        FROM {_CURRENT} JOIN cim.code_list l ON l.version_id = v.id
        WHERE v.current AND l.code = $1
        """,
        (code,),
    )


def code_list(text: str) -> FoundList:
    raw = json.loads(text)
    entries = tuple(stored(Entry, each) for each in raw["entries"])
    return FoundList(_head(raw), stored(CodeList, raw["list"]), entries)


def _head(raw: dict[str, Any]) -> Head:
    return Head(**raw["head"])
