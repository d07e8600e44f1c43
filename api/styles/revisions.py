"""Which state of a style a client has seen (样式版本): ETag, If-Match and If-None-Match.

All representations of one state share its revision, so that who read the SLD may write MapLibre.
"""

from starlette.requests import Request

from api import asking
from cim.errors import StyleMoved


def etag(request: Request, revision: str, kind: str) -> str:
    """The tag of one representation."""
    return f'"{revision}.{kind.rpartition("/")[2]}.{asking.language(request)}"'


def known_already(request: Request, tag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    return tag in _tags(given) or given.strip() == "*"


def check(request: Request, style: str, now: str | None) -> None:
    """StyleMoved where the writer has seen another state; `now` is None where there is none."""
    wanted = request.headers.get("if-match")
    if wanted is not None and not _has(wanted, now):
        raise StyleMoved(style)
    unwanted = request.headers.get("if-none-match")
    if unwanted is not None and _has(unwanted, now):
        raise StyleMoved(style)


def _has(given: str, now: str | None) -> bool:
    if now is None:
        return False
    return given.strip() == "*" or any(
        tag.strip('"').partition(".")[0] == now for tag in _tags(given)
    )


def _tags(given: str) -> list[str]:
    return [tag.strip().removeprefix("W/") for tag in given.split(",")]
