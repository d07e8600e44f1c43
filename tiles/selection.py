"""The scenes that an answer is made of (影像选取): those seen that have the bands it needs.

A scene without them hides nothing: what lies below it is seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cim.layer import Layer
from cim.moments import EVER, Interval
from cim.scenes import Box, Scene
from tiles import formula


@dataclass(frozen=True, slots=True)
class Asked:
    """Scenes of a time that are seen in a box, with bands of these names, the newest `most`."""

    when: Interval = EVER
    box: Box | None = None
    bands: Sequence[str] = ()
    most: int | None = None


def seen(layer: Layer, asked: Asked) -> list[Scene]:
    """The newest first; SceneNotFound, or BandMissing where no scene that is seen has the bands."""

    def suits(scene: Scene) -> bool:
        return all(formula.find(scene, name) for name in asked.bands)

    found = layer.seen(asked.when, asked.box, suits, asked.most)
    if not found:
        for scene in layer.seen(asked.when, asked.box, most=1):
            for name in asked.bands:
                formula.named(scene, name)
    return found


def alike(layer: Layer, asked: Asked) -> list[Scene]:
    """As `seen`, of those that have all bands of the newest, where no bands are asked for."""
    found = seen(layer, asked)
    if asked.bands or not found:
        return found
    names = [band.name for band in found[0].bands]
    return seen(layer, Asked(asked.when, asked.box, names, asked.most))
