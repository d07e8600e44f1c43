"""Who runs a command, why, and what it rests on (操作人与依据), as the history will show it."""

from __future__ import annotations

import getpass
import os
from datetime import datetime
from typing import Annotated

import typer

from cim import moments

__all__ = ["Document", "ValidFrom", "Who", "Why", "login", "moment"]


def login() -> str:
    """The login name of whoever runs the command; the number of a user without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


Who = Annotated[
    str,
    typer.Option(
        help="Who wants the change, for the history.", default_factory=login, show_default="login"
    ),
]
Why = Annotated[str | None, typer.Option(help="Why, for the history.")]
Document = Annotated[
    str | None, typer.Option(help="The document it rests on, such as a permit's number.")
]
ValidFrom = Annotated[
    str | None,
    typer.Option(
        help="Since when it is so in the city, as 2024-05-01 or 2024-05-01T08:00:00+08:00; now."
    ),
]


def moment(text: str | None) -> datetime | None:
    """The moment of an option, where it is given; InvalidMoment."""
    return None if text is None else moments.parse_instant(text)
