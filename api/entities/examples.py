"""Bodies as the OpenAPI description shows them (请求示例)."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_WEST, _EAST = (
    {
        "type": "Polygon",
        "coordinates": [[[w, 32.01], [e, 32.01], [e, 32.011], [w, 32.011], [w, 32.01]]],
    }
    for w, e in ((112.14, 112.1405), (112.1405, 112.141))
)
_PLACE = {"type": "Point", "coordinates": [112.14, 32.02]}
_HYDRANT = {"source_id": "H-1", "geometry": _PLACE, "division": "420606"}
_COMMON = {"source_system": "pipes", "class": "990703"}
_WHOLE = {"source_id": "17", "geometry": _WEST}
_FORCED = {"forced": "面积以实测为准"}
_CODE = "420606990101000000001"
_OTHER = "420606990101000000002"
_DOUBLE = "420606990101000000006"
_KEPT = "420606990101000000007"

# The title in Chinese and English, and the body, of each example of an operation.
EXAMPLES: dict[str, list[tuple[str, str, Json]]] = {
    "entities_assign": [
        ("一个", "One", {**_COMMON, **_HYDRANT, "name": "消防栓1", "properties": {"直径": 100}}),
        ("多个", "Many", {**_COMMON, "entities": [_HYDRANT]}),
    ],
    "entity_change": [("改名", "Rename", {"name": "消防栓2", "why": "更名"})],
    "entity_retire": [("注销", "Retire", {"why": "拆除"})],
    "entity_void": [("作废", "Void", {"why": "误报"})],
    "entity_split": [
        (
            "分宗",
            "Subdivide",
            {
                "children": [
                    {"source_id": "17-1", "geometry": _WEST},
                    {"source_id": "17-2", "geometry": _EAST},
                ],
                "why": "分宗",
                "document": "自然资函〔2026〕7号",
                **_FORCED,
            },
        )
    ],
    "entities_merge": [
        ("并为新者", "Into a new one", {"codes": [_CODE, _OTHER], "into": _WHOLE, **_FORCED}),
        ("并入已有者", "Into one that stays", {"codes": [_DOUBLE], "into": _KEPT, "why": "重复"}),
    ],
    "review_decide": [
        ("同一物", "The same", {"decision": "same"}),
        ("不同", "Different", {"decision": "different", "why": "两栓并排"}),
    ],
    "reserve": [
        (
            "预留",
            "Reserve",
            {
                "project": "地铁一号线",
                "division": "420606",
                "class": "990703",
                "size": 500,
                "expires_at": "2027-01-01",
            },
        )
    ],
    "quota_set": [("一类", "Of a class", {"class": "990703", "codes": 20000})],
}
