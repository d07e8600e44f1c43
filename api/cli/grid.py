"""``cim grid``: grid codes of places, of geometries and for the rows of files (网格编码)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import typer

from api.cli.terminal import Json, answer, print_json
from api.cli.vector_file import shapes
from api.errors import InvalidParameter
from api.grid import files
from api.grid.columns import Coding
from api.grid.systems import SYSTEMS, GridSystem, system
from gridcode.cover.result import LIMIT, MODES, Mode

__all__ = ["group"]

group = typer.Typer(help="Grid codes of places, geometries and files.", no_args_is_help=True)

_NEGATIVE = {"ignore_unknown_options": True}  # -12.5 is a coordinate

Level = Annotated[
    int | None, typer.Option(help="Level of the code; the deepest by default (BeiDou: 10, 1.5 cm).")
]
System = Annotated[str, typer.Option(help="beidou (GB/T 39409), geosot (GB/T 40087) or h3.")]
Reading = Annotated[
    str | None,
    typer.Option(help="How heights are read: radix, bits (BeiDou); nested, packed (GeoSOT)."),
]


def _level(grid: GridSystem, level: int | None) -> int:
    return grid.level(None if level is None else str(level))


@group.command("encode", context_settings=_NEGATIVE)
def encode(
    lon: Annotated[str, typer.Argument(help="Longitude in degrees, or as 112°8'24″E.")],
    lat: Annotated[str, typer.Argument(help="Latitude in degrees, or as 32°1'12″N.")],
    level: Level = None,
    height: Annotated[str | None, typer.Option(help="Ellipsoidal metres, for a 3D code.")] = None,
    reading: Reading = None,
    system_name: Annotated[str, typer.Option("--system", help="beidou, geosot or h3.")] = "beidou",
    as_json: Json = False,
) -> None:
    """Give the grid code of a place in CGCS2000. Decimal degrees are exact."""
    grid = system(system_name)
    number = _level(grid, level)
    found: dict[str, Any] = {"system": grid.name, "level": number}
    found["code"] = grid.module.encode(lon, lat, number)
    if height is not None:
        found |= grid.solid((lon, lat, number), height, reading)
    elif reading is not None:
        raise InvalidParameter("reading", "it is of heights, and no height is given")
    if as_json:
        print_json(found)
    else:
        answer.print(found.get("code3d", found["code"]), highlight=False)


@group.command("decode")
def decode(
    code: Annotated[str, typer.Argument(help="A grid code; with --reading a 3D one.")],
    system_name: Annotated[
        str | None, typer.Option("--system", help="beidou, geosot or h3; else what the code fits.")
    ] = None,
    reading: Reading = None,
    as_json: Json = False,
) -> None:
    """Give the cell of a grid code: its level, bounds and centre in degrees."""
    if reading is not None:
        cell, found = _solid(code, system_name, reading)
    else:
        grid = system(system_name) if system_name else _fitting(code)
        cell, found = grid.module.decode(code), {}
    found = {"system": cell.system, "level": cell.level, "code": cell.code, **found}
    if as_json:
        print_json({**found, "bounds": cell.bounds, "center": cell.center})
        return
    bounds = " ".join(f"{side:.9f}" for side in cell.bounds)
    center = " ".join(f"{side:.9f}" for side in cell.center)
    for name, value in ({**found, "bounds": bounds, "center": center}).items():
        answer.print(f"{name:<7} {value}", highlight=False)


def _solid(code: str, name: str | None, reading: str) -> tuple[Any, dict[str, Any]]:
    grid = system(name or ("geosot" if code.upper().startswith("GZ") else "beidou"))
    if reading not in grid.readings:
        allowed = ", ".join(grid.readings) or "none"
        raise InvalidParameter("reading", f"{reading!r} is not a reading of {grid.name}: {allowed}")
    solid = grid.module.decode_3d(code, reading=reading)
    height = {"layer": solid.layer, "bottom": solid.bottom, "top": solid.top}
    return solid.base, {"code3d": solid.code, **height}


def _fitting(code: str) -> GridSystem:
    """The grid whose code it is; BeiDou, to say what is wrong, where it is of none."""
    fits = [grid for grid in SYSTEMS.values() if grid.module.is_valid(code)]
    return fits[0] if fits else SYSTEMS["beidou"]


@group.command("cover", context_settings=_NEGATIVE)
def cover(
    geometry: Annotated[str, typer.Argument(help="A vector file that GDAL reads, or WKT.")],
    level: Annotated[int, typer.Option(help="Level of the cells.")],
    mode: Annotated[str, typer.Option(help="intersects, center or within.")] = "intersects",
    system_name: Annotated[str, typer.Option("--system", help="beidou, geosot or h3.")] = "beidou",
    limit: Annotated[int, typer.Option(help="Refuse to make more cells.", min=1)] = LIMIT,
    as_json: Json = False,
) -> None:
    """Give the codes of the cells that cover a geometry, or together those of a file, one a line.

    WKT is in degrees, longitude first; a file is moved from its CRS.
    """
    grid = system(system_name)
    number = _level(grid, level)
    if mode not in MODES:
        raise InvalidParameter("mode", f"{mode!r} is not one of {', '.join(MODES)}")
    made = grid.module.cover(shapes(geometry, repair=True), number, cast("Mode", mode), limit=limit)
    cells = np.unique(made.cells).astype(str).tolist()
    if as_json:
        told = {"system": grid.name, "level": number, "mode": mode, "count": len(cells)}
        print_json({**told, "cells": cells})
    else:
        print("\n".join(cells))


@group.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="CSV, Parquet (GeoParquet) or GeoPackage.")],
    output: Annotated[Path, typer.Argument(help="The file to write, in the same format.")],
    level: Level = None,
    lon: Annotated[str | None, typer.Option(help="Column of longitudes in degrees.")] = None,
    lat: Annotated[str | None, typer.Option(help="Column of latitudes in degrees.")] = None,
    system_name: Annotated[str, typer.Option("--system", help="beidou, geosot or h3.")] = "beidou",
    column: Annotated[str, typer.Option(help="Name of the new column.")] = "code",
) -> None:
    """Write a file again with a column of grid codes.

    Places are the geometries of GeoParquet and GeoPackage, else the columns lon and lat, or those
    that --lon and --lat name. Rows keep their order; a bad row ends it and nothing is written.
    """
    grid = system(system_name)
    coding = Coding(grid, _level(grid, level), lon or "lon", lat or "lat", column)
    files.add_codes(file, output, coding, by_columns=lon is not None or lat is not None)
