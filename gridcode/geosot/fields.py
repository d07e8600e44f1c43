"""The bits of a coordinate, and of a cell (度分秒扩展空间与莫顿编码, GB/T 40087-2021 6.2).

A coordinate is a word of 32 bits: 1 of hemisphere (1 is west or south), 8 of degrees, 6 of
minutes, 6 of seconds, 11 of 1/2048".  A cell of level L is known by the first L bits of latitude
and longitude, interleaved (Morton, latitude first) into two bits a level.

All functions take Python integers or numpy arrays of uint64 alike.

>>> word = pack(31 * 7372800 + 59 * 122880)
>>> word == (31 << 23) + (59 << 17), unpack(word) == unpack(word + (1 << 17)) - 122880
(True, True)
>>> unpack((31 << 23) + (61 << 17)) == 32 * 7372800  # minute 61 of 64 is not real
True
>>> hex(interleave(0xFFFFFFFF, 0))
'0x5555555555555555'
>>> separate(interleave(5, 9))
(5, 9)
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["SIGN", "interleave", "pack", "separate", "unpack"]

SIGN = 1 << 31
_DEGREE, _MINUTE, _SECOND = 60 * 60 * 2048, 60 * 2048, 2048
_MASKS = (
    (16, 0x0000FFFF0000FFFF),
    (8, 0x00FF00FF00FF00FF),
    (4, 0x0F0F0F0F0F0F0F0F),
    (2, 0x3333333333333333),
    (1, 0x5555555555555555),
)


def pack(units: Any) -> Any:
    """Whole 1/2048" of a magnitude as degrees, minutes, seconds and fraction, 31 bits."""
    degrees = units // _DEGREE
    rest = units - degrees * _DEGREE
    minutes = rest // _MINUTE
    rest = rest - minutes * _MINUTE
    return (degrees << 23) | (minutes << 17) | rest  # 60" of 2048 parts: seconds lie as they are


def unpack(word: Any) -> Any:
    """Where 31 bits lie in 1/2048"; what the extended space adds beyond 60 has no length."""
    seconds = np.minimum(word & 0x1FFFF, _MINUTE)
    minutes = np.minimum((word >> 17 & 0x3F) * _MINUTE + seconds, _DEGREE)
    found = (word >> 23 & 0x1FF) * _DEGREE + minutes
    return found if isinstance(word, np.ndarray) else int(found)


def _spread(word: Any) -> Any:
    for shift, mask in _MASKS:
        word = (word | word << shift) & mask
    return word


def _gather(word: Any) -> Any:
    word = word & _MASKS[-1][1]
    for (shift, _), (_, mask) in zip(_MASKS[::-1], [*_MASKS[-2::-1], (0, 0xFFFFFFFF)], strict=True):
        word = (word | word >> shift) & mask
    return word


def interleave(lon: Any, lat: Any) -> Any:
    """The 64 bits of two words, latitude first."""
    return _spread(lat) << 1 | _spread(lon)


def separate(morton: Any) -> tuple[Any, Any]:
    """The two words (lon, lat) again."""
    return _gather(morton), _gather(morton >> 1)
