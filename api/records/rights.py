"""Who may use what a record tells of, in words (共享与开放说明)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.catalog.documents import PRIVATE
from cim.catalog import grades

_SHARING = {
    "unconditional": {"zh": "部门间无条件共享", "en": "shared among departments"},
    "conditional": {"zh": "部门间有条件共享", "en": "shared among departments on a condition"},
    "none": {"zh": "不予共享", "en": "not shared"},
}
_OPENING = {
    "open": {"zh": "向社会无条件开放", "en": "open to the public"},
    "conditional": {"zh": "向社会有条件开放", "en": "open to the public on a condition"},
    "none": {"zh": "不向社会开放", "en": "not open to the public"},
}


def words(row: Mapping[str, Any], language: str) -> str | None:
    """Grade, sharing and opening of a record in one sentence; None where nothing is said."""
    if row["private"]:
        return PRIVATE[language]
    parts = []
    if row["grade"]:
        grade = grades.title(row["grade"], language)
        parts.append(f"分级：{grade}" if language == "zh" else f"grade: {grade}")
    if row["sharing"]:
        condition = row["sharing_condition"]
        colon = "：" if language == "zh" else ": "
        said = _SHARING[row["sharing"]][language]
        parts.append(f"{said}{colon}{condition}" if condition else said)
    if row["opening"]:
        parts.append(_OPENING[row["opening"]][language])
    return ("；" if language == "zh" else "; ").join(parts) or None
