"""The life of codes (编码生命周期): in which state a code is, since when and why, what came of it.

    reserved -> active -> retired | merged | split | void

The state of now stands in `cim.entity`, that of another time follows from `cim.event`: the last
event until then, in the order of valid time and, at one moment, of recording. From the last change
on that is known the two agree. A row without events began when it was made and got its state when
it was last changed.

A code that ended has successors: those at the end of `cim.succession`, however many steps away,
which are live or ended without one of their own. Predecessors are the direct ones.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from cim.moments import Interval
from cim.statement import Statement

GONE = frozenset({"retired", "merged", "split", "void"})
MOST = 1000  # successors, and predecessors, that are told

_TURN = """
    SELECT CASE WHEN v.kind IN ('assigned', 'reinstated') THEN 'active' ELSE v.kind END AS state,
           v.valid_at, v.action_id
    FROM cim.event v
    WHERE v.code = {entity}.code AND v.kind <> 'changed' AND v.valid_at <= $2::text::timestamptz
    ORDER BY v.valid_at DESC, v.id DESC LIMIT 1"""

_BEGINS = (
    "coalesce((SELECT min(valid_at) FROM cim.event v WHERE v.code = {e}.code), {e}.created_at)"
)

# A reservation that has ended, or whose time is over, leaves its codes void.
_OVER = """
    (SELECT least(r.ended_at, r.expires_at) FROM cim.reservation r
     WHERE r.id = e.reservation_id
       AND least(r.ended_at, r.expires_at) <= least({moment}, now()))"""

# State at the moment $2, NULL before the beginning.
_STATE_THEN = """
    CASE WHEN {e}.changed_at <= $2::text::timestamptz AND NOT EXISTS (
             SELECT FROM cim.event v WHERE v.code = {e}.code AND v.valid_at > $2::text::timestamptz)
         THEN {e}.state
         ELSE coalesce(
             (SELECT turn.state FROM ({turn}) turn),
             CASE WHEN {begins} <= $2::text::timestamptz
                  THEN CASE {e}.state WHEN 'reserved' THEN 'reserved' ELSE 'active' END END) END"""

_LIFE = """
    WITH RECURSIVE after (root, code, state) AS (
        SELECT s.predecessor, s.successor, {state_of_n}
        FROM cim.succession s JOIN cim.entity n ON n.code = s.successor
        WHERE s.predecessor = ANY($1::text[]) AND s.valid_at <= $2::text::timestamptz
        UNION
        SELECT a.root, s.successor, {state_of_n}
        FROM after a
        JOIN cim.succession s ON s.predecessor = a.code AND s.valid_at <= $2::text::timestamptz
        JOIN cim.entity n ON n.code = s.successor
        WHERE a.state IS DISTINCT FROM 'active'
    )
    SELECT e.code, s.state, {begins} AS begins,
           CASE WHEN s.over IS NOT NULL THEN s.over
                WHEN turn.state = s.state THEN turn.valid_at
                WHEN s.state IN ('active', 'reserved') THEN e.created_at
                ELSE e.changed_at END AS since,
           CASE WHEN turn.state = s.state THEN a.why END AS why,
           CASE WHEN turn.state = s.state THEN a.document END AS document,
           {name} AS name,
           (SELECT json_agg(json_build_object('code', code, 'state', state) ORDER BY code)::text
            FROM (SELECT code, state FROM after
                  WHERE root = e.code AND state IS NOT NULL
                    AND (state = 'active' OR NOT EXISTS (
                        SELECT FROM cim.succession s
                        WHERE s.predecessor = after.code AND s.valid_at <= $2::text::timestamptz))
                  ORDER BY state <> 'active', code LIMIT {most}) ends) AS successors,
           (SELECT json_agg(json_build_object('code', code, 'state', state, 'until', valid_at)
                            ORDER BY code)::text
            FROM (SELECT p.predecessor AS code, p.valid_at, {state_of_n} AS state
                  FROM cim.succession p JOIN cim.entity n ON n.code = p.predecessor
                  WHERE p.successor = e.code AND p.valid_at <= $2::text::timestamptz
                  ORDER BY code LIMIT {most}) before) AS predecessors,
           (SELECT json_build_object('project', r.project, 'department', r.department,
                                     'reserved', r.reserved_at, 'expires', r.expires_at)::text
            FROM cim.reservation r
            WHERE r.id = e.reservation_id AND s.state = 'reserved') AS reservation
    FROM cim.entity e
    CROSS JOIN LATERAL (
        SELECT CASE WHEN over IS NULL THEN found.state ELSE 'void' END AS state, over
        FROM (SELECT {state_of_e} AS state) found
        LEFT JOIN LATERAL (SELECT CASE WHEN found.state = 'reserved' THEN {over} END AS over) o
             ON true) s
    LEFT JOIN LATERAL ({turn}) turn ON true
    LEFT JOIN cim.action a ON a.id = turn.action_id
    WHERE e.code = ANY($1::text[])
    ORDER BY e.code
"""


@dataclass(frozen=True, slots=True)
class Life:
    """What is known of a code at a moment; `state` is None before its beginning.

    Times are text as ISO 8601 has them; the name is that of now. A successor has code and state, a
    predecessor also `until`; a reservation has project, department, reserved and expires.
    """

    code: str
    state: str | None
    begins: str
    since: str
    why: str | None
    document: str | None
    name: str | None
    successors: Sequence[Mapping[str, Any]]
    predecessors: Sequence[Mapping[str, Any]]
    reservation: Mapping[str, Any] | None

    @classmethod
    def read(cls, row: Any) -> "Life":
        """Of a row of `lives`."""
        return cls(
            row.code,
            row.state,
            row.begins.isoformat(),
            row.since.isoformat(),
            row.why,
            row.document,
            row.name,
            json.loads(row.successors or "[]"),
            json.loads(row.predecessors or "[]"),
            json.loads(row.reservation) if row.reservation else None,
        )

    @property
    def live(self) -> Sequence[Mapping[str, Any]]:
        """The successors that are active."""
        return [each for each in self.successors if each["state"] == "active"]

    @property
    def is_gone(self) -> bool:
        """Whether the code has ended."""
        return self.state in GONE


def lives(codes: Sequence[str], when: Interval | None = None) -> Statement:
    """Statement whose rows go to `Life.read`, one a code that there is, now or as of the end of
    `when`.
    """
    moment = when.ends[1] if when else "infinity"
    return Statement(_sql(when is not None), (list(codes), moment))


@cache
def _sql(then: bool) -> str:
    def state(entity: str) -> str:
        if not then:
            return f"{entity}.state"
        turn, begins = _TURN.format(entity=entity), _BEGINS.format(e=entity)
        return _STATE_THEN.format(e=entity, turn=turn, begins=begins)

    return _LIFE.format(
        state_of_n=state("n"),
        state_of_e=state("e"),
        begins=_BEGINS.format(e="e"),
        turn=_TURN.format(entity="e"),
        over=_OVER.format(moment="$2::text::timestamptz"),
        name="NULL" if then else "(SELECT name FROM cim.name n WHERE n.code = e.code)",
        most=MOST,
    )
