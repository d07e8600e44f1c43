"""What is asked of the items of a layer (要素查询条件): place, values, filter, order, page."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from cim.crs import CRS84, Crs
from cim.moments import Interval
from cim.queryables import Filter

__all__ = ["BBox", "Key", "Query", "Shown"]

Shown = Literal["geojson", "jsonfg", "columns"]
"""As what a row is given: a Feature of GeoJSON or JSON-FG, or the columns of a table."""


@dataclass(frozen=True, slots=True)
class BBox:
    """A box in a CRS, x before y: in degrees west > east crosses the antimeridian."""

    west: float
    south: float
    east: float
    north: float
    srid: int = 4490

    def parts(self) -> list[tuple[float, float, float, float]]:
        if self.west <= self.east:
            return [(self.west, self.south, self.east, self.north)]
        return [
            (self.west, self.south, 180.0, self.north),
            (-180.0, self.south, self.east, self.north),
        ]

    def holds(self, extent: tuple[float, float, float, float] | None) -> bool:
        """Whether nothing of the extent lies outside."""
        if extent is None or self.west > self.east or self.srid != 4490:
            return False
        west, south, east, north = extent
        return (
            self.west <= west and self.south <= south and self.east >= east and self.north >= north
        )


class Key(NamedTuple):
    """A property to sort by; nulls come last, whichever way."""

    name: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a layer: place, property values (as text), filter, time, and a page of it.

    Without `when` it is the present. The page begins after the item of the code `after`; where
    items are sorted, `at` are its values as PostgreSQL writes them, None for null. `only` are the
    properties that are wanted, all where it is empty.
    """

    limit: int
    bbox: BBox | None = None
    equals: tuple[tuple[str, str], ...] = ()
    after: str | None = None
    crs: Crs = CRS84
    when: Interval | None = None
    filter: Filter | None = None
    sort: tuple[Key, ...] = ()
    at: tuple[str | None, ...] = ()
    shown: Shown = "geojson"
    only: tuple[str, ...] = ()
