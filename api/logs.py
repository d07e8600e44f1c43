"""Structured logs (结构化日志): one JSON line a request, with its id, on standard error."""

import logging
import sys
import time
import uuid
from contextvars import ContextVar
from typing import Any

import orjson
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, Processor

request_id: ContextVar[str] = ContextVar("request_id", default="-")


def configure() -> None:
    """JSON lines for our logs and for those of the libraries, which speak from WARNING on."""
    structlog.configure(
        processors=[*_common(), structlog.processors.JSONRenderer(orjson.dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_common(), structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("pygeoapi").setLevel(logging.ERROR)


def _common() -> list[Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
        structlog.processors.format_exc_info,
    ]


def _add_request_id(_: Any, __: str, event: EventDict) -> EventDict:
    event["request_id"] = request_id.get()
    return event


class RequestLog:
    """Gives each request an id (taken from X-Request-ID where sane) and logs how it ended."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = structlog.get_logger()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = _given_id(scope) or uuid.uuid4().hex[:16]
        token = request_id.set(name)
        started = time.perf_counter()
        status = 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", name.encode()))
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            self._log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                query=scope["query_string"].decode("latin-1"),
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
            request_id.reset(token)


def _given_id(scope: Scope) -> str | None:
    for key, value in scope["headers"]:
        if key == b"x-request-id" and 0 < len(value) <= 64 and value.isalnum():
            return str(value.decode())
    return None
