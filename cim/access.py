"""Who asks (调用者): a value that every read path is handed from its first line to its last.

Today everybody is anonymous and sees everything; rules of access will look at this value.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """One asking party. `name` is what logs show."""

    name: str


ANONYMOUS = Caller("anonymous")
