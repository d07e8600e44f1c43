"""Tiles kept in memory (瓦片缓存): the ones used last, up to a number of bytes.

A tile is kept with the state that it was made of, so that it is never given for another one: see
`tiles.vector`. Its key tells everything else that it depends on, who asks among it.

>>> cache = TileCache(most=300)
>>> cache.put("a", Kept("1", b"x" * 150)); cache.put("b", Kept("1", b"y" * 100))
>>> cache.get("a").state, cache.size
('1', 250)
>>> cache.put("c", Kept("2", b"z" * 60)); cache.get("b") is None, cache.size
(True, 210)
>>> cache.put("d", Kept("2", b"z" * 301)); cache.get("d") is None, cache.size
(True, 210)
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import NamedTuple


class Kept(NamedTuple):
    """A tile, and the state that it was made of."""

    state: str
    body: bytes


class TileCache:
    """Least recently used first to go; one that is larger than the budget is not kept."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self.size = 0

    def get(self, key: Hashable) -> Kept | None:
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: Hashable, kept: Kept) -> None:
        old = self._kept.pop(key, None)
        self.size -= len(old.body) if old else 0
        if len(kept.body) > self._most:
            return
        self._kept[key] = kept
        self.size += len(kept.body)
        while self.size > self._most:
            _, gone = self._kept.popitem(last=False)
            self.size -= len(gone.body)
