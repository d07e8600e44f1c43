"""What happened to a thing (实体变更史): its events, and the versions of its row.

Events say who did what and why, on which document; versions when the row was so in the city (valid
time) and when we knew it (transaction time), and which fields are other than in the version before.
Both go from the newest backwards, and a page begins before an event and before a version, by their
numbers.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from cim.access import Caller
from cim.layer import Layer
from cim.names import quoted
from cim.statement import Statement

_TOKEN = re.compile(r"(\d{1,18})\.(\d{1,18})")
_LAST = 10**18 - 1


class Before(NamedTuple):
    """Where a page begins: before an event, and before a version.

    >>> Before.read("1200.7")
    Before(event=1200, version=7)
    >>> str(Before(1200, 7)), Before.read("next")
    ('1200.7', None)
    """

    event: int = _LAST
    version: int = _LAST

    @classmethod
    def read(cls, text: str) -> "Before | None":
        """Of the text that it is written as; None where that is none."""
        found = _TOKEN.fullmatch(text)
        return cls(int(found[1]), int(found[2])) if found else None

    def __str__(self) -> str:
        return f"{self.event}.{self.version}"


_EVENTS = """
    SELECT v.id, v.kind, v.valid_at, a.recorded_at, a.who, a.why, a.document
    FROM cim.event v JOIN cim.action a ON a.id = v.action_id
    WHERE v.code = $1 AND v.id < $2::bigint
    ORDER BY v.id DESC LIMIT $3::bigint + 1
"""


def events(code: str, before: Before, limit: int) -> Statement:
    """Rows (id, kind, valid_at, recorded_at, who, why, document), and one more if there are."""
    return Statement(_EVENTS, (code, before.event, limit))


def versions(layer: Layer, code: str, before: Before, limit: int, caller: Caller) -> Statement:
    """Rows (version, valid_from, valid_to, recorded_at, replaced_at, fields), one more if
    there are.

    `fields` is JSON of the properties, and of the geometry as a hash.
    """
    return Statement(_versions_sql(layer), (code, before.version, limit))


@lru_cache(maxsize=256)
def _versions_sql(layer: Layer) -> str:
    own = "".join(f", {quoted(column.name)}" for column in layer.columns)
    replaced = "NULL::timestamptz AS cim_replaced_at"
    kept = f"cim_version, cim_valid_from, cim_recorded_at, beidou_code{own}, geom"
    fields = f"SELECT v.beidou_code{''.join(f', v.{quoted(c.name)}' for c in layer.columns)}"
    name = quoted(layer.name)
    every = f"""
        SELECT {kept}, 'infinity'::timestamptz AS cim_valid_to, {replaced}
        FROM layer.{name} WHERE code = $1
        UNION ALL
        SELECT {kept}, cim_valid_to, cim_replaced_at FROM history.{name} WHERE code = $1"""
    if layer.source:  # nobody kept what its rows were before
        every = f"SELECT {kept}, cim_valid_to, {replaced} FROM version.{name} WHERE code = $1"
    return f"""
        SELECT cim_version AS version, cim_valid_from AS valid_from,
               nullif(cim_valid_to, 'infinity') AS valid_to, cim_recorded_at AS recorded_at,
               cim_replaced_at AS replaced_at,
               (SELECT to_jsonb(fields) || jsonb_build_object('geometry', md5(ST_AsBinary(v.geom)))
                FROM ({fields}) fields)::text AS fields
        FROM ({every}) v
        WHERE cim_version < $2::bigint
        ORDER BY cim_version DESC LIMIT $3::bigint + 1
    """


def changed(fields: list[Mapping[str, Any]]) -> Iterator[list[str]]:
    """For each of the versions, newest first, but the last one: the fields that changed.

    >>> list(changed([{"landuse": "07", "geometry": "x"}, {"landuse": "01", "geometry": "x"}]))
    [['landuse']]
    """
    for new, old in pairwise(fields):
        yield [name for name in new if new[name] != old.get(name)]
