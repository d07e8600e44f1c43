"""What follows a load of a layer (入库之后): what is fused with it is linked anew, and measured."""

from sqlalchemy import Connection

from cim.fusion import fused, upkeep
from layers import kpi


def after_layer(connection: Connection, layer: str) -> None:
    """Refresh the fusions of a layer, and record its indicators and those of their tables."""
    upkeep.after_layer(connection, layer)
    joins = (join for fusion in fused.over(connection, layer) for join in fusion.joins)
    tables = {join.table.name for join in joins}
    kpi.record(connection, layers=[layer], tables=sorted(tables))
