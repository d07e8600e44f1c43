"""What a translation leaves out (未能转换的内容): it is told, never dropped silently."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Note(NamedTuple):
    """A part that has no counterpart in the other encoding, and what became of it."""

    path: str
    reason: str


class Untranslatable(Exception):
    """A part has no counterpart; whoever asked for it decides what becomes of the whole."""


@dataclass
class Notes:
    """Notes of one translation, each once."""

    taken: list[Note] = field(default_factory=list)

    def add(self, path: str, reason: str) -> None:
        note = Note(path, reason)
        if note not in self.taken:
            self.taken.append(note)
