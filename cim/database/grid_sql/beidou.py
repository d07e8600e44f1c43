"""SQL functions of the BeiDou grid (北斗网格位置码的数据库函数), GB/T 39409-2020."""

from collections.abc import Iterator

from cim.database.grid_sql.common import Cap, caps, of_geometries
from gridcode.beidou.caps import CAPS
from gridcode.beidou.integers import SIZES, join
from gridcode.beidou.levels import LENGTHS, LEVELS
from gridcode.cap import CapCell

_FUNCTIONS = r"""
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

# A place cut to its level has no digits below, so that one sum does for all levels.
_INTEGERS = r"""
CREATE FUNCTION grid.beidou_integer(
    lon double precision, lat double precision, level integer DEFAULT 10)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
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
    IF level = 0 THEN RETURN CASE WHEN lat < 0 THEN {sizes[0]} ELSE 0 END; END IF;
    IF x = 1327104000 THEN x := 1327103999; west := true; END IF;
    IF y >= 648806400 THEN
        RETURN grid.beidou_cap_integer(grid.beidou_cap(x, west, y, lat < 0, level));
    END IF;
    IF level < 10 THEN
        x := x - x % (ARRAY{lon_units})[level];
        y := y - y % (ARRAY{lat_units})[level];
    END IF;
    RETURN level + CASE WHEN lat < 0 THEN {sizes[0]} ELSE 0 END
        + (22 * CASE WHEN west THEN 30 - x / 44236800 ELSE 31 + x / 44236800 END - 21
           + y / 29491200) * {sizes[1]}
        + (x / 3686400 % 12 * 8 + y / 3686400 % 8) * {sizes[2]}
        + (x / 1843200 % 2 + y / 1228800 % 3 * 2) * {sizes[3]}
        + (x / 122880 % 15 * 10 + y / 122880 % 10) * {sizes[4]}
        + (x / 8192 % 15 * 15 + y / 8192 % 15) * {sizes[5]}
        + (x / 4096 % 2 + y / 4096 % 2 * 2) * {sizes[6]}
        + (x / 512 % 8 * 8 + y / 512 % 8) * {sizes[7]}
        + (x / 64 % 8 * 8 + y / 64 % 8) * {sizes[8]}
        + (x / 8 % 8 * 8 + y / 8 % 8) * {sizes[9]}
        + (x % 8 * 8 + y % 8) * {sizes[10]};
END $$;

CREATE FUNCTION grid.beidou_span(code text)
RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    point geometry := ST_PointOnSurface(grid.beidou_cell(code));
    level integer := array_position(ARRAY{lengths}, length(code)) - 1;
    first bigint := grid.beidou_integer(ST_X(point), ST_Y(point), level);
BEGIN
    RETURN ARRAY[first, first + (ARRAY{sizes}::bigint[])[level + 1] - 1];
END $$;
"""


def statements() -> str:
    """All functions of the grid."""
    integers = _INTEGERS.format(
        sizes=list(SIZES),
        lengths=list(LENGTHS),
        lon_units=[row.lon_units for row in LEVELS],
        lat_units=[row.lat_units for row in LEVELS],
    )
    texts = _FUNCTIONS + of_geometries("beidou", "text", 10)
    return (
        caps("beidou", _caps()) + texts + integers + of_geometries("beidou_integer", "bigint", 10)
    )


def _caps() -> Iterator[Cap]:
    for side, south in (("N", False), ("S", True)):
        whole = CapCell(-180, 180, 5280, 5400)
        yield Cap(1, f"{side}000", join(f"{side}000"), south, whole)
        for segment, cell in CAPS.items():
            code = f"{side}000{segment}"
            yield Cap(2, code, join(code), south, cell)
