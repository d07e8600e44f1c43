"""What is remembered of touched series (序列摘要): from when to when, and the latest reading.

The latest of a station is one row of `cim.latest`, which its feature shows. A reading of a time
that had not come when it was recorded does not count, or one mistyped year would hide all others.
"""

from collections.abc import Iterable

from sqlalchemy import Connection

from cim.database.sql import run
from cim.doubts import DOUBTS, TABLE

_ENDS = """
    UPDATE cim.datastream d SET
        first_at = (SELECT time FROM cim.observation
                    WHERE datastream_id = d.id AND flags & $2 = 0 ORDER BY time LIMIT 1),
        last_at = (SELECT time FROM cim.observation
                   WHERE datastream_id = d.id AND flags & $2 = 0 ORDER BY time DESC LIMIT 1)
    WHERE id = ANY($1)
"""

_LATEST = """
    INSERT INTO cim.latest (station, readings)
    SELECT station, jsonb_object_agg(parameter, reading) FROM (
        SELECT DISTINCT ON (d.station, d.parameter) d.station, d.parameter, jsonb_build_object(
            'value', o.value, 'unit', d.unit,
            'time', to_char(o.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            'datum', nullif(d.datum, ''),
            'flags', (SELECT coalesce(jsonb_agg(name ORDER BY bit), '[]')
                      FROM unnest($2::text[], $3::int[]) AS n (name, bit)
                      WHERE o.flags & bit <> 0)) AS reading
        FROM cim.datastream d, LATERAL (
            SELECT time, value, flags FROM cim.observation
            WHERE datastream_id = d.id AND flags & $4 = 0 ORDER BY time DESC LIMIT 1) o
        WHERE d.station IN (SELECT station FROM cim.datastream WHERE id = ANY($1))
        ORDER BY d.station, d.parameter, o.time DESC) r
    GROUP BY station
    ON CONFLICT (station) DO UPDATE SET readings = excluded.readings
    WHERE latest.readings <> excluded.readings
"""


def remember(connection: Connection, series: Iterable[int]) -> None:
    """Bring the ends of the series, and the latest readings of their stations, up to date."""
    touched = list(series)
    names, bits = list(TABLE), [doubt.bit for doubt in TABLE.values()]
    run(connection, _ENDS, touched, DOUBTS["future"])
    run(connection, _LATEST, touched, names, bits, DOUBTS["future"])
