"""Names of layers and properties as SQL identifiers (标识符)."""

import re

from cim.errors import BadName

MAX_BYTES = 63  # PostgreSQL cuts longer identifiers off, silently

RESERVED = frozenset({"catalog"})  # collections of ours that are no layers
_LAYER = re.compile(r"[a-z][a-z0-9_]{0,47}")


def layer_name(name: str) -> str:
    """The name, if it can name a layer: it is also a table, a path segment and an MVT layer.

    >>> layer_name("parcels")
    'parcels'
    """
    if not is_layer_name(name):
        raise BadName(name, "a layer name is 1-48 of a-z, 0-9 and _, a letter first")
    if name in RESERVED:
        raise BadName(name, "it is a collection of this service itself")
    return name


def is_layer_name(name: str) -> bool:
    """Whether a layer could be called so."""
    return bool(_LAYER.fullmatch(name))


def quoted(identifier: str) -> str:
    """The identifier quoted for SQL.

    >>> quoted('用途"a')
    '"用途""a"'
    """
    if "\0" in identifier or not identifier:
        raise BadName(identifier, "an identifier is not empty and has no NUL")
    if len(identifier.encode()) > MAX_BYTES:
        raise BadName(identifier, f"an identifier has at most {MAX_BYTES} bytes in UTF-8")
    return '"' + identifier.replace('"', '""') + '"'
