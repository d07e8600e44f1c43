"""Rows of one source on their way into the database (待入库行)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

Alias = tuple[int, str, str]  # index of the row, scheme, canonical value


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows `first`, `first` + 1… of a source, column by column, each of the same length.

    geometries  checked (`geometry.GeometryCheck`); a row without one is left out
    keys        what the source calls the thing, texts; a row without one is left out
    columns     values of the layer's own columns, an Arrow array (`cim.database.arrow_copy`) each
    divisions   given division codes; null where the county that holds the thing is meant
    names       names for people, for search
    codes       reserved codes that the rows ask for
    """

    first: int
    geometries: NDArray[Any]
    keys: pa.Array
    columns: Sequence[pa.Array]
    aliases: Sequence[Alias] = ()
    divisions: pa.Array | None = None
    names: pa.Array | None = None
    codes: pa.Array | None = None

    def __len__(self) -> int:
        return len(self.geometries)
