"""Resolution (解析): from any code of a thing to the thing.

A text is read as every scheme that it fits. The unified identification code names its entity
itself; a code of another scheme names it through `cim.alias`. What is not there is not guessed.

As of a time (历史时刻) an alias is the one that held then; where none did, the one that ended last
before, else the next one to come: what a code names changes seldom, and is often recorded late.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from cim import entity_code, items
from cim.access import Caller
from cim.layer import Layer
from cim.moments import Interval
from cim.registry import Registry
from cim.schemes import Match
from cim.statement import Statement

# Whom the codes name, whom the aliases name; a live alias goes before one that has ended.
_FIND = """
    WITH named AS (
        SELECT code, 'uic' AS scheme, code AS value FROM cim.entity WHERE code = ANY($1::text[])
        UNION ALL
        SELECT found.code, scheme, value
        FROM unnest($2::text[], $3::text[]) AS wanted (scheme, value), LATERAL ({alias}) found
    )
    SELECT e.code, e.state, l.name AS layer, n.scheme, n.value,
           (SELECT json_agg(json_build_object('scheme', a.scheme, 'value', a.value,
                                              'ended', {ended}) ORDER BY a.scheme, a.id)::text
            FROM cim.alias a WHERE a.code = e.code {known}) AS aliases,
           {feature} AS feature
    FROM named n JOIN cim.entity e USING (code) LEFT JOIN cim.layer l ON l.id = e.layer_id
    ORDER BY e.code
"""
_ALIAS = """
            SELECT code, valid_to FROM cim.alias a
            WHERE a.scheme = wanted.scheme AND a.value = wanted.value AND valid_to IS NULL
            UNION ALL
            SELECT code, valid_to FROM cim.alias a
            WHERE a.scheme = wanted.scheme AND a.value = wanted.value AND valid_to IS NOT NULL
            ORDER BY valid_to DESC NULLS FIRST
            LIMIT 1"""
_START, _END = "$4::text::timestamptz", "$5::text::timestamptz"
_ALIAS_THEN = f"""
            SELECT code FROM cim.alias a
            WHERE a.scheme = wanted.scheme AND a.value = wanted.value
            ORDER BY valid_from <= {_END} AND coalesce(valid_to > {_START}, true) DESC,
                     valid_from <= {_END} DESC,
                     CASE WHEN valid_from <= {_END} THEN valid_from END DESC, valid_from
            LIMIT 1"""


class Resolved(NamedTuple):
    """An entity that a code names, and the code as which it was found.

    `aliases` is JSON text; `feature` the item's GeoJSON without its closing brace.
    """

    code: str
    state: str
    layer: str | None
    scheme: str
    value: str
    aliases: str
    feature: bytes | None

    @classmethod
    def read(cls, row: Any) -> "Resolved":
        """Of a row of `find` or of `one`, whose columns are in this order."""
        code, state, layer, scheme, value, aliases, feature = row
        return cls(code, state, layer, scheme, value, aliases or "[]", feature and bytes(feature))

    def document(self, registry: Registry, embed: Callable[[str], Any]) -> dict[str, Any]:
        """What is said of the entity itself; the layer's own fields are its item's.

        `embed` makes a value of JSON text.
        """
        return {
            **identity(self.code, registry),
            "state": self.state,
            "layer": self.layer,
            "matched": {"scheme": self.scheme, "value": self.value},
            "aliases": embed(self.aliases),
        }


def identity(code: str, registry: Registry) -> dict[str, Any]:
    """What a code says by itself: external form, division, class, and the name of the class."""
    return {
        "code": code,
        "external_code": entity_code.external(code),
        "region_code": code[:6],
        "type_code": code[6:12],
        "type_name": class_name(code[6:12], registry),
    }


def find(
    matches: Sequence[Match], registry: Registry, caller: Caller, when: Interval | None = None
) -> Statement:
    """Statement whose rows go to `Resolved.read`, for what `schemes.identify` says of a text.

    The class in an entity code tells which layer it is likely in, so that the same round trip
    brings what that layer says of it. As of a time it brings no feature, and `state` is still that
    of now: see `cim.life`.
    """
    codes = [m.canonical for m in matches if m.scheme == "uic"]
    others = [m for m in matches if m.scheme != "uic"]
    values = (codes, [m.scheme for m in others], [m.canonical for m in others])
    if when is not None:
        return Statement(_SQL_THEN, (*values, *when.ends))
    return Statement(_sql(_likely_layer(codes, registry, caller)), values)


def one(match: Match, registry: Registry, caller: Caller, likely: str | None) -> Statement:
    """Statement of one row at the most, which goes to `Resolved.read`: who has the code now.

    An alias that has ended is not looked at, and `find` is for whoever wants it. The feature comes
    with it where the thing is in the layer that it is likely in: by the class in its code, or for
    an alias that of the name `likely`.
    """
    by_alias = match.scheme != "uic"
    if by_alias:
        layer = registry.layers.get(likely) if likely else None
        layer = layer if layer in registry.visible(caller) else None
    else:
        layer = _likely_layer([match.canonical], registry, caller)
    return Statement(_one_sql(layer, by_alias), (match.canonical, match.scheme))


# As `_FIND` for one code; fewer nodes of a plan are quicker to begin, and joined texts to make than
# JSON that is built.
_ONE = """
    SELECT e.code, e.state, (SELECT l.name FROM cim.layer l WHERE l.id = e.layer_id) AS layer,
           $2::text AS scheme, $1 AS value,
           (SELECT '[' || string_agg(
                       '{{"scheme":"' || a.scheme || '","value":' || to_json(a.value)::text ||
                       ',"ended":' || coalesce(to_json(a.valid_to)::text, 'null') || '}}',
                       ',' ORDER BY a.scheme, a.id) || ']'
            FROM cim.alias a WHERE a.code = e.code) AS aliases,
           {feature} AS feature
    FROM {entity}
"""
_BY_CODE = "cim.entity e WHERE e.code = $1"
_BY_ALIAS = """
    cim.alias n JOIN cim.entity e USING (code)
    WHERE n.value = $1 AND n.scheme = $2::text AND n.valid_to IS NULL"""


@lru_cache(maxsize=1024)
def _one_sql(layer: Layer | None, by_alias: bool) -> str:
    feature = f"({items.one_sql(layer, code='e.code')})" if layer else "NULL::bytea"
    return _ONE.format(feature=feature, entity=_BY_ALIAS if by_alias else _BY_CODE)


_SQL_THEN = _FIND.format(
    alias=_ALIAS_THEN,
    ended=f"CASE WHEN a.valid_to <= {_END} THEN a.valid_to END",
    known=f"AND a.valid_from <= {_END}",
    feature="NULL::bytea",
)


def _likely_layer(codes: list[str], registry: Registry, caller: Caller) -> Layer | None:
    wanted = [code[6:12] for code in codes]
    layers = (la for la in registry.visible(caller) if la.fusion is None)
    return next((la for la in layers if la.class_code in wanted), None)


@lru_cache(maxsize=1024)
def _sql(layer: Layer | None) -> str:
    feature = f"({items.one_sql(layer, code='e.code')})" if layer else "NULL::bytea"
    return _FIND.format(alias=_ALIAS, ended="a.valid_to", known="", feature=feature)


def class_name(class_code: str, registry: Registry) -> dict[str, str] | None:
    """The name of a class in both languages; None where the city has no such class."""
    found = registry.classes.get(class_code)
    return {"zh": found.name_zh, "en": found.name_en} if found else None
