"""Holds a layer to being a coverage (覆盖检查), as it will be once a file is in it.

An overlap refuses the rows of the file that have a part in it: which of two is wrong nobody can
tell here. A gap is told and refuses nothing, since no row is wrong by itself, and ground may be
free for a reason.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from sqlalchemy import Connection

from cim import metres
from cim.assignment.geometry import STORAGE_CRS
from cim.assignment.problems import Problems
from cim.assignment.rules import broken
from cim.database.sql import stream
from cim.layer import Coverage
from layers.coverage.gaps import Gaps
from layers.coverage.overlaps import Pair, areas_of, loose, overlaps
from layers.coverage.tiling import Box, split
from layers.coverage.whole import Features, Whole

TILE_VERTICES = 60_000
_NAMED = 5  # features that a gap names


@dataclass(frozen=True, slots=True)
class Plane:
    """The CRS of the file, in which borders are straight and widths are measured.

    For a plane of a city, which PROJ does not know, a transverse Mercator projection at the middle
    of the shapes stands: what is straight in one is bent in the other by less than half a
    millimetre in a kilometre.
    """

    crs: CRS

    def widths(self, shapes: Any) -> NDArray[np.float64]:
        """Widths in metres of areas in degrees of CGCS2000."""
        plain = metres.widths(metres.in_metres(shapes))
        if self.crs.is_geographic or not len(plain):
            return plain
        flat = self._flat(shapes)
        back = Transformer.from_crs(STORAGE_CRS, flat, always_xy=True)
        unit = flat.axis_info[0].unit_conversion_factor

        def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.stack(back.transform(xy[:, 0], xy[:, 1]), 1) * unit

        wide = metres.widths(shapely.transform(shapes, move))
        return np.where(np.isfinite(wide), wide, plain)  # the CRS may not reach so far

    def _flat(self, shapes: Any) -> CRS:
        if self.crs.is_projected:
            return self.crs
        west, _, east, _ = shapely.total_bounds(shapes)
        return CRS.from_proj4(f"+proj=tmerc +lon_0={(west + east) / 2} +ellps=GRS80 +units=m")


class Size(NamedTuple):
    """Square metres, metres of width, and a place within: longitude and latitude."""

    area: float
    width: float
    x: float
    y: float

    @classmethod
    def of(cls, shape: Any) -> "Size":
        flat = metres.in_metres(shape)
        inside = shapely.point_on_surface(shape)
        return cls(float(flat.area), float(metres.widths(flat)), inside.x, inside.y)

    @property
    def place(self) -> str:
        return f"({self.x:.7f}, {self.y:.7f})"

    def details(self) -> dict[str, Any]:
        return {
            "area": round(self.area, 4),
            "width": round(self.width, 4),
            "x": round(self.x, 8),
            "y": round(self.y, 8),
        }


def check_kinds(connection: Connection, problems: Problems) -> None:
    """Note staged rows that are no areas."""
    others = """
        SELECT cim_row, substr(ST_GeometryType(cim_geom), 4) AS kind FROM stage
        WHERE ST_GeometryType(cim_geom) NOT IN ('ST_Polygon', 'ST_MultiPolygon') ORDER BY cim_row
    """
    for row in stream(connection, others):
        problems.add(row.cim_row, None, broken("coverage.kind", row.kind))


@dataclass(frozen=True)
class Check:
    """One look at a layer.

    `known` whether it was a coverage before, so that what it has was looked at; `named` whether the
    names of its features are keys; `progress` is called tile by tile.
    """

    whole: Whole
    coverage: Coverage
    plane: Plane
    problems: Problems
    known: bool
    named: bool
    progress: Callable[[], None]

    def all(self) -> None:
        """Note overlaps and tell of gaps, of what the file brings."""
        gaps = Gaps(self.coverage.gap_width)
        boxes = self._near(self._boxes) if self.known and self.whole.kept else self._boxes
        for box in boxes:
            self.progress()
            here = self.whole.within(box)
            edges_loose = loose(here.shapes)
            self._note_overlaps(box, here, edges_loose)
            for gap in self._wide_gaps(gaps.of_tile(box, here.shapes, edges_loose)):
                self._tell_gap(gap, here)
        for gap in self._wide_gaps(list(gaps.end(boxes))):
            self._tell_gap(gap, self.whole.within(Box(*shapely.bounds(gap).tolist())))

    def kept(self) -> None:
        """Note overlaps with what stays because the row of it was refused."""
        for box in self._boxes:
            if self.whole.stays(box):
                self.progress()
                here = self.whole.within(box)
                self._note_overlaps(box, here, loose(here.shapes))

    def within(self, box: Box) -> None:
        """Note overlaps in one box, and look nowhere else: for a file of a few features."""
        here = self.whole.within(box)
        self._note_overlaps(box, here, loose(here.shapes))

    @cached_property
    def _boxes(self) -> list[Box]:
        extent = self.whole.extent()
        return [] if extent is None else split(*self.whole.sample(), extent, TILE_VERTICES)

    def _near(self, boxes: Sequence[Box]) -> list[Box]:
        """The boxes in which the file changes something, and those around them."""
        shapes = np.array([box.shape() for box in boxes], object)
        changed = shapes[[self.whole.changed(box) for box in boxes]]
        near = shapely.STRtree(shapes).query(changed, predicate="intersects")[1]
        return [boxes[i] for i in np.unique(near)]

    def _note_overlaps(self, box: Box, here: Features, edges_loose: NDArray[np.bool_]) -> None:
        pairs = [pair for pair in overlaps(here.shapes, edges_loose) if _owns(box, here, pair)]
        for pair, shape in self._wide(pairs):
            rows = int(here.rows[pair.one]), int(here.rows[pair.other])
            size = Size.of(shape)
            if not any(rows):
                if not self.known:
                    self._note_held(here, pair, size)
                continue
            # The area itself goes with the first row alone: it is one.
            written: bytes | None = shapely.to_wkb(shape)
            for me, you in ((pair.one, pair.other), (pair.other, pair.one)):
                if here.rows[me]:
                    en, zh = self._called(here, you)
                    said = broken(
                        "coverage.overlap",
                        _square(size.area),
                        other=en,
                        other_zh=zh,
                        place=size.place,
                    )
                    details = {**size.details(), "with": here.names[you]}
                    said = said._replace(details=details, shape=written)
                    self.problems.add(int(here.rows[me]), None, said)
                    written = None

    def _wide(self, pairs: list[Pair]) -> Iterator[tuple[Pair, Any]]:
        """The pairs whose common area is wider than the tolerance, and of it what is."""
        parts, of = shapely.get_parts([pair.shape for pair in pairs], return_index=True)
        if not len(parts):
            return
        wide = self.plane.widths(parts) > self.coverage.tolerance
        for i in np.unique(of[wide]).tolist():
            yield pairs[i], areas_of(shapely.multipolygons(parts[wide & (of == i)]))

    def _note_held(self, here: Features, pair: Pair, size: Size) -> None:
        said = broken(
            "coverage.held",
            _square(size.area),
            one=here.names[pair.one],
            other=here.names[pair.other],
            place=size.place,
        )
        self.problems.add(1, None, said)

    def _wide_gaps(self, gaps: Any) -> Iterator[Any]:
        """Gaps wider than the tolerance."""
        found = np.array(gaps, object)
        if len(found):
            yield from found[self.plane.widths(found) > self.coverage.tolerance]

    def _tell_gap(self, gap: Any, here: Features) -> None:
        """Tell of a gap, unless the file has nothing to do with it."""
        meets = shapely.STRtree(here.shapes).query(gap, predicate="intersects")
        around = meets[np.argsort(here.rows[meets], kind="stable")].tolist()
        if not here.rows[around].any():
            return
        size = Size.of(gap)
        called = [self._called(here, i) for i in around[:_NAMED]]
        more = "…" if len(around) > _NAMED else ""
        said = broken(
            "coverage.gap",
            _square(size.area),
            around=", ".join(en for en, _ in called) + more,
            around_zh="、".join(zh for _, zh in called) + more,
            width=f"{size.width:.3g}",
            place=size.place,
        )
        details = {**size.details(), "between": [here.names[i] for i in around]}
        row = min(int(here.rows[i]) for i in around if here.rows[i])
        said = said._replace(details=details, shape=shapely.to_wkb(gap))
        self.problems.told(row, None, said)

    def _called(self, here: Features, i: int) -> tuple[str, str]:
        row, name = int(here.rows[i]), here.names[i]
        if not row:
            return f"{name} of the layer", f"图层中的 {name} "
        if not self.named:
            return f"row {row}", f"第 {row} 行"
        return f"row {row} ({name})", f"第 {row} 行（{name}）"


def _owns(box: Box, here: Features, pair: Pair) -> bool:
    """Whether a pair is to be told of by this tile: the others that have both leave it out."""
    west, south, _, _ = np.maximum(*shapely.bounds(here.shapes[[pair.one, pair.other]]))
    return bool(box.own(west, south))


def _square(area: float) -> str:
    return f"{area:.4f}" if area < 1 else f"{area:.2f}"
