"""Versions of catalogs as files (目录文件): a folder of CSV, or one JSON document.

A folder has `catalog.json` with the head, and a CSV in UTF-8 for each table, named as in
`model.TABLES`, with the columns of its rows; a table or column that is empty may be left out. Lists
in a cell stand with | between. `rules` says what they may hold.
"""

import csv
import json
from pathlib import Path
from typing import Any

from cim.catalog import rules
from cim.catalog.model import TABLES, Catalog
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
    return found


def _named(row: dict[Any, Any]) -> dict[Any, Any]:
    if None in row:
        raise csv.Error(f"a row has more cells than the header: {row[None]}")
    return row


def _json(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise CatalogInvalid(f"{path} is no JSON object")
    return found
