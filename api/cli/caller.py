"""Who runs a command (操作人): the name that the history of what it changes will show."""

from __future__ import annotations

import getpass
import os
from typing import Annotated

import typer

__all__ = ["Who", "Why", "login"]


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
