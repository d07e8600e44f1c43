"""PNG of a picture with what is clear in it (ISO/IEC 15948:2004): 8 bits, grey or colours.

Each line is written as what it differs from the one above (filter type Up), and packed by the
fastest level of deflate. GDAL tries all five filters for each line, which takes twice as long for
nothing: noise of a sensor does not pack, and ground without it packs either way.

>>> import numpy as np
>>> encoded(np.ma.zeros((3, 256, 256), "uint8"))[:4]
b'\\x89PNG'
"""

import struct
import zlib

import numpy as np

from tiles.formula import Masked

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 4, 3: 6}  # with alpha
_UP = 2


def encoded(canvas: Masked) -> bytes:
    """Bytes (band, row, column) of one band or three, clear where all of them are masked."""
    bands, height, width = canvas.shape
    pixels = np.empty((height, width, bands + 1), "uint8")
    pixels[..., :bands] = np.moveaxis(canvas.data, 0, -1)
    pixels[..., bands] = np.where(np.ma.getmaskarray(canvas).all(axis=0), 0, 255)
    rows = pixels.reshape(height, -1)
    lines = np.empty((height, rows.shape[1] + 1), "uint8")
    lines[:, 0] = _UP
    lines[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
    head = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[bands], 0, 0, 0)
    packed = zlib.compress(lines.data, 1)
    return _SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return (
        struct.pack(">I", len(data))
        + name
        + data
        + struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))
    )
