"""Labels over HTTP (标签服务): `GET /id/{code}/label` and `POST /labels`.

The symbol leads to `CIM_PUBLIC_URL`, or, without it, to the address that the request came to.
Drawing runs in a thread. Of sheets a worker makes one at a time, for each takes all of a core and
ReportLab cannot share its fonts; it is kept in a temporary file and sent when it is whole.
"""

import asyncio
from typing import IO

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from api import asking, bodies
from api.labels import asked, subjects
from api.labels.label import DEFAULT_SIZE, label
from api.labels.pdf import write_pdf
from api.labels.png import DEFAULT_DPI, HIGHEST_DPI, LOWEST_DPI, png
from api.labels.svg import svg
from api.writing import json_object
from cim import entity_code

_ONE_SHEET = asyncio.Lock()


async def one(request: Request) -> Response:
    """The label of one entity, as SVG or PNG."""
    given = asking.only(request, ("size", "dpi"))
    kind = asking.media_type(request, (asking.SVG, asking.PNG))
    size = asked.size(given) or DEFAULT_SIZE
    dpi = asked.whole("dpi", given.get("dpi", DEFAULT_DPI), LOWEST_DPI, HIGHEST_DPI)
    code = entity_code.validate(request.path_params["code"])
    rows = await asking.service(request).rows(lambda _: subjects.find([code]))
    (subject,) = subjects.read(rows, asking.language(request), listed=False)
    base = _base(request)

    def draw() -> bytes:
        made = label(base, subject.code, subject.titles, size)
        return svg(made) if kind == asking.SVG else png(made, dpi)

    body = await anyio.to_thread.run_sync(draw)
    name = f"{code}.{'svg' if kind == asking.SVG else 'png'}"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return Response(body, media_type=kind, headers=headers)


async def sheets(request: Request) -> Response:
    """Labels for a list of codes, as a PDF of as many pages as they need."""
    asking.only(request, ())
    asking.media_type(request, (asking.PDF,))
    document = await json_object(request)
    codes = subjects.codes(asked.listed(document))
    sheet = asked.sheet(document)
    size = sheet.fitted(asked.size(document))
    language = asked.language(document) or asking.language(request)
    rows = await asking.service(request).rows(lambda _: subjects.find(codes))
    found = subjects.read(rows, language)
    base = _base(request)

    def write(target: IO[bytes]) -> None:
        write_pdf(target, (label(base, *each, size) for each in found), sheet)

    headers = {"Content-Disposition": 'attachment; filename="labels.pdf"'}
    async with _ONE_SHEET:
        return await bodies.written(asking.PDF, write, headers)


def _base(request: Request) -> str:
    return asking.service(request).settings.public_url or asking.base_url(request)
