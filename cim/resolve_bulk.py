"""Columns of codes resolved at once (批量解析); `cim.resolve` is the oracle, row by row.

One row comes out for each that goes in, in the same order: no row is an error. A block of rows
is one statement a scheme, its codes in order, so that they meet the index page by page. While the
database looks for one block, the next is read in a thread beside it.

What each row is told (`FIELDS`):

status       found | unknown: a code that nothing has | invalid: no code | ambiguous: of several
scheme       as which it was found, or the likeliest that it fits
entity_code  21 digits (统一识别代码)
state        reserved, active, retired, merged, split or void; void also where the reservation
             has ended or expired
type_code    class of the entity, six digits (类型码)
layer        layer that holds it
successors   codes of the live entities that took its place, over any number of steps (继承实体)
reason       of a row that is not found: the rule it breaks and the 0-based place, or the entities
             that it could mean
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection

from cim import entity_code, registry
from cim.access import Caller
from cim.database import arrays
from cim.database.arrays import TextArray
from cim.database.sql import run
from cim.resolve_columns import FIELDS, STATES, WIDTH, Codes, Found, Successors, answer
from cim.schemes.bulk import Fit, identify_many
from cim.text_columns import Ints, memory, to_arrow

__all__ = ["BLOCK", "FIELDS", "resolve_blocks", "resolve_many"]

BLOCK = 1 << 17
"""How many rows a block should have."""

T = TypeVar("T")

_FIND = """
    SELECT array_send(array_agg(w.n::int)), array_send(array_agg(e.code)),
           array_send(array_agg(e.state)), array_send(array_agg(e.layer))
    FROM unnest($1::text[]) WITH ORDINALITY AS w (value, n)
    CROSS JOIN LATERAL (
        SELECT code, coalesce(layer_id, 0) AS layer, array_position($2::text[], CASE
                   WHEN state = 'reserved' AND EXISTS (
                       SELECT FROM cim.reservation r
                       WHERE r.id = reservation_id
                         AND (r.ended_at IS NOT NULL OR r.expires_at <= now())) THEN 'void'
                   ELSE state END) AS state
        FROM cim.entity
        WHERE code = {code}
        LIMIT 1) e  -- it makes the planner look each up: what is asked counts, not the table
"""
_BY_CODE = _FIND.format(code="w.value")
_BY_ALIAS = _FIND.format(
    code="""(SELECT coalesce(
            (SELECT a.code FROM cim.alias a
             WHERE a.value = w.value AND a.scheme = $3 AND valid_to IS NULL),
            (SELECT a.code FROM cim.alias a
             WHERE a.value = w.value AND a.scheme = $3 AND valid_to IS NOT NULL
             ORDER BY valid_to DESC LIMIT 1)))"""
)

# Nothing is followed past a live entity: it is what is sought.
_SUCCESSORS = """
    WITH RECURSIVE chain (n, code, state) AS (
        SELECT n::int, code COLLATE "C", ''
        FROM unnest($1::text[]) WITH ORDINALITY AS w (code, n)
        UNION
        SELECT n, s.successor, e.state
        FROM chain JOIN cim.succession s ON s.predecessor = chain.code
        CROSS JOIN LATERAL (SELECT state FROM cim.entity WHERE code = s.successor LIMIT 1) e
        WHERE chain.state <> 'active'
    )
    SELECT array_send(array_agg(n ORDER BY n, code)), array_send(array_agg(code ORDER BY n, code))
    FROM chain
    WHERE state = 'active'
"""
_ENDED = [STATES.index(state) + 1 for state in ("retired", "merged", "split")]
_NONE = np.empty(0, f"S{WIDTH}")


def resolve_many(
    connection: Connection, column: Any, caller: Caller, scheme: str | None = None
) -> pa.RecordBatch:
    """The `FIELDS` of a column of n texts: Arrow array, pandas Series, numpy array or sequence.

    Null, and an empty text, is an invalid row. A scheme that is named is the only one that is
    tried (UnknownScheme). TypeError where the column is not text.
    """
    ((_, told),) = resolve_blocks(connection, [(None, column)], caller, scheme)
    return told


def resolve_blocks(
    connection: Connection,
    blocks: Iterable[tuple[T, Any]],
    caller: Caller,
    scheme: str | None = None,
) -> Generator[tuple[T, pa.RecordBatch], None, None]:
    """The `FIELDS` of each of many columns, each with whatever was given along with it.

    Two blocks are in memory at a time. Until the end, or `close()`, the connection is used by
    another thread; for one view of the database, give it a transaction that is REPEATABLE READ.
    """
    run(connection, "SET LOCAL jit = off")  # it takes longer to compile a block than to find it
    layers = {layer.id: layer.name for layer in registry.read(connection).visible(caller)}
    waiting: deque[_Waiting[T]] = deque()
    with ThreadPoolExecutor(1) as database:

        def done() -> tuple[T, pa.RecordBatch]:
            kept, texts, fits, looking = waiting.popleft()
            found, successors = looking.result()
            return kept, answer(texts, fits, found, successors, layers, scheme)

        for kept, column in blocks:
            texts = to_arrow(column)
            fits = identify_many(texts, scheme)
            looking = database.submit(_look_up, connection, [_Asked.of(fit) for fit in fits])
            waiting.append(_Waiting(kept, texts, fits, looking))
            if len(waiting) > 1:
                yield done()
        while waiting:
            yield done()


class _Waiting(NamedTuple, Generic[T]):
    """A column that is being looked up, and what was given along with it."""

    kept: T
    texts: pa.LargeStringArray
    fits: list[Fit]
    looking: Future[tuple[list[Found], Successors]]


class _Asked(NamedTuple):
    """The canonical texts of a scheme in order, and the row of each."""

    scheme: str
    rows: Ints
    texts: TextArray

    @classmethod
    def of(cls, fit: Fit) -> _Asked:
        texts = fit.canonical
        order = pc.sort_indices(texts)
        if not memory(texts).data.all():  # no text of the database has NUL in it
            order = order.filter(pc.invert(pc.match_substring(texts.take(order), "\0")))
        return cls(fit.scheme, fit.rows[order.to_numpy()], arrays.text_array(texts.take(order)))


def _look_up(connection: Connection, asked: Sequence[_Asked]) -> tuple[list[Found], Successors]:
    found = [each for one in asked if len((each := _find(connection, one)).rows)]
    ended = [each.codes[np.isin(each.states, _ENDED)] for each in found]
    return found, _follow(connection, np.unique(np.concatenate([*ended, _NONE])))


def _find(connection: Connection, asked: _Asked) -> Found:
    named = () if asked.scheme == entity_code.SCHEME else (asked.scheme,)
    sql = _BY_ALIAS if named else _BY_CODE
    sent = arrays.columns(connection, sql, asked.texts, list(STATES), *named)
    rows = asked.rows[arrays.integers(sent[0]) - 1]
    codes = arrays.texts(sent[1], WIDTH)
    return Found(asked.scheme, rows, codes, *map(arrays.integers, sent[2:]))


def _follow(connection: Connection, ended: Codes) -> Successors:
    """Where entities that have ended went, these in the order of their codes."""
    if not len(ended):
        return Successors(ended, pa.array([], pa.list_(pa.string())))
    texts = pa.array(ended.astype(str).tolist(), pa.large_string())
    sent = arrays.columns(connection, _SUCCESSORS, arrays.text_array(texts))
    starts = np.zeros(len(ended) + 1, np.int32)
    np.cumsum(np.bincount(arrays.integers(sent[0]) - 1, minlength=len(ended)), out=starts[1:])
    live = arrays.texts(sent[1], WIDTH).astype(str).tolist()
    return Successors(ended, pa.ListArray.from_arrays(starts, pa.array(live, pa.string())))
