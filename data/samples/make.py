"""Make the sample city: `python data/samples/make.py [--out FOLDER]`.

Writes the files of this folder again from one seed; the bytes are the same each time. See the
README beside it for what each file holds, and `city/` for how it is drawn.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from city import catalogue, tables, write
from city.buildings import buildings
from city.parcels import parcels


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
    write.json_file(out / "manifest.json", catalogue.manifest())


if __name__ == "__main__":
    main()
