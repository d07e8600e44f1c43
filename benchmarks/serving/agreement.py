"""Do all servers give the same (结果一致性)? Asked of some places before anything is measured."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from typing import Any, NamedTuple

import mapbox_vector_tile
import shapely
import shapely.geometry

from serving.questions import Question

PLACES = 5

SURELY, MAYBE = 12, 4  # units of a tile that a shape is inside by


class Shown(NamedTuple):
    """Ids of features: those that every server has to give, and those that one may give."""

    surely: frozenset[str]
    maybe: frozenset[str]


Seen = dict[tuple[str, int], Shown]


def ask(server: str, base: str, asked: Sequence[Question]) -> Seen:
    """Ids of the features of the first places of each question, by question and place."""
    seen: Seen = {}
    for question in asked:
        for place, path in enumerate((question.paths(server) or [])[:PLACES]):
            with urllib.request.urlopen(base + path, timeout=60) as answer:
                seen[question.name, place] = shown(question.kind, answer.read())
    return seen


def shown(kind: str, body: bytes) -> Shown:
    """What an answer shows."""
    if kind == "tile":
        (layer,) = mapbox_vector_tile.decode(body).values()
        return Shown(*(_inside(layer, by) for by in (SURELY, MAYBE)))
    document = json.loads(body)
    if kind == "resolve":
        document = document.get("feature", document)
    features = document.get("features", [document])
    ids = frozenset(str(feature["id"]) for feature in features)
    return Shown(ids, ids)


def _inside(layer: dict[str, Any], by: int) -> frozenset[str]:
    """Ids of what reaches into a tile by so much: servers differ in how far around it they look,
    and by a unit or two in how they round.
    """
    middle = shapely.box(by, by, layer["extent"] - by, layer["extent"] - by)
    return frozenset(
        feature["properties"]["code"]
        for feature in layer["features"]
        if middle.intersects(shapely.geometry.shape(feature["geometry"]))
    )


def check(seen: dict[str, Seen]) -> None:
    """Stop where a server lacks what another surely shows, or a box does not hold as many as it
    should.
    """
    for key in sorted({key for one in seen.values() for key in one}):
        given = {server: one[key] for server, one in seen.items() if key in one}
        surely = frozenset[str]().union(*(one.surely for one in given.values()))
        if not surely or any(surely - one.maybe for one in given.values()):
            sizes = {server: len(one.surely) for server, one in given.items()}
            raise SystemExit(f"{key[0]}, place {key[1]}: the servers differ: {sizes}")
        count = key[0].removeprefix("bbox, ").removesuffix(" features")
        if count.isdigit() and len(surely) != int(count):
            raise SystemExit(f"{key[0]}, place {key[1]}: {len(surely)} features")
