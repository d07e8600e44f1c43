"""What became of catalog versions and bindings (目录变更历史): who, why, when, and all of it."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from cim.catalog.model import Head
from cim.database.sql import run
from cim.statement import Statement

# Taken by whoever changes a catalog or a binding.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('cim.catalog'))"


def of_version(head: Head) -> str:
    return f"version {head.reference}"


def of_layer(name: str) -> str:
    return f"layer {name}"


def note(
    connection: Connection, subject: str, kind: str, row: Mapping[str, Any], action_id: int
) -> None:
    """Write down what became of a subject, and what it is since."""
    run(
        connection,
        "INSERT INTO cim.catalog_change (subject, kind, row, action_id) VALUES ($1, $2, $3, $4)",
        subject,
        kind,
        json.dumps(row, ensure_ascii=False),
        action_id,
    )


def told(subject: str) -> Statement:
    """Its changes, oldest first: kind, row (as JSON text), who, why, document, recorded_at."""
    return Statement(
        """
        SELECT kind, row::text AS row, who, why, document, recorded_at
        FROM cim.catalog_change c JOIN cim.action a ON a.id = c.action_id
        WHERE subject = $1 ORDER BY c.id
        """,
        (subject,),
    )


def last(connection: Connection, beginning: str, kind: str) -> str | None:
    """Who did this last to a subject whose name begins so."""
    rows = run(
        connection,
        """
        SELECT who FROM cim.catalog_change c JOIN cim.action a ON a.id = c.action_id
        WHERE starts_with(subject, $1) AND kind = $2 ORDER BY c.id DESC LIMIT 1
        """,
        beginning,
        kind,
    )
    return rows[0].who if rows else None
