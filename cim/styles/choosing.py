"""Which style a layer is drawn with (样式选取): the stored one of its name, else the made one."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from cim.database.sql import run
from cim.layer import Layer
from cim.statement import Statement
from cim.styles import default, stored
from cim.styles.checking.types import Json
from cim.styles.stored import Style


def document(
    connection: Connection, layer: Layer, base: str = "", language: str = "zh"
) -> dict[str, Json]:
    """The style that a layer is drawn with; sources are our own tiles below the address `base`."""
    asked = statement(layer)
    return chosen(run(connection, asked.sql, *asked.values), layer, base, language)


def statement(layer: Layer) -> Statement:
    """Rows for `chosen`, whoever runs it."""
    return stored.of_ids([layer.name])


def chosen(
    rows: Iterable[Any], layer: Layer, base: str = "", language: str = "zh"
) -> dict[str, Json]:
    """As `document`, of the rows of its `statement`."""
    for row in rows:
        found = stored.parse(_text(row))
        return part(found.content.document, layer, base)
    return default.of_layer(layer, base, language)


def part(style: Mapping[str, Json], layer: Layer, base: str = "") -> dict[str, Json]:
    """What a style draws of one layer, from our own tiles whatever source the style has for it."""
    layers = [
        {**each, "source": layer.name} for each in style["layers"] if _draws(style, each, layer)
    ]
    return {**style, "sources": {layer.name: default.source(layer, base)}, "layers": layers}


def drawn(style: Mapping[str, Json], layers: Iterable[Layer]) -> tuple[str, ...]:
    """Names of the layers that a style draws, in the order of the layers."""
    return tuple(
        layer.name
        for layer in layers
        if any(_draws(style, each, layer) for each in style["layers"])
    )


def of_all(
    layers: Iterable[Layer], known: Mapping[str, Style], base: str, language: str
) -> dict[str, Json]:
    """The style of everything: each layer with its own one."""
    parts = []
    for layer in layers:
        own = known.get(layer.name)
        if own is None:
            drawn_so = default.layers_of(layer, language)
        else:
            drawn_so = [_named(each, layer) for each in part(own.content.document, layer)["layers"]]
        parts.append((layer, default.source(layer, base), drawn_so))
    return default.of_all(parts, language)


def _named(each: dict[str, Json], layer: Layer) -> dict[str, Json]:
    """The style layer under an id that no other layer has: collections have no colon in it."""
    own = str(each["id"])
    named = own if own.startswith(layer.name + "-") or own == layer.name else f"{layer.name}:{own}"
    return {**each, "id": named}


def _draws(style: Mapping[str, Json], each: Mapping[str, Json], layer: Layer) -> bool:
    """Whether a style layer draws a layer: by its name in the tiles, or from its imagery."""
    if layer.kind == "vector":
        return bool(each.get("source-layer") == layer.name)
    if each.get("type") != "raster":
        return False
    source = style["sources"].get(each.get("source"), {})
    tiles = source.get("tiles") or [source.get("url", "")]
    ours = f"/collections/{layer.name}/map/tiles"
    return each.get("source") == layer.name or any(ours in str(each) for each in tiles)


def _text(row: Any) -> str:
    """The document of a row, of psycopg or of asyncpg."""
    text: str = row.style if hasattr(row, "style") else row["style"]
    return text
