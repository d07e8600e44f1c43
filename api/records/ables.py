"""What filters and sorts records (可查询与可排序属性): OGC API - Records 1 clauses 8.5 and 8.6."""

from __future__ import annotations

from typing import Any

from cim.catalog.grades import GRADES
from cim.catalog.model import OPENING, SHARING
from cim.records import TYPES, search

Json = dict[str, Any]

_TITLES = {
    "id": ("标识", "Identifier"),
    "type": ("类型", "Type"),
    "title": ("标题", "Title"),
    "description": ("说明", "Description"),
    "keywords": ("关键词", "Keywords"),
    "created": ("创建时间", "Created"),
    "updated": ("更新时间", "Updated"),
    "begins": ("数据起始", "Beginning of the data"),
    "ends": ("数据截止", "End of the data"),
    "geometry": ("范围", "Extent"),
    "department": ("部门", "Department"),
    "owner": ("所有者", "Owner"),
    "grade": ("分级", "Grade"),
    "sharing": ("共享属性", "Sharing"),
    "opening": ("开放属性", "Opening"),
    "element": ("要素", "Element"),
    "category": ("门类", "Category"),
    "domain": ("领域", "Domain"),
    "updateCycle": ("更新周期", "Update cycle"),
    "class": ("实体分类", "Class"),
    "count": ("数量", "Count"),
    "private": ("仅属所有者", "Private to its owner"),
    "authoritative": ("权威来源", "Authoritative source"),
}
_SCHEMAS: dict[str, Json] = {
    "text": {"type": "string"},
    "timestamptz": {"type": "string", "format": "date-time"},
    "bigint": {"type": "integer"},
    "int": {"type": "string"},
    "boolean": {"type": "boolean"},
    "text[]": {"type": "array", "items": {"type": "string"}},
    "geometry": {"format": "geometry-polygon"},
}
_CHOICES = {"type": TYPES, "grade": GRADES, "sharing": SHARING, "opening": OPENING}


def queryables(language: str) -> Json:
    kinds = {name: each.type for name, each in search.queryables(language).items()}
    return {name: _property(name, kind, language) for name, kind in kinds.items()}


def sortables(language: str) -> Json:
    kinds = {name: each.type for name, each in search.sortables(language).items()}
    return {name: _property(name, kind, language) for name, kind in kinds.items()}


def _property(name: str, kind: str, language: str) -> Json:
    title = _TITLES[name][language == "en"]
    choices = {"enum": list(_CHOICES[name])} if name in _CHOICES else {}
    return {"title": title, **_SCHEMAS[kind], **choices}
