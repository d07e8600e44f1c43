"""Versions of catalogs in the database (目录版本管理): loaded, put to use, told.

A version is written once and never changed. The first of its catalog is current at once; another
becomes current when somebody puts it to use, which is refused as long as layers are bound to
elements or fields that it has no more. Everything runs in the caller's transaction.
"""

import json
from typing import Any, NamedTuple

from sqlalchemy import Connection

from cim import actions, registry
from cim.actions import Action
from cim.catalog import builtin, history, rules
from cim.catalog.model import TABLES, Catalog, Head, stored
from cim.database.sql import run
from cim.errors import BoundItemsGone, CatalogExists, CatalogInvalid, UnknownCatalog
from cim.statement import Statement

PROGRAM = "cim"
STORED = {
    "domains": "catalog_domain",
    "categories": "catalog_category",
    "elements": "catalog_element",
    "code_lists": "code_list",
    "code_list_entries": "code_list_entry",
    "fields": "catalog_field",
}

_HEAD = ", ".join(Head._fields)

_LIST = f"""
    SELECT {_HEAD}, current, who, why, recorded_at,
           (SELECT count(*) FROM cim.catalog_element e WHERE e.version_id = v.id) AS elements,
           (SELECT count(*) FROM cim.catalog_field f WHERE f.version_id = v.id) AS fields
    FROM cim.catalog_version v JOIN cim.action a ON a.id = v.action_id
    ORDER BY catalog, v.id
"""

_WHICH = "v.catalog = $1 AND CASE WHEN $2 = '' THEN v.current ELSE v.version = $2 END"

_TABLES = ", ".join(
    f"'{table}', (SELECT coalesce(json_agg(r ORDER BY position), '[]') "
    f"FROM cim.{name} r WHERE version_id = v.id)"
    for table, name in STORED.items()
)
_DOCUMENT = f"""
    SELECT json_build_object({", ".join(f"'{n}', {n}" for n in Head._fields)}, {_TABLES})::text
           AS document
    FROM cim.catalog_version v WHERE {_WHICH}
"""

# Codes that a version shares with the current version of another catalog, of whatever kind.
_SHARED = " UNION ALL ".join(
    f"""SELECT mine.code, other.catalog FROM cim.{name} mine
        JOIN cim.{name} theirs USING (code)
        JOIN cim.catalog_version other ON other.id = theirs.version_id AND other.current
        WHERE mine.version_id = $1 AND other.catalog <> $2"""
    for name in ("catalog_element", "catalog_field", "code_list")
)

_GONE = """
    SELECT l.name || ' to ' || b.element AS bound
    FROM cim.layer_binding b JOIN cim.layer l ON l.id = b.layer_id
    WHERE b.element IN (SELECT code FROM cim.catalog_element WHERE version_id = $1)
      AND b.element NOT IN (SELECT code FROM cim.catalog_element WHERE version_id = $2)
    UNION ALL
    SELECT l.name || '.' || f.column_name || ' to ' || f.field
    FROM cim.field_binding f JOIN cim.layer l ON l.id = f.layer_id
        JOIN cim.layer_binding b ON b.layer_id = f.layer_id
    WHERE f.field IN (SELECT code FROM cim.catalog_field WHERE version_id = $1)
      AND (f.field, b.element) NOT IN
          (SELECT code, element FROM cim.catalog_field WHERE version_id = $2)
    ORDER BY 1
"""


class Loaded(NamedTuple):
    """What a load did: whether the version is new here, and whether it is current."""

    head: Head
    new: bool
    current: bool


def listed() -> Statement:
    """Every version: its head, current, who loaded it, why, when, how many elements and fields."""
    return Statement(_LIST, ())


def document(reference: str) -> Statement:
    """One row with the whole version as `document`, for `parse`; none where there is none."""
    return Statement(_DOCUMENT, _named(reference))


def parse(text: str) -> Catalog:
    """The version out of what `document` gives."""
    raw = json.loads(text)
    head = Head(*(raw[name] for name in Head._fields))
    return Catalog(head, **{t: tuple(stored(TABLES[t], each) for each in raw[t]) for t in TABLES})


def read(connection: Connection, reference: str) -> Catalog:
    """The version `catalog@version`, or the current one of `catalog`; UnknownCatalog."""
    statement = document(reference)
    for row in run(connection, statement.sql, *statement.values):
        return parse(row.document)
    raise UnknownCatalog(reference)


def load(connection: Connection, catalog: Catalog, action: Action) -> Loaded:
    """Write a version down; CatalogExists, CatalogInvalid.

    A version that is there already with the same contents is left as it is.
    """
    _lock(connection)
    head, digest = catalog.head, rules.digest(catalog)
    found = "SELECT sha256, current FROM cim.catalog_version WHERE catalog = $1 AND version = $2"
    for there in run(connection, found, head.catalog, head.version):
        if there.sha256 != digest:
            raise CatalogExists(head.reference)
        return Loaded(head, new=False, current=there.current)
    action_id = actions.record(connection, action)
    version = _insert(connection, catalog, digest, action_id)
    history.note(connection, history.of_version(head), "loaded", head._asdict(), action_id)
    first = not _current(connection, head.catalog)
    if first:
        _use(connection, head, version, action_id)
    return Loaded(head, new=True, current=first)


def use(connection: Connection, reference: str, action: Action) -> Head:
    """Make a version the current one; UnknownCatalog, BoundItemsGone, CatalogInvalid."""
    _lock(connection)
    which = f"SELECT v.id, {_HEAD}, current FROM cim.catalog_version v WHERE {_WHICH}"
    for row in run(connection, which, *_named(reference)):
        head = Head(*(getattr(row, name) for name in Head._fields))
        if not row.current:
            _use(connection, head, row.id, actions.record(connection, action))
        return head
    raise UnknownCatalog(reference)


def bring(connection: Connection) -> None:
    """Load the program's version, and put it to use where the city left the choice to us."""
    catalog = builtin.catalog()
    action = Action(PROGRAM, "brought by the program")
    loaded = load(connection, catalog, action)
    if loaded.new and not loaded.current and _ours(connection, catalog.head.catalog):
        try:
            use(connection, catalog.head.reference, action)
        except BoundItemsGone:
            return  # the city decides when its layers are bound anew


def _insert(connection: Connection, catalog: Catalog, digest: str, action_id: int) -> int:
    version = run(
        connection,
        f"INSERT INTO cim.catalog_version ({_HEAD}, sha256, action_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        *catalog.head,
        digest,
        action_id,
    )[0].id
    for table, rows in catalog.tables().items():
        documents = [_stored(row, version, n) for n, row in enumerate(rows, 1)]
        columns = ", ".join(("version_id", "position", *TABLES[table]._fields))
        run(
            connection,
            f"INSERT INTO cim.{STORED[table]} ({columns}) SELECT {columns} "
            f"FROM jsonb_populate_recordset(NULL::cim.{STORED[table]}, $1::jsonb)",
            json.dumps(documents),
        )
    return int(version)


def _stored(row: Any, version: int, position: int) -> dict[str, Any]:
    values = row._asdict() | {"version_id": version, "position": position}
    if values.get("code_list") == "":
        values["code_list"] = None
    return dict(values)


def _use(connection: Connection, head: Head, version: int, action_id: int) -> None:
    for row in run(connection, _SHARED, version, head.catalog):
        raise CatalogInvalid(f"{row.code} is a code of the catalog {row.catalog!r} already")
    before = _current(connection, head.catalog)
    gone = [row.bound for row in run(connection, _GONE, before, version)] if before else []
    if gone:
        raise BoundItemsGone(head.reference, gone)
    # Apart, since a catalog has one current version at any moment.
    run(connection, "UPDATE cim.catalog_version SET current = false WHERE id = $1", before)
    run(connection, "UPDATE cim.catalog_version SET current = true WHERE id = $1", version)
    history.note(connection, history.of_version(head), "used", head._asdict(), action_id)
    if before:  # what layers are bound to says something else now
        registry.publish(connection)


def _current(connection: Connection, catalog: str) -> int | None:
    rows = run(
        connection, "SELECT id FROM cim.catalog_version WHERE catalog = $1 AND current", catalog
    )
    return rows[0].id if rows else None


def _ours(connection: Connection, catalog: str) -> bool:
    """Whether it was the program that put the current version of the catalog to use."""
    last = history.last(connection, f"version {catalog}@", "used")
    return last is None or last == PROGRAM


def _lock(connection: Connection) -> None:
    """One change of catalogs and bindings at a time, so that what was checked still holds."""
    run(connection, history.LOCK)


def _named(reference: str) -> tuple[str, str]:
    catalog, _, version = reference.partition("@")
    return catalog, version
