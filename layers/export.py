"""A layer taken away whole (整层导出): what a query selects, as one file or one stream.

All of it is what was committed when the export began. It takes as long as whoever gets it takes, up
to `SECONDS`; `cancel` ends it earlier.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from cim.access import Caller
from cim.database.arrow import Snapshot, snapshot
from cim.item_columns import properties
from cim.item_export import how_many, whole
from cim.item_query import Query
from cim.layer import Layer
from layers.writing.content import Content, heights
from layers.writing.forms import Form

__all__ = ["SECONDS", "Export", "opened"]

SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Export:
    """What is taken away: the query of a layer, in a format, by somebody."""

    layer: Layer
    query: Query
    form: Form
    caller: Caller

    @property
    def file_name(self) -> str:
        return f"{self.layer.name}{self.form.suffix}"


@contextmanager
def opened(
    engine: Engine, export: Export, *, counted: bool = False
) -> Iterator[tuple[Content, Snapshot]]:
    """The rows, not read yet, and the snapshot that they are read in; DatabaseUnreachable.

    They are counted first where they are to be `counted`, where the format has no end, or where
    it must know whether they have heights.
    """
    layer, query = export.layer, export.query
    with snapshot(engine, SECONDS) as held:
        rows = whole(layer, query, export.caller)
        content = Content(
            layer,
            query.crs,
            properties(layer, query.only),
            lambda: held.batches(rows),
            past=query.when is not None,
        )
        if counted or export.form.endless or export.form.make is not None:
            told = held.row(how_many(layer, query, export.caller))
            content = replace(
                content, matched=told["n"], heights=heights(told["high"], told["flat"])
            )
        yield content, held
