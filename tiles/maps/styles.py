"""What a style draws of which layer (样式分段), in its order."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cim.layer import Layer
from cim.styles import drawn

StyleLayer = Mapping[str, Any]


class Drawn(NamedTuple):
    """A layer, and the style layers that it is drawn with."""

    layer: Layer
    style: Sequence[StyleLayer]


def runs(document: Mapping[str, Any], layers: Mapping[str, Layer]) -> list[Drawn]:
    """The layers that a style draws, the lowest first; one that comes again is there again."""
    found: list[Drawn] = []
    for each in document["layers"]:
        layer = _subject(document, each, layers)
        if layer is None:
            continue
        if found and found[-1].layer is layer:
            found[-1] = Drawn(layer, [*found[-1].style, each])
        else:
            found.append(Drawn(layer, [each]))
    return found


def background(document: Mapping[str, Any]) -> list[StyleLayer]:
    """What a style has below everything."""
    return [each for each in document["layers"] if each.get("type") == "background"]


def _subject(
    document: Mapping[str, Any], each: StyleLayer, layers: Mapping[str, Layer]
) -> Layer | None:
    if each.get("type") == "background":
        return None
    named = layers.get(str(each.get("source-layer")))
    if named is not None and named.kind == "vector":
        return named
    rasters = [layer for layer in layers.values() if layer.kind == "raster"]
    names = drawn({**document, "layers": [each]}, rasters)
    return layers[names[0]] if names else None
