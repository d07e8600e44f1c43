"""Resolution (解析): from any code of a thing to the thing.

A text is read as every scheme that it fits. The unified identification code names its entity
itself; a code of another scheme names it through `cim.alias`, where a live one goes before one
that has ended. What is not there is not guessed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cim import classes, entity_code, schemes
from cim.access import Caller
from cim.errors import UnknownClass
from cim.items import Statement

# Rows (code, state, layer, scheme, value, aliases): whom the codes name, whom the aliases name.
_FIND = """
    WITH named AS (
        SELECT code, 'uic' AS scheme, code AS value FROM cim.entity WHERE code = ANY($1::text[])
        UNION ALL
        (SELECT DISTINCT ON (a.scheme, a.value) a.code, a.scheme, a.value
         FROM cim.alias a JOIN unnest($2::text[], $3::text[]) AS wanted (scheme, value)
              USING (scheme, value)
         ORDER BY a.scheme, a.value, a.valid_to DESC NULLS FIRST)
    )
    SELECT json_agg(json_build_object(
        'code', e.code, 'state', e.state, 'layer', l.name,
        'scheme', n.scheme, 'value', n.value,
        'aliases', (SELECT coalesce(json_agg(json_build_object(
                        'scheme', a.scheme, 'value', a.value, 'ended', a.valid_to)
                        ORDER BY a.scheme, a.id), '[]')
                    FROM cim.alias a WHERE a.code = e.code)
    ) ORDER BY e.code)::text AS found
    FROM named n JOIN cim.entity e USING (code) LEFT JOIN cim.layer l ON l.id = e.layer_id
"""


@dataclass(frozen=True, slots=True)
class Resolved:
    """An entity that a code names, and the code as which it was found."""

    code: str
    state: str
    layer: str | None
    scheme: str
    value: str
    aliases: tuple[Mapping[str, Any], ...]

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
            "aliases": list(self.aliases),
        }


def find(text: str, caller: Caller) -> Statement | None:  # noqa: ARG001
    """Statement whose row (found) goes to `read`; None where the text fits no scheme at all."""
    matches = schemes.identify(text)
    if not matches:
        return None
    codes = [m.canonical for m in matches if m.scheme == "uic"]
    others = [m for m in matches if m.scheme != "uic"]
    return Statement(_FIND, (codes, [m.scheme for m in others], [m.canonical for m in others]))


def read(found: str | None) -> Sequence[Resolved]:
    """The entities in a row of `find`: none, one, or several where a text names several."""
    rows = json.loads(found) if found else []
    return [Resolved(**{**row, "aliases": tuple(row["aliases"])}) for row in rows]


def _class_name(class_code: str) -> dict[str, str] | None:
    try:
        found = classes.get(class_code)
    except UnknownClass:
        return None
    return {"zh": found.name_zh, "en": found.name_en}
