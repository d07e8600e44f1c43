"""Columns of codes of all schemes (整列识别); `cim.schemes.identify` is the oracle, row by row.

Writing, shape, segments and check characters are settled over the whole column. What arithmetic
cannot read (full width, grid codes of a block that is not all right) goes through the scalar
functions. Nothing is raised for a bad row: `fault` tells what is wrong with it.

>>> for fit in identify_many(["420606 001001 gb00001", "襄阳", None, "G0011232"]):
...     print(fit.scheme, fit.rows.tolist(), fit.canonical.to_pylist())
parcel [0] ['420606001001GB00001']
geosot [3] ['G0011232']
hydro_station [3] ['G0011232']
>>> fault("420606001001GC00012")
'parcel: right C does not exist on land of ownership G, at position 13'
>>> fault("襄阳"), fault("")
('no scheme has such a code of 2 characters', 'there is no code')
>>> fault("襄阳", "component")
'component: digits and letters alone, at position 0'
>>> identify_many(["42"], "isbn")
Traceback (most recent call last):
...
cim.errors.UnknownScheme: no code scheme 'isbn'
"""

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cim import code_text, entity_code, schemes
from cim.entity_code_bulk import validate_many
from cim.errors import InvalidCode
from cim.schemes import Scheme, beidou, geosot
from cim.schemes.shapes import RULES
from cim.text_columns import Ints, TextColumn, memory, to_arrow
from gridcode.errors import GridCodeError

__all__ = ["Fit", "compact_many", "fault", "identify_many"]

_TEXT = pa.large_string()
_CAPITALS = np.frombuffer(bytes(range(256)).upper(), np.uint8)
_GRIDS = {"beidou": (beidou, b"NS"), "geosot": (geosot, b"G")}  # what their codes begin with


class Fit(NamedTuple):
    """The rows, ascending, whose texts fit a scheme, and the canonical form of each."""

    scheme: str
    rows: Ints
    canonical: pa.LargeStringArray


def identify_many(column: Any, scheme: str | None = None) -> list[Fit]:
    """Which rows of a column of n texts fit which schemes, likeliest first; null fits none.

    The column is an Arrow array, pandas Series, numpy array or sequence of str (TypeError). As
    with `identify`, a scheme that is named is the only one that is tried (UnknownScheme).
    """
    if scheme is not None:
        schemes.get(scheme)
    texts = to_arrow(column)
    reading = _Reading.of(texts)
    known = schemes.SCHEMES.values()
    tried = [s for s in known if (s.name == scheme if scheme else s.lengths)]
    return [fit for each in tried if len((fit := _fit(each, texts, reading)).rows)]


class _Reading(NamedTuple):
    """The texts compacted, and the same without dots, which mean nothing in grid codes."""

    compact: pa.LargeStringArray
    dotless: pa.LargeStringArray

    @classmethod
    def of(cls, texts: pa.LargeStringArray) -> "_Reading":
        compact = compact_many(texts)
        return cls(compact, _without(compact, "."))


def compact_many(texts: pa.LargeStringArray) -> pa.LargeStringArray:
    """`code_text.compact` of each row.

    >>> compact_many(to_arrow(["4206-02 l", "４２", None])).to_pylist()
    ['420602L', '42', None]
    """
    bare = _without(_without(texts, "-"), " ")
    strange = pc.fill_null(pc.invert(pc.ascii_is_alnum(bare)), False)
    if pc.any(strange).as_py():
        read = [code_text.compact(text) for text in bare.filter(strange).to_pylist()]
        bare = pc.replace_with_mask(bare, strange, pa.array(read, _TEXT))
    # not pc.ascii_upper: pyarrow 26 spoils arrays whose first offset is not 0
    column = memory(bare)
    return column._replace(data=_CAPITALS[column.data]).array()


def _without(texts: pa.LargeStringArray, character: str) -> pa.LargeStringArray:
    if not (memory(texts).data == ord(character)).any():
        return texts
    return pc.replace_substring(texts, character, "")


def _fit(scheme: Scheme, texts: pa.LargeStringArray, reading: _Reading) -> Fit:
    if scheme.name == entity_code.SCHEME:
        return _entities(scheme, reading.compact)
    if scheme.name in _GRIDS:
        return _cells(scheme, reading.dotless)
    if scheme.name in RULES:
        return _ruled(scheme, reading.compact)
    kept = [row for row, text in enumerate(texts.to_pylist()) if text and text.strip()]
    return _chosen(scheme, np.array(kept, np.int64), texts)


def _entities(scheme: Scheme, compact: pa.LargeStringArray) -> Fit:
    lengths = memory(compact).lengths
    rows = np.flatnonzero((lengths == 21) | (lengths == 22))
    done = validate_many(compact.take(pa.array(rows)))
    return Fit(scheme.name, rows[done.valid], done.canonical.drop_null())


def _ruled(scheme: Scheme, compact: pa.LargeStringArray) -> Fit:
    length, rule = RULES[scheme.name]
    column = memory(compact)
    rows = np.flatnonzero(column.lengths == length)
    return _chosen(scheme, rows[rule(column.characters(rows, length))], compact)


def _cells(scheme: Scheme, dotless: pa.LargeStringArray) -> Fit:
    """Grid codes: all at once, and one by one where that finds a bad one."""
    module, firsts = _GRIDS[scheme.name]
    rows = _beginning(memory(dotless), firsts)
    codes = dotless.take(pa.array(rows))
    if not _all_cells(module, codes):
        rows = rows[[module.is_valid(code) for code in codes.to_pylist()]]
    return _chosen(scheme, rows, dotless)


def _all_cells(module: ModuleType, codes: pa.LargeStringArray) -> bool:
    if not pc.all(pc.ascii_is_alnum(codes)).as_py():
        return False
    try:
        module.grid.to_integer(np.array(codes.to_pylist(), np.bytes_))
    except GridCodeError:
        return False
    return True


def _beginning(column: TextColumn, firsts: bytes) -> Ints:
    rows = np.flatnonzero(column.lengths)
    return rows[np.isin(column.data[column.offsets[rows]], list(firsts))]


def _chosen(scheme: Scheme, rows: Ints, canonical: pa.LargeStringArray) -> Fit:
    return Fit(scheme.name, rows, canonical.take(pa.array(rows)))


def fault(text: str, scheme: str | None = None) -> str:
    """Why a text that fits no scheme, or not the named one, does not: rule and 0-based place.

    Of the schemes whose length it has, the one that it comes nearest to is told of.
    """
    compact = code_text.compact(text).replace(".", "")
    if not compact:
        return "there is no code"
    if scheme is not None:
        tried = [schemes.SCHEMES[scheme]]
    else:
        tried = [s for s in schemes.SCHEMES.values() if _could_be(s, compact)]
    faults = [found for each in tried if (found := _fault(each, text)) is not None]
    if not faults:
        return f"no scheme has such a code of {len(compact)} characters"
    told = max(faults, key=lambda found: found.position)
    return f"{told.scheme}: {told.rule}, at position {told.position}"


def _could_be(scheme: Scheme, compact: str) -> bool:
    """Whether a text has a length of the scheme and, of a grid, the first letter."""
    begins = scheme.name not in _GRIDS or compact[0].encode() in _GRIDS[scheme.name][1]
    return begins and len(compact) in scheme.lengths


class _Fault(NamedTuple):
    """What is kept of an InvalidCode; the error itself would keep all that led to it in memory."""

    scheme: str
    rule: str
    position: int


def _fault(scheme: Scheme, text: str) -> _Fault | None:
    try:
        scheme.module.validate(text)
    except InvalidCode as error:
        return _Fault(error.scheme, error.rule, error.position)
    return None
