"""What people decide of the link of a row (关联审核): accepted, or rejected, with who and why.

A decision is of what the row says now (its `basis`): it stands through every refresh until the row
says something else. Accepting names a feature, by default the best candidate of the review;
rejecting says that the row is of none of its candidates, which are never offered to it again.
Decisions are kept, all of them; the last one of a row counts.
"""

import json
from typing import Any, NamedTuple

from sqlalchemy import Connection

from cim import actions, entity_code
from cim.actions import Action
from cim.database.sql import run
from cim.errors import FusionInvalid, LinkDecided, UnknownLink
from cim.fusion import definition, fused, links
from cim.fusion.fused import Fusion, Join
from cim.names import quoted


class Link(NamedTuple):
    """A link as it is now."""

    row_key: str
    state: str
    code: str | None
    how: str
    score: float | None
    reason: str
    basis: str
    candidates: list[dict[str, Any]]


def accept(
    connection: Connection, name: str, row: tuple[str, str], code: str | None, by: Action
) -> Link:
    """Link a row, (table, key), to the feature of that code, or its best candidate.

    UnknownFusion, UnknownLink; LinkDecided where no review waits and no code is named;
    FusionInvalid where the layer has no such feature.
    """
    fusion, join, link = _held(connection, name, row)
    if code is None:
        if link.state != "review" or not link.candidates:
            raise LinkDecided(link.row_key, link.state)
        code = str(link.candidates[0]["code"])
    code = entity_code.validate(code)
    there = f"SELECT code FROM item.{quoted(fusion.base)} WHERE code = $1"
    if not run(connection, there, code):
        raise FusionInvalid("code", f"{code} is of no feature of {fusion.base} now")
    _write(connection, join, link, code, [], by)
    run(
        connection,
        """
        UPDATE cim.fusion_link SET state = 'linked', code = $3, how = 'decided', score = 1,
            reason = '', candidates = NULL
        WHERE join_id = $1 AND row_key = $2
        """,
        join.id,
        link.row_key,
        code,
    )
    links.mark_several(connection, join, [code, *filter(None, [link.code])])
    return one(connection, join, link.row_key)


def reject(connection: Connection, name: str, row: tuple[str, str], by: Action) -> Link:
    """Say that a row, (table, key), is of none of its candidates, nor of what it is linked to.

    UnknownFusion, UnknownLink; LinkDecided where there is nothing to reject.
    """
    _, join, link = _held(connection, name, row)
    wrong = [str(each["code"]) for each in link.candidates]
    if link.code is not None and link.code not in wrong:
        wrong.append(link.code)
    if not wrong:
        raise LinkDecided(link.row_key, link.state)
    _write(connection, join, link, None, wrong, by)
    run(
        connection,
        """
        UPDATE cim.fusion_link SET state = 'unmatched', code = NULL, how = '', score = NULL,
            reason = 'rejected', candidates = NULL
        WHERE join_id = $1 AND row_key = $2
        """,
        join.id,
        link.row_key,
    )
    links.mark_several(connection, join, list(filter(None, [link.code])))
    return one(connection, join, link.row_key)


def one(connection: Connection, join: Join, row_key: str) -> Link:
    """The link of a row; UnknownLink."""
    rows = run(
        connection,
        """
        SELECT row_key, state, code, how, score, reason, basis,
               coalesce(candidates, '[]')::text AS candidates
        FROM cim.fusion_link WHERE join_id = $1 AND row_key = $2
        """,
        join.id,
        row_key,
    )
    if not rows:
        raise UnknownLink(row_key)
    return Link(*rows[0])._replace(candidates=json.loads(rows[0].candidates))


def _held(connection: Connection, name: str, row: tuple[str, str]) -> tuple[Fusion, Join, Link]:
    """The link, while no refresh is under way."""
    fusion = fused.get(connection, name)
    definition.lock(connection, fusion.base, [])
    fusion = fused.get(connection, name)
    table, key = row
    (join,) = definition.joins_of(fusion, table)
    return fusion, join, one(connection, join, key)


def _write(
    connection: Connection,
    join: Join,
    link: Link,
    code: str | None,
    rejected: list[str],
    by: Action,
) -> None:
    """Write a decision down; what was rejected of the same row before stays so."""
    run(
        connection,
        """
        INSERT INTO cim.fusion_decision (join_id, row_key, basis, code, rejected, action_id)
        SELECT $1, $2, $3, $4, ARRAY(
            SELECT DISTINCT c FROM (
                SELECT unnest($5::text[]) AS c
                UNION SELECT unnest(d.rejected) FROM cim.fusion_decision d
                WHERE d.join_id = $1 AND d.row_key = $2 AND d.basis = $3) r
            WHERE c IS DISTINCT FROM $4 ORDER BY c), $6
        """,
        *(join.id, link.row_key, link.basis, code, rejected, actions.record(connection, by)),
    )
    links.stamp(connection, join)
