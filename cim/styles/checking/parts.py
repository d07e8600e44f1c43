"""The parts of a style (样式组成部分): the document, sources, layers and their properties."""

from collections.abc import Callable, Mapping

from cim.data.maplibre_style import reference
from cim.styles.checking import values
from cim.styles.checking.check import Fault
from cim.styles.checking.types import Json, of_literal

_TERRAIN = ("hillshade", "color-relief")
_SOURCES = ("vector", "raster", "raster-dem", "geojson", "video", "image")
_DEEPEST = 200
_OF_GROUPS = ("light", "sky", "terrain", "projection")
_Checked = Callable[[Json, str], list[Fault]]


def document(style: Json) -> list[Fault]:
    """What is wrong with a whole style."""
    if not isinstance(style, dict):
        return [Fault("$", "an object expected")]
    if not _shallow(style):
        return [Fault("$", f"more than {_DEEPEST} arrays and objects in each other")]
    root = reference()["$root"]
    found = _members(style, root, "$", _PARTS, closed=False)
    if isinstance(style.get("layers"), list):
        sources = style.get("sources")
        known = sources if isinstance(sources, dict) else {}
        seen: dict[str, int] = {}
        for at, each in enumerate(style["layers"]):
            found += _layer(each, f"$.layers[{at}]", known, style["layers"])
            found += _twice(each, at, seen)
    return found


def _shallow(style: Json) -> bool:
    """Whether whoever walks through it comes back."""
    level = [style]
    for _ in range(_DEEPEST):
        inside = [v for each in level for v in (each.values() if isinstance(each, dict) else each)]
        level = [each for each in inside if isinstance(each, dict | list)]
        if not level:
            return True
    return False


def _members(
    value: dict[str, Json],
    specs: Mapping[str, Json],
    place: str,
    own: Mapping[str, _Checked],
    closed: bool = True,
) -> list[Fault]:
    """What is wrong with the members of an object; `own` are checked by checks of their own."""
    found: list[Fault] = []
    for name, each in value.items():
        here = f"{place}.{name}"
        if name in own:
            found += own[name](each, here)
        elif name in specs and name != "*":
            found += values.faults(each, specs[name], here)
        elif closed and "*" not in specs:
            found.append(Fault(place, f"unknown property {name!r}"))
    for name, spec in specs.items():
        if isinstance(spec, dict) and spec.get("required") and name not in value:
            found.append(Fault(place, f"{name!r} is missing"))
    return found


def _group(name: str) -> _Checked:
    """A member that the reference describes as a group of its own, such as the light."""

    def checked(value: Json, place: str) -> list[Fault]:
        if not isinstance(value, dict):
            return [Fault(place, "an object expected")]
        specs = reference()[name]
        plain = {k: v for k, v in value.items() if k.removesuffix("-transition") in specs}
        unknown = [Fault(place, f"unknown property {k!r}") for k in value if k not in plain]
        given = {k: v for k, v in plain.items() if not k.endswith("-transition")}
        return unknown + _members(given, specs, place, {})

    return checked


def _sources(value: Json, place: str) -> list[Fault]:
    if not isinstance(value, dict):
        return [Fault(place, "an object expected")]
    return [f for name, each in value.items() for f in _source(each, f"{place}.{name}")]


def _source(value: Json, place: str) -> list[Fault]:
    if not isinstance(value, dict):
        return [Fault(place, "an object expected")]
    kind = value.get("type")
    if kind is None:
        return [Fault(place, "'type' is missing")]
    if kind not in _SOURCES:
        return [Fault(f"{place}.type", f"{kind!r} is not one of {', '.join(_SOURCES)}")]
    specs = reference()[f"source_{kind.replace('-', '_')}"]
    own = {"promoteId": _promoted, "filter": values.condition, "clusterProperties": _clusters}
    return _members(value, specs, place, {k: v for k, v in own.items() if k in specs})


def _promoted(value: Json, place: str) -> list[Fault]:
    names = value.values() if isinstance(value, dict) else [value]
    texts = all(isinstance(name, str) for name in names)
    return [] if texts else [Fault(place, "the name of a property expected")]


def _clusters(value: Json, place: str) -> list[Fault]:
    if not isinstance(value, dict):
        return [Fault(place, "an object expected")]
    found: list[Fault] = []
    for name, pair in value.items():
        here = f"{place}.{name}"
        if not isinstance(pair, list) or len(pair) != 2:
            found.append(Fault(here, "a pair of operator and expression expected"))
            continue
        operator = pair[0]
        reduced = [operator, ["accumulated"], ["get", name]] if _text(operator) else operator
        found += values.expression(pair[1], here) + values.expression(reduced, here)
    return found


def _text(value: Json) -> bool:
    return isinstance(value, str)


def _layers(value: Json, place: str) -> list[Fault]:
    return [] if isinstance(value, list) else [Fault(place, "an array expected")]


def _layer(value: Json, place: str, sources: dict[str, Json], others: list[Json]) -> list[Fault]:
    if not isinstance(value, dict):
        return [Fault(place, "an object expected")]
    found: list[Fault] = []
    kind = value.get("type")
    if "ref" in value:
        kind, found = _referred(value, place, others)
    elif kind is None:
        found = [Fault(place, "'type' is missing")]
    specs = {name: spec for name, spec in reference()["layer"].items() if name != "type"}
    own: dict[str, _Checked] = {
        "type": _type,
        "filter": values.condition,
        "layout": _properties("layout", kind),
        "paint": _properties("paint", kind),
    }
    found += _members(value, specs, place, own, closed=False)
    if "ref" not in value and kind != "background":
        found += _source_of(value, place, sources)
    return found


def _type(value: Json, place: str) -> list[Fault]:
    return values.constant(value, reference()["layer"]["type"], place)


def _referred(value: Json, place: str, others: list[Json]) -> tuple[Json, list[Fault]]:
    """The type of a layer that takes it from another one, and what is wrong with that."""
    taken = ("type", "source", "source-layer", "filter", "layout")
    found = [
        Fault(place, f"{name!r} is that of the other layer") for name in taken if name in value
    ]
    named = [o for o in others if isinstance(o, dict) and o.get("id") == value["ref"]]
    if not named or "ref" in named[0]:
        return None, [
            *found,
            Fault(f"{place}.ref", f"there is no layer {value['ref']!r} of its own"),
        ]
    return named[0].get("type"), found


def _twice(value: Json, at: int, seen: dict[str, int]) -> list[Fault]:
    name = value.get("id") if isinstance(value, dict) else None
    if not isinstance(name, str):
        return []
    if name in seen:
        return [Fault(f"$.layers[{at}].id", f"{name!r} is the id of layer {seen[name]} already")]
    seen[name] = at
    return []


def _source_of(value: dict[str, Json], place: str, sources: dict[str, Json]) -> list[Fault]:
    """What is wrong between a layer and its source."""
    name, kind = value.get("source"), value.get("type")
    if not name:
        return [Fault(place, "'source' is missing")]
    source = sources.get(name) if isinstance(name, str) else None
    if not isinstance(source, dict):
        return [Fault(f"{place}.source", f"there is no source {name!r}")]
    wanted = _unfit(kind, source.get("type"))
    if wanted:
        return [Fault(f"{place}.source", f"a layer of type {kind!r} draws a {wanted} source")]
    if source.get("type") == "vector" and not value.get("source-layer"):
        return [Fault(place, "'source-layer' is missing: which layer of the tiles is drawn")]
    paint = value.get("paint")
    graded = kind == "line" and isinstance(paint, dict) and "line-gradient" in paint
    if graded and (source.get("type") != "geojson" or not source.get("lineMetrics")):
        return [Fault(place, "a line-gradient needs a GeoJSON source with lineMetrics")]
    return []


def _unfit(kind: Json, source: Json) -> str | None:
    """The type of source that a layer of this type needs instead, None where this one is right."""
    if kind in _TERRAIN:
        return None if source == "raster-dem" else "raster-dem"
    if source == "raster-dem":
        return "vector" if kind != "raster" else "raster"
    if kind == "raster":
        return "raster" if source == "vector" else None
    return "vector" if source == "raster" else None


def _properties(group: str, kind: Json) -> _Checked:
    """Checks the paint or layout of a layer of this type."""
    specs = reference().get(f"{group}_{kind}") if isinstance(kind, str) else None

    def checked(value: Json, place: str) -> list[Fault]:
        if not isinstance(value, dict):
            return [Fault(place, "an object expected")]
        if specs is None:
            return []
        return [f for name, v in value.items() for f in _property(group, name, v, specs, place)]

    return checked


def _property(group: str, name: str, value: Json, specs: Json, place: str) -> list[Fault]:
    here = f"{place}.{name}"
    plain = name.removesuffix("-transition")
    if group == "paint" and plain != name and specs.get(plain, {}).get("transition"):
        return _transition(value, here)
    if name not in specs:
        return [Fault(here, f"unknown property {name!r}")]
    if values.is_token(value, specs[name]):
        return [Fault(here, 'a name in braces is for texts: use ["get", "name"]')]
    found = values.faults(value, specs[name], here)
    if not found and group == "layout" and _has_state(value):
        return [Fault(here, "a layout does not know the state of a feature")]
    return found


def _transition(value: Json, place: str) -> list[Fault]:
    if not isinstance(value, dict):
        return [Fault(place, "an object expected")]
    return _members(value, reference()["transition"], place, {})


def _has_state(value: Json) -> bool:
    if not isinstance(value, list) or value[:1] == ["literal"]:
        return False
    return value[:1] == ["feature-state"] or any(_has_state(each) for each in value)


def _glyphs(value: Json, place: str) -> list[Fault]:
    if not isinstance(value, str):
        return [Fault(place, "string expected")]
    missing = [name for name in ("{fontstack}", "{range}") if name not in value]
    return [Fault(place, f"the address has no {name}") for name in missing]


def _sprite(value: Json, place: str) -> list[Fault]:
    if isinstance(value, str):
        return []
    if not isinstance(value, list):
        return [Fault(place, "an address, or an array of ids and addresses expected")]
    seen: set[str] = set()
    for at, each in enumerate(value):
        texts = isinstance(each, dict) and all(_text(each.get(k)) for k in ("id", "url"))
        if not texts or each["id"] in seen:
            return [Fault(f"{place}[{at}]", "an id of its own and an address expected")]
        seen.add(each["id"])
    return []


def _state(value: Json, place: str) -> list[Fault]:
    if not isinstance(value, dict):
        return [Fault(place, "an object expected")]
    lacking = [
        n for n, each in value.items() if not isinstance(each, dict) or "default" not in each
    ]
    return [Fault(f"{place}.{name}", "'default' is missing") for name in lacking]


def _fonts(value: Json, place: str) -> list[Fault]:
    return [] if of_literal(value) == "object" else [Fault(place, "an object expected")]


_PARTS: dict[str, _Checked] = {
    "sources": _sources,
    "layers": _layers,
    "glyphs": _glyphs,
    "sprite": _sprite,
    "state": _state,
    "font-faces": _fonts,
    "transition": _transition,
    **{name: _group(name) for name in _OF_GROUPS},
}
