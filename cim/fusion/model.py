"""Business tables as values (业务表), as the database tells them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cim.catalog import grades
from cim.catalog.model import Element, Field, effective, stored
from cim.errors import TableInvalid

ROW = "cim_row"  # the number of a row in its file, counted from 1
LOAD = "cim_load"  # the load that wrote a row


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: its type here, and as its table has it; its own grade, its data item, or "".

    `collation` is that of a text whose order is not the usual one, as SQL.
    """

    name: str
    type: str
    raw: str
    grade: str = ""
    item: str = ""
    collation: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """The load that a table has its rows from."""

    id: int
    file: str
    sha256: str
    mode: str
    read: int
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BusinessTable:
    """A business table; `items` are the data items of its columns by their codes."""

    id: int
    name: str
    relation: str
    loaded: bool
    title_zh: str
    title_en: str
    owner: str
    source: str
    grade: str
    key_field: str | None
    columns: tuple[TableColumn, ...]
    updated_at: datetime
    said_by: str
    load: Load | None
    items: Mapping[str, Field]

    def title(self, language: str) -> str:
        return self.title_en if language == "en" else self.title_zh

    @property
    def key(self) -> TableColumn:
        """The column that tells a row from all others."""
        if self.key_field is None:
            return TableColumn(ROW, "bigint", "bigint")
        return self.column(self.key_field)

    def column(self, name: str) -> TableColumn:
        """TableInvalid where there is none of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        has = ", ".join(c.name for c in self.columns)
        raise TableInvalid("column", f"{name!r} is not in the table {self.name}; it has {has}")

    def item_of(self, name: str) -> Field | None:
        """The data item that a column is, None where it is none, or the catalog lost it."""
        return self.items.get(self.column(name).item)

    def grade_of(self, name: str) -> str:
        """Grade of a column: the highest of the table's, its own, its data item's."""
        item, own = self.item_of(name), self.column(name).grade
        return grades.highest(filter(None, (self.grade, own, item.grade if item else "")))


TOLD = """
    json_build_object('id', t.id, 'name', t.name, 'relation', t.relation, 'loaded', t.loaded,
        'title', t.title, 'owner', t.owner, 'source', t.source, 'grade', t.grade,
        'key_field', t.key_field, 'columns', t.columns, 'updated_at', t.updated_at,
        'said_by', (SELECT who FROM cim.action WHERE id = t.action_id),
        'load', (SELECT json_build_object('id', b.id, 'file', b.file, 'sha256', b.sha256,
                     'mode', b.mode, 'read', b.read, 'who', a.who, 'at', a.recorded_at)
                 FROM cim.business_load b JOIN cim.action a ON a.id = b.action_id
                 WHERE b.table_id = t.id ORDER BY b.id DESC LIMIT 1),
        'items', (SELECT coalesce(json_object_agg(
                      c.code, json_build_object('field', c, 'element', e)), '{}')
                  FROM cim.catalog_version v JOIN cim.catalog_field c ON c.version_id = v.id
                  JOIN cim.catalog_element e ON e.version_id = v.id AND e.code = c.element
                  WHERE v.current AND c.code IN (
                      SELECT x ->> 'item' FROM jsonb_array_elements(t.columns) x)))
"""
"""A JSON document of a row `t` of `cim.business_table`, for `parse`."""


def parse(raw: Mapping[str, Any]) -> BusinessTable:
    """The table out of what `TOLD` gives."""
    load = raw["load"]
    items = {
        code: effective(stored(Field, each["field"]), stored(Element, each["element"]))
        for code, each in raw["items"].items()
    }
    return BusinessTable(
        **{n: raw[n] for n in ("id", "name", "relation", "loaded", "owner", "source", "grade")},
        title_zh=raw["title"]["zh"],
        title_en=raw["title"]["en"],
        key_field=raw["key_field"],
        columns=tuple(TableColumn(**column) for column in raw["columns"]),
        updated_at=datetime.fromisoformat(raw["updated_at"]),
        said_by=raw["said_by"],
        load=load and Load(**{**load, "at": datetime.fromisoformat(load["at"])}),
        items=items,
    )
