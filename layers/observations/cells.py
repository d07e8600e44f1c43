"""Numbers of readings (观测数值), of whole columns: a cell is a number, empty, or wrong.

>>> found = read(pa.array(["65.30", " 7 ", "", "缺测", "1,5", "inf"]))
>>> found.values[:2].tolist(), found.empty.tolist(), found.wrong.tolist()
([65.3, 7.0], [False, False, True, True, False, False], [False, False, False, False, True, True])
"""

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from layers.arrow_types import doubles

NOTHING = ("", "-", "--", "—", "/", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "缺测", "无")
"""Texts that stand where no value is."""

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


class Numbers(NamedTuple):
    """Values, and which cells were empty or could not be read (0 there)."""

    values: NDArray[np.float64]
    empty: NDArray[np.bool_]
    wrong: NDArray[np.bool_]


def read(column: pa.Array) -> Numbers:
    """Numbers of a column of text or of numbers; not-a-number among numbers is empty."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _of_text(pc.utf8_trim_whitespace(column))
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        empty = np.asarray(column.is_null())
        return Numbers(np.zeros(len(column)), empty, ~empty)
    column = doubles(column) if pa.types.is_float32(kind) else column.cast(pa.float64(), safe=False)
    values = np.array(column.to_numpy(zero_copy_only=False))
    return _finite(values, np.isnan(values))


def _of_text(texts: pa.Array) -> Numbers:
    nothing = pc.or_kleene(pc.is_in(texts, pa.array(NOTHING, texts.type)), texts.is_null())
    told = pc.if_else(nothing, None, texts)
    wrong = np.zeros(len(texts), bool)
    try:
        numbers = told.cast(pa.float64())
    except pa.ArrowInvalid:
        numeric = pc.match_substring_regex(told, _NUMBER)
        wrong = np.asarray(pc.invert(numeric).fill_null(fill_value=False))
        numbers = pc.if_else(numeric, told, None).cast(pa.float64())
    values = np.array(numbers.to_numpy(zero_copy_only=False))
    found = _finite(np.where(wrong, 0.0, values), np.isnan(values) & ~wrong)
    return found._replace(wrong=found.wrong | wrong)


def _finite(values: NDArray[np.float64], empty: NDArray[np.bool_]) -> Numbers:
    wrong = np.isinf(values)
    return Numbers(np.where(empty | wrong, 0.0, values), empty, wrong)
