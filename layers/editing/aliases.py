"""Which properties of a layer are other codes of its things (别名字段).

A load is told with `--alias`; the layer keeps no note of it. What its features have shows it: a
property is a code of a scheme where it is that code for every feature that is looked at.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from cim import layer_table, schemes
from cim.database.sql import run
from cim.errors import InvalidCode, UnknownScheme
from cim.layer import Layer
from cim.names import quoted

MOST = 100  # features that are looked at, the newest
_NONE = {"jsonb", "bytea", "boolean"}  # types that no code has


def columns(connection: Connection, layer: Layer, code: str | None = None) -> dict[str, str]:
    """The property that has the codes of each scheme; also as the feature of `code` shows it."""
    own = [column.name for column in layer.columns if column.type not in _NONE]
    if not own:
        return {}
    rows = run(connection, _sql(layer, own), MOST, code)
    found: dict[str, str] = {}
    for scheme in sorted({row.scheme for row in rows}):
        given = [row for row in rows if row.scheme == scheme]
        fitting = next(_fitting(scheme, given, own, layer), None)
        if fitting is not None:
            found[scheme] = fitting
    return found


def _sql(layer: Layer, own: list[str]) -> str:
    values = ", ".join(f"l.{quoted(name)}::text" for name in own)
    table = quoted(layer.name)
    return f"""
        SELECT a.scheme, array_agg(a.value) AS codes, ARRAY[{values}] AS texts
        FROM layer.{table} l JOIN cim.alias a ON a.code = l.code AND a.valid_to IS NULL
        WHERE l.code IN (SELECT * FROM (SELECT code FROM layer.{table}
                                        ORDER BY code DESC LIMIT $1::bigint) newest
                         UNION ALL SELECT $2::text)
        GROUP BY a.scheme, l.code
    """


def _fitting(scheme: str, rows: list[Any], own: list[str], layer: Layer) -> Iterator[str]:
    """The properties whose values are the codes, the key of the layer first."""
    key = layer_table.property_name(layer.key_field) if layer.key_field else None
    for name in sorted(own, key=lambda each: each != key):
        place = own.index(name)
        said = [(row.texts[place], row.codes) for row in rows if row.texts[place]]
        if said and all(_canonical(scheme, text) in codes for text, codes in said):
            yield name


def _canonical(scheme: str, text: str) -> str | None:
    try:
        canonical: str = schemes.get(scheme).validate(text)
    except (InvalidCode, UnknownScheme):
        return None
    return canonical
