"""``cim grid``: BeiDou grid location codes of places (北斗网格位置码)."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.terminal import Json, answer, print_json
from gridcode import beidou

__all__ = ["group"]

group = typer.Typer(help="Encode places as grid codes, and decode them.", no_args_is_help=True)

Level = Annotated[int, typer.Option(help="Level of the code, 1 (6° x 4°) to 10 (1.5 cm).")]


@group.command("encode", context_settings={"ignore_unknown_options": True})
def encode(
    lon: Annotated[str, typer.Argument(help="Longitude in degrees, or as 112°8'24″E.")],
    lat: Annotated[str, typer.Argument(help="Latitude in degrees, or as 32°1'12″N.")],
    level: Level = 10,
    as_json: Json = False,
) -> None:
    """Give the BeiDou grid location code of a place in CGCS2000. Decimal degrees are exact."""
    code = beidou.encode(lon, lat, level)
    if as_json:
        print_json({"system": "beidou", "level": level, "code": code})
    else:
        answer.print(code, highlight=False)


@group.command("decode")
def decode(
    code: Annotated[str, typer.Argument(help="A BeiDou grid location code.")],
    as_json: Json = False,
) -> None:
    """Give the cell of a grid code: its level, bounds and centre in degrees."""
    cell = beidou.decode(code)
    west, south, east, north = cell.bounds
    if as_json:
        print_json(
            {
                "system": cell.system,
                "level": cell.level,
                "code": cell.code,
                "bounds": cell.bounds,
                "center": cell.center,
            }
        )
        return
    answer.print(f"level   {cell.level}", highlight=False)
    answer.print(f"bounds  {west:.9f} {south:.9f} {east:.9f} {north:.9f}", highlight=False)
    answer.print(f"center  {cell.center[0]:.9f} {cell.center[1]:.9f}", highlight=False)
