"""How a registered layer stands to its table (登记图层状态): what may be read, what has no code."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from cim import source_view
from cim.database.sql import run
from cim.errors import CimError
from cim.layer import Layer
from cim.names import quoted
from layers.errors import LayerLoaded
from layers.registered import advice, catalogs, fit, refresh
from layers.registered.advice import Advice
from layers.registered.place import Place


@dataclass(frozen=True, slots=True)
class Standing:
    """A registered layer as its keepers see it.

    rows       of the table now, of which `without` have no code and are not shown
    gone       codes whose rows the table has no more, until the next refresh
    refreshed  when its codes followed the table last
    fault      why the table cannot be read, or followed; then nobody knows the numbers
    unshown    columns of the table that the layer does not have
    """

    layer: str
    table: str
    kind: str | None = None
    srid: int = 0
    rows: int | None = None
    without: int | None = None
    gone: int | None = None
    refreshed: datetime | None = None
    fault: str | None = None
    unshown: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()


def standing(connection: Connection, layer: Layer) -> Standing:
    """How the layer stands; LayerLoaded where it is no registered one."""
    if layer.source is None:
        raise LayerLoaded(layer.name)
    source = layer.source
    place = Place(source.schema, source.table)
    last = _last(connection, layer.name)
    told = Standing(layer.name, str(place), srid=source.srid, refreshed=last)
    try:
        found = catalogs.find(connection, place)
        refresh.check(connection, layer, source, found)
    except CimError as error:
        return replace(told, fault=str(error))
    key, name = quoted(source.key), quoted(layer.name)
    (counted,) = run(
        connection,
        f"""
        SELECT (SELECT count(*) FROM {source.place}) AS rows,
               (SELECT count(*) FROM {source.place} s WHERE NOT EXISTS (
                   SELECT FROM layer.{name} k WHERE k.cim_key = s.{key})) AS without,
               (SELECT count(*) FROM layer.{name} k WHERE NOT EXISTS (
                   SELECT FROM {source.place} s WHERE s.{key} = k.cim_key)) AS gone
        """,
    )
    return replace(
        told,
        kind=found.kind,
        **counted._asdict(),
        unshown=tuple(fit.left_out(found, source)),
        advice=tuple(advice.advise(connection, found, source)),
    )


def fault(connection: Connection, layer: Layer) -> str | None:
    """Why the rows of a layer cannot be read now; None where they can, or are our own."""
    return source_view.fault(connection, layer.name) if layer.source else None


def _last(connection: Connection, name: str) -> datetime | None:
    rows = run(
        connection,
        """
        SELECT started_at FROM cim.ingest_run
        WHERE layer = $1 AND mode = 'refresh' AND state = 'done' ORDER BY id DESC LIMIT 1
        """,
        name,
    )
    return rows[0].started_at if rows else None
