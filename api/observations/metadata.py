"""What a collection says of its observations (观测元数据): EDR 1.1 clause 8.1."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from pyproj import CRS
from starlette.requests import Request

from api import asking
from api.links import url
from api.observations import parameters
from cim import series
from cim.layer import Layer

FORMATS = ("CoverageJSON", "GeoJSON", "CSV")
_TITLES = {
    "locations": {"zh": "按测站查询", "en": "By station"},
    "position": {
        "zh": f"按位置查询：{series.NEAR:,.0f} 米内最近的测站",
        "en": f"By position: the nearest station within {series.NEAR:,.0f} m",
    },
}


class Period(NamedTuple):
    """From when to when there are observations."""

    first: datetime
    last: datetime


async def periods(request: Request, *layers: Layer) -> Mapping[int, Period]:
    """The periods of layers by their id; those without observations cost nothing."""
    if not any(layer.observed for layer in layers):
        return {}
    rows = await asking.service(request).rows(lambda _: series.PERIODS)
    return {row["layer_id"]: Period(row["first_at"], row["last_at"]) for row in rows}


def describe(layer: Layer, base: str, language: str) -> dict[str, Any]:
    """The members that observations add to the description of a collection."""
    if not layer.observed:
        return {}
    here = ("collections", layer.name)
    addresses = {
        "locations": url(base, *here, "locations"),
        "position": url(base, *here, "position"),
    }
    return {
        "data_queries": {
            name: {"link": _query(name, href, language)} for name, href in addresses.items()
        },
        "parameter_names": {
            name: parameters.in_language(parameters.describe(name), language)
            for name in parameters.names(layer)
        },
        "output_formats": list(FORMATS),
    }


def _query(name: str, href: str, language: str) -> dict[str, Any]:
    return {
        "href": href,
        "rel": "data",
        "variables": {
            "title": _TITLES[name][language],
            "query_type": name,
            "output_formats": list(FORMATS),
            "default_output_format": FORMATS[0],
            "crs_details": [{"crs": parameters.CRS84[0], "wkt": _wkt()}],
            **({"coords": "POINT(longitude latitude)"} if name == "position" else {}),
        },
    }


@cache
def _wkt() -> str:
    return str(CRS.from_user_input("OGC:CRS84").to_wkt())
