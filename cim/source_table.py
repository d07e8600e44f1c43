"""Tables that are registered where they stand (原位登记的表), and how their indexes are asked.

A registered layer has no rows of its own. `layer.<name>` gives a code to each key of a table that
others write, the function `layer.<name>()` joins the two, and the views `item.<name>` and
`version.<name>` are read like those of any layer (`cim.source_view`).

The rows stand in the CRS of their table, so that an index over their geometry is found by a box in
that CRS alone. `cim_where` of the views is the geometry as the table has it, for boxes; `geom` is
the same in CGCS2000, for everything else.

>>> near(None, "$1"), near(None, "$1", "v.")
('geom && $1', 'v.geom && $1')
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from cim.names import quoted

SAME_FRAME = (4490, 4326)  # CGCS2000 and WGS 84 differ by centimetres; no shift is applied
STEP = 0.25  # degrees; sides of a box are cut into such pieces, whose ends are transformed
_WIDER = 0.01  # a box that was transformed is widened by so much of itself, since its sides bend

Box = tuple[float, float, float, float]


class Field(NamedTuple):
    """A column of the table: the property that it becomes, the column, its type there and here.

    `kind` is the name of the type in `pg_type`, of a domain that of what it is made of.
    """

    name: str
    column: str
    kind: str
    type: str

    @property
    def value(self) -> str:
        """SQL of the property, of rows `s`."""
        column = f"s.{quoted(self.column)}"
        if self.type == "jsonb" and self.kind not in {"json", "jsonb"}:
            return f"to_jsonb({column})"
        return f"{column}::{self.type}"


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table, view, materialised view or foreign table that is a layer.

    key, geometry  columns that name a row, and that hold its place
    key_type       type of the key as SQL, with its collation
    stored, srid   SRID that the geometries bear, and the one that they are in; these differ where
                   the table does not tell it (0) and whoever registered it did
    loose          geometries of any type, also some that GeoJSON has not
    area           degrees in which the CRS may be used: west, south, east, north
    reach          the same in the CRS of the table; what lies outside is not shown
    fields         its other columns
    aliases        columns that hold a row's code in a scheme, by scheme
    division       division code of every row, instead of the county that holds it
    """

    schema: str
    table: str
    key: str
    key_type: str
    geometry: str
    stored: int
    srid: int
    loose: bool
    area: Box
    reach: Box
    fields: tuple[Field, ...]
    aliases: Mapping[str, str]
    division: str | None = None

    @property
    def place(self) -> str:
        """The table in SQL."""
        return f"{quoted(self.schema)}.{quoted(self.table)}"

    @property
    def projected(self) -> bool:
        return self.srid not in SAME_FRAME

    @property
    def geom(self) -> str:
        """SQL of the geometry of a row `s` in CGCS2000, longitude first."""
        geometry = f"s.{quoted(self.geometry)}"
        if self.loose:
            geometry = f"ST_CurveToLine({geometry})"
        if not self.projected:
            return geometry if self.stored == 4490 else f"ST_SetSRID({geometry}, 4490)"
        if self.stored != self.srid:
            geometry = f"ST_SetSRID({geometry}, {self.srid})"
        return f"ST_Transform({geometry}, 4490)"

    @property
    def shown(self) -> str:
        """Condition on a row `s`: it has a place, and one that can be transformed and written.

        As a CASE the planner takes it to hold for many rows, and looks for none through an index.
        Numbers that are none are inside of any box, and below no other number.
        """
        geometry, (west, south, east, north) = f"s.{quoted(self.geometry)}", self.reach
        box = f"ST_MakeEnvelope({west}, {south}, {east}, {north}, {self.stored})"
        shown = f"CASE WHEN {geometry} @ {box} THEN ST_XMax({geometry}) <= {east} ELSE false END"
        if self.loose:
            flat = "('POLYHEDRALSURFACE', 'TIN', 'TRIANGLE')"
            shown += f" AND GeometryType({geometry}) NOT IN {flat}"
        return shown

    def document(self) -> dict[str, Any]:
        """The table for the registry, as JSON; `parse` reads it."""
        return {**asdict(self), "fields": [field._asdict() for field in self.fields]}


def parse(document: Mapping[str, Any]) -> SourceTable:
    """The table out of what the registry keeps of it."""
    return SourceTable(
        **{
            **document,
            "area": tuple(document["area"]),
            "reach": tuple(document["reach"]),
            "fields": tuple(Field(**field) for field in document["fields"]),
        }
    )


def near(source: SourceTable | None, shape: str, row: str = "") -> str:
    """Condition on rows of a layer's views: their boxes meet that of a shape, as indexes tell it.

    `shape` is SQL of a geometry in CGCS2000, made once a statement where it is a sub-select; `row`
    is what the columns are called by, such as `v.`. A few that do not meet it are found as well.
    """
    if source is None:
        return f"{row}geom && {shape}"
    return f"{row}cim_where && {_there(source, shape)}"


def _there(source: SourceTable, shape: str) -> str:
    """SQL of a box in the CRS of the table that holds a shape, as far as the CRS may be used."""
    if source.stored == 4490:
        return shape
    if not source.projected:
        return f"(SELECT ST_SetSRID({shape}, {source.stored}))"
    area = ", ".join(map(repr, source.area))
    inside = f"ST_Intersection(ST_Envelope({shape}), ST_MakeEnvelope({area}, 4490))"
    least = 1e-5 if max(map(abs, source.reach)) <= 360 else 1.0  # degrees, or metres
    size = "greatest(ST_XMax(g) - ST_XMin(g), ST_YMax(g) - ST_YMin(g))"
    return f"""(
        SELECT ST_SetSRID(ST_Expand(g, {least} + {_WIDER} * {size}), {source.stored})
        FROM (SELECT ST_Transform(ST_Segmentize({inside}, {STEP}), {source.srid}) AS g OFFSET 0) t)
    """
