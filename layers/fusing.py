"""What follows a load, a binding, a decision, another catalog (入库、绑定、审核之后): links anew,
and indicators of what that touched, in the same transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from cim.actions import Action
from cim.database.sql import run
from cim.fusion import deciding, definition, fused, upkeep
from cim.fusion.deciding import Link
from layers import kpi


def after_layer(connection: Connection, layer: str) -> None:
    """Refresh the fusions of a layer, and record its indicators and those of their tables."""
    upkeep.after_layer(connection, layer)
    _measure(connection, layer)


def after_binding(connection: Connection, layer: str) -> None:
    """Record the indicators that follow from the binding of a layer, or from its end."""
    _measure(connection, layer)


def accept(
    connection: Connection, name: str, row: tuple[str, str], code: str | None, by: Action
) -> Link:
    """As `deciding.accept`; the indicators follow."""
    with _following(connection, name, row):
        return deciding.accept(connection, name, row, code, by)


def reject(connection: Connection, name: str, row: tuple[str, str], by: Action) -> Link:
    """As `deciding.reject`; the indicators follow."""
    with _following(connection, name, row):
        return deciding.reject(connection, name, row, by)


@contextmanager
def _following(connection: Connection, name: str, row: tuple[str, str]) -> Iterator[None]:
    """Bring the indicators of the table of a row, (table, key), to what is decided of it here.

    A second a decision, as a table of 100,000 rows takes, would be long for people at their desks.
    """
    definition.lock(connection, fused.get(connection, name).base, [])
    before = kpi.of_row(connection, *row)
    yield
    after = kpi.of_row(connection, *row)
    if before is not None and after is not None:
        kpi.move(connection, before, after)


def after_version(connection: Connection, catalog: str) -> None:
    """Record the indicators of what a catalog governs, of which another version is in use."""
    layers, tables = (
        [row.name for row in run(connection, which, catalog)] for which in (_BOUND, _SAID)
    )
    kpi.record(connection, layers=layers, tables=tables)


# By any version: what only an older one has is governed no more.
_BOUND = """
    SELECT l.name FROM cim.layer l JOIN cim.layer_binding b ON b.layer_id = l.id
    WHERE b.element IN (
        SELECT e.code FROM cim.catalog_element e JOIN cim.catalog_version v ON v.id = e.version_id
        WHERE v.catalog = $1)
"""
_SAID = """
    SELECT t.name FROM cim.business_table t
    WHERE EXISTS (
        SELECT FROM jsonb_array_elements(t.columns) c
        JOIN cim.catalog_field f ON f.code = c ->> 'item'
        JOIN cim.catalog_version v ON v.id = f.version_id
        WHERE v.catalog = $1)
"""


def _measure(connection: Connection, layer: str) -> None:
    joins = (join for fusion in fused.over(connection, layer) for join in fusion.joins)
    tables = {join.table.name for join in joins}
    kpi.record(connection, layers=[layer], tables=sorted(tables))
