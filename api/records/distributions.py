"""In which forms a dataset is given (数据分发), as DCAT has it."""

from __future__ import annotations

from typing import Any, NamedTuple

from api import asking
from api.links import url
from cim.layer import Layer
from cim.records import COLLECTION, SERVICE
from layers.writing.forms import FORMS, PMTILES

Json = dict[str, Any]

_IANA = "https://www.iana.org/assignments/media-types"


class _Form(NamedTuple):
    """A form: its title, media type, and where it is to be had below the collection."""

    zh: str
    en: str
    kind: str
    path: tuple[str, ...]
    downloads: bool = False
    f: str | None = None


_GEOJSON = _Form("要素，GeoJSON", "Features as GeoJSON", asking.GEOJSON, ("items",), True)
_FORMS = {
    "dataset": (
        _GEOJSON,
        *(
            _Form(
                *(f"整层，{form.zh}", f"The whole layer as {form.en}", form.media_type),
                ("export",) if form.encode else ("exports",),
                downloads=form.encode is not None,
                f=form.name if form.encode else None,
            )
            for form in (*FORMS.values(), PMTILES)
        ),
        _Form("矢量瓦片", "Vector tiles", "application/vnd.mapbox-vector-tile", ("tiles",)),
    ),
    "coverage": (
        _Form("影像，GeoTIFF", "Pixels as GeoTIFF", "image/tiff", ("coverage",), True),
        _Form("地图瓦片", "Map tiles", "image/png", ("map", "tiles")),
        _Form("影像景，STAC，含 COG", "Scenes as STAC, with COGs", asking.GEOJSON, ("items",)),
    ),
    "series": (
        _Form("按测站，CoverageJSON", "By station", asking.COVERAGE_JSON, ("locations",)),
        _Form("按测站，CSV", "By station as CSV", asking.CSV, ("locations",)),
    ),
}


def distributions(row: Any, layer: Layer, base: str) -> list[Json]:
    """Each form in which the resource of a record is given."""
    return [_distribution(form, row, layer, base) for form in _FORMS[row["type"]]]


def _distribution(form: _Form, row: Any, layer: Layer, base: str) -> Json:
    href = url(base, "collections", layer.name, *form.path, f=form.f)
    here = url(base, "collections", COLLECTION, "items", row["id"])
    found = {
        "@id": f"{here}#{'-'.join(form.path)}-{form.kind.rpartition('/')[2]}",
        "@type": "dcat:Distribution",
        "dct:title": [
            {"@value": form.zh, "@language": "zh"},
            {"@value": form.en, "@language": "en"},
        ],
        "dcat:accessURL": {"@id": href},
        "dcat:mediaType": {"@id": f"{_IANA}/{form.kind}", "@type": "dct:MediaType"},
        "dcat:accessService": {"@id": url(base, "collections", COLLECTION, "items", SERVICE)},
    }
    return found | ({"dcat:downloadURL": {"@id": href}} if form.downloads else {})
