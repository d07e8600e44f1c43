"""A page of items in a format other than GeoJSON (分页导出)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import anyio.to_thread
import pyarrow as pa
import shapely
from starlette.responses import Response

from api.errors import InvalidParameter
from api.links import Link
from cim.crs import CRS84
from cim.item_columns import properties
from cim.item_query import Query
from cim.layer import Layer
from layers.writing.content import Content, heights, record_batch
from layers.writing.forms import MEDIA_TYPES, Form, write_file

__all__ = ["Page", "answer", "check_crs", "fitted", "headers_of"]

_TEXT = {"application/geo+json-seq", "application/x-ndjson", "text/csv"}


class Page(NamedTuple):
    """A page as it was read: rows of `cim.item_page`, and what is known of the whole."""

    layer: Layer
    query: Query
    kind: str
    rows: Sequence[Any]
    links: Sequence[Link]
    matched: int | None

    @property
    def form(self) -> Form:
        return MEDIA_TYPES[self.kind]


def fitted(query: Query, kind: str) -> Query:
    """The query of a page of that media type; InvalidParameter where its CRS does not fit."""
    form = MEDIA_TYPES[kind]
    check_crs(form, query)
    return replace(query, shown=form.shown)


def check_crs(form: Form, query: Query) -> None:
    """InvalidParameter where a format has no such CRS."""
    if form.degrees and query.crs != CRS84:
        raise InvalidParameter("crs", f"{form.en} is in WGS 84 alone; leave it out")


async def answer(page: Page) -> Response:
    """The file of the page; links stand in the header, since a file has no place for them."""
    body = await anyio.to_thread.run_sync(_file, page)
    headers = headers_of(page.form, f"{page.layer.name}{page.form.suffix}")
    headers["OGC-NumberReturned"] = str(len(page.rows))
    if page.matched is not None:
        headers["OGC-NumberMatched"] = str(page.matched)
    headers["Content-Crs"] = f"<{page.query.crs.uri}>"
    headers["Link"] = ", ".join(_header(link) for link in page.links)
    return Response(body, headers=headers, media_type=page.kind)


def headers_of(form: Form, name: str) -> dict[str, str]:
    """Headers of a file; what is binary is not compressed once more."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if form.media_type not in _TEXT and "json" not in form.media_type:
        headers["Content-Encoding"] = "identity"
    return headers


def _header(link: Link) -> str:
    return f'<{link["href"]}>; rel="{link["rel"]}"; type="{link["type"]}"'


def _file(page: Page) -> bytes:
    form = page.form
    content = _content(page)
    if form.encode is not None:
        return b"".join(form.encode(content))
    with tempfile.TemporaryDirectory(prefix="cim-page-") as folder:
        path = Path(folder) / f"{page.layer.name}{form.suffix}"
        write_file(form, content, path)
        return path.read_bytes()


def _content(page: Page) -> Content:
    layer, query = page.layer, page.query
    found = properties(layer, query.only)
    if query.shown == "columns":
        batch = record_batch(page.rows, found)
    else:
        codes, features = ([row[n] for row in page.rows] for n in range(2))
        batch = pa.record_batch(
            [pa.array(codes, pa.string()), pa.array(features, pa.binary())],
            names=["code", "feature"],
        )
    past = query.when is not None
    content = Content(layer, query.crs, found, lambda: [batch], past, len(page.rows))
    if page.form.make is None:
        return content
    shapes = shapely.from_wkb(batch.column(len(found)).to_numpy(zero_copy_only=False))
    high = int(shapely.has_z(shapes).sum())
    return replace(content, heights=heights(high, len(shapes) - high))
