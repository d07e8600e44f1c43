"""Links of rows to features, looked for anew (关联刷新).

Each way in its turn looks at the rows that none before it settled, and writes what each row says
(`basis` of the way) and the candidates into temporary tables; here one rule decides for all of them
(`settle`). A row that says something to a way which finds nothing for it is never linked at once by
a later way: a wrong code with a right address is for people. What is no code at all, such as 无, is
as if the row said nothing.

Why a row is linked to nothing (`reason`): `no_value` it says nothing; `invalid` what it says is no
code; `not_found` nothing has it; `ended` what has it has ended without a successor; `elsewhere` it
is of another layer; `low` no candidate is like enough; `rejected` people said no; `several` more
than one row is of this feature, and the fusion refuses that; `chosen_ended` what people chose has
ended. Of a review: `close` the best is not far enough ahead; `unsure` it is not like enough;
`mixed` something else that the row says was not found.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from cim.database.sql import affected, run
from cim.errors import TableInvalid
from cim.fusion import by_address, by_code, by_field, by_place
from cim.fusion.fused import Join
from cim.fusion.ways import Way
from cim.layer import Layer
from cim.names import quoted

MOST = 5  # candidates that a review shows

Look = Callable[[Connection, Layer, Join, Way], None]

_LOOKS: dict[str, Look] = {
    "code": by_code.look,
    "alias": by_code.look,
    "field": by_field.look,
    "address": by_address.look,
    "place": by_place.look,
}
_SURE = {"code", "alias", "field"}  # they have no lesser likeness: all candidates are for people


def refresh(connection: Connection, layer: Layer, join: Join) -> int:
    """Look for all links of a table anew; how many rows are linked otherwise than before.

    The caller holds the layer, so that nobody else does the same. TableInvalid where the key of a
    registered table is no key any more.
    """
    run(connection, "SET LOCAL jit = off")
    _begin(connection, join)
    for way in join.ways:
        _clear(connection)
        _LOOKS[way.kind](connection, layer, join, way)
        run(connection, "ANALYZE fusing, fusing_said, fusing_found")
        _settle(connection, layer, join, way)
    _end(connection)
    run(connection, "ANALYZE fusing")
    _chosen(connection, layer, join)
    _refuse_several(connection, join)
    changed = _write(connection, join)
    run(connection, "UPDATE cim.fusion_table SET refreshed_at = now() WHERE id = $1", join.id)
    stamp(connection, join)
    return changed


def stamp(connection: Connection, join: Join) -> None:
    """Let the state of tiles move, which have the attributes of the table."""
    run(connection, "UPDATE cim.fusion_table SET stamp = stamp + 1 WHERE id = $1", join.id)


def _begin(connection: Connection, join: Join) -> None:
    """Make `fusing`, a row for each row of the table; the other two are what a way writes.

    `fusing_said` has what rows say to a way, with the reason where that already settles it;
    `fusing_found` the candidates. `fusing_refused` has those that people rejected for what a row
    says, which a way that looks for a few alone passes by.
    """
    for name, columns in _TABLES.items():
        run(connection, f"DROP TABLE IF EXISTS pg_temp.{name}")
        run(connection, f"CREATE TEMP TABLE {name} ({columns}) ON COMMIT DROP")
    key = f"t.{quoted(join.table.key.name)}"
    read = dict.fromkeys(name for way in join.ways for name in way.columns)
    basis = ", ".join(f"t.{quoted(name)}::text" for name in read)
    (count,) = run(
        connection,
        f"""
        WITH made AS (
            INSERT INTO fusing (row_key, basis)
            SELECT {key}::text, concat_ws(' | ', {basis}) FROM {join.table.relation} t
            WHERE {key} IS NOT NULL ON CONFLICT DO NOTHING RETURNING 1)
        SELECT (SELECT count(*) FROM made) AS made,
               (SELECT count(*) FROM {join.table.relation}) AS rows
        """,
    )
    if count.made != count.rows:
        raise TableInvalid(
            "key", f"{join.table.key.name} of {join.table.name} is empty or the same in rows"
        )
    run(connection, "ANALYZE fusing")
    run(
        connection,
        f"""
        INSERT INTO fusing_refused
        SELECT d.row_key, n.code FROM ({_LAST}) d JOIN fusing r USING (row_key, basis),
            unnest(d.rejected) AS n (code)
        """,
        join.id,
    )
    run(connection, "ANALYZE fusing_refused")


_TABLES = {
    "fusing": """
        row_key text PRIMARY KEY, basis text NOT NULL, state text NOT NULL DEFAULT 'open',
        code text COLLATE "C", how text NOT NULL DEFAULT '', score float8,
        reason text NOT NULL DEFAULT '', candidates jsonb""",
    "fusing_said": "row_key text PRIMARY KEY, reason text NOT NULL DEFAULT ''",
    "fusing_refused": 'row_key text, code text COLLATE "C", PRIMARY KEY (row_key, code)',
    "fusing_found": 'row_key text, code text COLLATE "C", score float8, detail text',
}


def _clear(connection: Connection) -> None:
    run(connection, "TRUNCATE fusing_said, fusing_found")


def _settle(connection: Connection, layer: Layer, join: Join, way: Way) -> None:
    """Decide for the rows that said something to a way.

    Candidates that are not in the layer, or that people rejected for what the row says, are none.
    """
    sure = way.kind in _SURE
    sql = _SETTLE.replace("/* layer */", f"item.{quoted(layer.name)}")
    run(connection, sql, *(join.id, join.accept, join.review, join.margin, sure, way.kind))


_LAST = """
    SELECT DISTINCT ON (row_key) row_key, basis, code, rejected FROM cim.fusion_decision
    WHERE join_id = $1 ORDER BY row_key, id DESC"""
"""What was decided last of each row of the join `$1`."""

_SETTLE = f"""
    WITH here AS (
        SELECT f.row_key, f.code, max(f.score) AS score, min(f.detail) AS detail
        FROM fusing_found f JOIN /* layer */ i ON i.code = f.code
        WHERE NOT EXISTS (
            SELECT FROM fusing_refused r WHERE r.row_key = f.row_key AND r.code = f.code)
        GROUP BY f.row_key, f.code
    ), ranked AS (
        SELECT *, row_number() OVER w AS place, count(*) OVER (PARTITION BY row_key) AS size,
               lead(score) OVER w AS second
        FROM here WINDOW w AS (PARTITION BY row_key ORDER BY score DESC, code)
    ), best AS (
        SELECT row_key, max(code) FILTER (WHERE place = 1) AS code,
               max(score) FILTER (WHERE place = 1) AS score,
               max(second) FILTER (WHERE place = 1) AS second,
               jsonb_agg(jsonb_build_object('code', code, 'score', round(score::numeric, 3),
                                            'detail', detail) ORDER BY place)
                   FILTER (WHERE place <= {MOST}) AS candidates
        FROM ranked GROUP BY row_key
    ), judged AS (
        SELECT s.row_key, b.code, b.score, b.candidates,
               b.score >= $2 AND b.score - coalesce(b.second, -1) >= $4 AS sure,
               b.code IS NOT NULL AND (b.score >= $3 OR $5) AS likely, b.score >= $2 AS close,
               CASE WHEN s.reason <> '' THEN s.reason
                    WHEN b.code IS NOT NULL THEN 'low'
                    WHEN n.row_key IS NOT NULL THEN 'rejected'
                    WHEN a.row_key IS NOT NULL THEN 'elsewhere' ELSE 'not_found' END AS reason
        FROM fusing_said s LEFT JOIN best b USING (row_key)
        LEFT JOIN (SELECT DISTINCT row_key FROM fusing_refused) n USING (row_key)
        LEFT JOIN (SELECT DISTINCT row_key FROM fusing_found) a USING (row_key)
    )
    UPDATE fusing f SET
        state = CASE WHEN j.sure AND f.reason IN ('', 'invalid') THEN 'linked'
                     WHEN j.sure OR j.likely THEN 'review' ELSE 'open' END,
        code = CASE WHEN j.sure AND f.reason IN ('', 'invalid') THEN j.code END,
        how = CASE WHEN j.sure OR j.likely THEN $6 ELSE f.how END,
        score = CASE WHEN j.sure OR j.likely THEN j.score END,
        candidates = j.candidates,
        reason = CASE WHEN j.sure AND f.reason IN ('', 'invalid') THEN ''
                      WHEN j.sure THEN 'mixed'
                      WHEN j.likely AND j.close THEN 'close' WHEN j.likely THEN 'unsure'
                      WHEN f.reason = '' OR j.reason = 'rejected' THEN j.reason ELSE f.reason END
    FROM judged j WHERE j.row_key = f.row_key AND f.state = 'open'
"""


def _end(connection: Connection) -> None:
    run(
        connection,
        """
        UPDATE fusing SET state = 'unmatched',
            reason = CASE WHEN reason = '' THEN 'no_value' ELSE reason END
        WHERE state = 'open'
        """,
    )


def _chosen(connection: Connection, layer: Layer, join: Join) -> None:
    """What people chose stands as long as the row says the same and the feature is there.

    Where the feature was merged, its living successor is what they chose.
    """
    run(
        connection,
        f"""
        WITH RECURSIVE chosen AS (
            SELECT d.row_key, d.code FROM ({_LAST}) d JOIN fusing r USING (row_key)
            WHERE d.basis = r.basis AND d.code IS NOT NULL
        ), chain (row_key, code) AS (
            SELECT row_key, code FROM chosen
            UNION
            SELECT c.row_key, s.successor FROM chain c
            JOIN cim.succession s ON s.predecessor = c.code
        ), living AS (
            SELECT row_key, min(c.code) AS code, count(*) AS size
            FROM chain c JOIN item.{quoted(layer.name)} i ON i.code = c.code GROUP BY row_key
        )
        UPDATE fusing f SET
            state = CASE WHEN l.size = 1 THEN 'linked' ELSE 'review' END,
            code = CASE WHEN l.size = 1 THEN l.code END,
            how = CASE WHEN l.size = 1 THEN 'decided' ELSE f.how END,
            score = CASE WHEN l.size = 1 THEN 1 ELSE f.score END,
            reason = CASE WHEN l.size = 1 THEN '' ELSE 'chosen_ended' END
        FROM chosen c LEFT JOIN living l USING (row_key) WHERE c.row_key = f.row_key
        """,
        join.id,
    )


_SAME = "(k.state, k.code, k.how, k.reason, k.basis)"


def _write(connection: Connection, join: Join) -> int:
    """Bring the links to what was found; those that are the same stay untouched."""
    gone = """
        DELETE FROM cim.fusion_link k WHERE join_id = $1
        AND NOT EXISTS (SELECT FROM fusing f WHERE f.row_key = k.row_key)"""
    write = f"""
        INSERT INTO cim.fusion_link AS k
            (join_id, row_key, state, code, how, score, reason, basis, candidates)
        SELECT $1, row_key, state, code, how, score, reason, basis,
               CASE state WHEN 'review' THEN candidates END
        FROM fusing ORDER BY row_key
        ON CONFLICT (join_id, row_key) DO UPDATE SET
            state = excluded.state, code = excluded.code, how = excluded.how,
            score = excluded.score, reason = excluded.reason, basis = excluded.basis,
            candidates = excluded.candidates
        WHERE {_SAME} IS DISTINCT FROM (excluded.state, excluded.code, excluded.how,
                                        excluded.reason, excluded.basis)
              OR k.score IS DISTINCT FROM excluded.score
              OR k.candidates IS DISTINCT FROM excluded.candidates
    """
    return affected(connection, gone, join.id) + affected(connection, write, join.id)


def mark_several(connection: Connection, join: Join, codes: Sequence[str]) -> None:
    """The same for what is written already, of some features, after a decision."""
    run(
        connection,
        """
        UPDATE cim.fusion_link SET state = 'linked', reason = ''
        WHERE join_id = $1 AND code = ANY ($2) AND reason = 'several'
        """,
        join.id,
        list(codes),
    )
    if join.several == "refuse":
        run(
            connection,
            """
            UPDATE cim.fusion_link k SET state = 'unmatched', reason = 'several'
            FROM (SELECT code FROM cim.fusion_link
                  WHERE join_id = $1 AND code = ANY ($2) AND state = 'linked'
                  GROUP BY code HAVING count(*) > 1) s
            WHERE k.join_id = $1 AND k.code = s.code AND k.state = 'linked'
            """,
            join.id,
            list(codes),
        )


def _refuse_several(connection: Connection, join: Join) -> None:
    """Where one row a feature is asked for, link none of several; their code is kept to be told."""
    if join.several != "refuse":
        return
    run(
        connection,
        """
        UPDATE fusing k SET state = 'unmatched', reason = 'several'
        FROM (SELECT code FROM fusing WHERE state = 'linked'
              GROUP BY code HAVING count(*) > 1) s
        WHERE k.code = s.code AND k.state = 'linked'
        """,
    )
