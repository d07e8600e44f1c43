"""Resolution (解析): from any code of a thing to the thing.

A text is read as every scheme that it fits. The unified identification code names its entity
itself; a code of another scheme names it through `cim.alias`. What is not there is not guessed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cim import classes, entity_code, items
from cim.access import Caller
from cim.errors import UnknownClass
from cim.items import Statement
from cim.registry import Layer, Registry
from cim.schemes import Match

# Whom the codes name, whom the aliases name; a live alias goes before one that has ended.
_FIND = """
    WITH named AS (
        SELECT code, 'uic' AS scheme, code AS value FROM cim.entity WHERE code = ANY($1::text[])
        UNION ALL
        SELECT found.code, scheme, value
        FROM unnest($2::text[], $3::text[]) AS wanted (scheme, value), LATERAL (
            SELECT code, valid_to FROM cim.alias a
            WHERE a.scheme = wanted.scheme AND a.value = wanted.value AND valid_to IS NULL
            UNION ALL
            SELECT code, valid_to FROM cim.alias a
            WHERE a.scheme = wanted.scheme AND a.value = wanted.value AND valid_to IS NOT NULL
            ORDER BY valid_to DESC NULLS FIRST
            LIMIT 1) found
    )
    SELECT e.code, e.state, l.name AS layer, n.scheme, n.value,
           (SELECT json_agg(json_build_object(
                       'scheme', a.scheme, 'value', a.value, 'ended', a.valid_to)
                   ORDER BY a.scheme, a.id)::text
            FROM cim.alias a WHERE a.code = e.code) AS aliases,
           {feature} AS feature
    FROM named n JOIN cim.entity e USING (code) LEFT JOIN cim.layer l ON l.id = e.layer_id
    ORDER BY e.code
"""


@dataclass(frozen=True, slots=True)
class Resolved:
    """An entity that a code names, and the code as which it was found."""

    code: str
    state: str
    layer: str | None
    scheme: str
    value: str
    aliases: Sequence[Mapping[str, Any]]
    feature: bytes | None

    @classmethod
    def read(cls, row: Any) -> "Resolved":
        """Of a row of `find`; `feature` is the item's GeoJSON without its closing brace."""
        aliases = json.loads(row.aliases) if row.aliases else []
        feature = None if row.feature is None else bytes(row.feature)
        return cls(row.code, row.state, row.layer, row.scheme, row.value, aliases, feature)

    def document(self) -> dict[str, Any]:
        """What is said of the entity itself; the layer's own fields are its item's."""
        parsed = entity_code.parse(self.code)
        return {
            "code": self.code,
            "external_code": entity_code.format(self.code),
            "state": self.state,
            "region_code": parsed.division,
            "type_code": self.code[6:12],
            "type_name": _class_name(self.code[6:12]),
            "layer": self.layer,
            "matched": {"scheme": self.scheme, "value": self.value},
            "aliases": self.aliases,
        }


def find(matches: Sequence[Match], registry: Registry, caller: Caller) -> Statement:
    """Statement whose rows go to `Resolved.read`, for what `schemes.identify` says of a text.

    The class in an entity code tells which layer it is likely in, so that the same round trip
    brings what that layer says of it.
    """
    codes = [m.canonical for m in matches if m.scheme == "uic"]
    others = [m for m in matches if m.scheme != "uic"]
    layer = _likely_layer(codes, registry, caller)
    values = (codes, [m.scheme for m in others], [m.canonical for m in others])
    return Statement(_sql(layer), values)


def _likely_layer(codes: list[str], registry: Registry, caller: Caller) -> Layer | None:
    wanted = {code[6:12] for code in codes}
    return next((la for la in registry.visible(caller) if la.class_code in wanted), None)


@lru_cache(maxsize=1024)
def _sql(layer: Layer | None) -> str:
    if layer is None:
        return _FIND.format(feature="NULL::bytea")
    return _FIND.format(feature=f"({items.one_sql(layer, code='e.code')})")


def _class_name(class_code: str) -> dict[str, str] | None:
    try:
        found = classes.get(class_code)
    except UnknownClass:
        return None
    return {"zh": found.name_zh, "en": found.name_en}
