"""The manifest of a data set: what it names, and what is said of one that cannot be."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.cli import manifest as manifests
from api.errors import FileFault
from layers.raster import RasterFile
from layers.vector_file import VectorFile

SCENES = {"files": "scenes/ortho_*.tif", "collection": "ortho"}
DATED = {**SCENES, "datetime_in_name": "ortho_%Y%m%d"}
PARCELS = {"files": "parcels/*.parquet", "layer": "parcels"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that the example in docs/ingest.md names."""
    for name in ("parcels/b.parquet", "parcels/a.parquet", "counties.gpkg", "odd[1].gpkg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for name in ("scenes/ortho_20240501.tif", "more/ortho_20240501.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def write(folder: Path, content: Any) -> Path:
    path = folder / "manifest.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_the_example_of_the_docs_is_read(folder: Path) -> None:
    for name in ("ingest.md", "ingest.zh.md"):
        text = (Path(__file__).parents[2] / "docs" / name).read_text("utf-8")
        example = re.search(r"cat manifest.json\n(\[.*?\n\])", text, re.DOTALL)
        assert example is not None
        counties, one, other, scene = manifests.read(write(folder, example[1]), "li")
        assert isinstance(counties, VectorFile)
        assert (counties.key, counties.class_code, counties.who) == ("code", "990501", "li")
        assert [one.path.name, other.path.name] == ["a.parquet", "b.parquet"]
        assert isinstance(scene, RasterFile)
        assert (scene.scene, scene.acquired_at.isoformat()) == (
            "ortho_20240501_20240501T000000Z",
            "2024-05-01T00:00:00+00:00",
        )


def test_options_become_those_of_a_file(folder: Path) -> None:
    entries = [
        {"files": "odd[1].gpkg", "layer": "odd", "repair": True, "alias": ["parcel=no"]},
        {**DATED, "nodata": 0, "bands": ["B4=red"], "cloud_cover": 7, "categorical": False},
    ]
    vector, scene = manifests.read(write(folder, entries), "li")
    assert isinstance(vector, VectorFile)
    assert isinstance(scene, RasterFile)
    assert (vector.shaping.repair, vector.aliases, vector.mode) == (
        True,
        {"parcel": "no"},
        "upsert",
    )
    assert (scene.recipe.nodata, scene.recipe.cloud_cover, scene.recipe.bands[0].common) == (
        0.0,
        7.0,
        "red",
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "it is no JSON"),
        ({"files": "x"}, "it is no array of objects"),
        ([], "it names no files"),
        ([PARCELS, {"files": "none*.shp", "layer": "a"}], "entry 2: files: there is no file none"),
        ([{"files": "parcels/*.parquet"}], "entry 1: layer, collection: one of them must be given"),
        ([{**PARCELS, "collection": "a"}], "one of them must be given"),
        ([{**PARCELS, "keyy": "a"}], "entry 1: keyy: no such field"),
        ([{**PARCELS, "mode": "replace"}], "mode: files of a data set are brought by upsert"),
        ([PARCELS, PARCELS], "is brought to parcels 2 times"),
        ([SCENES], "datetime, datetime_in_name: one of them must be given"),
        ([{**SCENES, "datetime_in_name": "%Y"}], r"ortho_20240501\.tif: time data"),
        ([{**SCENES, "datetime": "2024-13-01"}], "is not a time"),
        (
            [{**DATED, "nodata": True, "bands": "red"}],
            "nodata: it must be a number; bands",
        ),
        ([{**DATED, "collection": "A B"}], "cannot be a name"),
        ([{**DATED, "files": "*/ortho_*.tif"}], "would both be the scene ortho_20240501_"),
    ],
)
def test_what_cannot_be_is_told_by_entry(folder: Path, content: Any, reason: str) -> None:
    with pytest.raises(FileFault, match=reason):
        manifests.read(write(folder, content), "li")
