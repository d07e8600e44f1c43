"""Which scenes are seen: the newest on top, of a time, in a box, none that others cover."""

from datetime import UTC, datetime

import numpy as np
import pytest
import shapely

from cim.moments import EVER, parse
from cim.scenes import Box, Mosaic, Scene


def scene(number: int, day: int, box: Box, *, whole: bool = True) -> Scene:
    outline = [list(corner) for corner in shapely.box(*box).exterior.coords]
    moment = datetime(2024, 5, day, 3, 5, tzinfo=UTC)
    footprint = {"type": "Polygon", "coordinates": [outline]}
    return Scene(number, moment, "", "EPSG:4490", 1, 1, 1.0, (), footprint, f"s{number}", whole)


WEST, EAST, BOTH = (0.0, 0.0, 1.0, 1.0), (1.0, 0.0, 2.0, 1.0), (0.0, 0.0, 2.0, 1.0)
SCENES = (
    scene(1, 1, BOTH),
    scene(2, 2, WEST),
    scene(3, 2, EAST),
    scene(4, 3, WEST, whole=False),
)


def seen(when: str | None = None, box: Box | None = None, most: int | None = None) -> list[int]:
    mosaic = Mosaic(SCENES)
    return [found.id for found in mosaic.seen(parse(when) if when else EVER, box, most=most)]


@pytest.mark.parametrize(
    ("when", "box", "numbers"),
    [
        (None, None, [4, 3, 2]),  # 1 lies under 2 and 3; 4 has holes, so 2 is seen through it
        (None, (0.2, 0.2, 0.4, 0.4), [4, 2]),
        (None, (1.2, 0.2, 1.4, 0.4), [3]),
        (None, (5.0, 5.0, 6.0, 6.0), []),
        (None, (-1.0, -1.0, 0.5, 0.5), [4, 2]),
        ("2024-05-01", None, [1]),
        ("2024-05-02", None, [3, 2]),
        ("2024-05-01/2024-05-02", None, [3, 2]),
        ("2024-05-02T03:05:00Z", (0.2, 0.2, 0.4, 0.4), [2]),
        ("2024-05-02T09:00:00Z", None, [3, 2]),
        ("2023-01-01", None, []),
    ],
)
def test_what_is_seen(when: str | None, box: Box | None, numbers: list[int]) -> None:
    assert seen(when, box) == numbers


def test_no_more_are_looked_at_than_so_many() -> None:
    assert seen(most=1) == [4]


def test_of_many_scenes_few_are_seen_in_a_tile() -> None:
    """Whatever lies below 30,000 scenes of three years, a small box is covered by one or a few."""
    rng = np.random.default_rng(6)
    corners = rng.uniform(0, 10, (30_000, 2))
    many = [
        scene(i, i % 28 + 1, (x, y, x + 0.5, y + 0.5)) for i, (x, y) in enumerate(corners.tolist())
    ]
    mosaic, box = Mosaic(many), (5.0, 5.0, 5.1, 5.1)
    found = mosaic.seen(EVER, box)
    assert 1 <= len(found) < 30
    rest = shapely.union_all([shapely.box(*of.extent) for of in found])
    assert rest.covers(shapely.box(*box))
    newest = max(of.acquired_at for of in many if shapely.box(*of.extent).covers(shapely.box(*box)))
    assert found[-1].acquired_at >= newest
