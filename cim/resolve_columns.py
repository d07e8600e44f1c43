"""What a column of codes is told (批量解析结果列), made of what was found for its rows.

Rows stand for places in the column throughout: no row is a Python object unless it is bad.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from cim import schemes
from cim.schemes.bulk import Fit, fault
from cim.text_columns import Ints, Mask

__all__ = ["FIELDS", "STATES", "STATUSES", "WIDTH", "Codes", "Found", "Successors", "answer"]

STATUSES = ("found", "unknown", "invalid", "ambiguous")
STATES = ("reserved", "active", "retired", "merged", "split", "void")
_TEXTS = ("status", "scheme", "entity_code", "state", "type_code", "layer")
FIELDS = pa.schema(
    [
        *((name, pa.string()) for name in _TEXTS),
        ("successors", pa.list_(pa.string())),
        ("reason", pa.string()),
    ]
)

UNKNOWN = "no entity has this code"
_SCHEMES = list(schemes.SCHEMES)
WIDTH = 21  # of an entity code

Codes = NDArray[np.bytes_]


class Found(NamedTuple):
    """Rows whose text names an entity in a scheme: its code, number of state, and layer id or 0."""

    scheme: str
    rows: Ints
    codes: Codes
    states: Ints
    layers: Ints


class Successors(NamedTuple):
    """Entities that have ended, ascending, and for each the live ones that took its place."""

    codes: Codes
    lists: pa.ListArray


class _Rows(NamedTuple):
    """Of each row: code; numbers of status, scheme and state from 1, 0 for none; id of layer."""

    codes: Codes
    status: Ints
    scheme: Ints
    state: Ints
    layer: Ints


def answer(
    texts: pa.LargeStringArray,
    fits: Sequence[Fit],
    found: Sequence[Found],
    successors: Successors,
    layers: Mapping[int, str],
    scheme: str | None,
) -> pa.RecordBatch:
    """The `FIELDS` of a column; what fits, and what is found, has the likeliest scheme first."""
    rows = _rows(len(texts), fits, found)
    reasons = _faults(texts, rows, scheme) | _candidates(rows, found)
    known = rows.status == 1
    codes = _code_column(rows.codes, known)
    columns = [
        _named(STATUSES, rows.status),
        _named(_SCHEMES, rows.scheme),
        codes,
        _named(STATES, rows.state),
        pc.utf8_slice_codeunits(codes, 6, 12),
        _layer_column(layers, rows.layer),
        _successor_column(successors, rows.codes, known),
        _reason_column(rows.status, reasons),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=FIELDS)


def _rows(count: int, fits: Sequence[Fit], found: Sequence[Found]) -> _Rows:
    codes = np.zeros(count, f"S{WIDTH}")
    rows = _Rows(codes, *(np.zeros(count, np.int64) for _ in range(4)))
    for fit in reversed(fits):
        rows.scheme[fit.rows] = _SCHEMES.index(fit.scheme) + 1
    rows.status[:] = np.where(rows.scheme > 0, 2, 3)
    for each in reversed(found):
        rows.status[each.rows] = 1
        rows.scheme[each.rows] = _SCHEMES.index(each.scheme) + 1
        rows.codes[each.rows] = each.codes
        rows.state[each.rows] = each.states
        rows.layer[each.rows] = each.layers
    for each in found:
        other = each.rows[rows.codes[each.rows] != each.codes]
        rows.status[other] = 4
    for column in (rows.scheme, rows.state, rows.layer):
        column[rows.status == 4] = 0
    return rows


def _faults(texts: pa.LargeStringArray, rows: _Rows, scheme: str | None) -> dict[int, str]:
    bad = np.flatnonzero(rows.status == 3)
    given = texts.take(pa.array(bad)).to_pylist()
    return {row: fault(text or "", scheme) for row, text in zip(bad.tolist(), given, strict=True)}


def _candidates(rows: _Rows, found: Sequence[Found]) -> dict[int, str]:
    """Of each ambiguous row, which entities it could mean, likeliest first."""
    told: dict[int, list[str]] = {row: [] for row in np.flatnonzero(rows.status == 4).tolist()}
    for each in found if told else ():
        for row, code in zip(each.rows.tolist(), each.codes.tolist(), strict=True):
            if row in told:
                told[row].append(f"{code.decode()} as {each.scheme}")
    return {row: f"could be {' or '.join(which)}" for row, which in told.items()}


def _named(names: Iterable[str], numbers: Ints) -> pa.StringArray:
    """The names of numbers from 1; null of 0."""
    return pa.array([None, *names], pa.string()).take(pa.array(numbers))


def _layer_column(layers: Mapping[int, str], ids: Ints) -> pa.StringArray:
    """Names of layers; null of those that may not be known of."""
    known = np.array(sorted(layers), np.int64)
    place = np.searchsorted(known, ids)
    hit = np.isin(ids, known)
    return _named([layers[number] for number in known.tolist()], np.where(hit, place + 1, 0))


def _code_column(codes: Codes, known: Mask) -> pa.StringArray:
    offsets = np.zeros(len(codes) + 1, np.int32)
    np.cumsum(known * np.int32(WIDTH), out=offsets[1:])
    bitmap = np.packbits(known, bitorder="little")
    buffers = [pa.py_buffer(part) for part in (bitmap, offsets, codes[known])]
    return pa.Array.from_buffers(pa.string(), len(codes), buffers)


def _successor_column(successors: Successors, codes: Codes, known: Mask) -> pa.ListArray:
    """Lists, empty where nothing took the place of an entity, null where there is none."""
    place = np.searchsorted(successors.codes, codes)
    ended = np.isin(codes, successors.codes)
    empty = pa.array([[]], successors.lists.type)
    chosen = pa.array(np.where(ended, place + 1, 0), mask=~known)
    return pa.concat_arrays([empty, successors.lists]).take(chosen)


def _reason_column(status: Ints, reasons: Mapping[int, str]) -> pa.StringArray:
    numbers = (status == 2).astype(np.int64)
    numbers[list(reasons)] = np.arange(2, len(reasons) + 2)
    return _named([UNKNOWN, *reasons.values()], numbers)
