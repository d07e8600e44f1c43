"""Versions of catalogs as files (目录文件): a folder of CSV, or one JSON document.

A folder has `catalog.json` with the head, and a CSV in UTF-8 for each table, named as in
`model.TABLES`, with the columns of its rows; a table or column that is empty may be left out. Lists
in a cell stand with | between. `rules` says what they may hold. A code list may name one of the
program's own tables (`table`, such as `divisions`) that its entries are taken from, so that each
stands once.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cim.catalog import rules
from cim.catalog.model import TABLES, Catalog
from cim.data import Row, rows
from cim.errors import CatalogInvalid


def read(path: Path) -> Catalog:
    """The version that a file or folder holds; CatalogInvalid."""
    try:
        found = folder(path) if path.is_dir() else _json(path)
    except (OSError, UnicodeDecodeError, csv.Error, json.JSONDecodeError) as error:
        raise CatalogInvalid(f"{path} cannot be read: {error}") from None
    return rules.made(found)


def folder(path: Path) -> dict[str, Any]:
    """The document that a folder holds, unchecked."""
    found = _json(path / "catalog.json")
    for table in TABLES:
        file = path / f"{table}.csv"
        if file.exists():
            text = file.read_text(encoding="utf-8-sig")
            found[table] = [_named(row) for row in csv.DictReader(text.splitlines())]
    for code_list in found.get("code_lists", ()):
        table = code_list.pop("table", "")
        if table:
            found.setdefault("code_list_entries", []).extend(_entries(code_list, table))
    return found


def _entries(code_list: Mapping[str, str], table: str) -> Iterator[Row]:
    try:
        taken = rows(table)
    except FileNotFoundError:
        raise CatalogInvalid(
            f"code_lists, {code_list.get('code', '')}: there is no table {table!r}"
        ) from None
    known = {row["code"] for row in taken}
    for row in taken:
        parent = row.get("parent", "")
        yield {
            "list": code_list.get("code", ""),
            "code": row["code"],
            "name_zh": row.get("name") or row["name_zh"],
            "name_en": row.get("name_en", ""),
            "parent": parent if parent in known else "",
            "certainty": row["conf"],
        }


def _named(row: dict[Any, Any]) -> dict[Any, Any]:
    if None in row:
        raise csv.Error(f"a row has more cells than the header: {row[None]}")
    return row


def _json(path: Path) -> dict[str, Any]:
    """The object of a file; `links`, which a version has that the service gave, say nothing."""
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise CatalogInvalid(f"{path} is no JSON object")
    found.pop("links", None)
    return found
