"""Features as JSON, in one document or one after the other (JSON 导出).

A document is closed at its end alone, after how many features it has: one that broke off is no
JSON. Of sequences (RFC 8142, and NDJSON) every line is whole, so that one that broke off between
two lines is told by their number alone.
"""

from collections.abc import Iterator

import orjson

from cim import json_fg
from layers.writing.content import Content

__all__ = ["geojson", "geojson_seq", "json_fg_document", "ndjson"]

_RECORD = b"\x1e"


def geojson(content: Content) -> Iterator[bytes]:
    """One FeatureCollection."""
    return _document(content, {"type": "FeatureCollection"})


def json_fg_document(content: Content) -> Iterator[bytes]:
    """One FeatureCollection of JSON-FG."""
    return _document(
        content,
        {"type": "FeatureCollection", **json_fg.head(content.layer.name, content.crs)},
    )


def _document(content: Content, head: dict[str, object]) -> Iterator[bytes]:
    begin = orjson.dumps(head)[:-1] + b',"features":[\n'
    for features in _features(content):
        yield begin
        yield b"},\n".join(features) + b"}"
        begin = b",\n"
    if not content.tally.rows:
        yield begin
    yield b'\n],"numberReturned":%d}\n' % content.tally.rows


def ndjson(content: Content) -> Iterator[bytes]:
    """A feature a line."""
    for features in _features(content):
        yield b"}\n".join(features) + b"}\n"


def geojson_seq(content: Content) -> Iterator[bytes]:
    """A feature a line, each after a record separator."""
    for features in _features(content):
        yield _RECORD + (b"}\n" + _RECORD).join(features) + b"}\n"


def _features(content: Content) -> Iterator[list[bytes]]:
    for batch in content.batches():
        if batch.num_rows:
            yield batch.column(1).to_pylist()
