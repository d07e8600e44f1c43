"""A command as tests run it: its words in, its status and what it printed out."""

from collections.abc import Callable
from typing import NamedTuple


class Said(NamedTuple):
    status: int
    out: str
    err: str


Cim = Callable[..., Said]
