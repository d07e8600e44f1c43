"""Townships (乡级行政区) of the dense part.

Codes and names are real (statistical division codes); the seats are only roughly placed, and a
place belongs to the nearest seat of its county. EPSG:4546 metres.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Township(NamedTuple):
    """A township and where it lies."""

    code: str
    name: str
    x: float
    y: float


TOWNSHIPS = (
    Township("420602001", "真武山街道", 606_700, 3_542_500),
    Township("420602002", "古城街道", 607_700, 3_544_000),
    Township("420602003", "庞公街道", 610_700, 3_543_300),
    Township("420602004", "檀溪街道", 605_700, 3_544_700),
    Township("420602005", "隆中街道", 603_900, 3_543_000),
    Township("420606001", "汉江街道", 607_900, 3_546_700),
    Township("420606002", "王寨街道", 605_300, 3_546_800),
    Township("420606003", "中原街道", 607_100, 3_547_900),
    Township("420606004", "定中门街道", 609_400, 3_546_900),
    Township("420606005", "清河口街道", 610_600, 3_548_300),
    Township("420606006", "屏襄门街道", 609_000, 3_548_000),
    Township("420606007", "米公街道", 606_600, 3_546_200),
    Township("420606008", "柿铺街道", 603_900, 3_547_500),
    Township("420606070", "高新区紫贞街道", 606_300, 3_550_200),
    Township("420606071", "高新区七里河街道", 608_000, 3_549_500),
    Township("420606072", "高新区东风街道", 604_300, 3_549_700),
    Township("420606171", "高新区米庄镇", 609_700, 3_550_500),
    Township("420606480", "鱼梁洲开发区", 613_200, 3_544_800),
    Township("420607001", "张湾街道", 613_900, 3_550_000),
    Township("420607003", "肖湾街道", 611_700, 3_549_800),
    Township("420607004", "六两河街道", 612_900, 3_548_900),
    Township("420607111", "东津镇", 616_300, 3_544_500),
)
ISLAND = next(t for t in TOWNSHIPS if t.name == "鱼梁洲开发区")


def township_at(county: str, x: float, y: float) -> Township:
    """The township of this county whose seat is nearest."""
    own = [t for t in TOWNSHIPS if t.code.startswith(county)]
    return min(own, key=lambda t: float(np.hypot(t.x - x, t.y - y)))
