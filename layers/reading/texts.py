"""Columns of texts of which some have bytes that are none (含非法字节的文本列).

Text that was decoded with `surrogateescape` has such bytes as surrogates, which Arrow does not
take.

>>> array, faults = column(["a", b"\\xff".decode(errors="surrogateescape")], "utf-8")
>>> array.to_pylist(), [(fault.place, fault.said.rule) for fault in faults]
(['a', None], [(1, 'text.encoding')])
"""

from collections.abc import Sequence

import pyarrow as pa

from cim.assignment.rules import broken
from layers.reading import encodings
from layers.reading.encodings import GB18030, is_surely_utf8
from layers.reading.opened import Fault


def column(texts: Sequence[str | None], encoding: str) -> tuple[pa.Array, list[Fault]]:
    """Texts as a column, and those that have bytes which are no text."""
    encoding = encoding.removesuffix("-sig")  # the mark is before the first text alone
    try:
        array = pa.array(texts, pa.string())
        if encoding != GB18030 or not any(map(_is_garbled, texts)):
            return array, []
    except UnicodeEncodeError:
        pass
    faults: list[Fault] = []
    right: list[str | None] = []
    for place, text in enumerate(texts):
        if text is None:
            right.append(None)
            continue
        is_wrong = _is_garbled(text) if encoding == GB18030 else False
        if not (is_wrong or has_bytes(text)):
            right.append(text)
            continue
        right.append(None)
        said = broken("text.encoding", _legible(text, encoding), encoding=encodings.shown(encoding))
        faults.append(Fault(place, None, said))
    return pa.array(right, pa.string()), faults


def _is_garbled(text: str | None) -> bool:
    """Whether a text that was read in GB 18030 is UTF-8."""
    if text is None:
        return False
    return not text.isascii() and is_surely_utf8(text.encode(GB18030, errors="surrogateescape"))


def has_bytes(text: str) -> bool:
    """Whether a text has bytes that are none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _legible(text: str, encoding: str) -> str:
    try:
        raw = text.encode(encoding, errors="surrogateescape")
    except UnicodeEncodeError:  # JSON may have half of a pair of surrogates, which is no byte
        return text.encode(errors="replace").decode()
    return encodings.legible(raw, encoding)
