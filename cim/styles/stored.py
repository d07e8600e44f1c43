"""Styles that people gave (入库样式), in `cim.style`; those that the program makes are not stored.

A style under the name of a collection takes the place of the one made for it, a style `one-map`
that of the style of everything. The document is kept as it was given: MapLibre, or SLD with its
translation.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from psycopg.types.json import Jsonb
from sqlalchemy import Connection

from cim import actions
from cim.actions import Action
from cim.database.sql import run
from cim.errors import StyleExists, UnknownStyle
from cim.layer import Text
from cim.statement import Statement
from cim.styles.checking.types import Json
from cim.styles.sld import Note

_COLUMNS = """s.id, s.title, s.description, s.collections, s.document, s.sld, s.untranslated,
    s.version, s.created_at, s.updated_at, a.who"""
_FROM = "FROM cim.style s JOIN cim.action a ON a.id = s.action_id"
_READ = f"SELECT row_to_json(r)::text AS style FROM (SELECT {_COLUMNS} {_FROM} {{}}) r"


class Content(NamedTuple):
    """What is written of a style.

    collections   layers that it draws
    document      MapLibre style, version 8
    sld           the SLD that it was given as, None where it was given as MapLibre
    untranslated  what of that SLD has no counterpart
    """

    title: Text
    description: Text
    collections: tuple[str, ...]
    document: Mapping[str, Json]
    sld: str | None = None
    untranslated: tuple[Note, ...] = ()


class Style(NamedTuple):
    """A stored style. `version` rises with every change; `who` made the last one."""

    id: str
    content: Content
    version: int
    created_at: datetime
    updated_at: datetime
    who: str


def every(collection: str | None = None) -> Statement:
    """Rows for `parse`: all styles by their ids, or those that draw a collection."""
    if collection is None:
        return Statement(_READ.format("ORDER BY s.id"), ())
    return Statement(_READ.format("WHERE $1 = ANY(s.collections) ORDER BY s.id"), (collection,))


def of_ids(ids: Sequence[str]) -> Statement:
    """Rows for `parse`: of these styles, those that are stored."""
    return Statement(_READ.format("WHERE s.id = ANY($1::text[]) ORDER BY s.id"), (list(ids),))


def parse(text: str) -> Style:
    raw = json.loads(text)
    content = Content(
        Text(**raw["title"]),
        Text(**raw["description"]),
        tuple(raw["collections"]),
        raw["document"],
        raw["sld"],
        tuple(Note(**each) for each in raw["untranslated"]),
    )
    created, updated = (
        datetime.fromisoformat(raw[f"{each}_at"]) for each in ("created", "updated")
    )
    return Style(raw["id"], content, raw["version"], created, updated, raw["who"])


def get(connection: Connection, style: str) -> Style | None:
    """The stored style, None where there is none of this id; nobody changes it meanwhile."""
    run(connection, "SELECT pg_advisory_xact_lock(hashtext('cim.style'), hashtext($1))", style)
    statement = of_ids([style])
    rows = run(connection, statement.sql, *statement.values)
    return parse(rows[0].style) if rows else None


def put(connection: Connection, style: str, content: Content, action: Action) -> Style:
    """Store a style, in place of the one that there is."""
    run(
        connection,
        """
        INSERT INTO cim.style (id, title, description, collections, document, sld, untranslated,
                               action_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (id) DO UPDATE SET title = excluded.title, description = excluded.description,
            collections = excluded.collections, document = excluded.document, sld = excluded.sld,
            untranslated = excluded.untranslated, action_id = excluded.action_id,
            version = cim.style.version + 1, updated_at = clock_timestamp()
        """,
        style,
        Jsonb(_text(content.title)),
        Jsonb(_text(content.description)),
        list(content.collections),
        Jsonb(content.document),
        content.sld,
        Jsonb([note._asdict() for note in content.untranslated]),
        actions.record(connection, action),
    )
    found = get(connection, style)
    assert found is not None
    return found


def refuse_known(connection: Connection, style: str) -> None:
    """StyleExists; the id stays free until the transaction ends."""
    if get(connection, style) is not None:
        raise StyleExists(style)


def remove(connection: Connection, style: str, action: Action) -> None:
    """UnknownStyle where it is not stored. Who removed it and why stays in `cim.action`."""
    if get(connection, style) is None:
        raise UnknownStyle(style)
    run(connection, "DELETE FROM cim.style WHERE id = $1", style)
    actions.record(connection, action)


def _text(text: Text) -> dict[str, Any]:
    return {"zh": text.zh, "en": text.en}
