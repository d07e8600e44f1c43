"""Do all servers give the same (结果一致性)? Asked of some places before anything is measured."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from typing import Any

import mapbox_vector_tile
import shapely
import shapely.geometry

from serving.questions import Question

PLACES = 5

Seen = dict[tuple[str, int], frozenset[str]]


def ask(server: str, base: str, asked: Sequence[Question]) -> Seen:
    """Ids of the features of the first places of each question, by question and place."""
    seen: Seen = {}
    for question in asked:
        for place, path in enumerate((question.paths(server) or [])[:PLACES]):
            with urllib.request.urlopen(base + path, timeout=60) as answer:
                seen[question.name, place] = _ids(question.kind, answer.read())
    return seen


def _ids(kind: str, body: bytes) -> frozenset[str]:
    if kind == "tile":
        (layer,) = mapbox_vector_tile.decode(body).values()
        inside = [f for f in layer["features"] if _is_inside(f["geometry"], layer["extent"])]
        return frozenset(feature["properties"]["code"] for feature in inside)
    document = json.loads(body)
    if kind == "resolve":
        document = document.get("feature", document)
    features = document.get("features", [document])
    return frozenset(str(feature["id"]) for feature in features)


def _is_inside(geometry: dict[str, Any], extent: int) -> bool:
    """Whether a shape is well in the tile: servers differ in how far around it they look."""
    west, south, east, north = shapely.bounds(shapely.geometry.shape(geometry))
    return bool(east > 8 and north > 8 and west < extent - 8 and south < extent - 8)


def check(seen: dict[str, Seen]) -> None:
    """Stop where two servers differ, or a box does not hold as many as it should."""
    for key in sorted({key for one in seen.values() for key in one}):
        given = {server: one[key] for server, one in seen.items() if key in one}
        if len(set(given.values())) != 1 or not next(iter(given.values())):
            sizes = {server: len(ids) for server, ids in given.items()}
            raise SystemExit(f"{key[0]}, place {key[1]}: the servers differ: {sizes}")
        count = key[0].removeprefix("bbox, ").removesuffix(" features")
        ids = next(iter(given.values()))
        if count.isdigit() and len(ids) != int(count):
            raise SystemExit(f"{key[0]}, place {key[1]}: {len(ids)} features")
