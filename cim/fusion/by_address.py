"""Rows linked by their address (按地址关联): a property of the layer, or the names of its things.

Both sides are taken apart (`addresses`). Roads and compounds that the layer does not have are
looked for by trigrams (pg_trgm) of what is their own, without 路, 小区 and the like that many end
with; that finds one character written wrong, and more in long ones. Two addresses are candidates
for each other where county, door and each detail agree that both say. The score is how alike the
stems are (1 for the same), times

====  ==================================================================
0.95  where one alone says the county
0.8   where they say different townships; 0.98 where one alone says it
0.7   where what they name behind the door differs; 0.98 where one alone does
0.97  for each detail that one alone says
====  ==================================================================

so that the same address in fewer words is still taken at once, and one with a road like it waits
for people.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from cim.database.sql import run, stream
from cim.feature_sql import name_sql
from cim.fusion import addresses
from cim.fusion.addresses import Address
from cim.fusion.by_code import copied, said
from cim.fusion.fused import Join
from cim.fusion.ways import Way
from cim.layer import Layer
from cim.names import quoted

# Least similarity of trigrams by the least length of what is looked for: a little below what one
# wrong character leaves of three, of four, of five. The higher it is, the less is looked at.
LEAST = ((1, 0.14), (4, 0.24), (5, 0.3))
LIKE = 0.5  # stems less alike than this are not of one road
MOST = 20  # roads of the layer that one of the table may be
_PARTS = Address._fields
_DETAILS = ("annex", "building", "entrance", "floor", "room")


def look(connection: Connection, layer: Layer, join: Join, way: Way) -> None:
    """Write what the open rows say, and which features have such addresses."""
    rows = said(connection, join, way)
    parsed = [(key, *addresses.parse(text)) for key, text in rows]
    for name in ("fusing_here", "fusing_there"):
        columns = ", ".join(f"{part} text NOT NULL" for part in _PARTS)
        run(connection, f"DROP TABLE IF EXISTS pg_temp.{name}")
        run(connection, f"CREATE TEMP TABLE {name} (key text, {columns}) ON COMMIT DROP")
    copied(connection, "fusing_said", ((r[0], "" if r[3] else "invalid") for r in parsed))
    copied(connection, "fusing_here", parsed)
    there = stream(connection, _addresses(layer, way))
    known = [(row.code, *addresses.parse(row.text)) for row in there]
    copied(connection, "fusing_there", (row for row in known if row[3]))
    run(connection, "CREATE INDEX ON fusing_there (stem, house)")
    run(connection, "ANALYZE fusing_here, fusing_there")
    _pair_stems(connection)
    run(connection, _FOUND)


def _addresses(layer: Layer, way: Way) -> str:
    """Query of the addresses of a layer: code, text."""
    if way.to or layer.column("address"):
        text = f"v.{quoted(way.to or 'address')}::text"
    else:
        text = name_sql(layer)
    return f"""
        SELECT code, text FROM (SELECT v.code, {text} AS text FROM item.{quoted(layer.name)} v) a
        WHERE text <> ''"""


def _pair_stems(connection: Connection) -> None:
    """Make `fusing_stem`: which stems of the layer one of the table may be, and how alike."""
    run(connection, "DROP TABLE IF EXISTS pg_temp.fusing_stem")
    run(
        connection,
        """
        CREATE TEMP TABLE fusing_stem ON COMMIT DROP AS
        SELECT stem AS here, stem AS there, 1::float8 AS alike
        FROM (SELECT DISTINCT stem FROM fusing_here) h
        JOIN (SELECT DISTINCT stem FROM fusing_there) t USING (stem)
        """,
    )
    only, known = (
        [row.stem for row in run(connection, f"SELECT DISTINCT stem FROM {table}")]
        for table in ("fusing_here", "fusing_there")
    )
    there = set(known)
    _cores(connection, "fusing_only", [stem for stem in only if stem and stem not in there])
    _cores(connection, "fusing_known", known)
    run(connection, "CREATE INDEX ON fusing_known USING gin (core gin_trgm_ops)")
    run(connection, "ANALYZE fusing_only, fusing_known")
    pairs = [pair for length, least in LEAST for pair in _resembling(connection, length, least)]
    scored = ((p.here, p.there, addresses.alike(p.here, p.there)) for p in pairs)
    copied(connection, "fusing_stem", (each for each in scored if each[2] >= LIKE))
    run(connection, "CREATE INDEX ON fusing_stem (here)")
    run(connection, "ANALYZE fusing_stem")


def _resembling(connection: Connection, length: int, least: float) -> list[Any]:
    """Pairs of stems (here, there) of so many characters, as far as no larger length is named."""
    longest = min((each for each, _ in LEAST if each > length), default=1_000_000)
    run(connection, f"SET LOCAL pg_trgm.similarity_threshold = {least}")
    return run(
        connection,
        f"""
        SELECT h.stem AS here, n.stem AS there FROM fusing_only h CROSS JOIN LATERAL (
            SELECT stem FROM fusing_known k WHERE k.core % h.core
            ORDER BY similarity(k.core, h.core) DESC, stem LIMIT {MOST}) n
        WHERE length(h.core) >= $1 AND length(h.core) < $2
        """,
        length,
        longest,
    )


def _cores(connection: Connection, table: str, stems: Sequence[str]) -> None:
    """Make a table of stems with what is their own, by which they are looked for."""
    run(connection, f"DROP TABLE IF EXISTS pg_temp.{table}")
    run(connection, f"CREATE TEMP TABLE {table} (stem text, core text) ON COMMIT DROP")
    copied(connection, table, ((stem, addresses.core(stem)) for stem in stems))


def _agree(part: str) -> str:
    return f"(h.{part} = '' OR t.{part} = '' OR h.{part} = t.{part})"


def _one_alone(part: str, factor: float) -> str:
    return f"CASE WHEN h.{part} = t.{part} THEN 1 ELSE {factor} END"


def _differing(part: str, factor: float) -> str:
    return (
        f"CASE WHEN h.{part} = t.{part} THEN 1 WHEN h.{part} = '' OR t.{part} = '' THEN 0.98 "
        f"ELSE {factor} END"
    )


_SCORE = " * ".join(
    [
        "p.alike",
        _one_alone("county", 0.95),
        _differing("town", 0.8),
        _differing("tail", 0.7),
        *(_one_alone(detail, 0.97) for detail in _DETAILS),
    ]
)
_FOUND = f"""
    INSERT INTO fusing_found
    SELECT h.key, n.code, n.score, n.text FROM fusing_here h CROSS JOIN LATERAL (
        SELECT t.key AS code, {_SCORE} AS score,
               concat(t.county, t.town, t.stem, t.house || CASE WHEN t.house <> '' THEN '号' END,
                      t.tail) AS text
        FROM fusing_stem p JOIN fusing_there t ON t.stem = p.there AND t.house = h.house
        WHERE p.here = h.stem AND {" AND ".join(map(_agree, ("county", *_DETAILS)))}
              AND NOT EXISTS (
                  SELECT FROM fusing_refused r WHERE r.row_key = h.key AND r.code = t.key)
        ORDER BY score DESC, code LIMIT 6) n
"""
