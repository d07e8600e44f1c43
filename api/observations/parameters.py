"""How parameters are described (参数描述): CoverageJSON 1.0 clause 6.4, EDR 1.1."""

from typing import Any

from cim import observed, units
from cim.doubts import DOUBTS, TABLE
from cim.errors import UnknownParameter
from cim.layer import Layer

FLAGS = "_flags"
"""What the parameter of a parameter's flags is called: `stage_flags`."""

CRS84 = ("CRS84", "OGC:CRS84", "http://www.opengis.net/def/crs/OGC/1.3/CRS84")
"""The one CRS that observations are asked for in, by its names."""

UCUM = "http://www.opengis.net/def/uom/UCUM/"
_SOUND = "urn:cim:quality:sound"
_DOUBTFUL = "urn:cim:quality:doubtful"


def names(layer: Layer) -> list[str]:
    """The parameter names of a layer of stations."""
    return [name for code in layer.observed for name in (code, code + FLAGS)]


def describe(name: str) -> dict[str, Any]:
    """The parameter of a name as `parameter-name` knows it; labels are in Chinese and English."""
    code = name.removesuffix(FLAGS)
    return _flags(code) if name.endswith(FLAGS) else _values(code)


def in_language(described: dict[str, Any], language: str) -> dict[str, Any]:
    """The same with its labels in one language."""
    return {key: _said(value, language) for key, value in described.items()}


def _said(value: Any, language: str) -> Any:
    if isinstance(value, list):
        return [_said(each, language) for each in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"zh", "en"}:
        return value[language]
    return {key: _said(each, language) for key, each in value.items()}


def label(code: str) -> dict[str, str]:
    try:
        found = observed.get(code)
    except UnknownParameter:  # of a program that knew more
        return {"zh": code, "en": code}
    return {"zh": found.name_zh, "en": found.name_en}


def _values(code: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": "Parameter",
        "id": code,
        "observedProperty": {"id": code, "label": label(code)},
    }
    try:
        found = observed.get(code)
    except UnknownParameter:
        return described
    if found.above_datum:
        described["description"] = {
            "zh": "高于各站基面的高度，基面随值给出；基面不同的值不可比较",
            "en": "Height above the station's datum, which is told with the values; values of "
            "different data cannot be compared",
        }
    english, _, chinese = units.get(found.unit).name.rpartition(" ")
    described["unit"] = {
        "symbol": {"value": found.unit, "type": UCUM},
        "label": {"zh": chinese, "en": english or chinese},
    }
    return described


def _flags(code: str) -> dict[str, Any]:
    names = label(code)
    bits = [(doubt.bit, doubt.zh, doubt.en) for doubt in TABLE.values()]
    return {
        "type": "Parameter",
        "id": code + FLAGS,
        "description": {
            "zh": "各位之和：" + "，".join(f"{bit} {zh}" for bit, zh, _ in bits),
            "en": "A sum of: " + ", ".join(f"{bit} {en}" for bit, _, en in bits),
        },
        "observedProperty": {
            "id": code + FLAGS,
            "label": {"zh": f"{names['zh']}的质量标记", "en": f"Flags of {names['en'].lower()}"},
            "categories": [
                {"id": _SOUND, "label": {"zh": "无疑问", "en": "sound"}},
                {"id": _DOUBTFUL, "label": {"zh": "可疑", "en": "doubtful"}},
            ],
        },
        "categoryEncoding": {
            _SOUND: 0,
            _DOUBTFUL: list(range(1, 2 * max(DOUBTS.values()))),
        },
    }
