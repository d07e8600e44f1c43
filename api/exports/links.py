"""Where a layer is to be had as a whole (导出链接)."""

from __future__ import annotations

from api import asking
from api.links import Link, link, url
from cim.layer import Layer
from layers.writing.forms import FORMS

__all__ = ["links_of"]


def links_of(layer: Layer, base: str, language: str) -> list[Link]:
    """Every stream of a vector layer, and the list of all formats."""
    if layer.kind != "vector":
        return []
    here = ("collections", layer.name)
    streams = [
        link(
            "enclosure",
            url(base, *here, "export", f=form.name),
            form.media_type,
            form.en if language == "en" else form.zh,
        )
        for form in FORMS.values()
        if form.encode is not None
    ]
    return [*streams, link("related", url(base, *here, "exports"), asking.JSON, "exports")]
