"""A file that keeps nothing (写出缓冲): what was written is taken from it piece by piece."""

import io
from typing import Any


class Sink(io.RawIOBase):
    """Takes what a writer writes until it is taken away; `tell` counts all of it."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data)
        self._parts.append(part)
        self._at += len(part)
        return len(part)

    def tell(self) -> int:
        return self._at

    def take(self) -> bytes:
        """What was written since the last time."""
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken
