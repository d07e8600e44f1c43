"""Fusions defined, extended and dropped (融合定义).

A fusion is a row of `cim.layer` that has no table of its own, so that its name is no other layer's.
Whoever changes a fusion holds the tables, then the layer, as a load of them does.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from cim import actions, feature_sql, registry, source_view
from cim.access import Caller
from cim.actions import Action
from cim.database.sql import run
from cim.errors import FusedUpon, FusionExists, FusionInvalid
from cim.fusion import business, fused, links, views
from cim.fusion.fused import TAKES, Fusion, Join
from cim.fusion.model import BusinessTable
from cim.fusion.ways import Way
from cim.layer import Layer
from cim.names import layer_name

ACCEPT, REVIEW, MARGIN = 0.9, 0.6, 0.05
SEVERAL = ("refuse", "first", "latest")
_NUMBERS = ("integer", "bigint", "double precision", "numeric")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A table that is asked for in a fusion, as `Join` has it.

    `fields` are columns with how they are taken, ("", "count") the number of rows. `several` is
    one of SEVERAL; None refuses, but where every field is taken of all rows.
    """

    table: str
    ways: Sequence[Way]
    fields: Sequence[tuple[str, str]]
    several: str | None = None
    several_field: str = ""
    accept: float = ACCEPT
    review: float = REVIEW
    margin: float = MARGIN


@dataclass(frozen=True, slots=True)
class Named:
    """What a fused collection is called, by default like its layer."""

    name: str
    title_zh: str = ""
    title_en: str = ""
    description: str = ""


def define(
    connection: Connection, named: Named, base: str, wanted: Sequence[Wanted], by: Action
) -> Fusion:
    """Make a fused collection of a layer and tables, and link their rows.

    FusionExists, FusionInvalid, LayerNotFound, LayerUnreadable, UnknownTable, TableInvalid,
    BadName.
    """
    name = layer_name(named.name)
    if not wanted:
        raise FusionInvalid("tables", "are missing: a fusion has at least one")
    lock(connection, base, [each.table for each in wanted])
    known = registry.read(connection)
    if name in known.layers:
        raise FusionExists(name, "is a layer already")
    layer = known.layer(base, Caller(by.who), "vector")
    _check_base(layer)
    if layer.source:
        source_view.check(connection, [layer.name])
    made = _insert(connection, named, layer, actions.record(connection, by))
    for each in wanted:
        _add(connection, made, layer, each, by)
    return _finish(connection, name, layer, None)


def add(connection: Connection, name: str, wanted: Wanted, by: Action) -> Fusion:
    """Put another table into a fusion; the errors of `define`."""
    fusion = fused.get(connection, name)
    lock(connection, fusion.base, [wanted.table])
    fusion = fused.get(connection, name)
    layer = registry.read(connection).layer(fusion.base, Caller(by.who), "vector")
    if fusion.join_of(wanted.table) is not None:
        raise FusionExists(wanted.table, f"is in {name} already; take it out first")
    join = _add(connection, fusion.layer_id, layer, wanted, by)
    return _finish(connection, name, layer, join)


def take_out(connection: Connection, name: str, table: str) -> Fusion:
    """Take a table out of a fusion, with its links and what was decided of them."""
    fusion = fused.get(connection, name)
    lock(connection, fusion.base, [])
    join = fused.get(connection, name).join_of(table)
    if join is None:
        raise FusionInvalid("table", f"{table!r} is not in {name}")
    if len(fusion.joins) == 1:
        raise FusionInvalid("table", f"{table!r} is the only one in {name}; drop that instead")
    views.drop(connection, name)
    run(connection, "DELETE FROM cim.fusion_table WHERE id = $1", join.id)
    layer = registry.read(connection).layers[fusion.base]
    views.create(connection, fused.get(connection, name), layer.columns)
    registry.publish(connection)
    return fused.get(connection, name)


def drop(connection: Connection, name: str) -> None:
    """Take a fused collection away; its layer and tables stay as they are."""
    fusion = fused.get(connection, name)
    lock(connection, fusion.base, [])
    views.drop(connection, name)
    run(connection, "DELETE FROM cim.layer WHERE id = $1", fusion.layer_id)
    registry.publish(connection)


def lock(connection: Connection, base: str, tables: Iterable[str]) -> None:
    """Wait until nobody loads the tables or the layer, in that order."""
    for table in sorted(tables):
        business.lock(connection, table)
    run(connection, "SELECT pg_advisory_xact_lock(hashtext($1))", f"layer {base}")


def check_free(connection: Connection, layer: str) -> None:
    """FusedUpon where fused collections rest on a layer."""
    names = [fusion.name for fusion in fused.over(connection, layer)]
    if names:
        raise FusedUpon(f"layer {layer!r}", names)


def _check_base(layer: Layer) -> None:
    if layer.fusion is not None:
        raise FusionInvalid("layer", f"{layer.name!r} is fused itself; add the table to it")
    if layer.grade is None:
        raise FusionInvalid(
            "layer",
            f"{layer.name!r} is bound to no element and has no grade; bind it first "
            "(cim catalog bind)",
        )


def _insert(connection: Connection, named: Named, layer: Layer, action_id: int) -> int:
    zh = named.title_zh or f"{layer.title.zh}（融合）"
    en = named.title_en or named.title_zh or f"{layer.title.en} (fused)"
    texts = ({"zh": zh, "en": en}, {"zh": named.description, "en": named.description})
    rows = run(
        connection,
        """
        INSERT INTO cim.layer (name, kind, title, description, class_code, owner)
        VALUES ($1, 'vector', $2, $3, $4, (SELECT who FROM cim.action WHERE id = $5))
        RETURNING id
        """,
        named.name,
        *(json.dumps(text, ensure_ascii=False) for text in texts),
        layer.class_code,
        action_id,
    )
    made = int(rows[0].id)
    run(connection, "INSERT INTO cim.fusion VALUES ($1, $2, $3)", made, layer.id, action_id)
    return made


def _add(connection: Connection, fusion_id: int, layer: Layer, wanted: Wanted, by: Action) -> int:
    table = business.get(connection, wanted.table)
    business.check_key(connection, table)
    _check(table, layer, wanted)
    rows = run(
        connection,
        """
        INSERT INTO cim.fusion_table
            (layer_id, table_id, ways, accept, review, margin, several, several_field, action_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id
        """,
        fusion_id,
        table.id,
        json.dumps([way.document() for way in wanted.ways], ensure_ascii=False),
        *(float(n) for n in (wanted.accept, wanted.review, wanted.margin)),
        _several(wanted),
        wanted.several_field,
        actions.record(connection, by),
    )
    join = int(rows[0].id)
    for position, (column, take) in enumerate(wanted.fields, 1):
        run(
            connection,
            "INSERT INTO cim.fusion_field VALUES ($1, $2, $3, $4, $5)",
            *(join, position, column, take, column),
        )
    return join


def _several(wanted: Wanted) -> str:
    if wanted.several:
        return wanted.several
    return "first" if all(take for _, take in wanted.fields) else "refuse"


def _check(table: BusinessTable, layer: Layer, wanted: Wanted) -> None:
    _check_ways(table, layer, wanted.ways)
    _check_fields(table, wanted.fields)
    if not 0 <= wanted.review <= wanted.accept <= 1 or not 0 <= wanted.margin <= 1:
        raise FusionInvalid("scores", "are from 0 to 1, and review is not above accept")
    if _several(wanted) not in SEVERAL:
        raise FusionInvalid("several", f"is one of {', '.join(SEVERAL)}, not {wanted.several!r}")
    if (wanted.several == "latest") != bool(wanted.several_field):
        raise FusionInvalid("several", "needs the column of time with latest, and with it alone")
    if wanted.several_field:
        table.column(wanted.several_field)


def _check_ways(table: BusinessTable, layer: Layer, ways: Sequence[Way]) -> None:
    if not ways:
        raise FusionInvalid("by", "is missing: name at least one way to link the rows")
    for way in ways:
        for name in way.columns:
            column = table.column(name)
            if way.kind == "place" and column.type not in _NUMBERS:
                raise FusionInvalid("by", f"{way}: {name!r} is {column.type}, not a number")
        property_of = way.to if way.kind in {"field", "address"} else ""
        if property_of and feature_sql.column_type(layer, property_of) is None:
            has = ", ".join(feature_sql.property_names(layer))
            raise FusionInvalid(
                "by", f"{way}: {property_of!r} is not in {layer.name}; it has {has}"
            )


def _check_fields(table: BusinessTable, fields: Sequence[tuple[str, str]]) -> None:
    if not fields:
        raise FusionInvalid("fields", "are missing: name at least one")
    if len(set(fields)) < len(fields):
        raise FusionInvalid("fields", "name one twice")
    for column, take in fields:
        if take not in {"", *TAKES} or not (column or take == "count"):
            raise FusionInvalid("fields", f"take {take!r} is none of {', '.join(TAKES)}")
        kind = table.column(column).type if column else "bigint"
        if take in {"sum", "avg"} and kind not in _NUMBERS:
            raise FusionInvalid("fields", f"{column!r} is {kind}: it has no {take}")
        if take in {"min", "max"} and kind in {"jsonb", "boolean"}:
            raise FusionInvalid("fields", f"{column!r} is {kind}: it has no {take}")


def _finish(connection: Connection, name: str, layer: Layer, join_id: int | None) -> Fusion:
    """Make the views, link the rows of the new tables, and tell the workers."""
    views.drop(connection, name)
    views.create(connection, fused.get(connection, name), layer.columns)
    fusion = fused.get(connection, name)
    for join in fusion.joins:
        if join_id in {None, join.id}:
            links.refresh(connection, layer, join)
    registry.publish(connection)
    return fused.get(connection, name)


def joins_of(fusion: Fusion, table: str | None) -> list[Join]:
    """The tables of a fusion, or the one that is named; FusionInvalid."""
    joins = [join for join in fusion.joins if table in {None, join.table.name}]
    if not joins:
        raise FusionInvalid("table", f"{table!r} is not in {fusion.name}")
    return joins
