"""Which column of a table holds the place of a row, and in which CRS (几何列与坐标系)."""

from typing import NamedTuple

import psycopg
from pyproj import CRS
from pyproj.exceptions import CRSError
from sqlalchemy import Connection

from cim.database.sql import run
from cim.names import quoted
from cim.source_table import SAME_FRAME, STEP, Box
from layers.crs import operation
from layers.crs.declared import declare
from layers.errors import CrsUnknown, TableUnfit
from layers.registered.catalogs import Found

_BEYOND = 3.0  # degrees beyond the area of a CRS in which it is used all the same
_AROUND = 2.0  # degrees around the rows, where the CRS has no area that is known
_CHINA = (73.0, 3.0, 136.0, 54.0)
_WORLD = (-180.0, -90.0, 180.0, 90.0)
_PLAIN = frozenset(
    f"{kind}{more}"
    for kind in ("POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON")
    for more in ("", "Z", "M", "ZM")
)


class Placed(NamedTuple):
    """The column, the SRID that it bears, the one that it is in, and how far that may be used.

    `loose` where the column takes geometries that GeoJSON has not. `area` is in degrees, `reach`
    the same in the CRS of the table.
    """

    column: str
    stored: int
    srid: int
    loose: bool
    area: Box
    reach: Box


def placed(connection: Connection, found: Found, column: str | None, crs: str | None) -> Placed:
    """The geometry of a table; TableUnfit, CrsUnknown.

    `column` is needed where there are several, `crs` where neither the column nor its rows tell.
    """
    name = _column(found, column)
    stored, loose = declared(connection, found, name)
    if stored == 0:
        stored = _of_rows(connection, found, name)
    srid = _named(connection, crs) if crs else stored
    if srid == 0:
        reason = f"neither the column {name!r} nor its rows tell their CRS; say it with --crs"
        raise TableUnfit(found.place, reason)
    if stored not in {0, srid} and crs:
        reason = f"the rows say that they are in EPSG:{stored}, and --crs that they are in {crs}"
        raise TableUnfit(found.place, reason)
    area = _area(connection, found, name, srid)
    _check_way(connection, found, name, srid)
    return Placed(name, stored, srid, loose, area, _reach(connection, area, srid))


def _column(found: Found, wanted: str | None) -> str:
    names = [each.name for each in found.attributes if each.kind == "geometry"]
    if wanted is not None:
        if found.attribute(wanted).kind != "geometry":
            raise TableUnfit(found.place, f"its column {wanted!r} is no geometry")
        return wanted
    if len(names) != 1:
        told = f"several: {', '.join(names)}; name one with --geometry" if names else "none"
        raise TableUnfit(found.place, f"of columns of type geometry it has {told}")
    return names[0]


def declared(connection: Connection, found: Found, name: str) -> tuple[int, bool]:
    """The SRID of the column's type, 0 where it has none, and whether it takes whatever comes."""
    (row,) = run(
        connection,
        """
        SELECT postgis_typmod_srid(a.atttypmod) AS srid, postgis_typmod_type(a.atttypmod) AS type
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = $2 AND a.attname = $3
        """,
        *found.place,
        name,
    )
    return max(row.srid, 0), row.type.upper() not in _PLAIN


def _of_rows(connection: Connection, found: Found, name: str) -> int:
    """The SRID that all rows have; 0 where there are none, or they have none."""
    place = f"{quoted(found.place.schema)}.{quoted(found.place.table)}"
    rows = run(
        connection,
        f"SELECT DISTINCT ST_SRID({quoted(name)}) AS srid FROM {place}"
        f" WHERE {quoted(name)} IS NOT NULL ORDER BY 1 LIMIT 4",
    )
    if len(rows) > 1:
        told = ", ".join(str(row.srid) for row in rows)
        raise TableUnfit(found.place, f"its rows are in several CRS: SRID {told}")
    return rows[0].srid if rows else 0


def _named(connection: Connection, text: str) -> int:
    """The SRID of a CRS that somebody names, by its EPSG code; CrsUnknown."""
    try:
        number = CRS.from_user_input(int(text) if text.isdigit() else text).to_epsg()
    except CRSError as error:
        raise CrsUnknown(text) from error
    known = "SELECT srid FROM spatial_ref_sys WHERE auth_name = 'EPSG' AND auth_srid = $1"
    rows = run(connection, known, number) if number else []
    if not rows:
        raise CrsUnknown(text)
    return int(rows[0].srid)


def _area(connection: Connection, found: Found, name: str, srid: int) -> Box:
    """Degrees in which the CRS may be used."""
    if srid in SAME_FRAME:
        return _WORLD
    rows = run(
        connection,
        "SELECT auth_name, auth_srid, srtext FROM spatial_ref_sys WHERE srid = $1",
        srid,
    )
    if not rows:
        raise TableUnfit(found.place, f"PostGIS does not know its SRID {srid} (spatial_ref_sys)")
    try:
        crs = CRS.from_user_input(f"{rows[0].auth_name}:{rows[0].auth_srid}")
    except CRSError:
        crs = None
    area = crs.area_of_use if crs else None
    if area is None or area.west > area.east:
        return _around(connection, found, name, srid) or _CHINA
    return _widened((area.west, area.south, area.east, area.north), _BEYOND)


def _check_way(connection: Connection, found: Found, name: str, srid: int) -> None:
    """See that the way to CGCS2000 is known, as it is for a file (`layers.crs`).

    What a city has entered into spatial_ref_sys itself is its own to answer for.
    """
    (row,) = run(connection, "SELECT auth_name FROM spatial_ref_sys WHERE srid = $1", srid)
    if row.auth_name != "EPSG":
        return
    declared = declare(f"EPSG:{srid}")
    if operation.find(declared, None).accuracy is not None:
        return
    if operation.find(declared, _around(connection, found, name, srid)).accuracy is None:
        reason = (
            f"nobody states how its CRS {declared.name} leads to CGCS2000, and its rows would be"
            " off by up to some hundred metres; register a view that transforms them by the"
            " parameters of the city, to SRID 4490"
        )
        raise TableUnfit(found.place, reason)


def _around(connection: Connection, found: Found, name: str, srid: int) -> Box | None:
    """Where the rows are, and a little around; None where there are none, or one is nowhere."""
    place = f"{quoted(found.place.schema)}.{quoted(found.place.table)}"
    box = f"ST_Transform(ST_SetSRID(ST_Extent({quoted(name)})::geometry, {srid}), 4490)"
    try:
        with connection.begin_nested():
            (row,) = run(
                connection,
                "SELECT ST_XMin(b) AS west, ST_YMin(b) AS south, ST_XMax(b) AS east,"
                f" ST_YMax(b) AS north FROM (SELECT {box} AS b FROM {place}) t",
            )
    except psycopg.Error:
        return None
    return None if row.west is None else _widened(tuple(row), _AROUND)


def _widened(box: tuple[float, ...], by: float) -> Box:
    west, south, east, north = box
    return (
        max(west - by, -180.0),
        max(south - by, -90.0),
        min(east + by, 180.0),
        min(north + by, 90.0),
    )


def _reach(connection: Connection, area: Box, srid: int) -> Box:
    """The area in the CRS of the table."""
    if srid in SAME_FRAME:
        return _WORLD
    (row,) = run(
        connection,
        f"""
        SELECT ST_XMin(b) AS west, ST_YMin(b) AS south, ST_XMax(b) AS east, ST_YMax(b) AS north
        FROM (SELECT ST_Transform(ST_Segmentize(
                  ST_MakeEnvelope($1, $2, $3, $4, 4490), {STEP}), {srid}) AS b) t
        """,
        *area,
    )
    return (row.west, row.south, row.east, row.north)
