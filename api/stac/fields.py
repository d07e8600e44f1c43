"""Parts of items alone or left out (返回字段): the extension Fields of STAC API 1.0.

>>> item = {"id": "a", "type": "Feature", "geometry": {}, "properties": {"gsd": 10, "created": "c"}}
>>> Fields.of_text("-geometry,-properties.gsd").of(item)
{'id': 'a', 'type': 'Feature', 'properties': {'created': 'c'}}
>>> Fields.of_text("properties.gsd").of(item)
{'id': 'a', 'type': 'Feature', 'geometry': {}, 'properties': {'gsd': 10}}
"""

from __future__ import annotations

from typing import Any, NamedTuple

from api.errors import InvalidParameter

Json = dict[str, Any]

# What an item needs to be one.
_LEAST = (
    *("id", "type", "stac_version", "stac_extensions", "collection", "geometry", "bbox", "links"),
    *("assets", "properties.datetime"),
)


class Fields(NamedTuple):
    """Paths such as `properties.gsd` that are wanted, besides the least, and that are not."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]

    @classmethod
    def of_text(cls, text: str) -> Fields:
        parts = [part.strip() for part in text.split(",") if part.strip()]
        exclude = tuple(part[1:] for part in parts if part.startswith("-"))
        return cls(tuple(p.removeprefix("+") for p in parts if not p.startswith("-")), exclude)

    @classmethod
    def of_object(cls, given: Any) -> Fields:
        if isinstance(given, dict) and set(given) <= {"include", "exclude"}:
            told = [given.get(name) for name in ("include", "exclude")]
            include, exclude = ([] if each is None else each for each in told)
            lists = isinstance(include, list) and isinstance(exclude, list)
            if lists and all(isinstance(path, str) for path in (*include, *exclude)):
                return cls(tuple(include), tuple(exclude))
        raise InvalidParameter("fields", "is an object with the lists include and exclude")

    def of(self, item: Json) -> Json:
        """The item with the fields that are wanted."""
        found = item
        if self.include or not self.exclude:
            found = {}
            for path in (*_LEAST, *self.include):
                _put(found, item, path.split("."))
        for path in self.exclude:
            found = _without(found, path.split("."))
        return found


def _put(target: Json, source: Json, path: list[str]) -> None:
    name, *rest = path
    if name not in source:
        return
    if not rest or not isinstance(source[name], dict):
        target[name] = source[name]
    elif target.get(name) is not source[name]:
        _put(target.setdefault(name, {}), source[name], rest)


def _without(source: Json, path: list[str]) -> Json:
    name, *rest = path
    if name not in source:
        return source
    if rest and isinstance(source[name], dict):
        return {**source, name: _without(source[name], rest)}
    return {key: value for key, value in source.items() if key != name}
