"""Makes a layer of a table that stands in the same database (原位登记), without its rows.

What is written down is where the table is and what its columns mean; its rows get their codes by
the refresh that follows at once. Registered again, the layer takes the columns that the table has
now; codes stay, as long as the key is the same.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, Engine

from cim import registry, source_view
from cim.access import Caller
from cim.actions import Action
from cim.assignment import targets
from cim.database.sql import run
from cim.errors import LayerFused
from cim.layer import Layer
from cim.names import layer_name, quoted
from cim.source_table import SourceTable
from layers import definition, fusing, runs
from layers.errors import KindTaken, LayerLoaded
from layers.registered import advice, catalogs, fit
from layers.registered.advice import Advice
from layers.registered.fit import Registration
from layers.registered.refresh import Bringing, Refreshed
from layers.vector_file import VectorFile
from layers.watch import Watch


@dataclass(frozen=True, slots=True)
class Registered:
    """What came of it: the first refresh, what slows the layer down, columns it does not show."""

    refreshed: Refreshed
    advice: tuple[Advice, ...]
    left_out: tuple[str, ...]


def register(
    connection: Connection, leases: Engine, wanted: Registration, watch: Watch | None = None
) -> Registered:
    """Make a table a layer, or take what has changed of one that is.

    Raises BadName, TableUnknown, TableForbidden, TableUnfit, CrsUnknown, KindTaken, LayerLoaded,
    ClassTaken, ClassUnknown, ClassDeprecated, KeyTaken, UnknownScheme, UnknownDivision.
    """
    name = layer_name(wanted.layer)
    definition.lock(connection, name)
    started = runs.clock(connection)
    held = _existing(connection, name)
    found = catalogs.find(connection, wanted.place)
    source = fit.source_of(connection, found, wanted)
    before = definition.said(connection, name)
    file = definition.completed(connection, _said(wanted, source), held)
    layer_id = definition.register(connection, file, source_view.columns(source), None)
    _keep(connection, layer_id, source)
    renamed = held is not None and held.name_field != file.name_field
    _shape(connection, name, held, source, renamed=renamed)
    layer = registry.read(connection).layer(name, Caller(wanted.who), "vector")
    action = Action(wanted.who, wanted.why or "a table was registered", wanted.document)
    bringing = Bringing(connection, leases, layer, source, watch or Watch())
    refreshed = bringing.bring(action, started, gone=False)
    registry.publish(connection)
    runs.finish(connection, refreshed.report, before)
    fusing.after_layer(connection, name)
    return Registered(
        refreshed,
        tuple(advice.advise(connection, found, source)),
        tuple(fit.left_out(found, source)),
    )


def _existing(connection: Connection, name: str) -> Layer | None:
    layer = registry.read(connection).layers.get(name)
    if layer is not None and layer.base is not None:
        raise LayerFused(name, layer.base.name)
    if layer is not None and (layer.kind != "vector" or targets.is_register(layer)):
        raise KindTaken(name, layer.kind if layer.kind != "vector" else "register")
    if layer is not None and layer.source is None:
        raise LayerLoaded(name)
    return layer


def _said(wanted: Registration, source: SourceTable) -> VectorFile:
    """What is said of the layer, as of one that is loaded."""
    return VectorFile(
        Path(source.table),
        wanted.layer,
        wanted.title,
        wanted.description,
        key=source.key,
        class_code=wanted.class_code,
        name_field=wanted.name_field,
        who=wanted.who,
    )


def _keep(connection: Connection, layer_id: int, source: SourceTable) -> None:
    run(
        connection,
        "UPDATE cim.layer SET source = $2, growing = true WHERE id = $1",
        layer_id,
        json.dumps(source.document(), ensure_ascii=False),
    )


def _shape(
    connection: Connection, name: str, held: Layer | None, source: SourceTable, *, renamed: bool
) -> None:
    """The table of codes and the views; rows are looked at anew where columns mean other things."""
    before = held.source if held else None
    if before is None:
        source_view.create(connection, name, source)
        return
    source_view.alter(connection, name, before, source)
    same = replace(before, aliases=source.aliases, division=source.division) == before
    if renamed or not same:
        run(connection, f"UPDATE layer.{quoted(name)} SET cim_seen = gen_random_uuid()")
