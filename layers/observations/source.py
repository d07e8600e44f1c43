"""Reads a CSV or Parquet file in Arrow batches (观测文件读取), in constant memory.

Cells of a CSV stay text, so that what is wrong with one can be told; a CSV may be compressed by
gzip or bzip2. Rows are counted from 1 after the header. A CSV row with too few or too many cells is
noted as a problem and left out. Which encoding its text is in is found as that of layers is
(`layers.reading.encodings`), where nobody tells it.
"""

import bisect
import codecs
import csv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from cim.assignment.problems import Problems
from cim.assignment.rules import broken
from layers.errors import SourceUnreadable
from layers.reading import copies, encodings

BLOCK_BYTES = 2 << 20  # Arrow reads up to 32 of them ahead
_HEADER_BYTES = 1 << 20
_PARQUET = b"PAR1"


class Source:
    """An open file for one pass: the names of its columns, and its batches."""

    def __init__(
        self,
        path: Path,
        names: list[str],
        batches: Iterator[pa.RecordBatch],
        skipped: list[int],
        encoding: str | None,
    ) -> None:
        self.path = path
        self.names = names
        self.encoding = encoding  # that of the text of a CSV
        self._batches = batches
        self._skipped = skipped  # rows that the reader left out, ascending

    def batches(self) -> Iterator[tuple[int, pa.RecordBatch]]:
        """Each with how many rows came before it; SourceUnreadable."""
        before = 0
        try:
            for batch in self._batches:
                yield before, batch
                before += batch.num_rows
        except (pa.ArrowException, UnicodeDecodeError, OSError, EOFError) as error:
            reason = " ".join(str(error).split())
            raise SourceUnreadable(self.path, f"after row {before}: {reason}") from error

    def numbers(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row numbers of rows by their place (from 0) among those that were given."""
        if not self._skipped:
            return places + 1
        # As many rows were left out before a row as have a number not above place + their count.
        left = np.array(self._skipped) - np.arange(1, len(self._skipped) + 1)
        return places + 1 + np.searchsorted(left, places, side="right")


@contextmanager
def open_source(path: Path, encoding: str | None, problems: Problems) -> Iterator[Source]:
    """Open a file; SourceUnreadable."""
    if not path.exists():
        raise SourceUnreadable(path, "there is no such file")
    with ExitStack() as opened:
        try:
            with path.open("rb") as file:
                parquet = file.read(4) == _PARQUET
            if parquet:
                found = opened.enter_context(pyarrow.parquet.ParquetFile(path))
                names, skipped = list(found.schema_arrow.names), list[int]()
                batches = found.iter_batches(batch_size=1 << 17)
            else:
                encoding = _encoding(path, encoding)
                names, batches, skipped = _open_csv(path, encoding, problems, opened)
        except (pa.ArrowException, OSError, EOFError, csv.Error) as error:
            raise SourceUnreadable(path, " ".join(str(error).split())) from error
        except (UnicodeError, LookupError) as error:
            unlike = copies.unlike(encodings.shown(encoding or encodings.UTF8))
            raise SourceUnreadable(path, unlike) from error
        if len(set(names)) < len(names):
            doubled = next(name for i, name in enumerate(names) if name in names[:i])
            raise SourceUnreadable(path, f"two of its columns are called {doubled!r}")
        yield Source(path, names, batches, skipped, None if parquet else encoding)


def _open_csv(
    path: Path, encoding: str, problems: Problems, opened: ExitStack
) -> tuple[list[str], Iterator[pa.RecordBatch], list[int]]:
    names, delimiter = _header(path, encoding)
    skipped: list[int] = []

    def leave_out(row: Any) -> str:
        number = row.number - 1  # it counts the header
        bisect.insort(skipped, number)
        has, wanted = row.actual_columns, row.expected_columns
        words = {
            "detail": f"has {has} values and not {wanted}",
            "detail_zh": f"有 {has} 个值，应有 {wanted} 个",
        }
        problems.add(number, None, broken("row.unread", row.text, **words))
        return "skip"

    stream = opened.enter_context(pa.input_stream(str(path), compression="detect"))
    reader = pyarrow.csv.open_csv(
        stream,
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False,  # else the number of a row is not told
            block_size=BLOCK_BYTES,
            column_names=names,
            skip_rows=1,
            encoding=encoding,
        ),
        parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, invalid_row_handler=leave_out),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
        ),
    )
    return names, iter(opened.enter_context(reader)), skipped


def _encoding(path: Path, told: str | None) -> str:
    """The encoding that is told, or else that of its bytes, which a packed file is read for."""
    if told is not None:
        return copies.told_codec(path, told)
    with pa.input_stream(str(path), compression="detect") as stream:
        return encodings.of_file(stream)[0]


def _header(path: Path, encoding: str) -> tuple[list[str], str]:
    """The names in the first line, and what stands between them."""
    with pa.input_stream(str(path), compression="detect") as stream:
        data = stream.read(_HEADER_BYTES)
    # What is wrong further down is told by its row.
    line, _, rest = codecs.getincrementaldecoder(encoding)("replace").decode(data).partition("\n")
    text = line.removeprefix("\ufeff").strip("\r\n")
    if "\ufffd" in text:
        raise UnicodeError("the first line")
    if not text:
        raise csv.Error("it is empty")
    if not rest:
        raise csv.Error("it has no row beneath its first line")
    delimiter = encodings.separator(text)
    return [name.strip() for name in next(csv.reader([text], delimiter=delimiter))], delimiter
