"""What follows a load of a layer, or its binding (入库、绑定之后): links anew, and indicators."""

from sqlalchemy import Connection

from cim.fusion import fused, upkeep
from layers import kpi


def after_layer(connection: Connection, layer: str) -> None:
    """Refresh the fusions of a layer, and record its indicators and those of their tables."""
    upkeep.after_layer(connection, layer)
    _measure(connection, layer)


def after_binding(connection: Connection, layer: str) -> None:
    """Record the indicators that follow from the binding of a layer, or from its end."""
    _measure(connection, layer)


def _measure(connection: Connection, layer: str) -> None:
    joins = (join for fusion in fused.over(connection, layer) for join in fusion.joins)
    tables = {join.table.name for join in joins}
    kpi.record(connection, layers=[layer], tables=sorted(tables))
