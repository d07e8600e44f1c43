"""Structured logs (结构化日志): one JSON line a request, with its id, on standard error."""

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from starlette.types import Scope
from structlog.typing import EventDict, Processor

request_id: ContextVar[str] = ContextVar("request_id", default="-")
REQUEST_ID = "cim.request_id"  # its name in the scope of a request


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


class RequestLog:
    """Lines of requests as `configure` makes them, without the steps that are for all lines: one is
    written for each request.
    """

    def __init__(self) -> None:
        self._out = structlog.BytesLogger(sys.stderr.buffer)

    def tell(self, scope: Scope, status: int, ms: float) -> None:
        line = {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode("latin-1"),
            "status": status,
            "ms": round(ms, 1),
            "event": "request",
            "level": "info",
            "timestamp": datetime.now(UTC),
            "request_id": request_id.get(),
        }
        self._out.msg(orjson.dumps(line, option=orjson.OPT_UTC_Z))


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
