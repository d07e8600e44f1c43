"""The description for people (接口文档页): Swagger UI, served by us; nothing comes from elsewhere.

Its two files come with `npm ci` in `api/page`, as MapLibre does; where they are not installed the
page says so and leads to the document itself. The page may load and ask this service alone: that
is what its Content-Security-Policy says.
"""

from __future__ import annotations

import os
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from api import asking, pages
from api.links import url

FILES = ("swagger-ui-bundle.js", "swagger-ui.css")
_FOLDER = Path(__file__).parent / "page" / "node_modules" / "swagger-ui-dist"
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
_HEADERS = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}


class _Alone(StaticFiles):
    """The two files; the package has a page of its own, which loads another service."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return super().lookup_path(path) if path in FILES else ("", None)


def files() -> StaticFiles:
    return _Alone(directory=_FOLDER, check_dir=False)


def page(request: Request) -> Response:
    """Swagger UI over the description in the language of the request."""
    described = url(asking.base_url(request), "api", f="json", lang=asking.language(request))
    installed = all((_FOLDER / name).is_file() for name in FILES)
    shown = pages.page(request, "api.html", described=described, installed=installed)
    shown.headers.update(_HEADERS)
    return shown
