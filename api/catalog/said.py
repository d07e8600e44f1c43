"""Who does what, why, and on what basis (操作依据), out of the body of a write."""

from __future__ import annotations

from typing import Any

from cim.actions import Action
from cim.errors import BindingInvalid

LONGEST_REASON = 1_000


def action(who: str, body: dict[str, Any]) -> Action:
    """Takes `why` and `document`, the paper it rests on, out of the body."""
    why, document = (reason(name, body.pop(name, None)) for name in ("why", "document"))
    return Action(who, why, document)


def reason(name: str, given: object) -> str | None:
    if given is None:
        return None
    if not isinstance(given, str) or "\0" in given or len(given) > LONGEST_REASON:
        raise BindingInvalid(name, f"is a text of at most {LONGEST_REASON} characters")
    return given.strip() or None
