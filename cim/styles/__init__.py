"""Map styles (地图样式): how layers are drawn, as MapLibre documents (Style Specification v8).

Each layer has a style of its own name, which the program makes of the class and code tables
(`cim.styles.default`) until somebody stores another one under that name (`cim.styles.stored`); the
style `one-map` draws all of them. Styles are checked (`cim.styles.checking`), translated from and
to SLD 1.0 (`cim.styles.sld`), and have legends (`cim.styles.legend`).

`document` is the style of a layer for whoever draws it.
"""

from cim.styles.checking.types import Json
from cim.styles.choosing import chosen, document, drawn, part, statement

__all__ = ["Json", "chosen", "document", "drawn", "part", "statement"]
