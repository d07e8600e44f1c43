"""Answers made of scenes (影像应答的新旧): told to be what the client has, before a pixel is read.

What is made of scenes depends on them, the newest first, and on what is asked of them. A scene's
file is named after the digest of its bytes, so that its entry in the registry says all of it.
"""

from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

from api.editing import conditions
from cim.scenes import Scene


async def answer(
    request: Request,
    scenes: Sequence[Scene],
    asked: object,
    make: Callable[[], Awaitable[Response]],
) -> Response:
    """304 where the client has it, else what `make` makes, with its tag.

    `asked` is whatever else the answer depends on, and says so in its `repr`.
    """
    said = repr((asked, list(scenes))).encode()
    tag = f'W/"{blake2b(said, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if conditions.is_known(request, tag):
        return Response(status_code=304, headers=headers)
    made = await make()
    made.headers.update(headers)
    return made
