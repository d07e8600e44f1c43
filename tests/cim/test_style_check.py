"""Styles are checked as the validator of the specification itself checks them."""

import copy
import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from style_layers import LAYERS

from cim.data.maplibre_style import reference
from cim.errors import StyleInvalid
from cim.styles import checking, default

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "api/page/node_modules/@maplibre/maplibre-gl-style-spec"
NODE = shutil.which("node")
_ASK = """
import {validateStyleMin} from './dist/index.mjs';
import fs from 'fs';
const styles = JSON.parse(fs.readFileSync(0));
const told = styles.map(style => {
    try {
        const faults = validateStyleMin(style).filter(each => each.severity !== 'warning');
        return faults.map(each => each.message);
    } catch (error) { return [`it breaks: ${error}`]; }
});
console.log(JSON.stringify(told));
"""

needs_validator = pytest.mark.skipif(
    not PACKAGE.exists() or NODE is None, reason="needs node and npm ci --prefix api/page"
)

RICH: dict[str, Any] = {
    "version": 8,
    "glyphs": "http://x/{fontstack}/{range}.pbf",
    "light": {"anchor": "map", "intensity": 0.4},
    "sources": {
        "v": {"type": "vector", "tiles": ["http://x/{z}/{y}/{x}"], "promoteId": "code"},
        "g": {"type": "geojson", "data": {"type": "FeatureCollection", "features": []}},
        "r": {"type": "raster", "tiles": ["http://x/{z}"], "tileSize": 256},
    },
    "layers": [
        {
            "id": "fill",
            "type": "fill",
            "source": "v",
            "source-layer": "a",
            "filter": ["all", ["==", ["geometry-type"], "Polygon"], [">", ["get", "h"], 4]],
            "paint": {
                "fill-color": [
                    "match",
                    ["slice", ["to-string", ["get", "u"]], 0, 2],
                    "07",
                    "red",
                    "#fff",
                ],
                "fill-opacity": ["step", ["zoom"], 0.1, 5, ["case", ["has", "t"], 0.5, 0.9]],
                "fill-color-transition": {"duration": 3},
            },
        },
        {
            "id": "line",
            "type": "line",
            "source": "g",
            "filter": ["any", ["in", "a", "x", 3], ["none", [">", "n", 4]]],
            "layout": {"line-cap": "round", "visibility": "none"},
            "paint": {
                "line-width": [
                    "interpolate",
                    ["exponential", 1.5],
                    ["zoom"],
                    5,
                    1,
                    10,
                    ["get", "w"],
                ],
                "line-color": {"property": "k", "type": "categorical", "stops": [["a", "red"]]},
                "line-dasharray": [2, 1],
            },
        },
        {
            "id": "circle",
            "type": "circle",
            "source": "v",
            "source-layer": "p",
            "paint": {
                "circle-radius": {"base": 1.2, "stops": [[3, 2], [10, 5.5]]},
                "circle-color": ["let", "x", ["get", "c"], ["to-color", ["var", "x"], "blue"]],
            },
        },
        {
            "id": "text",
            "type": "symbol",
            "source": "v",
            "source-layer": "p",
            "layout": {
                "text-field": ["format", ["upcase", ["get", "n"]], {"font-scale": 0.8}],
                "text-font": ["Noto Sans"],
                "text-offset": [0, 1],
            },
        },
        {"id": "raster", "type": "raster", "source": "r", "paint": {"raster-opacity": 0.5}},
    ],
}
_VALUES = (
    *(None, True, 0, -1, 3.5, "red", "#zzz", [], {}, 99, "round", "{name}"),
    *(["get", "x"], ["zoom"], ["literal", [1, 2]], ["+", 1, 2], ["feature-state", "q"]),
    *(["==", ["get", "a"], 1], ["interpolate", ["linear"], ["zoom"], 1, 2, 3, 4], ["var", "a"]),
    *(["match", ["get", "a"], "x", 1, 2], ["nothing", 1], ["case", ["has", "x"], "red", "blue"]),
)


@needs_validator
def test_the_reference_is_that_of_the_package() -> None:
    import importlib.util

    found = importlib.util.spec_from_file_location("made", ROOT / "scripts/style_reference.py")
    assert found is not None
    assert found.loader is not None
    script = importlib.util.module_from_spec(found)
    found.loader.exec_module(script)
    assert reference() == script.reference()


@needs_validator
def test_what_the_validator_takes_and_refuses() -> None:
    """Styles that something was changed in by chance: nearly all are judged alike, and no style
    that the validator takes is refused for another reason than the ones named here."""
    chance = random.Random(20240)
    styles = [default.of_layer(layer) for layer in LAYERS]
    changed = [_changed(chance.choice([*styles, RICH]), chance) for _ in range(1200)]
    judged = [bool(told) for told in _asked([RICH, *styles, *changed])]
    ours = [bool(checking.faults(style)) for style in (RICH, *styles, *changed)]
    assert not any(judged[: len(styles) + 1])
    assert not any(ours[: len(styles) + 1])
    apart = [at for at, (one, other) in enumerate(zip(ours, judged, strict=True)) if one != other]
    assert len(apart) < 0.015 * len(judged)
    assert 300 < sum(judged) < len(judged) - 100


@needs_validator
@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("layers", 0, "paint", "fill-color"), "reddish", "layers[0].paint.fill-color"),
        (("layers", 0, "paint", "fill-opacity"), 3, "layers[0].paint.fill-opacity"),
        (("layers", 0, "paint", "fill-colour"), "red", "layers[0].paint.fill-colour"),
        (("layers", 0, "filter", 2), [">", ["get", "h"]], "layers[0].filter[2]"),
        (("layers", 1, "layout", "line-cap"), "flat", "layers[1].layout.line-cap"),
        (("layers", 1, "filter"), ["==", "$type", "Polygons"], "layers[1].filter[2]"),
        (("layers", 2, "source"), "nowhere", "layers[2]"),
        (("layers", 3, "layout", "text-field"), ["format"], "layers[3].layout.text-field"),
        (("layers", 4, "paint", "raster-opacity"), ["get", "x"], "layers[4].paint.raster-opacity"),
        (("sources", "v", "type"), "vectors", "sources.v.type"),
        (("light", "intensity"), 4, "intensity"),
        (("version",), 7, "version"),
    ],
)
def test_a_fault_is_told_at_its_place(path: tuple[Any, ...], value: Any, place: str) -> None:
    style = copy.deepcopy(RICH)
    inside: Any = style
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    (theirs,) = _asked([style])
    assert any(told.startswith(place) for told in theirs), theirs
    with pytest.raises(StyleInvalid) as refused:
        checking.check(style)
    assert any(place in fault.place for fault in refused.value.faults), refused.value.faults


def test_a_style_that_nests_without_end_is_refused() -> None:
    deep: Any = True
    for _ in range(5000):
        deep = ["!", deep]
    style = {**RICH, "layers": [{**RICH["layers"][0], "filter": deep}]}
    assert "in each other" in checking.faults(style)[0].reason


def _asked(styles: list[Any]) -> list[list[str]]:
    """What the validator of the specification says of each."""
    assert NODE is not None
    command = [NODE, "--input-type=module", "-e", _ASK]
    said = subprocess.run(
        command, input=json.dumps(styles), capture_output=True, text=True, check=True, cwd=PACKAGE
    )
    told: list[list[str]] = json.loads(said.stdout)
    return told


def _changed(style: Any, chance: random.Random) -> Any:
    """The style with one value replaced, removed, added or renamed."""
    made = copy.deepcopy(style)
    path = chance.choice([path for path in _paths(made) if len(path) > 1])
    inside = made
    for step in path[:-1]:
        inside = inside[step]
    step, how = path[-1], chance.random()
    if how < 0.6:
        inside[step] = copy.deepcopy(chance.choice(_VALUES))
    elif how < 0.8:
        del inside[step]
    elif isinstance(inside, list):
        inside.insert(step, copy.deepcopy(chance.choice(_VALUES)))
    else:
        inside[f"{step}x"] = inside.pop(step)
    return made


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for step, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths(each, (*path, step))
