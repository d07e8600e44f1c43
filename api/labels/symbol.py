"""The QR symbol of a thing (二维码): ISO/IEC 18004, GB/T 18284.

What it says is the permanent address of the thing: the public address of the service, ``/id/`` and
the 22 characters of the external code. Error correction is level Q, which reads on with a quarter
of the symbol gone, or H where that costs no larger symbol: labels hang outdoors for years. Level M
(15 %) would spare no more than 4 modules a side, and as many are spared by writing the digits of
the code as digits, not bytes. The mask is the one that the standard chooses. The quiet zone is 4
modules on every side.

>>> made = symbol("https://cim.xiangyang.gov.cn", "420602990101000000001")
>>> made.text
'https://cim.xiangyang.gov.cn/id/4206029901010000000017'
>>> made.side  # 33 modules of version 4, and 4 + 4 of the quiet zone
41
>>> next(made.runs())  # the first row begins with a finder pattern, 7 modules wide
(4, 4, 7)
>>> symbol("https://" + "a" * 300, "420602990101000000001")
Traceback (most recent call last):
    ...
api.errors.AddressTooLong: the address of the service has 308 characters; a label has room for 200
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import segno

from api.errors import AddressTooLong
from cim import entity_code

QUIET = 4
_LONGEST_BASE = 200


class Symbol(NamedTuple):
    """A QR symbol: what it says, and its rows of dark (1) and light (0) modules."""

    text: str
    rows: Sequence[bytes | bytearray]

    @property
    def side(self) -> int:
        """Modules along a side, the quiet zone with them."""
        return len(self.rows) + 2 * QUIET

    def runs(self) -> Iterator[tuple[int, int, int]]:
        """Dark modules side by side as (x, y, width), from the corner of the quiet zone."""
        for y, row in enumerate(self.rows, QUIET):
            x = QUIET
            for dark, modules in groupby(row):
                width = len(list(modules))
                if dark:
                    yield x, y, width
                x += width


def symbol(base: str, code: str) -> Symbol:
    """The symbol of the entity with this code, where the service is reached at `base`."""
    if len(base) > _LONGEST_BASE:
        raise AddressTooLong(len(base), _LONGEST_BASE)
    external = entity_code.format(code)
    parts = [f"{base}/id/", external[:21], external[21]]
    # a list is a segment an item, each in the mode that it fits; the stubs do not say so
    made = segno.make(parts, error="q", boost_error=True, micro=False)  # type: ignore[arg-type]
    return Symbol("".join(parts), made.matrix)
