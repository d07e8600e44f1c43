"""What is seen of a mosaic on a map (地图影像): its scenes in the pixels of the picture.

No more of the picture is read than the scenes reach: to read what lies around them costs as much.
"""

import math
from collections.abc import Iterator, Sequence

from cim.bucket import Place as Store
from cim.scenes import Scene
from tiles import matrix_sets, raster
from tiles.maps.features import Place
from tiles.maps.frame import Bounds, Frame
from tiles.maps.painting import Imagery
from tiles.raster import Look, Part


def seen(
    scenes: Sequence[Scene], place: Place, look: Look, store: Store, opacity: float
) -> Iterator[Imagery]:
    """Blocking. As `raster.mosaic`; a picture across the antimeridian has two pieces."""
    if not scenes:
        return
    wests, souths, easts, norths = zip(*(scene.extent for scene in scenes), strict=True)
    reach = min(wests), min(souths), max(easts), max(norths)
    if place.frame.srid != 4490:
        reach = matrix_sets.from_degrees(place.frame.srid, reach)
    for shift in {piece.shift for piece in place.pieces}:
        there = reach[0] + shift, reach[1], reach[2] + shift, reach[3]
        window = _window(place.frame, there)
        if window is None:
            continue
        left, top, part = window
        west, south, east, north = part.bounds
        moved = part._replace(bounds=(west - shift, south, east - shift, north))
        canvas = raster.mosaic(scenes, moved, look, store)
        if canvas is not None:
            yield Imagery(canvas, opacity, left, top)


def _window(frame: Frame, reach: Bounds) -> tuple[int, int, Part] | None:
    """The pixels of a picture that a box reaches, and the part of the earth that they show."""
    west, _, _, north = frame.bounds
    x, y = frame.pixel
    left = max(math.floor((reach[0] - west) / x) - 1, 0)
    top = max(math.floor((north - reach[3]) / y) - 1, 0)
    right = min(math.ceil((reach[2] - west) / x) + 1, frame.width)
    bottom = min(math.ceil((north - reach[1]) / y) + 1, frame.height)
    if left >= right or top >= bottom:
        return None
    box = (west + left * x, north - bottom * y, west + right * x, north - top * y)
    return left, top, Part(box, frame.srid, right - left, bottom - top)
