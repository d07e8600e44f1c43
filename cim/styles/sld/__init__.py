"""Styled Layer Descriptor 1.0 (OGC 02-070, 样式图层描述符), to and from MapLibre styles.

Rules with filters, symbolizers of areas, lines, points, texts and rasters, and scale denominators
are translated; each part that is not is told as a `Note` with its place: nothing is dropped
silently. A rule whose filter cannot be translated is left out whole, since it would draw what it
should not. Documents of SLD 1.1 with Symbology Encoding, as QGIS writes them, are read as far as
they have the same parts.

>>> made = write({"version": 8, "sources": {}, "layers": [
...     {"id": "a", "type": "line", "source": "s", "source-layer": "roads", "minzoom": 12,
...      "filter": [">=", ["get", "lanes"], 4], "paint": {"line-color": "red", "line-width": 2}}]},
...     Named("roads", "Roads"))
>>> made.notes
[]
>>> read(made.data).layers[0]["filter"], read(made.data).layers[0]["paint"]["line-color"]
(['all', ['has', 'lanes'], ['>=', ['get', 'lanes'], 4]], '#ff0000')
"""

from cim.styles.sld.notes import Note
from cim.styles.sld.reading import Find, Read, as_text, read
from cim.styles.sld.writing import Named, Written, write

__all__ = ["Find", "Named", "Note", "Read", "Written", "as_text", "read", "write"]
