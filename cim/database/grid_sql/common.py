"""What the functions of both grids share (公用函数): refusals, geometries, polar caps."""

from collections.abc import Iterable
from typing import NamedTuple

from gridcode.cap import CapCell

STATEMENTS = """
CREATE SCHEMA grid;

-- What is wrong with a place or a level, once something is: kept off the path of a million rows.
CREATE FUNCTION grid.refuse(
    lon double precision, lat double precision, level integer, deepest integer)
RETURNS void LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF NOT level BETWEEN 0 AND deepest THEN
        RAISE invalid_parameter_value USING MESSAGE =
            format('there is no level %s; allowed: 0 to %s', level, deepest);
    END IF;
    IF NOT lon BETWEEN -180 AND 180 THEN
        RAISE numeric_value_out_of_range USING MESSAGE =
            format('longitude is off the earth in ''%s''; allowed: -180 to 180', lon);
    END IF;
    RAISE numeric_value_out_of_range USING MESSAGE =
        format('latitude is off the earth in ''%s''; allowed: -90 to 90', lat);
END $$;

CREATE FUNCTION grid.point_of(place geometry)
RETURNS geometry LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF ST_SRID(place) NOT IN (4490, 4326, 0) THEN
        RAISE invalid_parameter_value USING MESSAGE = format(
            'grid codes are of degrees, EPSG:4490 or 4326, not of SRID %s', ST_SRID(place));
    END IF;
    RETURN CASE WHEN GeometryType(place) = 'POINT' THEN place ELSE ST_PointOnSurface(place) END;
END $$;

CREATE FUNCTION grid.box(west double precision, south double precision, east double precision,
                         north double precision)
RETURNS geometry LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN west <= east THEN ST_MakeEnvelope(west, south, east, north, 4490)
           ELSE ST_Collect(ST_MakeEnvelope(west, south, 180, north, 4490),
                           ST_MakeEnvelope(-180, south, east, north, 4490)) END
$$;
"""

_CAPS = """
CREATE FUNCTION grid.{system}_cap(
    lon bigint, west boolean, lat bigint, south boolean, level integer)
RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    degree bigint := lon / 7372800;
    minute bigint := lat / 122880;
    found text;
BEGIN
    SELECT c.code INTO found
    FROM (VALUES {rows}) AS c (at, code, number, is_south, w, e, from_minute, to_minute)
    WHERE c.at = level AND c.is_south = south
      AND minute >= c.from_minute AND (minute < c.to_minute OR c.to_minute = 5400)
      AND CASE WHEN c.w > c.e THEN degree >= CASE WHEN west THEN -c.e ELSE c.w END
               WHEN west THEN degree >= -c.e AND degree < -c.w
               ELSE degree >= c.w AND degree < c.e END;
    IF found IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = format(
            'a polar cap has no level %s: the standard leaves it open', level);
    END IF;
    RETURN found;
END $$;

CREATE FUNCTION grid.{system}_cap_cell(name text)
RETURNS geometry LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT grid.box(
        c.w, CASE WHEN c.is_south THEN -c.to_minute ELSE c.from_minute END / 60.0::float8,
        c.e, CASE WHEN c.is_south THEN -c.from_minute ELSE c.to_minute END / 60.0::float8)
    FROM (VALUES {rows}) AS c (at, code, number, is_south, w, e, from_minute, to_minute)
    WHERE translate(c.code, '-', '') = name
$$;

CREATE FUNCTION grid.{system}_cap_integer(name text)
RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT c.number::bigint
    FROM (VALUES {rows}) AS c (at, code, number, is_south, w, e, from_minute, to_minute)
    WHERE c.code = name
$$;
"""


class Cap(NamedTuple):
    """A cell of a polar cap: its level, code and number, on which side, and where it lies."""

    level: int
    code: str
    number: int
    south: bool
    cell: CapCell


def caps(system: str, cells: Iterable[Cap]) -> str:
    """The functions that know the caps of a system."""
    rows = ", ".join(
        f"({cap.level}, '{cap.code}', {cap.number}, {cap.south}, {cap.cell.west}, {cap.cell.east},"
        f" {cap.cell.from_minute}, {cap.cell.to_minute})"
        for cap in cells
    )
    return _CAPS.format(system=system, rows=rows)


# What takes geometries and spans, alike in both systems. The functions of a geometry are not
# STRICT, so that the planner can put their bodies in the place of the call.
_GEOMETRIES = """
CREATE FUNCTION grid.{name}_of(place geometry, level integer)
RETURNS {kind} LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE point geometry := grid.point_of(place);
BEGIN
    RETURN grid.{name}(ST_X(point), ST_Y(point), level);
END $$;

CREATE FUNCTION grid.{name}(place geometry, level integer DEFAULT {deepest})
RETURNS {kind} LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN ST_SRID(place) IN (4490, 4326) AND GeometryType(place) = 'POINT'
           THEN grid.{name}(ST_X(place), ST_Y(place), level)
           ELSE grid.{name}_of(place, level) END
$$;
"""


def of_geometries(name: str, kind: str, deepest: int) -> str:
    """The forms of a function of longitude, latitude and level that take a geometry."""
    return _GEOMETRIES.format(name=name, kind=kind, deepest=deepest)
