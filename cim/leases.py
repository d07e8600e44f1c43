"""Blocks of serial numbers for entity codes (赋码号段), so that many writers need not queue.

The serial is the 9 digits of CJ/T 553-2024 that the locality gives, counted for each division
and class from 1. A lease commits by itself, in a connection of its own, and is recorded in
`cim.lease`: what a killed writer leaves unused is a gap that the record explains. It is the one
exception to the rule that the caller owns the transaction.
"""

from dataclasses import dataclass

from sqlalchemy import Engine, text

from cim import quotas
from cim.errors import SerialsExhausted

LAST_SERIAL = 999_999_999

_LEASE = text("""
WITH moved AS (
    INSERT INTO cim.serial AS s (division, class_code, last)
    VALUES (:division, :class_code, :size)
    ON CONFLICT (division, class_code) DO UPDATE SET last = s.last + :size
    RETURNING last
)
INSERT INTO cim.lease (division, class_code, first, last, purpose, department)
SELECT :division, :class_code, last - :size + 1, last, :purpose, :department FROM moved
RETURNING first, last
""")


@dataclass(frozen=True, slots=True)
class Lease:
    """Serials `first` to `last`, both included, of one division and class."""

    division: str
    class_code: str
    first: int
    last: int


def lease(
    engine: Engine,
    division: str,
    class_code: str,
    size: int,
    purpose: str,
    department: str | None = None,
) -> Lease:
    """Lease `size` serials that nobody else will ever get.

    Raises SerialsExhausted past 9 digits, QuotaExceeded where the department may have no more.
    """
    values = {
        "division": division,
        "class_code": class_code,
        "size": size,
        "purpose": purpose,
        "department": department,
    }
    with engine.begin() as connection:
        if department is not None:
            quotas.charge(connection, department, class_code, size)
        first, last = connection.execute(_LEASE, values).one()
        if last > LAST_SERIAL:
            raise SerialsExhausted(division, class_code)
    return Lease(division, class_code, first, last)
