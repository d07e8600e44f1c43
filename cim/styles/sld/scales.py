"""Scales of maps and zooms of tiles (比例尺分母与缩放级别).

A scale denominator counts pixels of 0.28 mm, as OGC SLD 1.0 clause 10 has it, in the plane of
WebMercatorQuad: at the equator. MapLibre's zoom 0 is the world on 512 pixels, so that it halves the
scale denominator 559,082,264.03 of that tile matrix set's level 0.

>>> round(denominator(0)), round(zoom(denominator(12.5)), 6)
(279541132, 12.5)
>>> [None if x is None else round(x) for x in (*limits(10, None), *limits(None, 17))]
[None, 272989, 2133, None]
"""

import math

_ZOOM_0 = 559082264.0287178 / 2


def denominator(at: float) -> float:
    """The scale denominator at a zoom."""
    return _ZOOM_0 / 2**at


def zoom(of: float) -> float:
    """The zoom of a scale denominator above 0."""
    return math.log2(_ZOOM_0 / of)


def limits(low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """Least and greatest scale denominator of the zooms from one to below another."""
    least = None if high is None else denominator(high)
    most = None if low is None or low <= 0 else denominator(low)
    return least, most


def zooms(least: float | None, most: float | None) -> tuple[float | None, float | None]:
    """The zooms from one to below another, of a least and a greatest scale denominator."""
    low = None if most is None or most >= _ZOOM_0 else round(zoom(max(most, 1e-9)), 4)
    high = None if not least else round(zoom(least), 4)
    return low, None if high is not None and high >= 24 else high
