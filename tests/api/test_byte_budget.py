"""Huge features: no answer takes more than its budget, and nothing is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import geopandas as gpd
import numpy as np
import shapely
from starlette.testclient import TestClient

from cim.item_page import MOST_BYTES
from cim.layer import Text
from layers.load import VectorFile, load

COUNT, VERTICES = 12, 70_000  # each stores more than a megabyte
NUMBERS = [f"L{i:02}" for i in range(COUNT)]
ITEMS = "/collections/lakes/items"


ASKED: tuple[dict[str, Any], ...] = (
    {},
    {"bbox": "-180,-90,180,90"},
    {"bbox": "111,31,112.25,33"},
    {"sortby": "-number"},
    {"datetime": "2020-01-01/.."},
    {"filter": "number LIKE 'L%'", "crs": "http://www.opengis.net/def/crs/EPSG/0/4547"},
)


def bring(client: TestClient, folder: Path) -> None:
    """Lakes with ragged shores, three hundredths of a degree from each other."""
    noise = np.random.default_rng(7).uniform(0.9, 1.0, (COUNT, VERTICES)) / 100
    turn = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    shores = [
        np.column_stack([112 + 0.03 * i + r * np.cos(turn), 32 + r * np.sin(turn)])
        for i, r in enumerate(noise)
    ]
    frame = gpd.GeoDataFrame({"number": NUMBERS}, geometry=shapely.polygons(shores), crs=4490)
    frame.to_file(folder / "lakes.gpkg")
    file = VectorFile(
        folder / "lakes.gpkg",
        "lakes",
        Text("湖", "Lakes"),
        key="number",
        class_code="990101",
        division="420602",
    )
    engine = client.app.state.service.engine  # type: ignore[attr-defined]
    with engine.begin() as connection:
        load(connection, engine, file)


def test_pages_of_huge_features_are_short(writing: TestClient, tmp_path: Path) -> None:
    bring(writing, tmp_path)
    for asked in ASKED:
        sizes, seen, onward = [], [], [f"{ITEMS}?{urlencode({'limit': 1000, **asked})}"]
        while onward:
            answer = writing.get(onward[0]).raise_for_status()
            page = answer.json()
            seen += [feature["properties"]["number"] for feature in page["features"]]
            sizes.append(len(answer.content))
            onward = [link["href"] for link in page["links"] if link["rel"] == "next"]
        within = NUMBERS[:9] if "112.25" in asked.get("bbox", "") else NUMBERS
        assert seen == sorted(within, reverse="sortby" in asked), asked
        assert len(sizes) == 2, asked
        assert max(sizes) < 3 * MOST_BYTES
