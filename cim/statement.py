"""A statement with its values (语句与参数): what reads ask of the database, whoever runs it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with `$n` parameters, and their values in order."""

    sql: str
    values: tuple[Any, ...]


NOTHING = Statement("SELECT WHERE false", ())
"""No rows: what is asked of no layers."""
