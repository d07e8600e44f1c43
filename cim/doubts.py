"""Why a value is doubtful (质量标记): the flags of an observation, bits of one number.

A flagged value is kept as it came, and so is the raw one; whoever uses it sees the flags.

>>> names(DOUBTS["range"] | DOUBTS["stuck"])
['range', 'stuck']
>>> names(0)
[]
"""

from types import MappingProxyType
from typing import NamedTuple


class Doubt(NamedTuple):
    """One flag: its bit, and what it says."""

    bit: int
    zh: str
    en: str


TABLE = MappingProxyType(
    {
        "range": Doubt(1, "超出可能范围", "outside of what can be"),
        "rate": Doubt(2, "变率过大", "moved faster than can be"),
        "stuck": Doubt(4, "数值卡滞不变", "the same for too long"),
        "decimal_slip": Doubt(
            8, "疑小数点错位", "ten or more times its neighbours: a slipped decimal point"
        ),
        "given": Doubt(16, "来源已标记可疑", "doubted by its source"),
        "future": Doubt(32, "时间晚于入库时刻", "of a time that had not come when it was recorded"),
    }
)
DOUBTS = MappingProxyType({name: doubt.bit for name, doubt in TABLE.items()})
CHECKED = DOUBTS["range"] | DOUBTS["rate"] | DOUBTS["stuck"] | DOUBTS["decimal_slip"]
"""Those that follow from the series itself; `given` and `future` come with the value."""


def names(flags: int) -> list[str]:
    """The names of the bits that are set."""
    return [name for name, bit in DOUBTS.items() if flags & bit]
