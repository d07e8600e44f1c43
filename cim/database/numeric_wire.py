"""PostgreSQL's numeric as it is sent (numeric 二进制格式): digits to the base of 10,000.

The form is that of numeric_send of PostgreSQL: how many digits there are, the weight of the first,
the sign, how many decimals are shown, and the digits, two bytes each.

>>> packed("-12345.678").hex()
'0003000140000003000109291a7c'
>>> packed("0.00").hex()
'0000000000000002'
"""

import struct
from decimal import Decimal

_BASE, _PLACES = 10_000, 4
_NEGATIVE = 0x4000
_OF_NONE = {"NaN": 0xC000, "Infinity": 0xD000, "-Infinity": 0xF000}


def packed(text: str) -> bytes:
    """The bytes of a number in decimal digits."""
    number = Decimal(text)
    if not number.is_finite():
        return struct.pack(">hhHh", 0, 0, _OF_NONE[str(number)], 0)
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    shown = max(0, -exponent)
    padding = exponent if exponent > 0 else -shown % _PLACES
    whole = int("".join(map(str, digits))) * 10**padding
    parts = []
    while whole:
        whole, part = divmod(whole, _BASE)
        parts.append(part)
    weight = len(parts) - 1 - (shown + _PLACES - 1) // _PLACES
    while parts and parts[0] == 0:  # the last of the number stands first here
        del parts[0]
    head = (len(parts), weight if parts else 0, _NEGATIVE if sign and parts else 0, shown)
    return struct.pack(f">hhHh{len(parts)}H", *head, *reversed(parts))
