"""Makes cim/data/maplibre_style from the npm package of MapLibre's style specification.

Run it after MapLibre was brought up to date in api/page: python scripts/style_reference.py
"""

import json
import shutil
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
PACKAGE = _ROOT / "api/page/node_modules/@maplibre/maplibre-gl-style-spec"
TARGET = _ROOT / "cim/data/maplibre_style"
_WORDS = {"doc", "sdk-support", "example"}


def without_words(value: Any) -> Any:
    """The reference without what is for people to read."""
    if isinstance(value, dict):
        return {
            name: {key: {} for key in each} if _of_enum(name, value) else without_words(each)
            for name, each in value.items()
            if name not in _WORDS
        }
    return [without_words(each) for each in value] if isinstance(value, list) else value


def _of_enum(name: str, owner: dict[str, Any]) -> bool:
    return name == "values" and owner.get("type") == "enum" and isinstance(owner[name], dict)


def reference() -> Any:
    """The reference of the installed package, with its version as `$package`."""
    package = json.loads((PACKAGE / "package.json").read_text())
    latest = json.loads((PACKAGE / "dist/latest.json").read_text())
    operators = latest["expression_name"]["values"]
    latest["expression_name"]["values"] = {}
    made = without_words(latest)
    made["expression_name"]["values"] = {
        name: {"syntax": without_words(said["syntax"])} for name, said in operators.items()
    }
    return {"$package": f"{package['name']}@{package['version']}", **made}


if __name__ == "__main__":
    text = json.dumps(reference(), separators=(",", ":"), ensure_ascii=False)
    (TARGET / "reference.json").write_text(text + "\n", encoding="utf-8")
    shutil.copy(PACKAGE / "LICENSE.txt", TARGET / "LICENSE.txt")
