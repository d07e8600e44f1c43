"""Statements that read features by their codes (要素), each with its result already a body.

PostGIS writes the GeoJSON; Python passes the bytes on. Values are bound as `$1`, `$2`…;
identifiers come from the registry alone. Coordinates come in the CRS that is asked for, degrees
with 8 decimals and metres with 4, so that nothing is lost above a millimetre.

As of a time (历史时刻) a feature is the version that was valid then: of an interval the last one in
it. `cim.item_page` has the pages of a layer.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from cim.access import Caller
from cim.crs import CRS84, Crs
from cim.feature_sql import feature, name_sql, with_latest
from cim.layer import Layer
from cim.moments import Interval
from cim.names import quoted
from cim.statement import NOTHING, Statement
from cim.versions import Ends, valid


def one(
    layer: Layer,
    code: str,
    caller: Caller,
    crs: Crs = CRS84,
    when: Interval | None = None,
) -> Statement:
    """One feature by its 21-digit code: row (feature, state); no row when there is none.

    `feature` is UTF-8 JSON without its closing brace, so that links can follow. `state` moves with
    everything that is seen in the feature (`shape`); null where more than its own row is, and of
    the past.
    """
    if when is None:
        return Statement(_one_sql(layer, crs), (code,))
    return Statement(_one_then_sql(layer, crs), (code, *when.ends))


def many(
    wanted: Mapping[Layer, Sequence[str]],
    caller: Caller,
    when: Interval | None = None,
) -> Statement:
    """Features by their codes, of several layers: rows (code, name, feature), in no order."""
    if not wanted:
        return NOTHING
    values: list[Any] = [list(codes) for codes in wanted.values()]
    if when is not None:
        values.extend(when.ends)
    return Statement(_many_sql(tuple(wanted), when is not None), tuple(values))


@lru_cache(maxsize=256)
def _many_sql(layers: tuple[Layer, ...], then: bool) -> str:
    ends = Ends.of(len(layers) + 1)

    def part(layer: Layer, place: int) -> str:
        view = f"{'version' if then else 'item'}.{quoted(layer.name)} v"
        view += with_latest(layer) if then else ""
        time = f"AND {valid(layer, ends)}" if then else ""
        return f"""
            SELECT v.code, {name_sql(layer)} AS name,
                   convert_to({feature(layer, then=ends.end if then else None)}, 'UTF8')
                       AS feature
            FROM {view} WHERE v.code = ANY(${place}::text[]) {time}"""

    return " UNION ALL ".join(part(layer, place) for place, layer in enumerate(layers, 1))


def beginnings(layers: Sequence[Layer]) -> Statement:
    """When the oldest version of each vector layer begins: rows (name, first), first None if empty.

    It reads the layers whole, so that its answer is worth keeping.
    """
    parts = ["SELECT NULL AS name, NULL::timestamptz AS first WHERE false"]
    parts += [
        f"SELECT ($1::text[])[{place}], min(cim_valid_from) FROM {_with_times(layer)}"
        for place, layer in enumerate(layers, 1)
    ]
    return Statement(" UNION ALL ".join(parts), ([la.name for la in layers],) if layers else ())


def _with_times(layer: Layer) -> str:
    """Where the times of all versions stand; those of a registered table beside its codes."""
    return f"layer.{quoted(layer.stored)}" if layer.source else f"version.{quoted(layer.name)}"


def one_sql(layer: Layer, code: str, crs: Crs = CRS84) -> str:
    """Query of one column, the feature without its closing brace, for a code or an SQL name."""
    return f"""
        SELECT convert_to({feature(layer, crs)}, 'UTF8') AS feature
        FROM item.{quoted(layer.name)} i
        WHERE i.code = {code}
    """


@lru_cache(maxsize=1024)
def shape(layer: Layer) -> str:
    """What of a layer, besides its rows, is seen in its features."""
    said = repr((layer.id, layer.name, layer.columns, layer.observed))
    return blake2b(said.encode(), digest_size=6).hexdigest()


@lru_cache(maxsize=1024)
def _one_sql(layer: Layer, crs: Crs) -> str:
    return f"""
        SELECT convert_to({feature(layer, crs)}, 'UTF8') AS feature, {_state(layer)} AS state
        FROM item.{quoted(layer.name)} i
        WHERE i.code = $1
    """


def _state(layer: Layer) -> str:
    """The version of the row and the shape of its layer, and of a station also its readings."""
    if layer.source is not None or layer.base is not None:
        return "NULL::text"
    state = f"i.cim_version || '-{shape(layer)}'"
    if layer.observed:
        state += " || '-' || left(md5(coalesce(i.cim_latest::text, '')), 12)"
    return state


@lru_cache(maxsize=1024)
def _one_then_sql(layer: Layer, crs: Crs) -> str:
    return f"""
        SELECT convert_to({feature(layer, crs, Ends.of(2).end)}, 'UTF8') AS feature,
               NULL::text AS state
        FROM version.{quoted(layer.name)} v {with_latest(layer)}
        WHERE code = $1 AND {valid(layer, Ends.of(2))}
    """
