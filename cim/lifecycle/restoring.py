"""Entities brought back to an earlier version of theirs (恢复): their rows, and their lives.

The temporary table `restoring` names the entities and, by the number of its version, the row in
the history of their layer that each is to have again. Those of the state `active` have another row
now, those of the state `retired` none. Nothing is taken out of the history: what is brought back
is a new version, as valid time and transaction time want it.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection

from cim import cover
from cim.assignment.codes import Target
from cim.database.sql import driver, run, stream
from cim.layer import Column
from cim.lifecycle import ending
from cim.names import quoted

_BATCH = 10_000


def begin(connection: Connection) -> None:
    """Make the empty table `restoring`."""
    run(connection, "DROP TABLE IF EXISTS pg_temp.restoring, pg_temp.restoring_active")
    run(
        connection,
        """
        CREATE TEMP TABLE restoring (
            code text COLLATE "C" PRIMARY KEY, version bigint NOT NULL, state text NOT NULL,
            moved boolean NOT NULL DEFAULT true
        ) ON COMMIT DROP
        """,
    )


def keep(connection: Connection, target: Target, columns: Sequence[Column]) -> None:
    """Keep the present rows, of these columns, in the history; ValidTimeDisorder."""
    run(
        connection,
        """
        CREATE TEMP TABLE restoring_active ON COMMIT DROP AS
        SELECT code FROM restoring WHERE state = 'active'
        """,
    )
    ending.keep_versions(connection, target, columns, "restoring_active")


def restore(connection: Connection, target: Target) -> None:
    """Bring the rows back into the layer, whose columns are those of the target, with their cells;
    and tell of it.
    """
    _bring_back_changed(connection, target)
    _bring_back_ended(connection, target)
    run(
        connection,
        "DELETE FROM cim.cover c USING restoring r WHERE r.code = c.code AND r.moved",
    )
    _add_cells(connection, target)
    _tell(connection, target)


def _bring_back_changed(connection: Connection, target: Target) -> None:
    table = quoted(target.layer)
    run(
        connection,
        f"""
        UPDATE restoring r SET moved = l.geom IS DISTINCT FROM h.geom
        FROM layer.{table} l, history.{table} h
        WHERE l.code = r.code AND h.code = r.code AND h.cim_version = r.version
        """,
    )
    own = [quoted(column.name) for column in target.columns]
    columns = ", ".join(["beidou_code", "geom", *own])
    old = ", ".join(["h.beidou_code", "h.geom", *(f"h.{name}" for name in own)])
    run(
        connection,
        f"""
        UPDATE layer.{table} l SET ({columns}) = ROW ({old}), cim_version = l.cim_version + 1,
            cim_recorded_at = now(), cim_valid_from = $1
        FROM restoring r JOIN history.{table} h ON h.code = r.code AND h.cim_version = r.version
        WHERE l.code = r.code AND r.state = 'active'
        """,
        target.valid_at,
    )


def _bring_back_ended(connection: Connection, target: Target) -> None:
    table = quoted(target.layer)
    own = [quoted(column.name) for column in target.columns]
    columns = ", ".join(["geom", *own])
    old = ", ".join(["h.geom", *(f"h.{name}" for name in own)])
    run(
        connection,
        f"""
        INSERT INTO layer.{table} (code, beidou_code, cim_version, cim_valid_from, {columns})
        SELECT code, beidou_code, 1 + (SELECT max(n.cim_version) FROM history.{table} n
                                       WHERE n.code = h.code), $1, {old}
        FROM restoring r JOIN history.{table} h USING (code)
        WHERE h.cim_version = r.version AND r.state = 'retired' ORDER BY code
        """,
        target.valid_at,
    )
    run(
        connection,
        """
        UPDATE cim.entity e SET changed_at = now(), layer_id = $1, state = 'active'
        FROM restoring r WHERE r.code = e.code
        """,
        target.layer_id,
    )


def _add_cells(connection: Connection, target: Target) -> None:
    """The cells of rows that moved, batch after batch."""
    rows = stream(
        connection,
        f"""
        SELECT code, ST_AsBinary(geom) AS wkb FROM layer.{quoted(target.layer)} l
        JOIN restoring r USING (code) WHERE r.moved
        """,
    )
    while batch := list(islice(rows, _BATCH)):
        with (
            driver(connection).cursor() as cursor,
            cursor.copy(b"COPY cim.cover (cell, code) FROM STDIN") as copy,
        ):
            for cell in _cells(batch):
                copy.write_row(cell)


def _cells(batch: Sequence[Any]) -> Iterator[tuple[int, str]]:
    shapes = shapely.from_wkb(np.array([bytes(row.wkb) for row in batch], dtype=object))
    found = cover.cells_of(shapes)
    for row, cell in zip(found.row.tolist(), found.cell.tolist(), strict=True):
        yield cell, batch[row].code


def _tell(connection: Connection, target: Target) -> None:
    run(
        connection,
        """
        INSERT INTO cim.event (turn, code, kind, valid_at, action_id)
        SELECT (SELECT cim.turn()), code,
               CASE state WHEN 'active' THEN 'changed' ELSE 'reinstated' END, $1, $2
        FROM restoring ORDER BY code
        """,
        target.valid_at,
        target.action_id,
    )
