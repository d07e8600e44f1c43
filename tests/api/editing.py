"""A layer of plots that is written to, and what there is to ask of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from httpx import Response
from sqlalchemy import Engine
from starlette.testclient import TestClient

from cim.database.sql import run
from cim.layer import Text
from layers.load import VectorFile, load

ITEMS = "/collections/plots/items"
PATCH = {"Content-Type": "application/merge-patch+json"}


def box(x: float, y: float = 32.01, size: float = 0.0005) -> dict[str, Any]:
    ring = [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(number: str | None = "N1", x: float = 112.05, **more: Any) -> dict[str, Any]:
    properties = {"number": number, "use": "farm", **more}
    return {"type": "Feature", "geometry": box(x), "properties": properties}


class Plots:
    """A layer of plots, and what there is to ask of it."""

    def __init__(self, client: TestClient, folder: Path) -> None:
        self.client = client
        self.engine: Engine = client.app.state.service.engine  # type: ignore[attr-defined]
        self.folder = folder

    def load(self, numbers: list[str], shift: float = 0.0, first: int = 1, **how: Any) -> int:
        """Load plots, named and with a parcel code each; the number of the run."""
        x = [112.01 + 0.001 * i + shift for i in range(len(numbers))]
        frame = gpd.GeoDataFrame(
            {
                "number": numbers,
                "use": "farm",
                "called": [f"地 {n}" for n in numbers],
                "parcel": [parcel(i + first) for i in range(len(numbers))],
                "rank": range(len(numbers)),
                "size": 0.5,
                "seen": "2024-05-01",
            },
            geometry=[shapely.geometry.shape(box(each)) for each in x],
            crs=4490,
        )
        frame["seen"] = frame["seen"].astype("datetime64[ms]")
        path = self.folder / f"plots_{len(list(self.folder.iterdir()))}.gpkg"
        frame.to_file(path)
        file = VectorFile(
            path,
            "plots",
            Text("地块", "Plots"),
            key="number",
            name_field="called",
            class_code="990101",
            aliases={"parcel": "parcel"},
            **how,
        )
        with self.engine.begin() as connection:
            return load(connection, self.engine, file).run

    def code(self, number: str) -> str:
        page = self.client.get(f"{ITEMS}?number={number}").raise_for_status().json()
        return str(page["features"][0]["id"])

    def get(self, code: str, **headers: str) -> Response:
        return self.client.get(f"{ITEMS}/{code}", headers=headers)

    def settle(self) -> None:
        """Let the service read the registry as it is now, for which it waits for a notice."""
        self.client.get("/readyz").raise_for_status()

    def patch(self, code: str, body: Any, **headers: str) -> Response:
        sent = {**PATCH, **{n.replace("_", "-"): v for n, v in headers.items()}}
        return self.client.patch(f"{ITEMS}/{code}", content=json.dumps(body), headers=sent)

    def rows(self, sql: str, *values: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in run(connection, sql, *values)]

    def whole(self, code: str) -> dict[str, Any]:
        """All that the database keeps of a plot, but its code and times."""
        columns = 'beidou_code, cim_version, ST_AsText(geom), "use", called, parcel, rank, size'
        of_code = "WHERE code = $1"
        return {
            "row": self.rows(f"SELECT {columns} FROM layer.plots {of_code}", code),
            "cells": self.rows(f"SELECT cell FROM cim.cover {of_code} ORDER BY 1", code),
            "name": self.rows(f"SELECT name FROM cim.name {of_code}", code),
            "aliases": self.rows(
                f"SELECT scheme, value FROM cim.alias {of_code} AND valid_to IS NULL", code
            ),
            "entity": self.rows(
                "SELECT source_system, layer_id, state FROM cim.entity WHERE code = $1", code
            ),
            "events": self.rows(f"SELECT kind FROM cim.event {of_code} ORDER BY id", code),
        }


def parcel(number: int) -> str:
    return f"420602001001GB{number:05d}"


def two_counties(client: TestClient, folder: Path) -> Plots:
    """Plots in 襄城区 and 樊城区; there are none yet."""
    made = Plots(client, folder)
    shapes = [shapely.box(112.0, 32.0, 112.1, 32.1), shapely.box(112.1, 32.0, 112.2, 32.1)]
    frame = gpd.GeoDataFrame({"code": ["420602", "420606"]}, geometry=shapes, crs=4490)
    frame.to_file(folder / "counties.gpkg")
    file = VectorFile(
        folder / "counties.gpkg", "counties", Text("区", "C"), key="code", class_code="990501"
    )
    with made.engine.begin() as connection:
        load(connection, made.engine, file)
    return made
