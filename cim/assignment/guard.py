"""The duplicate guard (疑似重复): is what asks for a code here already, under another name?

Two things are suspected to be one when their class is the same and their places agree within the
tolerance of the class (`cim.classes`): points so many metres apart, lines with so many metres of
Hausdorff distance, areas that share more than that part of the larger of them. Things of another
dimension are never compared. Pairs that a reviewer found to be different are not suspected again.

Metres come from degrees by the lengths of a degree at the thing's own latitude (WGS 84), good to a
thousandth over the few metres that count here.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from cim import registry, source_view
from cim.assignment.codes import Target
from cim.classes import EntityClass
from cim.database.sql import run
from cim.layer import Layer
from cim.names import quoted
from cim.source_table import near

AREA_SHARE = 0.8
POINT_METRES = 2.0
_FEW = 50  # rows that are compared without an index

_LAT = "radians((ST_YMin(a) + ST_YMax(a)) / 2)"
_EAST = f"111412.84 * cos({_LAT}) - 93.5 * cos(3 * {_LAT})"
_NORTH = f"111132.954 - 559.822 * cos(2 * {_LAT}) + 1.175 * cos(4 * {_LAT})"

# How far apart, or how much shared, two geometries a and b of one dimension are.
_MEASURE = f"""
    CASE ST_Dimension(a)
    WHEN 2 THEN CASE
        WHEN least(ST_Area(a), ST_Area(b)) <= $2 * greatest(ST_Area(a), ST_Area(b)) THEN 0
        ELSE ST_Area(ST_Intersection(a, b)) / greatest(ST_Area(a), ST_Area(b)) END
    WHEN 1 THEN ST_HausdorffDistance(
        ST_Scale(ST_Force2D(a), {_EAST}, {_NORTH}), ST_Scale(ST_Force2D(b), {_EAST}, {_NORTH}))
    ELSE ST_Distance(
        ST_Scale(ST_Force2D(a), {_EAST}, {_NORTH}), ST_Scale(ST_Force2D(b), {_EAST}, {_NORTH}))
    END"""
_SUSPECTED = "CASE ST_Dimension(a) WHEN 2 THEN measure > $2 ELSE measure <= $1 END"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A staged row, and the code of what it may be; or the earlier row that it may be.

    `measure` is metres for points and lines, the shared part for areas.
    """

    row: int
    code: str | None
    earlier_row: int | None
    measure: float


def wait(connection: Connection, held: EntityClass) -> None:
    """Wait until no other transaction guards the class, and keep others waiting until the end.

    Two writers who look at the same time would each miss the other's.
    """
    if held.tolerance is not None:
        run(connection, "SELECT pg_advisory_xact_lock(hashtext($1))", f"guard {held.code}")


def suspects(
    connection: Connection, target: Target, held: EntityClass, size: int
) -> list[Suspicion]:
    """The suspicions against staged rows without a code, the likeliest of each row, by row.

    `size` is how many rows there are at the most. The caller has waited for its turn.
    """
    if held.tolerance is None:
        return []
    if size > _FEW:
        run(connection, "CREATE INDEX ON stage USING gist (cim_geom)")
    run(connection, "ANALYZE stage")
    metres, share = _tolerances(held)
    found = _known(connection, target, metres, share)
    if size > 1:
        found += _staged(connection, metres, share)
    return _greedy(found)


def _tolerances(held: EntityClass) -> tuple[float, float]:
    assert held.tolerance is not None
    if held.geometry == "polygon" and held.tolerance <= 1:
        return POINT_METRES, held.tolerance
    return held.tolerance, AREA_SHARE


def _known(connection: Connection, target: Target, metres: float, share: float) -> list[Suspicion]:
    """Entities of the class, in whichever layer; LayerUnreadable."""
    layers = [
        layer
        for layer in registry.read(connection).layers.values()
        if layer.class_code == target.class_code and layer.kind == "vector"
    ]
    source_view.check(connection, [layer.name for layer in layers if layer.source])
    around = " UNION ALL ".join(map(_reached, layers))
    rows = run(
        connection,
        f"""
        SELECT DISTINCT ON (cim_row) cim_row, code, measure FROM (
            SELECT cim_row, cim_source, code, a, {_MEASURE} AS measure FROM (
                SELECT s.cim_row, s.cim_source, n.code, s.cim_geom AS a, n.geom AS b
                FROM ({_REACHING}) s CROSS JOIN LATERAL ({around}) n
                WHERE ST_Dimension(n.geom) = ST_Dimension(s.cim_geom)) pair) measured
        WHERE {_SUSPECTED} AND NOT EXISTS (
            SELECT FROM cim.review r WHERE r.source_system = $3 AND r.source_id = cim_source
            AND r.candidate = code AND r.decision = 'different')
        ORDER BY cim_row, CASE ST_Dimension(a) WHEN 2 THEN -measure ELSE measure END, code
        """,
        metres,
        share,
        target.source_system,
    )
    return [Suspicion(row.cim_row, row.code, None, row.measure) for row in rows]


def _reached(layer: Layer) -> str:
    kind = "item" if layer.source else "layer"
    reached = near(layer.source, "s.reach", "l.")
    return f"SELECT code, geom FROM {kind}.{quoted(layer.name)} l WHERE {reached}"


def _staged(connection: Connection, metres: float, share: float) -> list[Suspicion]:
    """Earlier rows of the same batch."""
    rows = run(
        connection,
        f"""
        SELECT cim_row, earlier, measure FROM (
            SELECT cim_row, earlier, a, {_MEASURE} AS measure FROM (
                SELECT s.cim_row, n.cim_row AS earlier, s.cim_geom AS a, n.cim_geom AS b
                FROM ({_REACHING}) s JOIN stage n
                ON n.cim_geom && s.reach AND n.cim_row < s.cim_row
                WHERE ST_Dimension(n.cim_geom) = ST_Dimension(s.cim_geom)) pair) measured
        WHERE {_SUSPECTED} ORDER BY cim_row, earlier
        """,
        metres,
        share,
    )
    return [Suspicion(row.cim_row, None, row.earlier, row.measure) for row in rows]


# Staged rows without a code, with the box in which something may be the same.
_REACHING = f"""
    SELECT cim_row, cim_source, a AS cim_geom, CASE WHEN ST_Dimension(a) = 2 THEN a ELSE
           ST_Expand(a, 1.01 * $1::float8 / greatest({_EAST}, 1),
                     1.01 * $1::float8 / greatest({_NORTH}, 1)) END AS reach
    FROM (SELECT cim_row, cim_source, cim_geom AS a FROM stage t WHERE NOT EXISTS (
              SELECT FROM stage_code c WHERE c.cim_row = t.cim_row)) t
"""


def _greedy(found: list[Suspicion]) -> list[Suspicion]:
    """One suspicion a row; an earlier row that is suspected itself suspects nobody."""
    kept: dict[int, Suspicion] = {}
    for one in sorted(found, key=lambda s: (s.row, s.code is None)):
        if one.row not in kept and one.earlier_row not in kept:
            kept[one.row] = one
    return list(kept.values())
