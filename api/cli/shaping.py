"""Options of what geometries are held to (几何要求选项)."""

from __future__ import annotations

import math
from typing import Annotated

import typer

__all__ = ["Covering", "GapWidth", "Repair", "SliverWidth", "Tolerance"]


def _metres(text: str | float) -> float:
    try:
        length = float(text)
    except ValueError:
        length = math.nan
    if not 0 <= length < math.inf:
        raise typer.BadParameter(f"{text!r} is no length in metres, 0 or more")
    return length


Repair = Annotated[
    bool,
    typer.Option(
        "--repair",
        help="Repair invalid geometries and tell what that moved; else they refuse their rows.",
    ),
]
SliverWidth = Annotated[
    float,
    typer.Option(parser=_metres, help="Tell of areas thinner than so many metres; 0 for none."),
]
Covering = Annotated[
    bool | None,
    typer.Option(
        "--coverage/--no-coverage",
        help="Whether the areas of the layer cover their ground without overlaps and gaps; as it "
        "was when not given.",
    ),
]
Tolerance = Annotated[
    float | None,
    typer.Option(
        parser=_metres,
        help="Of a coverage: overlaps and gaps thinner than so many metres count as none.",
    ),
]
GapWidth = Annotated[
    float | None,
    typer.Option(parser=_metres, help="Of a coverage: gaps wider than so many metres are meant."),
]
