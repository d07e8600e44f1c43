"""SQL functions of GeoSOT (地球空间网格编码的数据库函数), GB/T 40087-2021."""

from collections.abc import Iterator

from cim.database.grid_sql.common import Cap, caps, of_geometries
from gridcode.geosot import caps as geosot_caps
from gridcode.geosot import to_integer

_FUNCTIONS = r"""
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

_INTEGERS = r"""
CREATE FUNCTION grid.geosot_integer(
    lon double precision, lat double precision, level integer DEFAULT 32)
RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    x bigint;
    y bigint;
    west boolean := lon < 0;
    signs bigint;
BEGIN
    IF lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90 AND level BETWEEN 0 AND 32 THEN
        x := floor(abs(lon) * 7372800);
        y := floor(abs(lat) * 7372800);
    ELSE
        PERFORM grid.refuse(lon, lat, level, 32);
    END IF;
    IF level = 0 THEN RETURN 0; END IF;
    IF x = 1327104000 THEN x := 1327103999; west := true; END IF;
    IF y >= 648806400 AND level >= 8 THEN
        RETURN grid.geosot_cap_integer(grid.geosot_cap(x, west, y, lat < 0, level));
    END IF;
    signs := CASE WHEN lat < 0 THEN 0 ELSE -9223372036854775808 END
        | (west::integer::bigint << 62);
    IF level = 1 THEN RETURN signs | 2305843009213693952; END IF;
    -- Spread the bits of degree, minute and finer, so that the other axis fits between them.
    x := ((x / 7372800) << 23) | ((x / 122880 % 60) << 17) | (x % 122880);
    x := (x | (x << 16)) & 281470681808895;
    x := (x | (x << 8)) & 71777214294589695;
    x := (x | (x << 4)) & 1085102592571150095;
    x := (x | (x << 2)) & 3689348814741910323;
    x := (x | (x << 1)) & 6148914691236517205;
    y := ((y / 7372800) << 23) | ((y / 122880 % 60) << 17) | (y % 122880);
    y := (y | (y << 16)) & 281470681808895;
    y := (y | (y << 8)) & 71777214294589695;
    y := (y | (y << 4)) & 1085102592571150095;
    y := (y | (y << 2)) & 3689348814741910323;
    y := (y | (y << 1)) & 6148914691236517205;
    -- Cut to the level, then the marker after the last bit.
    RETURN signs | (((x | (y << 1)) >> (64 - 2 * level)) << (65 - 2 * level))
        | (1::bigint << (64 - 2 * level));
END $$;

-- The numbers below the marker, on both sides of the cell's own.
CREATE FUNCTION grid.geosot_span(code text)
RETURNS bigint[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    point geometry := ST_PointOnSurface(grid.geosot_cell(code));
    level integer := length(translate(code, '-.', '')) - 1;
    number bigint := grid.geosot_integer(ST_X(point), ST_Y(point), level);
    below bigint := (number & -number) - 1;
BEGIN
    IF level = 0 THEN below := 9223372036854775807; END IF;
    RETURN ARRAY[number - below, number + below];
END $$;
"""


def statements() -> str:
    """All functions of the grid."""
    texts = _FUNCTIONS + of_geometries("geosot", "text", 32)
    numbers = _INTEGERS + of_geometries("geosot_integer", "bigint", 32)
    return caps("geosot", _caps()) + texts + numbers


def _caps() -> Iterator[Cap]:
    for south in (False, True):
        for level in (8, 9, 10):
            for code in geosot_caps.cells(level, south):
                yield Cap(level, code, to_integer(code), south, geosot_caps.CELLS[code])
