"""The same codes in the formats of `POST /resolve`, and how many an answer found (四种格式)."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import NamedTuple

import orjson
import pyarrow as pa


class Format(NamedTuple):
    """Its media type, how a file of it ends, its body, and the rows found in an answer."""

    kind: str
    ending: str
    body: Callable[[list[str]], bytes]
    found: Callable[[bytes], int]


def _csv(codes: list[str]) -> bytes:
    return "".join(["n,code\n", *(f"{n},{code}\n" for n, code in enumerate(codes))]).encode()


def _ndjson(codes: list[str]) -> bytes:
    rows = ({"n": n, "code": code} for n, code in enumerate(codes))
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def _arrow(codes: list[str]) -> bytes:
    table = pa.table({"n": pa.array(range(len(codes))), "code": codes})
    with pa.ipc.new_stream(body := io.BytesIO(), table.schema) as writer:
        writer.write_table(table, max_chunksize=1 << 16)
    return body.getvalue()


def _found_in_arrow(answer: bytes) -> int:
    return int(pa.ipc.open_stream(answer).read_all()["status"].to_pylist().count("found"))


def _counts(answer: bytes) -> dict[str, int]:
    """What the answer says at its end; all of it would be large to read."""
    end = answer[answer.rindex(b'"counts":') :]
    return dict(orjson.loads(b"{" + end)["counts"])


FORMATS = {
    "Arrow": Format("application/vnd.apache.arrow.stream", "arrow", _arrow, _found_in_arrow),
    "CSV": Format("text/csv", "csv", _csv, lambda answer: answer.count(b",found,")),
    "NDJSON": Format(
        "application/x-ndjson", "ndjson", _ndjson, lambda answer: answer.count(b'"found"')
    ),
    "JSON": Format(
        "application/json",
        "json",
        lambda codes: orjson.dumps({"codes": codes}),
        lambda answer: _counts(answer)["found"],
    ),
}
