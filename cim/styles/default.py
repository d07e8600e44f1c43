"""The style of a layer as the program makes it (默认样式), from the class and code tables.

Land and stations have the colours of the codes of a coloured list where a column has one
(`cim.styles.lists`), everything else those of its class (`cim.styles.looks`). Sources are our own
tiles; names are drawn with fonts of the reader's machine, so that no glyphs are served. Nothing is
read here but the layer.
"""

from collections.abc import Sequence
from hashlib import blake2b
from urllib.parse import quote

import orjson

from cim.layer import Layer, Text
from cim.styles import lists, looks
from cim.styles.checking.types import Json
from cim.styles.lists import Listed
from cim.styles.looks import Look

ALL = "one-map"
"""Id of the style of all layers together; no layer can have this name."""
ALL_TITLE = Text("一张图", "Map of all layers")

_FONT = ["Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"]
_GEOMETRY = ["geometry-type"]
_KINDS = {"Point": "point", "LineString": "line", "Polygon": "polygon"}
_MAX_ZOOM, _RASTER_MAX_ZOOM = 16, 17  # tiles of higher ones are drawn from these


def of_layer(layer: Layer, base: str = "", language: str = "zh") -> dict[str, Json]:
    """A whole style of one layer; `base` is the address of the service, without a slash."""
    return _document(
        layer.title.in_language(language),
        {layer.name: source(layer, base)},
        layers_of(layer, language),
    )


def of_all(
    parts: Sequence[tuple[Layer, Json, Sequence[Json]]], language: str = "zh"
) -> dict[str, Json]:
    """A style of several layers, each with its source and its style layers, the lowest first.

    What is hidden at first, such as imagery, is there and is not visible.
    """
    in_order = sorted(parts, key=lambda part: drawing_order(part[0]))
    drawn = [
        {**each, "layout": {**each.get("layout", {}), "visibility": "none"}}
        if hidden(layer)
        else each
        for layer, _, layers in in_order
        for each in layers
    ]
    sources = {layer.name: source for layer, source, _ in in_order}
    return _document(ALL_TITLE.in_language(language), sources, drawn)


def revision(layer: Layer) -> str:
    """A text that is another one when the style of the layer is."""
    said = orjson.dumps([of_layer(layer, "", each) for each in ("zh", "en")])
    return blake2b(said, digest_size=6).hexdigest()


def hidden(layer: Layer) -> bool:
    """Whether a layer is not seen at first on a map of everything."""
    return layer.kind == "raster" or looks.of_class(layer.class_code).hidden


def drawing_order(layer: Layer) -> int:
    """Place from below: imagery, areas, lines, points."""
    return -1 if layer.kind == "raster" else looks.of_class(layer.class_code).order


def source(layer: Layer, base: str) -> dict[str, Json]:
    """Where a client finds the tiles of a layer."""
    here = f"{base}/collections/{quote(layer.name)}"
    tiles = (
        f"{here}/{'map/' if layer.kind == 'raster' else ''}tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
    )
    made: dict[str, Json] = {"type": layer.kind, "tiles": [tiles]}
    if layer.extent:
        made["bounds"] = list(layer.extent)
    if layer.kind == "raster":
        return made | {"tileSize": 256, "maxzoom": _RASTER_MAX_ZOOM}
    return made | {"maxzoom": _MAX_ZOOM, "promoteId": "code"}


def layers_of(layer: Layer, language: str = "zh") -> list[dict[str, Json]]:
    """The style layers of a layer: its imagery, or its areas, lines, points and names."""
    if layer.kind == "raster":
        return [{"id": layer.name, "type": "raster", "source": layer.name}]
    look = looks.of_class(layer.class_code)
    listed = lists.coloured(layer) if look.coded else None
    kinds, made = kinds_of(layer), []
    if "polygon" in kinds:
        made.append(_layer(layer, "fill", _only("Polygon", kinds), _fill(look, listed)))
    if kinds & {"polygon", "line"}:
        filter_ = ["!=", _GEOMETRY, "Point"] if "point" in kinds else None
        by = listed if "polygon" not in kinds else None
        made.append(_layer(layer, "line", filter_, _line(look, by)))
    if "point" in kinds:
        made.append(_layer(layer, "circle", _only("Point", kinds), _circle(look, listed)))
    names = _names(layer, look, language)
    return [*made, names] if names else made


def kinds_of(layer: Layer) -> set[str]:
    """Which of point, line and polygon the features of a layer may be."""
    plain = (layer.geometry_type or "").removeprefix("Multi")
    return {_KINDS[plain]} if plain in _KINDS else set(_KINDS.values())


def _document(title: str, sources: Json, layers: Sequence[Json]) -> dict[str, Json]:
    return {"version": 8, "name": title, "sources": sources, "layers": list(layers)}


def _layer(layer: Layer, kind: str, filter_: Json, paint: Json) -> dict[str, Json]:
    made = {"id": f"{layer.name}-{kind}", "type": kind, "source": layer.name}
    made |= {"source-layer": layer.name}
    return {**made, **({"filter": filter_} if filter_ else {}), "paint": paint}


def _only(geometry: str, kinds: set[str]) -> Json:
    return ["==", _GEOMETRY, geometry] if len(kinds) > 1 else None


def _by_code(listed: Listed | None, otherwise: str) -> Json:
    """A colour, or one for each code of a list."""
    if listed is None:
        return otherwise
    code: Json = ["to-string", ["get", listed.column]]
    if listed.digits is not None:
        code = ["slice", code, 0, listed.digits]
    pairs = [each for pair in listed.colours.items() for each in pair]
    return ["match", code, *pairs, otherwise]


def _fill(look: Look, listed: Listed | None) -> Json:
    return {"fill-color": _by_code(listed, look.fill), "fill-opacity": look.fill_opacity}


def _line(look: Look, listed: Listed | None) -> Json:
    made: dict[str, Json] = {
        "line-color": _by_code(listed, look.line),
        "line-width": look.line_width,
    }
    if look.fades:
        made["line-opacity"] = ["interpolate", ["linear"], ["zoom"], 10.5, 0, 12, 1]
    return {**made, **({"line-dasharray": list(look.dash)} if look.dash else {})}


def _circle(look: Look, listed: Listed | None) -> Json:
    return {
        "circle-color": _by_code(listed, look.circle),
        "circle-radius": look.circle_radius,
        "circle-stroke-color": "#ffffff",
        "circle-stroke-width": 1.5,
    }


def _names(layer: Layer, look: Look, language: str) -> dict[str, Json] | None:
    """The names of the things, where the layer has a column of names."""
    text = _name(layer, language)
    if text is None or look.label is None:
        return None
    kinds = kinds_of(layer)
    along = look.label == "line" and "line" in kinds
    layout: dict[str, Json] = {
        "text-field": text,
        "text-font": _FONT,
        "text-size": 13,
        # An area is named in every tile that it reaches: room between names leaves few of them.
        "text-padding": 70 if look.label_until else 2,
        "symbol-placement": "line" if along else "point",
    }
    if kinds == {"point"}:
        layout |= {"text-anchor": "left", "text-offset": [0.8, 0]}
    colour = look.circle if kinds == {"point"} else look.line
    return {
        "id": f"{layer.name}-name",
        "type": "symbol",
        "source": layer.name,
        "source-layer": layer.name,
        **({"maxzoom": look.label_until} if look.label_until else {}),
        "layout": layout,
        "paint": {"text-color": colour, "text-halo-color": "#ffffff", "text-halo-width": 1.6},
    }


def _name(layer: Layer, language: str) -> Json:
    column = next((n for n in (layer.name_field, "name") if n and layer.column(n)), None)
    if column is None:
        return None
    own = ["to-string", ["get", column]]
    english = language == "en" and layer.column("name_en") is not None
    return ["coalesce", ["get", "name_en"], own] if english else own
