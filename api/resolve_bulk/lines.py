"""Codes in JSON and in lines of JSON (JSON 批量解析): what they name is put into their objects.

NDJSON has an object a line, whose other members stay as they are written, or a text alone. JSON is
`{"codes": ["…", "…"]}`. It is read in pieces, and the answer says at its end that it is complete:

    {"results":[{"code":"…","status":"found",…},…],"complete":true,"counts":{"rows":1,…}}

A number is taken as its digits; whatever else is no text is no code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from api import tables
from api.errors import BadRow, BadTable
from api.json_pieces import elements
from api.resolve_bulk.columns import Counts, Names, Resolve, counted
from cim.resolve_bulk import BLOCK
from cim.resolve_columns import STATUSES
from cim.text_columns import memory

__all__ = ["add_to_json", "add_to_ndjson"]

_TEXT = pa.large_string()

Block = tuple[list[bytes], pa.LargeStringArray]
"""The beginnings of the objects that come out, without their last brace, and the codes."""


def add_to_ndjson(source: IO[bytes], target: IO[bytes], names: Names, resolve: Resolve) -> Counts:
    """One JSON object, or one text, a line, in UTF-8; empty lines are passed over."""
    counts: Counts = Counter()
    for heads, told in counted(resolve(_line_blocks(source, names)), counts):
        target.write(_objects(heads, told, names, "}\n"))
    return counts


def _line_blocks(source: IO[bytes], names: Names) -> Iterator[Block]:
    added = frozenset(names.added)
    for first, lines in tables.line_blocks(source, BLOCK):
        heads: list[bytes] = []
        codes: list[str | None] = []
        for number, line in enumerate(lines, first):
            row = _loaded(line, number)
            if isinstance(row, dict) and row:
                if not added.isdisjoint(row):
                    raise _collision(names, row, number)
                heads.append(line.rstrip()[:-1])
                codes.append(_code(row.get(names.column)))
            else:
                value = row if row != {} else None
                heads.append(orjson.dumps({names.column: value})[:-1])
                codes.append(_code(value))
        yield heads, pa.array(codes, _TEXT)


def _loaded(line: bytes, number: int) -> Any:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BadRow(number, f"it is not JSON: {error}") from None
    if isinstance(row, list):
        raise BadRow(number, "it is neither a JSON object nor a text")
    return row


def _collision(names: Names, row: dict[str, Any], number: int) -> BadRow:
    try:
        names.check_new(row)
    except BadTable as error:
        return BadRow(number, str(error))
    raise AssertionError("no new member has the name of an old one")


def _code(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode()


def add_to_json(source: IO[bytes], target: IO[bytes], names: Names, resolve: Resolve) -> Counts:
    """An object with a list of codes; with a list of objects, and the counts, comes out."""
    counts: Counts = Counter()
    between = b'{"results":[\n'
    for heads, told in counted(resolve(_code_blocks(source, names)), counts):
        target.write(between)
        target.write(_objects(heads, told, names, "},\n")[:-2])
        between = b",\n"
    if not counts:
        target.write(between)
    totals = {"rows": counts.total(), **{status: counts[status] for status in STATUSES}}
    target.write(b'],"complete":true,"counts":' + orjson.dumps(totals) + b"}\n")
    return counts


def _code_blocks(source: IO[bytes], names: Names) -> Iterator[Block]:
    key = b"{" + orjson.dumps(names.column) + b":"
    values = elements(source, "codes")
    while block := list(islice(values, BLOCK)):
        heads = [key + orjson.dumps(value) for value in block]
        yield heads, pa.array([_code(value) for value in block], _TEXT)


def _objects(heads: list[bytes], told: pa.RecordBatch, names: Names, end: str) -> memoryview:
    """The objects, each with its new members and `end` behind it."""
    parts: list[Any] = [pa.array(heads, pa.large_binary()).cast(_TEXT)]
    for name, column in zip(names.added, told.columns, strict=True):
        parts += [_word(f",{orjson.dumps(name).decode()}:"), _values(column)]
    return memoryview(memory(pc.binary_join_element_wise(*parts, _word(end), _word(""))).data.data)


def _values(column: pa.Array) -> pa.LargeStringArray:
    """The column as JSON values."""
    if not pa.types.is_list(column.type):
        return pc.fill_null(_quoted(column), "null")
    inner = pc.fill_null(pc.binary_join(column, '","'), "").cast(_TEXT)
    several = pc.binary_join_element_wise(_word('["'), inner, _word('"]'), _word(""))
    lists = pc.if_else(pc.equal(inner, ""), _word("[]"), several)
    return pc.if_else(column.is_valid(), lists, _word("null"))


def _quoted(column: pa.StringArray) -> pa.LargeStringArray:
    """Texts in quotes; those that need escapes, which are few kinds, each written once."""
    texts = column.cast(_TEXT)
    if pc.any(pc.match_substring_regex(texts, r'[\x00-\x1f"\\]')).as_py():
        kinds = texts.dictionary_encode()
        written = [orjson.dumps(text).decode() for text in kinds.dictionary.to_pylist()]
        return pa.array(written, _TEXT).take(kinds.indices)
    return pc.binary_join_element_wise(_word('"'), texts, _word('"'), _word(""))


def _word(text: str) -> pa.Scalar:
    return pa.scalar(text, _TEXT)
