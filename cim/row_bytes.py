"""How many bytes the database stores of a row (行的存储字节数), of what may be long.

A response has a budget of them: GeoJSON of 8 decimals takes about twice what is stored.
"""

from collections.abc import Iterable

from cim.layer import Column
from cim.names import quoted

__all__ = ["stored_bytes"]

_LONG = {"text", "json", "jsonb"}


def stored_bytes(columns: Iterable[Column], geometry: str = "geom") -> str:
    """SQL expression of a row; what is kept elsewhere is not read for it.

    >>> stored_bytes([Column("area", "integer"), Column("note", "text")])
    'pg_column_size(geom) + coalesce(pg_column_size("note"), 0)'
    """
    long = [quoted(column.name) for column in columns if column.type in _LONG]
    return " + ".join(
        [f"pg_column_size({geometry})", *(f"coalesce(pg_column_size({name}), 0)" for name in long)]
    )
