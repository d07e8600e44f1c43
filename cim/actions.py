"""Who did something, why, and the document it rests on (操作依据).

One row of `cim.action` for all that was done together; events, successions and decisions point to
it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from cim.database.sql import run
from cim.errors import FutureTime


@dataclass(frozen=True, slots=True)
class Action:
    """`who` is the name of the Caller; `document` names the paper, such as a permit's number."""

    who: str
    why: str | None = None
    document: str | None = None


def record(connection: Connection, action: Action) -> int:
    """Write the action down; its id."""
    rows = run(
        connection,
        "INSERT INTO cim.action (who, why, document) VALUES ($1, $2, $3) RETURNING id",
        action.who,
        action.why,
        action.document,
    )
    return int(rows[0].id)


def now(connection: Connection) -> datetime:
    """The time by the database's clock; later than that of whoever this one waited for."""
    moment: datetime = run(connection, "SELECT clock_timestamp() AS moment")[0].moment
    return moment


def since(connection: Connection, given: datetime | None) -> datetime:
    """The time from which something is valid: now where none is given; FutureTime."""
    moment = now(connection)
    if given is not None and given > moment:
        raise FutureTime(given)
    return given or moment
