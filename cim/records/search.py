"""Which records are asked for, and a page of them (记录检索): OGC API - Records 1, clause 8.

Words (`q`) are looked for in identifiers, titles, descriptions, keywords, departments and fields,
in both languages; width and case do not matter. Commas part alternatives. Words with spaces between
them stand in a text in that order, only spaces between them, as the standard has it; Chinese does
not write spaces, so that Chinese words may stand anywhere, and all of them must.

>>> alternatives("土地 宗地，Land  Parcel")
[('土地', '宗地'), ('land\\\\s+parcel',)]
>>> alternatives(" , ")
[]
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cim import keyset
from cim.catalog.grades import GRADES
from cim.cql2 import Queryable
from cim.item_query import BBox
from cim.keyset import Key, Place, Values
from cim.moments import Interval
from cim.records import source
from cim.records.source import Known
from cim.statement import Statement

_HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

# What answers say of a record, and what filters compare: name, SQL, PostgreSQL type.
_RANK = f"coalesce(array_position(ARRAY[{', '.join(repr(g) for g in GRADES)}], grade), 0)"
EQUAL = ("department", "grade", "sharing", "opening", "element", "category", "domain", "owner")
"""Properties that a parameter of their own name compares."""
_GEOMETRY = (
    "ST_Envelope(ST_SetSRID(ST_MakeLine(ST_MakePoint(extent[1], extent[2]),"
    " ST_MakePoint(extent[3], extent[4])), 4490))"
)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of the records: each part where it is given, all of them together.

    words       of `alternatives`
    external    (scheme, value), the scheme None where any will do
    equals      (property of EQUAL, value)
    sorted_by   (sortable, descending)
    filtered    makes a condition in SQL with the values of the statement
    """

    limit: int
    language: str = "zh"
    bbox: BBox | None = None
    when: Interval | None = None
    words: Sequence[tuple[str, ...]] = ()
    types: Sequence[str] | None = None
    ids: Sequence[str] | None = None
    external: Sequence[tuple[str | None, str]] | None = None
    equals: Sequence[tuple[str, str]] = ()
    sorted_by: Sequence[tuple[str, bool]] = ()
    place: Place | None = None
    filtered: Callable[[Values], str] | None = None


class Sortable(NamedTuple):
    """What records are sorted by: SQL that is never null, and its type."""

    sql: str
    type: str


def queryables(language: str) -> dict[str, Queryable]:
    """What a filter may name; titles, descriptions and keywords are those of the language."""
    texts = {name: Queryable(f"{name}_{language}", "text") for name in ("title", "description")}
    times = ("created", "updated", "begins", "ends")
    return {
        "id": Queryable("id", "text"),
        "type": Queryable("type", "text"),
        **texts,
        "keywords": Queryable(f"keywords_{language}", "text[]"),
        **{name: Queryable(name, "timestamptz") for name in times},
        "geometry": Queryable(_GEOMETRY, "geometry"),
        **{name: Queryable(name, "text") for name in EQUAL},
        "updateCycle": Queryable("update_cycle", "text"),
        "class": Queryable("class_code", "text"),
        "count": Queryable("count", "bigint"),
        "private": Queryable("private", "boolean"),
        "authoritative": Queryable("authoritative", "boolean"),
    }


def sortables(language: str) -> dict[str, Sortable]:
    return {
        "id": Sortable('id COLLATE "C"', "text"),
        "type": Sortable('type COLLATE "C"', "text"),
        "title": Sortable(f'title_{language} COLLATE "C"', "text"),
        "created": Sortable("coalesce(created, '-infinity')", "timestamptz"),
        "updated": Sortable("coalesce(updated, '-infinity')", "timestamptz"),
        "department": Sortable("coalesce(department, '') COLLATE \"C\"", "text"),
        "grade": Sortable(_RANK, "int"),
    }


def alternatives(text: str) -> list[tuple[str, ...]]:
    """Each alternative of `q`: Chinese words, all of which must be there, or one expression."""
    found = []
    for part in normal(text).split(","):
        words = part.split()
        if any(_HAN.search(word) for word in words):
            found.append(tuple(words))
        elif words:
            found.append((r"\s+".join(re.escape(word) for word in words),))
    return found


def normal(text: str) -> str:
    """The text as it is compared: NFKC, lower case, ideographic comma and space as ours."""
    return unicodedata.normalize("NFKC", text).lower().replace("、", ",")


def keys(query: Query) -> list[Key]:
    """What the records are sorted by: what is asked for, else the latest change comes first.

    Where words are asked for, records whose title has them come before the others.
    """
    known = sortables(query.language)
    chosen = [Key(*known[name], descending) for name, descending in query.sorted_by]
    if not chosen:
        chosen = [Key("elsewhere", "int")] if query.words else []
        chosen.append(Key(*known["updated"], True))
    return [*chosen, Key(*known["id"])]


def page(query: Query, known: Known) -> Statement:
    """One row (matched, records): how many match, and the page with one more where more follow.

    `records` is a JSON list of rows of `source`, with `place`, the sorted values as texts.
    """
    values = Values()
    records = source.sql(known, values)
    conditions = " AND ".join(_conditions(query, values)) or "true"
    among = _with_words(query, values) if query.words else "record"
    sorted_by = keys(query)
    backwards = query.place is not None and query.place.backwards
    after = "true"
    if query.place is not None:
        place = query.place.values
        after = keyset.beyond(sorted_by, place, values, backwards=backwards)
    place_sql = ", ".join(f"({key.sql})::text" for key in sorted_by)
    order = keyset.order(sorted_by, backwards=backwards)
    return Statement(
        f"""
        WITH {records},
        matching AS MATERIALIZED (SELECT * FROM {among} WHERE {conditions}),
        page AS (
            SELECT row_number() OVER (ORDER BY {order}) AS number, ARRAY[{place_sql}] AS place, m.*
            FROM matching m WHERE {after} ORDER BY {order}
            LIMIT {values.add(query.limit, "bigint")} + 1)
        SELECT (SELECT count(*) FROM matching) AS matched,
            (SELECT coalesce(json_agg(to_jsonb(p) - '{{searched,elsewhere,words}}'::text[]
                ORDER BY number), '[]') FROM page p)::text AS records
        """,
        tuple(values),
    )


def _with_words(query: Query, values: Values) -> str:
    """The records with the text that is searched, and whether the words are not in their title."""
    title = "lower(normalize(concat_ws(chr(31), title_zh, title_en), NFKC))"
    there = " OR ".join(_words(each, values, title) for each in query.words)
    return f"""(SELECT *, {source.SEARCHED} AS searched,
        CASE WHEN {there} THEN 0 ELSE 1 END AS elsewhere FROM record) r"""


def _conditions(query: Query, values: Values) -> list[str]:
    found = []
    if query.bbox is not None:
        found.append(_in_box(query.bbox, values))
    if query.when is not None:
        start, end = (values.add(text, "text::timestamptz") for text in query.when.ends)
        found.append(f"begins <= {end} AND ends >= {start}")
    if query.words:
        found.append(f"({' OR '.join(_words(each, values) for each in query.words)})")
    for name, wanted in (("type", query.types), ("id", query.ids)):
        if wanted is not None:
            found.append(f"{name} = ANY({values.add(list(wanted), 'text[]')})")
    if query.external is not None:
        found.append(f"({' OR '.join(_external(*each, values) for each in query.external)})")
    found += [f"{name} = {values.add(value, 'text')}" for name, value in query.equals]
    if query.filtered is not None:
        found.append(query.filtered(values))
    return found


def _words(words: tuple[str, ...], values: Values, text: str = "searched") -> str:
    if _HAN.search("".join(words)):
        likes = (values.add("%" + _literal(word) + "%", "text") for word in words)
        return "(" + " AND ".join(f"{text} LIKE {like}" for like in likes) + ")"
    return f"{text} ~ {values.add(words[0], 'text')}"


def _literal(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)


def _in_box(box: BBox, values: Values) -> str:
    parts = []
    for corners in box.parts():
        west, south, east, north = (values.add(number, "float8") for number in corners)
        parts.append(
            f"(extent[1] <= {east} AND extent[3] >= {west}"
            f" AND extent[2] <= {north} AND extent[4] >= {south})"
        )
    return f"({' OR '.join(parts)})"


def _external(scheme: str | None, value: str, values: Values) -> str:
    kinds = {"element": "element", "class": "class_code"}
    bound = values.add(value, "text")
    columns = kinds.values() if scheme is None else [kinds[scheme]] if scheme in kinds else []
    return " OR ".join(f"{column} = {bound}" for column in columns) or f"{bound} IS NULL"
