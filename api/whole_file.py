"""A stored file over HTTP (整个文件下载), from a folder or a bucket, whole or in one range.

RFC 9110 clause 14: a request for several ranges gets the whole file, as it may.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import asking, ranges
from api.coverage_provider import GEOTIFF
from api.editing import conditions
from cim.errors import SceneUnreadable
from cim.layer import Layer
from cim.scenes import Scene
from layers import places
from layers.errors import StoreUnwritable
from layers.places import Files

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_CHUNK = 2**20


@dataclass(frozen=True, slots=True)
class File:
    """A file of so many bytes in a store."""

    files: Files
    name: str
    size: int


def filename(layer: Layer, scene: Scene) -> str:
    return f"{layer.name}_{scene.acquired_at:%Y%m%dT%H%M%SZ}.tif"


async def of_scene(request: Request, layer: Layer, scene: Scene) -> Response:
    """The COG itself, as a client such as GDAL asks for it; SceneUnreadable."""
    files = places.at(asking.service(request).settings.rasters)
    try:
        size = await to_thread.run_sync(files.size, scene.path)
    except StoreUnwritable as error:
        raise SceneUnreadable(files.address(scene.path), str(error)) from error
    if size is None:
        raise SceneUnreadable(files.address(scene.path), "there is no such file")
    return response(request, File(files, scene.path, size), GEOTIFF, filename(layer, scene))


def response(request: Request, file: File, media_type: str, called: str) -> Response:
    """200, 206 for a range, 304 for who has it; RangeNotThere."""
    tag = f'"{file.name.rpartition("/")[2].partition(".")[0][:32]}"'
    if conditions.is_known(request, tag):
        return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "no-cache"})
    headers = {
        "Cache-Control": "no-cache",
        "Accept-Ranges": "bytes",
        "Content-Encoding": "identity",  # so that nobody gzips what is compressed, or a range of it
        "Content-Disposition": f'attachment; filename="{called}"',
        "ETag": tag,
    }
    wanted = _wanted(ranges.check(request, file.size), file.size)
    if wanted is None:
        headers["Content-Length"] = str(file.size)
        body = _chunks(file, 0, file.size)
        return StreamingResponse(body, 200, headers, media_type)
    start, end = wanted
    headers["Content-Length"] = str(end - start)
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    return StreamingResponse(_chunks(file, start, end), 206, headers, media_type)


def _wanted(header: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None for the whole file."""
    found = _RANGE.fullmatch(header.strip())
    if not found or found[0] == "bytes=-":
        return None
    first, last = found.groups()
    if not first:
        return max(size - int(last), 0), size
    return int(first), min(int(last) + 1 if last else size, size)


async def _chunks(file: File, start: int, end: int) -> AsyncIterator[bytes]:
    while start < end:
        length = min(_CHUNK, end - start)
        yield await to_thread.run_sync(file.files.bytes, file.name, start, length)
        start += length
