"""A vector file and how it is to be loaded (入库要求)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from cim.access import ANONYMOUS
from cim.actions import Action
from cim.assignment.geometry import GeometryRules
from cim.layer import Text
from layers.crs.placing import AS_USUAL, Asked

Mode = Literal["replace", "append", "upsert", "delete"]
MODES: tuple[Mode, ...] = get_args(Mode)


SLIVER_WIDTH = 0.1  # metres; ours


@dataclass(frozen=True, slots=True)
class Shaping:
    """What the geometries of a file are held to (几何要求); lengths in metres.

    repair        whether invalid ones are repaired; without it they refuse their rows
    sliver_width  areas thinner than this are told, 0 for none
    coverage      whether the layer is a coverage (`layers.coverage`); None as the layer has it
    tolerance     overlaps and gaps of a coverage that are thinner count as none
    gap_width     gaps of a coverage that are wider are meant to be there
    """

    repair: bool = False
    sliver_width: float = SLIVER_WIDTH
    coverage: bool | None = None
    tolerance: float | None = None
    gap_width: float | None = None

    @property
    def rules(self) -> GeometryRules:
        return GeometryRules(self.repair, self.sliver_width)


@dataclass(frozen=True, slots=True)
class VectorFile:
    """A vector file and how it is to be read.

    `key` is the field that names a feature in its source; without one, features are known by
    their content. `name_field` holds their names for people, for search. `aliases` maps a scheme to
    the field that holds its code. `division` is used for every feature instead of the county that
    holds it. `valid_from` is when the file began to be true, now where it is not given; `who`,
    `why` and `document` say who loads it and what it rests on. What is not given (the titles, a
    description, the key) stays as the layer has it.

    `mode` says what the file is of the layer (`layers.load`). With `skip_refused` rows that break
    a rule are left out, and without it they refuse the file. `original` is the file that came,
    where `path` was unpacked from it. `placing` is what else is said of the CRS, `shaping` what its
    geometries are held to.
    """

    path: Path
    layer: str
    title: Text
    description: Text | None = None
    key: str | None = None
    class_code: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)
    division: str | None = None
    source_layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    name_field: str | None = None
    valid_from: datetime | None = None
    who: str = ANONYMOUS.name
    why: str | None = None
    document: str | None = None
    mode: Mode = "replace"
    skip_refused: bool = False
    original: Path | None = None
    placing: Asked = AS_USUAL
    shaping: Shaping = field(default_factory=Shaping)

    @property
    def came_as(self) -> Path:
        """The file as its sender has it."""
        return self.original or self.path

    def action(self, why: str) -> Action:
        """Who loads it and why, by default for this reason."""
        return Action(self.who, self.why or why, self.document)
