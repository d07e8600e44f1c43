"""Indicators of governance (治理指标) as they were recorded: the last of each subject, and by day.

`GET /kpis` has the last snapshot of every layer and table, sums by department, and the curve: the
sums of each day on which something was recorded, each subject counting with its last snapshot until
then. As CSV it has every snapshot. `cim kpi record` takes them, and so do loads of tables and
layers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api import asking, pages
from api.errors import InvalidParameter
from api.fusion import csv_text, documents
from api.links import link, url
from cim.statement import Statement
from layers import kpi

_COUNTS = ("rows", "coded", "governed", "mapped", "governed_mapped")
_SHARES = ("coded_share", "governed_share", "mapped_share", "governed_mapped_share")
_COLUMNS = ("day", "kind", "name", "title_zh", "department", *_COUNTS, *_SHARES)
_PARAMETERS = ("kind", "name", "department", "since")
_DAYS = 365

DEFINITIONS = {
    "coded_share": {
        "zh": "赋码率 = 有存活实体编码的行 / 全部行（本平台定义）",
        "en": "rows with a living code / rows (our definition)",
    },
    "governed_share": {
        "zh": "治理率 = 已绑定目录且通过核验的行 / 全部行"
        "（来源：已治理/原始；何为已治理由本平台定义）",
        "en": "rows of what is bound to the catalog that pass its checks / rows "
        "(source: governed / raw; what governed means is ours)",
    },
    "mapped_share": {
        "zh": "上图率 = 有几何且在已发布（已绑定目录）数据集中的行 / 全部行（本平台定义）",
        "en": "rows with a geometry in a published collection, one that is bound / rows (ours)",
    },
    "governed_mapped_share": {
        "zh": "上图率（占已治理）= 已治理且上图的行 / 已治理的行（来源：可上图/已治理）",
        "en": "governed rows that are on the map / governed rows (source: shown / governed)",
    },
}

_WHICH = """
    ($1::text IS NULL OR k.kind = $1) AND ($2::text IS NULL OR k.name = $2)
    AND ($3::text IS NULL OR k.department = $3)"""
_COUNTED = ", ".join(f"k.{name}" for name in _COUNTS)
_SUMS = ", ".join(f"sum({name})::bigint AS {name}" for name in _COUNTS)
_SNAPSHOTS = f"""
    SELECT k.day, k.kind, k.name, k.title ->> 'zh' AS title_zh, k.title ->> 'en' AS title_en,
           k.department, {_COUNTED}, k.recorded_at
    FROM cim.kpi k WHERE {_WHICH} AND k.day >= $4::date ORDER BY k.day, k.kind, k.name
"""
# A subject that is gone counts no longer than to its last snapshot.
_THERE = """
    EXISTS (SELECT FROM cim.layer l WHERE k.kind = 'layer' AND l.name = k.name)
    OR EXISTS (SELECT FROM cim.business_table t WHERE k.kind = 'table' AND t.name = k.name)"""
_LATEST = f"""
    SELECT DISTINCT ON (k.kind, k.name) k.day, k.kind, k.name, k.title ->> 'zh' AS title_zh,
           k.title ->> 'en' AS title_en, k.department, {_COUNTED}, k.recorded_at
    FROM cim.kpi k WHERE {_WHICH} AND ({_THERE}) ORDER BY k.kind, k.name, k.day DESC
"""
_SERIES = f"""
    WITH subject AS (
        SELECT k.kind, k.name, min(k.day) AS first,
               CASE WHEN {_THERE} THEN 'infinity'::date ELSE max(k.day) END AS last
        FROM cim.kpi k WHERE {_WHICH} GROUP BY k.kind, k.name
    )
    SELECT d.day, {_SUMS} FROM (
        SELECT DISTINCT day FROM cim.kpi k WHERE {_WHICH} AND day >= $4::date) d
    JOIN subject s ON d.day BETWEEN s.first AND s.last
    CROSS JOIN LATERAL (
        SELECT {", ".join(_COUNTS)} FROM cim.kpi n
        WHERE n.kind = s.kind AND n.name = s.name AND n.day <= d.day
        ORDER BY n.day DESC LIMIT 1) n
    GROUP BY d.day ORDER BY d.day
"""


async def kpis(request: Request) -> Response:
    """What was recorded, as JSON, CSV or a page."""
    given = asking.only(request, _PARAMETERS)
    kind = asking.media_type(request, (asking.JSON, asking.HTML, asking.CSV))
    which = tuple(_filter(given, name) for name in _PARAMETERS[:3])
    since = _since(given)
    if kind == asking.CSV:
        rows = await _rows(request, _SNAPSHOTS, *which, since)
        return csv_text.answer(_COLUMNS, [_subject(row) for row in rows])
    latest = [_subject(row) for row in await _rows(request, _LATEST, *which)]
    series = [_day(row) for row in await _rows(request, _SERIES, *which, since)]
    base = asking.base_url(request)
    query = {name: given.get(name) for name in _PARAMETERS}
    body = {
        "definitions": DEFINITIONS,
        "kpis": latest,
        "departments": _departments(latest),
        "series": series,
        "links": [
            link("self", url(base, "kpis", **query), asking.JSON),
            link("alternate", url(base, "kpis", **query, f="html"), asking.HTML),
            link("alternate", url(base, "kpis", **query, f="csv"), asking.CSV),
        ],
    }
    return pages.document(request, "kpis.html", body, curves=_curves(series))


def _filter(given: Mapping[str, str], name: str) -> str | None:
    value = given.get(name)
    if name == "kind" and value not in {None, "layer", "table"}:
        raise InvalidParameter("kind", f"{value!r} is not one of layer, table")
    return value


def _since(given: Mapping[str, str]) -> date:
    """A day; without it a year ago."""
    text = given.get("since")
    if text is None:
        return date.today() - timedelta(days=_DAYS)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidParameter("since", f"{text!r} is no day such as 2026-01-31") from None


async def _rows(request: Request, sql: str, *values: object) -> Sequence[Mapping[str, Any]]:
    return await asking.service(request).rows(lambda _: Statement(sql, values))


def _subject(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: row[name] for name in ("kind", "name", "title_zh", "title_en", "department")}
    recorded = documents.when(row["recorded_at"])
    return {"day": row["day"].isoformat(), **said, **_counts(row), "recorded_at": recorded}


def _day(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"day": row["day"].isoformat(), **_counts(row)}


def _counts(row: Mapping[str, Any]) -> dict[str, Any]:
    counts = {name: row[name] for name in _COUNTS}
    return counts | kpi.shares(*counts.values())


def _departments(latest: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Sums over what a department answers for; what nobody does stands last."""
    names = sorted({row["department"] for row in latest}, key=lambda name: (name is None, name))
    summed = []
    for name in names:
        own = [row for row in latest if row["department"] == name]
        counts = {column: sum(row[column] for row in own) for column in _COUNTS}
        summed.append({"department": name, "subjects": len(own), **_counts(counts)})
    return summed


def _curves(series: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The points of each share as a line of SVG, 600 wide and 100 high, 100 % at the top."""
    if len(series) < 2:
        return {}
    days = [date.fromisoformat(each["day"]).toordinal() for each in series]
    wide = days[-1] - days[0]
    return {
        name: " ".join(
            f"{600 * (day - days[0]) / wide:.1f},{100 - 100 * (each[name] or 0):.1f}"
            for day, each in zip(days, series, strict=True)
        )
        for name in _SHARES
    }
