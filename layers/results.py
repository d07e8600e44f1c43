"""The file that tells how each row of a batch was answered (赋码结果文件): CSV, NDJSON or Parquet.

It is written as rows are answered, under another name, `.part`, until it is whole. What is left of
that after an interruption tells what was answered until then.
"""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from cim.assignment.assign import Outcome
from cim.entity_code_bulk import format_many
from layers.errors import ResultsUnfit


class Result(NamedTuple):
    """A row of the file; `external_code` has the check character, as for paper and labels."""

    row: int
    source_id: str
    status: str
    code: str | None
    external_code: str | None
    state: str | None
    review: int | None
    reason: str | None


_Write = Callable[[Sequence[Result]], None]
_NUMBERS = {"row", "review"}
_SCHEMA = pa.schema([(n, pa.int64() if n in _NUMBERS else pa.string()) for n in Result._fields])


@contextmanager
def writing(path: Path, source: Path) -> Iterator[Callable[[Sequence[Outcome]], None]]:
    """Write outcomes, to a file that is there when all of them are; ResultsUnfit."""
    kind = path.suffix.lower()
    if kind not in _WRITERS:
        raise ResultsUnfit(path, f"its name must end in {', '.join(_WRITERS)}")
    if path.resolve() == source.resolve():
        raise ResultsUnfit(path, "it is the file of the requests")
    part = path.with_name(f"{path.name}.part")
    try:
        with _WRITERS[kind](part) as write:
            yield lambda outcomes: write(_results(outcomes))
        part.replace(path)
    except OSError as error:
        raise ResultsUnfit(path, error.strerror or str(error)) from None


def _results(outcomes: Sequence[Outcome]) -> list[Result]:
    coded = [one.code for one in outcomes if one.code is not None]
    external = iter(format_many(coded))
    return [
        Result(
            one.row,
            one.source_id,
            one.status,
            one.code,
            None if one.code is None else next(external),
            one.state,
            one.review,
            one.reason,
        )
        for one in outcomes
    ]


@contextmanager
def _csv(path: Path) -> Iterator[_Write]:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(Result._fields)

        def write(results: Sequence[Result]) -> None:
            rows.writerows(results)
            file.flush()

        yield write


@contextmanager
def _ndjson(path: Path) -> Iterator[_Write]:
    with path.open("wb") as file:

        def write(results: Sequence[Result]) -> None:
            lines = (orjson.dumps(r._asdict(), option=orjson.OPT_APPEND_NEWLINE) for r in results)
            file.writelines(lines)
            file.flush()

        yield write


@contextmanager
def _parquet(path: Path) -> Iterator[_Write]:
    with pq.ParquetWriter(path, _SCHEMA) as file:

        def write(results: Sequence[Result]) -> None:
            columns = zip(*results, strict=True)
            arrays = [pa.array(c, f.type) for c, f in zip(columns, _SCHEMA, strict=True)]
            file.write_batch(pa.RecordBatch.from_arrays(arrays, schema=_SCHEMA))

        yield write


_WRITERS: dict[str, Callable[[Path], AbstractContextManager[Any]]] = {
    ".csv": _csv,
    ".ndjson": _ndjson,
    ".parquet": _parquet,
}
