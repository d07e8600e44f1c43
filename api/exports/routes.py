"""Whole layers over HTTP (整层导出): streams, jobs that make files, and the files.

A file has the SHA-256 of its bytes as its ETag and in `Repr-Digest` (RFC 9530), so that a download
goes on (`Range` with `If-Range`) only in the same file.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from api import asking, items, items_asked, pages, ranges
from api.collections import found
from api.editing import conditions
from api.errors import (
    BodyTooLarge,
    BodyUnfit,
    FileNotReady,
    InvalidBody,
    InvalidParameter,
    NoFile,
    TooManyExports,
)
from api.exports import kept
from api.exports.asked import NAMES, Wanted, form_of, of_body, of_parameters
from api.exports.doing import ExportWork
from api.exports.pages import headers_of
from api.exports.running import Exporter, Sending
from api.ingest import jobs
from api.links import link, url
from api.writing import json_object, write
from cim import jobs as job_table
from cim.layer import Layer
from layers.writing.forms import FORMS, PMTILES, Form

MOST_JOBS = 8  # that are waiting or being done, in all processes
_FORM = "application/x-www-form-urlencoded"
_MOST_BYTES = 1 << 20


async def stream(request: Request) -> Response:
    """The layer as a stream; of formats that are made first, where to ask for them."""
    layer = await found(request, "vector")
    given = asking.only(request, (*NAMES, *items_asked.filterable(layer)))
    form = _streamed(request, layer)
    wanted = of_parameters(layer, form, given, asking.caller(request))
    layer, wanted = await _checked(request, wanted)
    headers = {
        **headers_of(form, wanted.export.file_name),
        "Content-Crs": f"<{wanted.export.query.crs.uri}>",
        "Cache-Control": "no-store",
    }
    if request.method == "HEAD":
        head = Response(headers=headers, media_type=form.media_type)
        del head.headers["content-length"]  # which nobody knows
        return head
    exporter: Exporter = request.app.state.exporter
    begun = await exporter.begin(wanted.export)
    if begun.content is not None and begun.content.matched is not None:
        headers["OGC-NumberMatched"] = str(begun.content.matched)
    return Sending(begun, headers=headers, media_type=form.media_type)


def _streamed(request: Request, layer: Layer) -> Form:
    name = dict(asking.parameters(request)).get("f")
    if name is not None:
        form = form_of(name)
        if form.encode is None:
            where = f"POST /collections/{layer.name}/exports makes it"
            raise InvalidParameter("f", f"{form.name} is no stream: {where}")
        return form
    offered = {form.media_type: form for form in FORMS.values() if form.encode is not None}
    return offered[asking.media_type(request, tuple(offered))]


async def _checked(request: Request, wanted: Wanted) -> tuple[Layer, Wanted]:
    """The export of the layer as it is now, whose values and filter the database has looked at."""
    export = wanted.export
    one = replace(export.query, limit=1, shown="geojson")
    await items.read(request, export.layer, one)
    layer = await found(request, "vector")
    return layer, wanted._replace(export=replace(export, layer=layer))


async def formats(request: Request) -> Response:
    """In which formats the layer is given, and how."""
    asking.only(request, ())
    layer = await found(request, "vector")
    base = asking.base_url(request)
    language = asking.language(request)
    here = ("collections", layer.name)
    body = {
        "layer": layer.name,
        "formats": [_described(form, base, layer, language) for form in (*FORMS.values(), PMTILES)],
        "links": [
            link("self", url(base, *here, "exports"), asking.JSON),
            link("alternate", url(base, *here, "exports", f="html"), asking.HTML),
            link("collection", url(base, *here), asking.JSON),
        ],
    }
    return pages.document(request, "exports.html", body, layer=layer)


def _described(form: Form, base: str, layer: Layer, language: str) -> dict[str, Any]:
    here = ("collections", layer.name)
    said: dict[str, Any] = {
        "f": form.name,
        "title": form.en if language == "en" else form.zh,
        "type": form.media_type,
        "job": url(base, *here, "exports"),
    }
    if form.encode is not None:
        said["stream"] = url(base, *here, "export", f=form.name)
    return said


async def make(request: Request) -> Response:
    """202 with the job that makes the file; a form of a page is sent on to the job (303)."""
    asking.only(request, ())
    layer = await found(request, "vector")
    by_form = request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
    body = await _form_fields(request) if by_form else await json_object(request)
    wanted = of_body(layer, body, asking.caller(request))
    layer, wanted = await _checked(request, wanted)
    job_id = await _accept(request, wanted, body)
    base = asking.base_url(request)
    place = url(base, "jobs", str(job_id))
    if by_form:
        return RedirectResponse(f"{place}?f=html&lang={asking.language(request)}", 303)
    job = await jobs.find(request, job_id)
    return JSONResponse(jobs.describe(job, base), 202, {"Location": place})


async def _form_fields(request: Request) -> dict[str, str]:
    """The fields of a form that are filled in."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise BodyTooLarge(_MOST_BYTES)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=False, max_num_fields=100)
    except ValueError as error:
        raise InvalidBody(f"it is not a form: {error}") from None
    if len(pairs) != len(dict(pairs)):
        raise BodyUnfit([("$", "a field is given twice")])
    return dict(pairs)


async def _accept(request: Request, wanted: Wanted, body: dict[str, Any]) -> int:
    """Begin a job for the export; TooManyExports."""
    service, workshop = asking.service(request), jobs.workshop(request)
    under_way = await service.run(job_table.waiting(kept.KIND))
    if under_way[0]["n"] >= MOST_JOBS:
        raise TooManyExports(MOST_JOBS)
    export = wanted.export
    asked = {"f": export.form.name, "export": {k: v for k, v in body.items() if k != "f"}}
    by = export.caller.name, workshop.name
    name = export.layer.name
    job_id = await write(request, lambda c, _: job_table.accept(c, kept.KIND, name, asked, by))
    work = ExportWork(service.settings, service.engine, job_id, wanted)
    workshop.begin(work, kept.KIND)
    return job_id


async def file(request: Request) -> Response:
    """The file of an export, whole or in ranges, 304 for who has it; NoFile, FileNotReady.

    Its name may stand at the end of the address: GDAL tells some formats by that alone.
    """
    asking.only(request, ())
    job = await jobs.find(request, request.path_params["id"])
    if job.kind != kept.KIND or job.state == "failed":
        raise NoFile(job.id)
    if job.report is None:
        raise FileNotReady(job.id)
    report = job.report
    if request.path_params.get("name", report["file"]) != report["file"]:
        raise NoFile(job.id)
    form = form_of(job.asked["f"])
    path = kept.path_of(asking.service(request).settings, job.id, form.suffix)
    there = await anyio.to_thread.run_sync(lambda: path.stat() if path.is_file() else None)
    if there is None or there.st_size != report["bytes"]:
        raise NoFile(job.id)
    tag = f'"{report["sha256"]}"'
    if conditions.is_known(request, tag):
        return Response(status_code=304, headers={"ETag": tag})
    ranges.check(request, there.st_size)
    digest = b64encode(bytes.fromhex(report["sha256"])).decode()
    headers = {
        "ETag": tag,
        "Repr-Digest": f"sha-256=:{digest}:",
        "Content-Encoding": "identity",  # so that nobody gzips a range of it
    }
    return FileResponse(
        *(path, 200, headers, form.media_type), filename=report["file"], stat_result=there
    )
