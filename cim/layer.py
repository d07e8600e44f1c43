"""What a layer is (图层): its texts, columns and geometry, what it is bound to and made of.

`cim.registry` has those that there are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from cim.access import ANONYMOUS
from cim.catalog.bound import Binding
from cim.errors import SceneNotFound
from cim.fusion.fused import Fusion
from cim.moments import EVER, Interval
from cim.scenes import Box, Mosaic, Scene
from cim.source_table import SourceTable


@dataclass(frozen=True, slots=True)
class Text:
    """A text for people in Chinese and English (中英文)."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Column:
    """A property of the features of a layer; `type` is the PostgreSQL type of its column."""

    name: str
    type: str


class Coverage(NamedTuple):
    """What the areas of a layer without overlaps and gaps are held to (覆盖), in metres.

    Overlaps and gaps thinner than `tolerance` count as none; gaps wider than `gap_width` are meant.
    """

    tolerance: float
    gap_width: float


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """A published layer (图层). `extent` is (west, south, east, north) in degrees, CGCS2000.

    A `growing` layer is assigned to piece by piece: nobody keeps its `feature_count`, and its
    `extent` may reach a little too far.

    `owner` is who loaded it first. A layer that is bound to no element of the catalog is private
    to that one, and has no grade; `binding` tells what the others are. `observed` are the
    parameters that its features, being stations, have series of. A layer with a `coverage` was
    declared to be one, and its files are held to that. `source` is the table whose rows its
    features are, where that is registered where it stands; such a layer is always growing.

    A layer with a `fusion` is a collection made of the layer `base` and of tables (`cim.fusion`):
    it has the features of that one, and no rows of its own.

    `largest` is how many bytes its largest row takes (`cim.row_bytes`), or more; None is unknown.

    A layer is itself alone: what is made of it is remembered under it until the registry moves.
    """

    id: int
    name: str
    kind: Literal["vector", "raster"]
    title: Text
    description: Text
    class_code: str | None
    key_field: str | None
    geometry_type: str | None
    columns: tuple[Column, ...]
    feature_count: int
    extent: tuple[float, float, float, float] | None
    version: int
    updated_at: datetime
    name_field: str | None = None
    growing: bool = False
    owner: str = ANONYMOUS.name
    binding: Binding | None = None
    scenes: tuple[Scene, ...] = ()
    observed: tuple[str, ...] = ()
    source: SourceTable | None = None
    coverage: Coverage | None = None
    largest: int | None = None
    fusion: Fusion | None = None
    base: "Layer | None" = None

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)

    @property
    def stored(self) -> str:
        """Name of the layer whose rows it has: its own, or that of its base."""
        return self.base.name if self.base else self.name

    @property
    def private(self) -> bool:
        """Whether it is its owner's alone, being bound to nothing."""
        return self.base.private if self.base else self.binding is None

    @property
    def grade(self) -> str | None:
        """Grade of the layer and of each of its rows; None where it is bound to nothing."""
        if self.fusion is not None and self.base is not None:
            return self.fusion.grade(self.base.grade)
        return self.binding.grade if self.binding else None

    def grade_of(self, column: str) -> str | None:
        """Grade of a property; None where the layer is bound to nothing."""
        if self.fusion is not None and self.base is not None:
            found = self.fusion.find(column)
            return found[0].grade_of(found[1]) if found else self.base.grade_of(column)
        return self.binding.grade_of(column) if self.binding else None

    def seen(
        self,
        when: Interval = EVER,
        box: Box | None = None,
        suits: Callable[[Scene], bool] | None = None,
        most: int | None = None,
    ) -> list[Scene]:
        """Scenes of an interval that suit and are seen in a box, the newest first; SceneNotFound.

        There may be none in the box; an interval without a scene is an error.
        """
        mosaic = _mosaic(self)
        if not mosaic.has(when):
            raise SceneNotFound(self.name, str(when))
        return mosaic.seen(when, box, suits, most)


@lru_cache(maxsize=64)
def _mosaic(layer: Layer) -> Mosaic:
    return Mosaic(layer.scenes)
