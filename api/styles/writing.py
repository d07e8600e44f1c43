"""Styles are added, put, removed and renamed (样式管理): draft OGC 20-009, manage-styles.

A body is a MapLibre style or an SLD. What of an SLD has no counterpart is told in the answer;
`Prefer: handling=strict` refuses such a document instead. `dry-run=true` does all but write.
"""

import re
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking
from api.errors import InvalidParameter
from api.links import url
from api.styles import documents, found, given
from api.styles.revisions import check, etag
from api.writing import json_object, write, writer
from cim.actions import Action
from cim.errors import StyleExists, StyleInvalid, StyleMade, UnknownStyle
from cim.layer import Layer, Text
from cim.styles import default, stored
from cim.styles.stored import Content, Style

_ID = re.compile(r"\w[\w.-]{0,63}")
_MERGE_PATCH = "application/merge-patch+json"
_LONGEST = 2_000


class _Asked(NamedTuple):
    """What a write asks for: who, whether to write at all, and how strictly to read."""

    who: str
    dry: bool
    strict: bool


async def add(request: Request) -> Response:
    """201 with the metadata; the id is that of the document where it says one, else a new one."""
    asked = _asked(request)
    read = await given.read(request, None, asked.strict)
    name = _id(read.id) if read.id else f"style-{secrets.token_hex(4)}"
    layer = await found.layer_of(request, name)
    if layer is not None or name == default.ALL:
        raise StyleExists(name)
    content, action = read.content, Action(asked.who, f"style {name} added")

    def do(connection: Connection, _: object) -> Style | None:
        stored.refuse_known(connection, name)
        return None if asked.dry else stored.put(connection, name, content, action)

    return await _answer(request, await write(request, do), 201, asked)


async def put(request: Request) -> Response:
    """200 with the metadata, 201 where there was no such style; StyleMoved after a stale read."""
    asked = _asked(request)
    name = _id(request.path_params["style"])
    layer = await found.layer_of(request, name)
    read = await given.read(request, layer, asked.strict)
    if layer is not None and layer.name not in read.content.collections:
        raise StyleInvalid([("$.layers", f"none of them draws the collection {layer.name!r}")])
    action = Action(asked.who, f"style {name} put")

    def do(connection: Connection, _: object) -> tuple[bool, Style | None]:
        there = stored.get(connection, name)
        check(request, name, _revision(there, layer))
        if asked.dry:
            return False, None
        new = there is None and layer is None
        return new, stored.put(connection, name, read.content, action)

    new, style = await write(request, do)
    return await _answer(request, style, 201 if new else 200, asked)


async def remove(request: Request) -> Response:
    """204. The style of a collection becomes the one that is made again."""
    who, name = writer(request).name, request.path_params["style"]
    asking.only(request, ())
    layer = await found.layer_of(request, name)

    def do(connection: Connection, _: object) -> None:
        there = stored.get(connection, name)
        if there is None and (layer is not None or name == default.ALL):
            raise StyleMade(name)
        if there is None:
            raise UnknownStyle(name)
        check(request, name, found.of_stored(there).revision)
        stored.remove(connection, name, Action(who, f"style {name} removed"))

    await write(request, do)
    return Response(status_code=204)


async def describe(request: Request) -> Response:
    """The metadata after a merge patch of `title` and `description`, in one or both languages."""
    who, name = writer(request).name, request.path_params["style"]
    asking.only(request, ())
    patch = await json_object(request, (_MERGE_PATCH, asking.JSON))
    layer = await found.layer_of(request, name)

    def do(connection: Connection, _: object) -> Style:
        there = stored.get(connection, name)
        if there is None:
            raise StyleMade(name) if layer or name == default.ALL else UnknownStyle(name)
        check(request, name, found.of_stored(there).revision)
        action = Action(who, f"style {name} described")
        return stored.put(connection, name, _patched(there.content, patch), action)

    style = await write(request, do)
    return await _answer(request, style, 200, _Asked(who, False, False))


def _patched(content: Content, patch: Mapping[str, Any]) -> Content:
    unknown = [key for key in patch if key not in ("title", "description")]
    if unknown:
        raise StyleInvalid([(f"$.{unknown[0]}", "title and description are changed alone")])
    title = _text("title", patch["title"], content.title) if "title" in patch else content.title
    if not title.zh:
        raise StyleInvalid([("$.title", "a style has a title")])
    description = content.description
    if "description" in patch:
        description = _text("description", patch["description"], description)
    return content._replace(title=title, description=description)


def _text(name: str, value: Any, before: Text) -> Text:
    if value is None:
        return Text("", "")
    if isinstance(value, str):
        texts = {"zh": value, "en": value}
    elif isinstance(value, dict) and set(value) <= {"zh", "en"}:
        texts = {"zh": before.zh, "en": before.en, **value}
    else:
        raise StyleInvalid([(f"$.{name}", 'a text, or {"zh": …, "en": …} expected')])
    if not all(isinstance(t, str) and len(t) <= _LONGEST and "\0" not in t for t in texts.values()):
        raise StyleInvalid([(f"$.{name}", f"a text of at most {_LONGEST} characters expected")])
    return Text(**{language: text.strip() for language, text in texts.items()})


def _asked(request: Request) -> _Asked:
    who = writer(request).name
    dry = asking.only(request, ("dry-run",)).get("dry-run", "false")
    if dry not in ("true", "false"):
        raise InvalidParameter("dry-run", f"{dry!r} is neither true nor false")
    preferred = request.headers.get("prefer", "").lower().replace(" ", "")
    return _Asked(who, dry == "true", "handling=strict" in preferred.replace(";", ",").split(","))


def _id(name: str) -> str:
    if not _ID.fullmatch(name):
        told = "1 to 64 letters, digits, dots, - and _, a letter or digit first"
        raise StyleInvalid([("id", f"{name!r} cannot be the id of a style: {told}")])
    return name


def _revision(there: Style | None, layer: Layer | None) -> str | None:
    if there is not None:
        return found.of_stored(there).revision
    return found.of_made(layer).revision if layer is not None else None


async def _answer(request: Request, style: Style | None, status: int, asked: _Asked) -> Response:
    headers = {"Preference-Applied": "handling=strict"} if asked.strict else {}
    if style is None:
        return Response(status_code=204, headers=headers)
    made = found.of_stored(style)
    body = await documents.metadata_of(request, made)
    headers["ETag"] = etag(request, made.revision, asking.MAPBOX)
    if status == 201:
        headers["Location"] = url(asking.base_url(request), "styles", style.id)
    return JSONResponse(body, status, headers)
