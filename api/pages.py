"""Pages that people read (网页), from the templates beside this file."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from api import asking
from api.asking import HTML
from cim import entity_code
from cim.feature_sql import CODE_COLUMNS
from cim.layer import Text
from cim.schemes import SCHEMES


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("api"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    made.filters["value"] = _shown
    made.filters["count"] = "{:,}".format
    made.filters["external"] = entity_code.format
    made.globals |= {"CODE_COLUMNS": CODE_COLUMNS, "SCHEMES": SCHEMES}
    return made


def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """The template in the language that the request asks for; `say(zh, en)` chooses a text."""
    language = asking.language(request)

    def say(zh: str, en: str) -> str:
        return en if language == "en" else zh

    def say_text(text: Text) -> str:
        return text.in_language(language)

    other = request.url.include_query_params(lang="zh" if language == "en" else "en")
    shown = {
        "base": asking.base_url(request),
        "path": request.url.path,
        "language": language,
        "other_language": str(other),
    }
    template = _environment().get_template(name)
    body = template.render(**shown, say=say, text=say_text, **values)
    return HTMLResponse(body, status, headers={"Content-Language": language})


def document(request: Request, template: str, body: dict[str, Any], **values: Any) -> Response:
    """The document as JSON, or as the page that shows it."""
    if asking.media_type(request) == HTML:
        return page(request, template, document=body, **values)
    return JSONResponse(body, headers={"Content-Language": asking.language(request)})


def _shown(value: object) -> str:
    """A value of the data as the data has it: 2007 may be a year, so that no comma is put in."""
    return "—" if value is None else str(value)
