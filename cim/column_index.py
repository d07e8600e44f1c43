"""Indexes over columns of a layer (属性索引), for those who sort and filter much by one.

An index is over (column, code), the order of pages that are sorted by the column, either way.
"""

from hashlib import sha256

from sqlalchemy import Connection

from cim.database.sql import run
from cim.errors import BadName, RowsElsewhere
from cim.layer import Layer
from cim.names import quoted
from cim.queryables import sortable

__all__ = ["create"]


def create(connection: Connection, layer: Layer, column: str) -> bool:
    """Make the index of a column, whether there was none yet; BadName where none can be,
    RowsElsewhere where it would be one of a table that is registered where it stands.

    Readers go on meanwhile; who writes to the layer waits.
    """
    if layer.source:
        raise RowsElsewhere(layer.name)
    if layer.column(column) is None or column not in sortable(layer):
        there = ", ".join(sorted(c.name for c in layer.columns if c.name in sortable(layer)))
        raise BadName(column, f"a column of {layer.name} that can be sorted by is one of {there}")
    name = f"{layer.name[:40]}_by_{sha256(column.encode()).hexdigest()[:12]}"
    made = run(connection, "SELECT to_regclass($1) AS found", f"layer.{quoted(name)}")
    if made[0].found is not None:
        return False
    on = f"layer.{quoted(layer.name)} ({quoted(column)}, code)"
    run(connection, f"CREATE INDEX {quoted(name)} ON {on}")
    return True
