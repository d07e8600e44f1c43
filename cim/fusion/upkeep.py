"""When links are looked for anew (关联维护): after a load of a table, of a layer, and when asked.

A layer also changes piece by piece - a code assigned, merged, retired - and a registered table
without us. Then links stay as they are until the next refresh; what is stale is counted
(`told.stale`), and the view shows no attributes of what is gone.
"""

from sqlalchemy import Connection

from cim import registry, source_view
from cim.database.sql import run
from cim.fusion import business, fused, links, views
from cim.fusion.fused import Fusion


def after_layer(connection: Connection, layer: str) -> None:
    """Refresh the fusions of a layer, which the caller holds (the lock of a load)."""
    fusions = fused.over(connection, layer)
    for fusion in fusions:
        _refresh(connection, fusion, None)
    if fusions:
        registry.publish(connection)


def after_table(connection: Connection, table: str) -> None:
    """Refresh the fusions of a table, which the caller holds."""
    hold_bases(connection, table)
    reading = fused.reading(connection, table)
    for fusion, _ in reading:
        _refresh(connection, fusion, table)
    if reading:
        registry.publish(connection)


def refresh(connection: Connection, name: str, table: str | None = None) -> int:
    """Refresh a fusion, or the one table of it; how many rows are linked otherwise than before.

    UnknownFusion; LayerUnreadable, TableInvalid where a table of others cannot be read now.
    """
    fusion = fused.get(connection, name)
    for each in sorted(join.table.name for join in fusion.joins):
        business.lock(connection, each)
    hold(connection, fusion.base)
    if registry.read(connection).layers[fusion.base].source:
        source_view.check(connection, [fusion.base])
    for join in fusion.joins:
        business.check(connection, join.table)
    if source_view.fault(connection, name):  # who dropped a table took the views with it (CASCADE)
        views.drop(connection, name)
        base = registry.read(connection).layers[fusion.base]
        views.create(connection, fusion, base.columns)
    changed = _refresh(connection, fused.get(connection, name), table)
    registry.publish(connection)
    return changed


def hold_bases(connection: Connection, table: str) -> None:
    """Hold the layers of the fusions of a table, which the caller holds."""
    for base in sorted({fusion.base for fusion, _ in fused.reading(connection, table)}):
        hold(connection, base)


def rebuild(connection: Connection, table: str) -> None:
    """Make the views anew that read a table, which may be another relation now."""
    for fusion, _ in fused.reading(connection, table):
        views.drop(connection, fusion.name)
        base = registry.read(connection).layers[fusion.base]
        views.create(connection, fusion, base.columns)


def hold(connection: Connection, layer: str) -> None:
    """Wait for a load of the layer, and keep others waiting until the end."""
    run(connection, "SELECT pg_advisory_xact_lock(hashtext($1))", f"layer {layer}")


def _refresh(connection: Connection, fusion: Fusion, table: str | None) -> int:
    """Links stay as they are while a table of others cannot be read."""
    layer = registry.read(connection).layers[fusion.base]
    if layer.source and source_view.fault(connection, layer.name):
        return 0
    joins = [join for join in fusion.joins if table in {None, join.table.name}]
    readable = [join for join in joins if business.readable(connection, join.table)]
    return sum(links.refresh(connection, layer, join) for join in readable)
