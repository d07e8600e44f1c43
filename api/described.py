"""The description of the service as bytes (接口描述的缓存): made beside the requests, never in one.

A worker makes it when it starts and when the registry has moved, in a thread: in two languages, as
OpenAPI 3.0 and 3.1. What is said of a layer is kept while the layer stays as it is, so that one
more layer costs what is said of that one. A request takes what is there; if the registry has just
moved, it waits for what is being made. The page for people shows the same document by Swagger UI.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

from api import asking, openapi, openapi31, openapi_whole, swagger
from api.asking import HTML, JSON, LANGUAGES, OPENAPI, OPENAPI31
from api.service import Service
from cim.access import ANONYMOUS
from cim.layer import Layer
from cim.registry import Registry

log = structlog.get_logger()

_KINDS = (OPENAPI, OPENAPI31)
_MOST_HOSTS = 8  # addresses under which the service is reached, that answers are kept for
_LEVEL = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """A description for those who reach the service by one address."""

    body: bytes
    packed: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Description:
    """A description but for the address of the service, which stands between its two parts."""

    begin: bytes
    end: bytes
    answers: dict[str, Answer] = field(default_factory=dict)

    def answer(self, base: str) -> Answer:
        found = self.answers.get(base)
        if found is None:
            body = self.begin + orjson.dumps([{"url": base}]) + self.end
            tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
            found = Answer(body, gzip.compress(body, _LEVEL, mtime=0), tag)
            if len(self.answers) >= _MOST_HOSTS:
                self.answers.clear()
            self.answers[base] = found
        return found


Made = dict[tuple[str, str], Description]


class Descriptions:
    """Those of one worker."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._of: Registry | None = None
        self._making: asyncio.Task[Made] | None = None

    async def newest(self) -> Made:
        """Of the registry that this worker knows now."""
        registry = self._service.registry
        if self._making is None or self._of is not registry or _failed(self._making):
            self._of = registry
            layers = registry.visible(ANONYMOUS)  # rules of access will ask for one of each
            self._making = asyncio.create_task(asyncio.to_thread(make, layers))
        return await asyncio.shield(self._making)  # one asker may go; others still wait

    async def follow(self) -> None:
        """Make them anew whenever the registry has moved."""
        while True:
            self._service.moved.clear()
            try:
                await self.newest()
            except Exception:  # who asks for it meets the same, and is answered
                log.exception("description_failed")
            await self._service.moved.wait()


def _failed(task: asyncio.Task[Made]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


@contextlib.asynccontextmanager
async def open_descriptions(service: Service) -> AsyncIterator[Descriptions]:
    """Make them, and follow the registry until the end."""
    made = Descriptions(service)
    following = asyncio.create_task(made.follow())
    try:
        yield made
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await following


def make(layers: Sequence[Layer]) -> Made:
    """All of them. Blocking: milliseconds, and about a second for the first time."""
    return {
        (language, kind): _description(layers, language, kind)
        for language in LANGUAGES
        for kind in _KINDS
    }


def _description(layers: Sequence[Layer], language: str, kind: str) -> Description:
    few, many = openapi.named(layers)
    begin, end = _head(language, kind)
    paths = [_fixed(language, kind)]
    paths += [_of_one(layer, language, kind) for layer in few]
    for of_a_kind in many:
        paths.append(_paths(openapi.of_many(of_a_kind, language), language, kind))
    return Description(begin, b',"paths":{' + b",".join(paths) + b"}," + end)


@cache
def _head(language: str, kind: str) -> tuple[bytes, bytes]:
    """What stands before the address of the service, and what stands after the paths."""
    whole = openapi_whole.head(openapi.head(language), language)
    if kind == OPENAPI31:
        whole = openapi31.convert(whole) | {"openapi": openapi31.VERSION}
    components = whole.pop("components")
    begin = orjson.dumps(whole)[:-1] + b',"servers":'
    return begin, orjson.dumps({"components": components})[1:]


@cache
def _fixed(language: str, kind: str) -> bytes:
    return _paths(openapi.fixed(language), language, kind)


@lru_cache(maxsize=4 * 2 * openapi.MOST_NAMED + 64)
def _of_one(layer: Layer, language: str, kind: str) -> bytes:
    return _paths(openapi.of_one(layer, language), language, kind)


def _paths(found: openapi.Json, language: str, kind: str) -> bytes:
    """Path items without the braces around them."""
    made = openapi_whole.paths(found, language)
    return orjson.dumps(openapi31.convert(made) if kind == OPENAPI31 else made)[1:-1]


async def api_document(request: Request) -> Response:
    """OpenAPI 3.0 or 3.1 for programs; for people a page to read and try it."""
    asking.only(request, ())
    kind = asking.media_type(request, (OPENAPI, OPENAPI31, JSON, HTML))
    if kind == HTML:
        return swagger.page(request)
    described: Descriptions = request.app.state.descriptions
    made = await described.newest()
    language, base = asking.language(request), asking.base_url(request)
    wanted = made[language, OPENAPI31 if kind == OPENAPI31 else OPENAPI]
    answer: Answer | None = wanted.answers.get(base)
    if answer is None:
        answer = await asyncio.to_thread(wanted.answer, base)
    headers = {"ETag": answer.tag, "Cache-Control": "no-cache", "Content-Language": language}
    if answer.tag[:-1] in request.headers.get("if-none-match", ""):  # packed ones end otherwise
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(answer.body, media_type=kind, headers=headers)
    return Response(answer.packed, media_type=kind, headers={**headers, "Content-Encoding": "gzip"})
