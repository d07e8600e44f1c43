"""Make the sample city: `python data/samples/make.py [--out FOLDER]`.

Writes the files of this folder again from one seed; the bytes are the same each time. See the
README beside it for what each file holds, and `city/` for how it is drawn.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from city import catalogue, faults, hydrology, imagery, stations, tables, write
from city.buildings import Building, buildings
from city.control import control_lines
from city.parcels import Parcel, parcels


def main() -> None:
    """Write every file into the folder."""
    parser = argparse.ArgumentParser(description="Make the files of the sample city.")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="target folder")
    make(parser.parse_args().out)


def make(out: Path) -> None:
    """Draw the city, then write it."""
    out.mkdir(parents=True, exist_ok=True)
    land = parcels()
    built = buildings(land)
    write.geopackage(out / "divisions.gpkg", tables.division_table())
    write.geopackage(out / "parcels.gpkg", tables.parcel_table(land, built))
    write.shapefile(out / "buildings.shp", tables.building_table(land, built))
    _control(out, land)
    _water(out)
    _observations(out)
    _imagery(out, land, built)
    write.json_file(out / "manifest.json", catalogue.manifest())


def _control(out: Path, land: list[Parcel]) -> None:
    lines = control_lines(land)
    title = "永久基本农田（示例） Permanent basic farmland (sample)"
    farmland = tables.control_table("basic_farmland", title, lines.farmland, 100_001)
    title = "生态保护红线（示例） Ecological protection red line (sample)"
    redline = tables.control_table("ecological_redline", title, lines.redline, 200_001)
    title = "城镇开发边界（示例） Urban development boundary (sample)"
    town = tables.control_table("urban_boundary", title, lines.town, 300_001)
    write.geopackage(out / "control_lines.gpkg", farmland, redline)
    write.geojson(out / "urban_boundary.geojson", town)


def _water(out: Path) -> None:
    write.geojson(out / "rivers.geojson", tables.river_table())
    write.geojson(out / "water_surfaces.geojson", tables.water_surface_table())
    write.geojson(out / "reservoirs.geojson", tables.reservoir_table())
    rows = [station.row() for station in stations.STATIONS]
    write.csv_file(out / "hydro_stations.csv", stations.HEADER, rows)


def _observations(out: Path) -> None:
    header = ("station", "time", "stage_m", "flow_m3s", "rain_mm")
    write.csv_file(out / "hydro_observations.csv.gz", header, _hours())
    write.csv_file(out / "hydro_known_errors.csv", faults.HEADER, (f.row() for f in faults.FAULTS))


def _hours() -> Iterator[tuple[object, ...]]:
    times = [f"{time}:00+08:00" for time in hydrology.TIMES.astype(str)]
    for series in map(faults.spoiled, hydrology.observations()):
        columns = [
            _texts(x, form) for x, form in zip(series[1:], ("%.2f", "%.1f", "%.1f"), strict=True)
        ]
        yield from ((series.station.code, *row) for row in zip(times, *columns, strict=True))


def _texts(values: hydrology.Series, form: str) -> list[str]:
    return ["" if np.isnan(value) else form % value for value in values.tolist()]


def _imagery(out: Path, land: list[Parcel], built: list[Building]) -> None:
    for scene in imagery.SCENES:
        values = imagery.reflectance(scene, land, built)
        path = out / f"imagery_{scene.day}.tif"
        write.geotiff(path, imagery.profile(), values, scene.day)
    write.geojson(out / "known_changes.geojson", tables.change_table())


if __name__ == "__main__":
    main()
