"""What differs between two versions of a catalog (版本比对), and which layers it touches.

Rows are the same when their codes are. A difference touches the layers that are bound to the
element it is of, or whose columns are bound to the field, or to a field of the code list."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cim.catalog.model import TABLES, Catalog
from cim.layer import Layer


class Difference(NamedTuple):
    """One row that differs.

    kind     added | removed | changed
    table    one of model.TABLES; code its row; entries are of `list code`
    element  code of the element it is of, "" for domains, categories and code lists
    changed  columns that differ, as (before, after); of a changed row alone
    layers   names of the layers it touches
    """

    kind: str
    table: str
    code: str
    name_zh: str
    name_en: str
    element: str
    changed: dict[str, tuple[Any, Any]]
    layers: tuple[str, ...] = ()


def differences(before: Catalog, after: Catalog, layers: Iterable[Layer] = ()) -> list[Difference]:
    """In the order of the tables and their rows, what was removed last."""
    bound = [layer for layer in layers if layer.binding]
    lists = {f.code: {f.code_list} for f in before.fields}
    for field in after.fields:
        lists.setdefault(field.code, set()).add(field.code_list)
    return [
        found._replace(layers=_touched(found, bound, lists))
        for table in TABLES
        for found in _of_table(table, before, after)
    ]


def _of_table(table: str, before: Catalog, after: Catalog) -> Iterator[Difference]:
    old, new = before.by_code[table], after.by_code[table]
    for key, row in new.items():
        moved = _moved(old[key], row) if key in old else {}
        if key not in old or moved:
            yield _difference("changed" if key in old else "added", table, row, moved)
    for key, row in old.items():
        if key not in new:
            yield _difference("removed", table, row, {})


def _moved(old: Any, new: Any) -> dict[str, tuple[Any, Any]]:
    pairs = zip(old._fields, old, new, strict=True)
    return {name: (was, now) for name, was, now in pairs if was != now}


def _difference(kind: str, table: str, row: Any, changed: dict[str, tuple[Any, Any]]) -> Difference:
    code = f"{row.list} {row.code}" if table == "code_list_entries" else row.code
    element = row.code if table == "elements" else getattr(row, "element", "")
    return Difference(kind, table, code, row.name_zh, row.name_en, element, changed)


def _touched(
    found: Difference, bound: Iterable[Layer], lists: dict[str, set[str]]
) -> tuple[str, ...]:
    return tuple(layer.name for layer in bound if _touches(found, layer, lists))


def _touches(found: Difference, layer: Layer, lists: dict[str, set[str]]) -> bool:
    assert layer.binding is not None
    fields = {column.field.code for column in layer.binding.columns.values()}
    if found.table == "fields" and found.kind != "added":
        return found.code in fields
    if found.table in {"elements", "fields"}:
        return found.element == layer.binding.element.code
    if found.table in {"code_lists", "code_list_entries"}:
        wanted = found.code.partition(" ")[0]
        return any(wanted in lists.get(field, ()) for field in fields)
    return False
