"""The records as one SELECT (记录来源): of layers, their observations, elements, the service.

Each row has title, description and keywords in both languages. `begins` and `ends` are its time,
null for none; a layer of features goes on, so that its end is infinity. Its beginning is that of
the oldest version of its features, which takes reading them all: whoever asks brings it along.

`grade` is the highest of what is declared, the element's and its bound fields', as
`cim.catalog.bound` has it. A fused collection stands as the layer that it is made of, with the
grade that its tables raise. SEARCHED is the text of a record that words are looked for in: lower
case, NFKC, fields parted by a character that no text has.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from cim import observed
from cim.catalog.grades import GRADES
from cim.keyset import Values
from cim.layer import Layer, Text
from cim.records import ELEMENT, OBSERVATIONS, SERVICE


class Known(NamedTuple):
    """What is known outside of the database: who may see what, and since when it is there.

    layers      the layers that the caller may know of
    beginnings  by name of a layer, when the oldest version of its features begins
    service     title and description of this service
    """

    layers: Sequence[Layer]
    beginnings: Mapping[str, datetime | None]
    service: tuple[Text, Text]


def sql(known: Known, values: Values) -> str:
    """The records as SQL: `WITH` lists of which the last is `record`."""
    names, first = list(known.beginnings), list(known.beginnings.values())
    parameters = observed.table()
    title, description = known.service
    fused = [(layer, layer.fusion) for layer in known.layers if layer.fusion]
    tables = (
        " ".join(f"{join.table.title_zh} {join.table.title_en}" for join in fusion.joins)
        for _, fusion in fused
    )
    return _SQL.format(
        layers=values.add([layer.id for layer in known.layers], "int[]"),
        fused=values.add([layer.id for layer, _ in fused], "int[]"),
        bases=values.add([fusion.base_id for _, fusion in fused], "int[]"),
        grades=values.add([layer.grade for layer, _ in fused], "text[]"),
        tables=values.add(list(tables), "text[]"),
        names=values.add(names, "text[]"),
        first=values.add(first, "timestamptz[]"),
        codes=values.add([p.code for p in parameters], "text[]"),
        zh=values.add([p.name_zh for p in parameters], "text[]"),
        en=values.add([p.name_en for p in parameters], "text[]"),
        title_zh=values.add(title.zh, "text"),
        title_en=values.add(title.en, "text"),
        description_zh=values.add(description.zh, "text"),
        description_en=values.add(description.en, "text"),
    )


_RANKS = f"ARRAY[{', '.join(repr(grade) for grade in GRADES)}]"

_OF_ELEMENT = """
    e.code AS element, e.name_zh AS element_zh, e.name_en AS element_en,
    e.category, e.category_zh, e.category_en, e.domain, e.domain_zh, e.domain_en,
    nullif(e.update_cycle, '') AS update_cycle, nullif(e.sharing, '') AS sharing,
    nullif(e.sharing_condition, '') AS sharing_condition, nullif(e.opening, '') AS opening,
    nullif(e.standard, '') AS standard"""
_WORDS = "e.aliases || ARRAY[e.name_{0}, e.category_{0}, e.domain_{0}]"

_SQL = f"""
element AS (
    SELECT e.*, c.name_zh AS category_zh, c.name_en AS category_en, d.code AS domain,
        d.name_zh AS domain_zh, d.name_en AS domain_en, a.recorded_at,
        v.catalog || '@' || v.version AS reference
    FROM cim.catalog_version v JOIN cim.action a ON a.id = v.action_id
        JOIN cim.catalog_element e ON e.version_id = v.id
        JOIN cim.catalog_category c ON c.version_id = v.id AND c.code = e.category
        JOIN cim.catalog_domain d ON d.version_id = v.id AND d.code = c.domain
    WHERE v.current
),
field AS (
    SELECT f.* FROM cim.catalog_field f JOIN cim.catalog_version v ON v.id = f.version_id
    WHERE v.current
),
bound AS (
    SELECT b.layer_id, max(array_position({_RANKS}, nullif(f.grade, ''))) AS rank,
        string_agg(concat_ws(' ', f.name_zh, f.name_en), chr(31)) AS words
    FROM cim.field_binding b JOIN field f ON f.code = b.field GROUP BY b.layer_id
),
fused AS (
    SELECT * FROM unnest({{fused}}, {{bases}}, {{grades}}, {{tables}})
        AS f(layer_id, base_id, grade, tables)
),
scenes AS (
    SELECT layer_id, count(*) AS scenes, min(acquired_at) AS begins, max(acquired_at) AS ends
    FROM cim.raster_scene GROUP BY layer_id
),
layer AS (
    SELECT l.id AS layer_id, l.name AS layer, l.name AS id,
        CASE l.kind WHEN 'raster' THEN 'coverage' ELSE 'dataset' END AS type,
        l.title ->> 'zh' AS title_zh, l.title ->> 'en' AS title_en,
        l.description ->> 'zh' AS description_zh, l.description ->> 'en' AS description_en,
        CASE WHEN e.code IS NOT NULL THEN {_WORDS.format("zh")} END AS keywords_zh,
        CASE WHEN e.code IS NOT NULL THEN {_WORDS.format("en")} END AS keywords_en,
        l.created_at AS created, greatest(l.updated_at, o.updated_at, a.recorded_at) AS updated,
        CASE l.kind WHEN 'raster' THEN s.begins ELSE t.first END AS begins,
        CASE WHEN l.kind = 'raster' THEN s.ends WHEN t.first IS NOT NULL THEN 'infinity' END
            AS ends,
        o.extent, o.class_code, coalesce(s.scenes, o.feature_count) AS count, o.growing,
        {_OF_ELEMENT},
        b.department, nullif(e.authority, '') AS authority,
        coalesce(b.authoritative, false) AS authoritative, l.owner, e.code IS NULL AS private,
        CASE WHEN f.layer_id IS NOT NULL THEN f.grade
            WHEN e.code IS NOT NULL THEN ({_RANKS})[greatest(array_position({_RANKS}, b.grade),
            array_position({_RANKS}, e.grade), n.rank)] END AS grade,
        concat_ws(chr(31), n.words, e.definition, f.tables) AS words
    FROM cim.layer l
        LEFT JOIN fused f ON f.layer_id = l.id
        JOIN cim.layer o ON o.id = coalesce(f.base_id, l.id)
        LEFT JOIN scenes s ON s.layer_id = l.id
        LEFT JOIN unnest({{names}}, {{first}}) t(name, first) ON t.name = l.name
        LEFT JOIN (cim.layer_binding b JOIN cim.action a ON a.id = b.action_id
            JOIN element e ON e.code = b.element) ON b.layer_id = o.id
        LEFT JOIN bound n ON n.layer_id = o.id
    WHERE l.id = ANY({{layers}})
),
series AS (
    SELECT e.layer_id, min(d.first_at) AS first_at, max(d.last_at) AS last_at,
        count(DISTINCT d.station) AS stations,
        array_agg(DISTINCT coalesce(p.zh, d.parameter)) AS zh,
        array_agg(DISTINCT coalesce(p.en, d.parameter)) AS en
    FROM cim.datastream d JOIN cim.entity e ON e.code = d.station
        LEFT JOIN unnest({{codes}}, {{zh}}, {{en}}) p(code, zh, en) ON p.code = d.parameter
    WHERE e.layer_id = ANY({{layers}}) AND d.first_at IS NOT NULL GROUP BY e.layer_id
),
record AS (
    SELECT * FROM layer
    UNION ALL
    SELECT l.layer_id, l.layer, l.id || '{OBSERVATIONS}', 'series',
        l.title_zh || '：监测数据', l.title_en || ': observations',
        concat_ws('、', VARIADIC s.zh), concat_ws(', ', VARIADIC s.en),
        s.zh || l.keywords_zh, s.en || l.keywords_en, l.created, l.updated, s.first_at, s.last_at,
        l.extent, l.class_code, s.stations, true, l.element, l.element_zh, l.element_en, l.category,
        l.category_zh, l.category_en, l.domain, l.domain_zh, l.domain_en, l.update_cycle,
        l.sharing, l.sharing_condition, l.opening, l.standard, l.department, l.authority,
        l.authoritative, l.owner, l.private, l.grade, l.description_zh
    FROM series s JOIN layer l USING (layer_id)
    UNION ALL
    SELECT NULL, NULL, '{ELEMENT}' || e.code, 'featureType', e.name_zh, e.name_en, e.definition,
        e.definition, {_WORDS.format("zh")}, {_WORDS.format("en")}, e.recorded_at, e.recorded_at,
        NULL, NULL, NULL, nullif(e.class_code, ''), NULL, false, {_OF_ELEMENT},
        nullif(e.owner, ''), nullif(e.authority, ''), false, NULL, false, e.grade,
        (SELECT string_agg(concat_ws(' ', f.name_zh, f.name_en), chr(31)) FROM field f
         WHERE f.element = e.code)
    FROM element e
    UNION ALL
    SELECT NULL, NULL, '{SERVICE}', 'service', {{title_zh}}, {{title_en}}, {{description_zh}},
        {{description_en}}, ARRAY['OGC API', 'STAC', 'DCAT'], ARRAY['OGC API', 'STAC', 'DCAT'],
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, false, NULL, NULL
)"""

SEARCHED = """lower(normalize(concat_ws(chr(31), id, title_zh, title_en, description_zh,
    description_en, array_to_string(keywords_zh, chr(31)), array_to_string(keywords_en, chr(31)),
    department, class_code, standard, words), NFKC))"""
