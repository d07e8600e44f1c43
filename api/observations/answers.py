"""The observations of a station in each format (观测输出): CoverageJSON, GeoJSON, CSV.

CoverageJSON (OGC 21-069r2) has one PointSeries a series, with times of its own, and beside its
values their flags. A stage's datum stands in its coverage, as `datum`. Of GeoJSON a feature is one
reading, and of CSV a line.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from api.errors import TooManyValues
from api.links import Link
from api.observations import parameters
from api.observations.parameters import FLAGS
from cim.series import MOST_VALUES

HEADER = (
    "station,name,longitude,latitude,time,parameter,value,unit,flags,datum,raw,raw_unit,given_flag"
)

_REFERENCING = [
    {
        "coordinates": ["x", "y"],
        "system": {
            "type": "GeographicCRS",
            "id": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        },
    },
    {"coordinates": ["t"], "system": {"type": "TemporalRS", "calendar": "Gregorian"}},
]


class Station(NamedTuple):
    """A station: its code, where it is, its point as GeoJSON, and what it is called."""

    code: str
    x: float
    y: float
    geometry: str
    label: str


def check(rows: Sequence[Any]) -> None:
    """See that the rows do not hold more than an answer may; TooManyValues."""
    if sum(row["size"] for row in rows) > MOST_VALUES:
        raise TooManyValues(MOST_VALUES)


def coverage_json(station: Station, rows: Sequence[Any], wanted: Sequence[str]) -> bytes:
    """`rows` are those of `series.coverages`, `wanted` the names that are asked for."""
    used = {row["parameter"] for row in rows}
    shown = [name for name in wanted if name.removesuffix(FLAGS) in used]
    head = {
        "type": "CoverageCollection",
        "domainType": "PointSeries",
        "parameters": {name: parameters.describe(name) for name in shown},
        "referencing": _REFERENCING,
    }
    coverages = b",".join(_coverage(station, row, wanted) for row in rows)
    return orjson.dumps(head)[:-1] + b',"coverages":[' + coverages + b"]}"


def _coverage(station: Station, row: Any, wanted: Sequence[str]) -> bytes:
    head: dict[str, Any] = {"type": "Coverage", "id": f"{station.code}/{row['parameter']}"}
    if row["datum"]:
        head["id"] += f"/{row['datum']}"
        head["datum"] = {"name": row["datum"], "offset_m": row["datum_offset"]}
    axes = orjson.dumps({"x": {"values": [station.x]}, "y": {"values": [station.y]}})
    ranges = {
        row["parameter"]: ("float", row["values"]),
        row["parameter"] + FLAGS: ("integer", row["flags"]),
    }
    arrays = b",".join(
        orjson.dumps(name) + b":" + _array(kind, row["size"], values)
        for name, (kind, values) in ranges.items()
        if name in wanted
    )
    return b"".join(
        (
            orjson.dumps(head)[:-1],
            b',"domain":{"type":"Domain","domainType":"PointSeries","axes":',
            axes[:-1],
            b',"t":{"values":[',
            row["times"].encode(),
            b']}}},"ranges":{',
            arrays,
            b"}}",
        )
    )


def _array(kind: str, size: int, values: str) -> bytes:
    head = {"type": "NdArray", "dataType": kind, "axisNames": ["t"], "shape": [size]}
    return orjson.dumps(head)[:-1] + b',"values":[' + values.encode() + b"]}"


def geo_json(rows: Sequence[Any], links: Sequence[Link]) -> bytes:
    """`rows` are those of `series.features`."""
    codes = dict.fromkeys(row["parameter"] for row in rows)
    head = {
        "type": "FeatureCollection",
        "numberReturned": sum(row["size"] for row in rows),
        "parameters": [parameters.describe(code) for code in codes],
        "links": links,
    }
    features = ",".join(row["features"] for row in rows)
    return orjson.dumps(head)[:-1] + b',"features":[' + features.encode() + b"]}"


def common(station: Station, endpoint: str) -> str:
    """What the properties of every reading have, as JSON without braces."""
    members = {"station": station.code, "label": station.label, "edrqueryendpoint": endpoint}
    return orjson.dumps(members)[1:-1].decode()


def csv(rows: Sequence[Any]) -> bytes:
    """`rows` are those of `series.lines`."""
    return "\r\n".join([HEADER, *(row["lines"] for row in rows), ""]).encode()


def csv_begin(station: Station) -> str:
    """What every line of a station begins with."""
    name = station.label.replace('"', '""')
    return f'{station.code},"{name}",{station.x:.8f},{station.y:.8f}'
