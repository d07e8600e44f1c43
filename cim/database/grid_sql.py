"""SQL functions of the grids, schema `grid` (数据库网格编码函数), equal to the package `gridcode`.

    grid.beidou(geometry, level = 10) -> text        grid.geosot(geometry, level = 32) -> text
    grid.beidou(lon, lat, level = 10) -> text        grid.geosot(lon, lat, level = 32) -> text
    grid.beidou_cell(text) -> geometry, EPSG:4490    grid.geosot_cell(text) -> geometry, EPSG:4490

All are immutable and parallel safe, so that they may stand in an index. A geometry is in degrees
(EPSG:4490, 4326 or none said); a line or an area is taken at its point on surface. A coordinate x
means floor(|x| * 7372800) in IEEE double, whole numbers from there on, as in Python. What the
standards leave open raises an error: levels that do not exist, places off the earth, caps below
the levels that they have.

The cap tables come from the package's own; the rest of the arithmetic is written anew.
"""

from collections.abc import Iterable

from gridcode.beidou import caps as beidou_caps
from gridcode.cap import CapCell
from gridcode.geosot import caps as geosot_caps

_HEADER = """
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
    FROM (VALUES {rows}) AS c (at, code, is_south, w, e, from_minute, to_minute)
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
    FROM (VALUES {rows}) AS c (at, code, is_south, w, e, from_minute, to_minute)
    WHERE translate(c.code, '-', '') = name
$$;
"""

_BEIDOU = r"""
CREATE FUNCTION grid.beidou(lon double precision, lat double precision, level integer DEFAULT 10)
RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    x bigint;
    y bigint;
    west boolean := lon < 0;
BEGIN
    IF lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90 AND level BETWEEN 0 AND 10 THEN
        x := floor(abs(lon) * 7372800);
        y := floor(abs(lat) * 7372800);
    ELSE
        PERFORM grid.refuse(lon, lat, level, 10);
    END IF;
    IF x = 1327104000 THEN x := 1327103999; west := true; END IF;
    IF y >= 648806400 AND level > 0 THEN
        RETURN grid.beidou_cap(x, west, y, lat < 0, level);
    END IF;
    RETURN left(CASE WHEN lat < 0 THEN 'S' ELSE 'N' END
        || lpad((CASE WHEN west THEN 30 - x / 44236800 ELSE 31 + x / 44236800 END)::text, 2, '0')
        || chr(65 + (y / 29491200)::integer)
        || upper(lpad(to_hex(
            ((x / 3686400 % 12) << 60) | ((y / 3686400 % 8) << 56)
            | ((x / 1843200 % 2 + 2 * (y / 1228800 % 3)) << 52)
            | ((x / 122880 % 15) << 48) | ((y / 122880 % 10) << 44)
            | ((x / 8192 % 15) << 40) | ((y / 8192 % 15) << 36)
            | ((x / 4096 % 2 + 2 * (y / 4096 % 2)) << 32)
            | ((x / 512 % 8) << 28) | ((y / 512 % 8) << 24)
            | ((x / 64 % 8) << 20) | ((y / 64 % 8) << 16)
            | ((x / 8 % 8) << 12) | ((y / 8 % 8) << 8)
            | ((x % 8) << 4) | (y % 8)), 16, '0')),
        CASE level WHEN 0 THEN 1 WHEN 1 THEN 4 WHEN 2 THEN 6 WHEN 3 THEN 7 WHEN 4 THEN 9
                   WHEN 5 THEN 11 WHEN 6 THEN 12 ELSE 2 * level END);
END $$;

CREATE FUNCTION grid.beidou_of(place geometry, level integer)
RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE point geometry := grid.point_of(place);
BEGIN
    RETURN grid.beidou(ST_X(point), ST_Y(point), level);
END $$;

-- Not STRICT, so that the planner can put its body in the place of the call.
CREATE FUNCTION grid.beidou(place geometry, level integer DEFAULT 10)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN ST_SRID(place) IN (4490, 4326) AND GeometryType(place) = 'POINT'
           THEN grid.beidou(ST_X(place), ST_Y(place), level)
           ELSE grid.beidou_of(place, level) END
$$;

CREATE FUNCTION grid.beidou_cell(code text)
RETURNS geometry LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    c text := upper(code);
    n bigint;
    zone bigint;
    x bigint;
    y bigint;
    level integer := array_position(ARRAY[1, 4, 6, 7, 9, 11, 12, 14, 16, 18, 20], length(code)) - 1;
    width bigint;
    height bigint;
    west boolean;
BEGIN
    IF c ~ '^[NS]000' AND grid.beidou_cap_cell(c) IS NOT NULL THEN
        RETURN grid.beidou_cap_cell(c);
    END IF;
    IF level IS NULL OR c !~ ('^[NS]((0[1-9]|[1-5]\d|60)[A-V]([0-9AB][0-7]([0-5]'
            '([0-9A-E]\d([0-9A-E]{2}([0-3]([0-7]{2}){0,4})?)?)?)?)?)?$') THEN
        RAISE invalid_text_representation USING MESSAGE =
            format('''%s'' is no BeiDou grid location code', code);
    END IF;
    IF level = 0 THEN
        RETURN ST_MakeEnvelope(-180, CASE c WHEN 'S' THEN -90 ELSE 0 END,
                               180, CASE c WHEN 'S' THEN 0 ELSE 90 END, 4490);
    END IF;
    n := ('x' || rpad(substr(c, 5), 16, '0'))::bit(64)::bigint;
    zone := substr(c, 2, 2)::bigint;
    west := zone <= 30;
    x := CASE WHEN west THEN 30 - zone ELSE zone - 31 END * 44236800
        + ((n >> 60) & 15) * 3686400 + ((n >> 52) & 1) * 1843200 + ((n >> 48) & 15) * 122880
        + ((n >> 40) & 15) * 8192 + ((n >> 32) & 1) * 4096
        + ((n >> 28) & 15) * 512 + ((n >> 20) & 15) * 64 + ((n >> 12) & 15) * 8 + ((n >> 4) & 15);
    y := (ascii(substr(c, 4, 1)) - 65) * 29491200::bigint
        + ((n >> 56) & 15) * 3686400 + ((n >> 53) & 3) * 1228800 + ((n >> 44) & 15) * 122880
        + ((n >> 36) & 15) * 8192 + ((n >> 33) & 1) * 4096
        + ((n >> 24) & 15) * 512 + ((n >> 16) & 15) * 64 + ((n >> 8) & 15) * 8 + (n & 15);
    width := (ARRAY[44236800, 3686400, 1843200, 122880, 8192, 4096, 512, 64, 8, 1])[level];
    height := (ARRAY[29491200, 3686400, 1228800, 122880, 8192, 4096, 512, 64, 8, 1])[level];
    RETURN ST_MakeEnvelope(
        (CASE WHEN west THEN -(x + width) ELSE x END) / 7372800::float8,
        (CASE WHEN c ~ '^S' THEN -(y + height) ELSE y END) / 7372800::float8,
        (CASE WHEN west THEN -x ELSE x + width END) / 7372800::float8,
        (CASE WHEN c ~ '^S' THEN -y ELSE y + height END) / 7372800::float8, 4490);
END $$;
"""

_GEOSOT = r"""
-- Every fourth bit of a number, side by side: sixteen bits out of nibbles.
CREATE FUNCTION grid.gather(nibbles bigint)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE s bigint := nibbles & 1229782938247303441;
BEGIN
    s := (s | (s >> 3)) & 217020518514230019;
    s := (s | (s >> 6)) & 4222189076152335;
    s := (s | (s >> 12)) & 1095216660735;
    RETURN (s | (s >> 24)) & 65535;
END $$;

CREATE FUNCTION grid.geosot(lon double precision, lat double precision, level integer DEFAULT 32)
RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    x bigint;
    y bigint;
    west boolean := lon < 0;
    lon_bits bigint;
    lat_bits bigint;
    digits text;
BEGIN
    IF lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90 AND level BETWEEN 0 AND 32 THEN
        x := floor(abs(lon) * 7372800);
        y := floor(abs(lat) * 7372800);
    ELSE
        PERFORM grid.refuse(lon, lat, level, 32);
    END IF;
    IF x = 1327104000 THEN x := 1327103999; west := true; END IF;
    IF y >= 648806400 AND level >= 8 THEN
        RETURN grid.geosot_cap(x, west, y, lat < 0, level);
    END IF;
    lon_bits := (west::integer::bigint << 31) | ((x / 7372800) << 23)
                | ((x / 122880 % 60) << 17) | (x % 122880);
    lat_bits := ((lat < 0)::integer::bigint << 31) | ((y / 7372800) << 23)
                | ((y / 122880 % 60) << 17) | (y % 122880);
    -- Bits read as decimal digits: twice the latitude's plus the longitude's is the code.
    digits := lpad(((lat_bits >> 16)::bit(16)::text::bigint * 2
                    + (lon_bits >> 16)::bit(16)::text::bigint)::text, 16, '0');
    IF level > 16 THEN
        digits := digits || lpad((lat_bits::bit(16)::text::bigint * 2
                                  + lon_bits::bit(16)::text::bigint)::text, 16, '0');
    END IF;
    digits := left(digits, level);
    RETURN 'G' || left(digits, 9)
        || CASE WHEN level > 9 THEN '-' || substr(digits, 10, 6) ELSE '' END
        || CASE WHEN level > 15 THEN '-' || substr(digits, 16, 6) ELSE '' END
        || CASE WHEN level > 21 THEN '.' || substr(digits, 22) ELSE '' END;
END $$;

CREATE FUNCTION grid.geosot_of(place geometry, level integer)
RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE point geometry := grid.point_of(place);
BEGIN
    RETURN grid.geosot(ST_X(point), ST_Y(point), level);
END $$;

-- Not STRICT, so that the planner can put its body in the place of the call.
CREATE FUNCTION grid.geosot(place geometry, level integer DEFAULT 32)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN ST_SRID(place) IN (4490, 4326) AND GeometryType(place) = 'POINT'
           THEN grid.geosot(ST_X(place), ST_Y(place), level)
           ELSE grid.geosot_of(place, level) END
$$;

-- Where a side of a cell begins and ends, in 1/2048 seconds; the last cell of a degree or a
-- minute is clipped. NULL where no cell of the earth is.
CREATE FUNCTION grid.geosot_side(index bigint, level integer, most integer)
RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    degree bigint := (index >> 23) & 255;
    minute bigint := (index >> 17) & 63;
    second bigint := (index >> 11) & 63;
    start bigint := degree * 7372800 + minute * 122880 + (index & 131071);
BEGIN
    IF degree >= most OR minute > 59 OR second > 59 THEN RETURN NULL; END IF;
    RETURN ARRAY[start, CASE
        WHEN level <= 9 THEN least(degree + (1 << (9 - level)), most) * 7372800
        WHEN level <= 15 THEN degree * 7372800 + least(minute + (1 << (15 - level)), 60) * 122880
        WHEN level <= 21 THEN start - second * 2048 + least(second + (1 << (21 - level)), 60) * 2048
        ELSE start + (1 << (32 - level)) END];
END $$;

CREATE FUNCTION grid.geosot_cell(code text)
RETURNS geometry LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    c text := translate(upper(code), '-.', '');
    level integer := length(c) - 1;
    high bigint;
    low bigint;
    lon bigint;
    lat bigint;
    xs bigint[];
    ys bigint[];
BEGIN
    IF c !~ '^G[0-3]{0,32}$' THEN
        RAISE invalid_text_representation USING MESSAGE = format('''%s'' is no GeoSOT code', code);
    END IF;
    IF level = 0 THEN RETURN ST_MakeEnvelope(-180, -90, 180, 90, 4490); END IF;
    high := ('x' || rpad(substr(c, 2, 16), 16, '0'))::bit(64)::bigint;
    low := ('x' || rpad(substr(c, 18), 16, '0'))::bit(64)::bigint;
    lon := (grid.gather(high) << 16) | grid.gather(low);
    lat := (grid.gather(high >> 1) << 16) | grid.gather(low >> 1);
    xs := grid.geosot_side(lon, level, 180);
    ys := grid.geosot_side(lat, level, 90);
    IF level >= 8 AND ((lat >> 23) & 255) >= 88 THEN
        IF grid.geosot_cap_cell(c) IS NOT NULL THEN RETURN grid.geosot_cap_cell(c); END IF;
        xs := NULL;
    END IF;
    IF xs IS NULL OR ys IS NULL THEN
        RAISE invalid_text_representation USING MESSAGE =
            format('''%s'' is no cell of the earth in GeoSOT', code);
    END IF;
    RETURN ST_MakeEnvelope(
        (CASE WHEN lon >> 31 = 1 THEN -xs[2] ELSE xs[1] END) / 7372800::float8,
        (CASE WHEN lat >> 31 = 1 THEN -ys[2] ELSE ys[1] END) / 7372800::float8,
        (CASE WHEN lon >> 31 = 1 THEN -xs[1] ELSE xs[2] END) / 7372800::float8,
        (CASE WHEN lat >> 31 = 1 THEN -ys[1] ELSE ys[2] END) / 7372800::float8, 4490);
END $$;
"""


def statements() -> str:
    """All of them, for a migration."""
    beidou = [(2, f"N000{segment}", False, cell) for segment, cell in beidou_caps.CAPS.items()]
    beidou += [(2, f"S000{segment}", True, cell) for segment, cell in beidou_caps.CAPS.items()]
    whole = CapCell(-180, 180, 5280, 5400)
    beidou += [(1, "N000", False, whole), (1, "S000", True, whole)]
    return "".join(
        (
            _HEADER,
            _CAPS.format(system="beidou", rows=_rows(beidou)),
            _CAPS.format(system="geosot", rows=_rows(_geosot_caps())),
            _BEIDOU,
            _GEOSOT,
        )
    )


def _geosot_caps() -> Iterable[tuple[int, str, bool, CapCell]]:
    for south in (False, True):
        for level in (8, 9, 10):
            for code in geosot_caps.cells(level, south):
                yield level, code, south, geosot_caps.CELLS[code]


def _rows(caps: Iterable[tuple[int, str, bool, CapCell]]) -> str:
    return ", ".join(
        f"({level}, '{code}', {south}, {cell.west}, {cell.east}, {cell.from_minute},"
        f" {cell.to_minute})"
        for level, code, south, cell in caps
    )
