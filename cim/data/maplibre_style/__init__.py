"""The reference of the MapLibre Style Specification v8 (样式规范), as data.

`reference.json` is that of the npm package `@maplibre/maplibre-gl-style-spec` (named in it as
`$package`) without its explanations, made by `scripts/style_reference.py`. Its licence, ISC with
parts under BSD-3-Clause, stands beside it in LICENSE.txt.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def reference() -> dict[str, Any]:
    """What layers, sources, properties and expressions there are, and what they may hold.

    >>> reference()["paint_fill"]["fill-opacity"]["maximum"]
    1
    """
    text = files(__name__).joinpath("reference.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
