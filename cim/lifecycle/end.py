"""Retire, and void (注销、作废): lives that end without successors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from cim.access import Caller
from cim.actions import Action
from cim.lifecycle import ending, living


def end(
    connection: Connection,
    codes: Sequence[str],
    state: Literal["retired", "void"],
    action: Action,
    valid_from: datetime | None = None,
) -> int:
    """End the lives of active entities: `retired` when the thing is gone, `void` when the code was
    a mistake; how many.

    Raises EntityUnknown, NotActive, ValidTimeDisorder: then none has ended.
    """
    ended = 0
    for held in living.find(connection, sorted(set(codes)), Caller(action.who)):
        target = held.target(connection, action, valid_from)
        ended += ending.end_codes(connection, target, state, held.codes)
    return ended
