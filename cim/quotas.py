"""How many codes a department may have (部门配额), of one class or of all.

A quota is charged when serials are leased or reserved, in the short transaction of the lease, so
that writers do not wait for each other until they commit. What a killed writer leaves unused stays
charged; a reservation that ends gives back what was not used. A department without a quota may have
as many as it wants.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from cim.database.sql import run
from cim.errors import QuotaExceeded
from cim.statement import Statement

ALL_CLASSES = ""

EVERY = Statement(
    """
    SELECT department, class_code, codes, used FROM cim.quota
    ORDER BY department, class_code
    """,
    (),
)


class Quota(NamedTuple):
    """A quota; `class_code` is empty where it is for codes of all classes together."""

    department: str
    class_code: str
    codes: int
    used: int


def charge(connection: Connection, department: str, class_code: str, size: int) -> None:
    """Count codes against the quotas of the department, or give back; QuotaExceeded."""
    over = run(
        connection,
        """
        WITH charged AS (
            UPDATE cim.quota SET used = used + $3
            WHERE department = $1 AND class_code IN ($2, '')
            RETURNING class_code, codes, used
        )
        SELECT class_code, codes, used - $3 AS used FROM charged
        WHERE used > codes AND $3 > 0 LIMIT 1
        """,
        department,
        class_code,
        size,
    )
    if over:
        raise QuotaExceeded(department, over[0].class_code, over[0].codes - over[0].used, size)


def allow(connection: Connection, department: str, class_code: str, codes: int) -> Quota:
    """Set how many codes the department may have in all; what it used stays counted."""
    rows = run(
        connection,
        """
        INSERT INTO cim.quota (department, class_code, codes) VALUES ($1, $2, $3)
        ON CONFLICT (department, class_code) DO UPDATE SET codes = excluded.codes
        RETURNING department, class_code, codes, used
        """,
        department,
        class_code,
        codes,
    )
    return Quota(*rows[0])


def all_of(connection: Connection) -> Sequence[Quota]:
    """Every quota, by department and class."""
    return [Quota(*row) for row in run(connection, EVERY.sql)]
