"""What is said of styles (样式描述): lists, metadata, links. Draft OGC 20-009 clauses 7 to 9."""

from typing import Any

import anyio.to_thread
from starlette.requests import Request

from api import asking
from api.column_types import schema_of
from api.links import Link, link, url
from api.styles.found import Found
from cim.layer import Layer
from cim.registry import Registry
from cim.styles import default, lists
from cim.styles.sld import Note, write
from cim.styles.sld.writing import Named

SLD_VERSION = ";version=1.0"
REL = "http://www.opengis.net/def/rel/ogc/1.0/styles"
_OF_METADATA = ("stylesheet", "preview")
_SPECIFICATIONS = {
    asking.MAPBOX: "https://maplibre.org/maplibre-style-spec/",
    asking.SLD: "https://www.ogc.org/standard/sld/",
}


def listed(request: Request, here: tuple[str, ...], styles: list[Found]) -> dict[str, Any]:
    """The styles of the dataset, or of a collection."""
    base, language = asking.base_url(request), asking.language(request)
    own = here[1] if len(here) > 1 else default.ALL
    return {
        "links": [
            link("self", url(base, *here, "styles"), asking.JSON),
            link("alternate", url(base, *here, "styles", f="html"), asking.HTML),
        ],
        "default": own,
        "styles": [_summary(each, base, here, language) for each in styles],
    }


def _summary(style: Found, base: str, here: tuple[str, ...], language: str) -> dict[str, Any]:
    return {
        "id": style.id,
        "title": style.title.in_language(language),
        "description": style.description.in_language(language),
        **_dates(style),
        "links": links_of(style, base, language, here),
    }


def links_of(style: Found, base: str, language: str, here: tuple[str, ...] = ()) -> list[Link]:
    """Stylesheets, legend and metadata of a style."""
    at = (*here, "styles", style.id)
    title = style.title.in_language(language)
    return [
        link("stylesheet", url(base, *at, f="mapbox"), asking.MAPBOX, title),
        link("stylesheet", url(base, *at, f="sld10"), asking.SLD + SLD_VERSION, title),
        link("describedby", url(base, "styles", style.id, "metadata"), asking.JSON, title),
        link("preview", url(base, *at, "legend", f="png"), asking.PNG, title),
        link("alternate", url(base, *at, f="html"), asking.HTML, title),
    ]


def _dates(style: Found) -> dict[str, str]:
    if style.stored is None:
        return {}
    return {
        "created": style.stored.created_at.isoformat(),
        "updated": style.stored.updated_at.isoformat(),
    }


async def metadata_of(request: Request, style: Found) -> dict[str, Any]:
    """In a thread, since it tells what the SLD leaves out, which may be large."""
    registry = asking.service(request).registry
    return await anyio.to_thread.run_sync(metadata, request, style, registry)


def metadata(request: Request, style: Found, registry: Registry) -> dict[str, Any]:
    base, language = asking.base_url(request), asking.language(request)
    here = ("styles", style.id)
    layers = {la.name: la for la in registry.visible(asking.caller(request))}
    return {
        "id": style.id,
        "title": style.title.in_language(language),
        "description": style.description.in_language(language),
        **({"publisher": style.stored.who} if style.stored else {}),
        **_dates(style),
        "scope": "style",
        "version": str(style.stored.version) if style.stored else style.revision,
        "stylesheets": _stylesheets(style, base, language, layers),
        "layers": [_layer(layers[n], base, language) for n in style.collections if n in layers],
        "links": [
            link("self", url(base, *here, "metadata"), asking.JSON),
            link("alternate", url(base, *here, f="html"), asking.HTML),
            *(
                each
                for each in links_of(style, base, language)
                if each["rel"] in ("stylesheet", "preview")
            ),
        ],
    }


def _stylesheets(
    style: Found, base: str, language: str, layers: dict[str, Layer]
) -> list[dict[str, Any]]:
    given_as_sld = style.sld is not None
    lost = () if given_as_sld else written(style, language, layers).notes
    return [
        _stylesheet("MapLibre Style", "8", style, base, not given_as_sld, style.untranslated),
        _stylesheet("OGC SLD", "1.0", style, base, given_as_sld, lost),
    ]


def _stylesheet(
    title: str,
    version: str,
    style: Found,
    base: str,
    native: bool,
    lost: Any,
) -> dict[str, Any]:
    kind, f = (asking.MAPBOX, "mapbox") if version == "8" else (asking.SLD, "sld10")
    of = kind + SLD_VERSION if kind == asking.SLD else kind
    return {
        "title": title,
        "version": version,
        "specification": _SPECIFICATIONS[kind],
        "native": native,
        **({} if native else {"untranslated": notes(lost)}),
        "link": link("stylesheet", url(base, "styles", style.id, f=f), of),
    }


def notes(found: Any) -> list[dict[str, str]]:
    """What a translation leaves out, each with its place."""
    given: list[Note] = list(found)
    return [{"path": note.path, "detail": note.reason} for note in given]


def written(style: Found, language: str, layers: dict[str, Layer]) -> Any:
    """The style as SLD 1.0, with what that leaves out."""
    coded = {
        name: lists.of_layer(layers[name])
        for name in style.collections
        if name in layers and layers[name].kind == "vector"
    }
    return write(
        style.document, Named(style.id, style.title.in_language(language), language, coded)
    )


def _layer(layer: Layer, base: str, language: str) -> dict[str, Any]:
    here = ("collections", layer.name)
    body: dict[str, Any] = {
        "id": layer.name,
        "description": layer.title.in_language(language),
        "dataType": "vector" if layer.kind == "vector" else "map",
        "sampleData": link("collection", url(base, *here), asking.JSON),
    }
    if layer.kind == "raster":
        return body
    kinds = default.kinds_of(layer)
    body["geometryType"] = f"{next(iter(kinds))}s" if len(kinds) == 1 else "any"
    body["propertiesSchema"] = {c.name: schema_of(c.type) for c in layer.columns}
    return body
