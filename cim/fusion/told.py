"""Statements that read fusions (融合查询): counts, links, rows of either side that nothing matches.

Lists are paged by key: of rows the text of their key, of features their code.
"""

from cim.fusion.fused import Fusion, Join
from cim.fusion.views import linked_to, row_key
from cim.names import quoted
from cim.statement import Statement

STATES = ("linked", "review", "unmatched")
_DECIDED = """
    LEFT JOIN LATERAL (
        SELECT a.who, a.why, a.document, a.recorded_at FROM cim.fusion_decision d
        JOIN cim.action a ON a.id = d.action_id
        WHERE d.join_id = k.join_id AND d.row_key = k.row_key AND d.basis = k.basis
        ORDER BY d.id DESC LIMIT 1) d ON true"""


def links(join: Join, state: str, after: str, limit: int) -> Statement:
    """Rows of a table in a state, all where it is "", after the one of that key; one more where
    another page follows."""
    which = "AND k.state = $3" if state else "AND $3 = ''"
    return Statement(
        f"""
        SELECT k.row_key, k.state, k.code, k.how, k.score, k.reason, k.basis,
               coalesce(k.candidates, '[]')::text AS candidates,
               d.who, d.why, d.document, d.recorded_at AS decided_at
        FROM cim.fusion_link k {_DECIDED}
        WHERE k.join_id = $1 AND k.row_key > $2 {which}
        ORDER BY k.row_key LIMIT $4::bigint + 1
        """,
        (join.id, after, state, limit),
    )


def features(fusion: Fusion, join: Join, after: str, limit: int) -> Statement:
    """Features that no row of a table is linked to: code; paged as `links`."""
    return Statement(
        f"""
        SELECT i.code FROM item.{quoted(fusion.base)} i
        WHERE i.code > $2 AND NOT EXISTS (
            SELECT FROM cim.fusion_link k WHERE {linked_to("$1", "i.code")})
        ORDER BY i.code LIMIT $3::bigint + 1
        """,
        (join.id, after, limit),
    )


def counts(fusion: Fusion, join: Join) -> Statement:
    """One row: rows of the table now, and how they stand; features now, and those with a row.

    `stale` are links that no longer hold until a refresh: their row, or their feature, is gone; and
    rows that no refresh has seen.
    """
    key = quoted(join.table.key.name)
    relation, layer = join.table.relation, f"item.{quoted(fusion.base)}"
    return Statement(
        f"""
        WITH k AS MATERIALIZED (
            SELECT k.row_key, k.state, k.code, i.code IS NOT NULL AS there
            FROM cim.fusion_link k LEFT JOIN {layer} i ON i.code = k.code WHERE k.join_id = $1)
        SELECT (SELECT count(*) FROM {relation}) AS rows,
               (SELECT count(*) FROM {layer}) AS features,
               count(*) FILTER (WHERE state = 'linked') AS linked,
               count(*) FILTER (WHERE state = 'review') AS review,
               count(*) FILTER (WHERE state = 'unmatched') AS unmatched,
               count(DISTINCT code) FILTER (WHERE state = 'linked' AND there) AS matched_features,
               count(*) FILTER (WHERE state = 'linked' AND NOT there) AS ended,
               count(*) FILTER (WHERE NOT EXISTS (
                   SELECT FROM {relation} t WHERE t.{key} = {row_key(join.table.key)})) AS gone,
               (SELECT count(*) FROM {relation} t WHERE NOT EXISTS (
                   SELECT FROM cim.fusion_link n
                   WHERE n.join_id = $1 AND n.row_key = t.{key}::text)) AS unseen
        FROM k
        """,
        (join.id,),
    )


def reasons(join: Join) -> Statement:
    """How many rows stand in each state, by how they were linked or why they were not."""
    return Statement(
        """
        SELECT state, how, reason, count(*) AS rows FROM cim.fusion_link
        WHERE join_id = $1 GROUP BY state, how, reason ORDER BY state, count(*) DESC, how, reason
        """,
        (join.id,),
    )


def of_feature(join: Join, code: str) -> Statement:
    """The rows that are linked to a feature, with how, and the load that each comes from."""
    key, loaded = quoted(join.table.key.name), join.table.loaded
    load = "LEFT JOIN cim.business_load b ON b.id = t.cim_load" if loaded else ""
    load += " LEFT JOIN cim.action a ON a.id = b.action_id" if loaded else ""
    said = (
        "b.file, b.sha256, a.recorded_at AS loaded_at, a.who AS loaded_by"
        if loaded
        else (
            "NULL::text AS file, NULL::text AS sha256, NULL::timestamptz AS loaded_at, "
            "NULL::text AS loaded_by"
        )
    )
    return Statement(
        f"""
        SELECT k.row_key, k.how, k.score, k.basis, {said},
               d.who, d.why, d.document, d.recorded_at AS decided_at
        FROM cim.fusion_link k
        JOIN {join.table.relation} t ON t.{key} = {row_key(join.table.key)}
        {load} {_DECIDED}
        WHERE {linked_to("$1", "$2")} ORDER BY k.row_key
        """,
        (join.id, code),
    )
