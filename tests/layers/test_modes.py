"""Append, upsert, delete, and what is left out: each mode, and what its file may not say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Engine

from cim.database.sql import run
from cim.errors import LayerNotFound
from cim.layer import Text
from layers.errors import FieldMissing, KeyMissing, RowsRefused
from layers.load import VectorFile
from layers.report import LoadReport

Load = Callable[[VectorFile], LoadReport]
Plots = Callable[..., VectorFile]
Seen = Callable[[], dict[str, Any]]


def counts(report: LoadReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.retired


def codes(seen: Seen) -> dict[str, str]:
    return {item["number"]: item["code"] for item in seen()["items"]}


def test_append_adds_and_takes_no_key_twice(bring: Load, plots: Plots, seen: Seen) -> None:
    bring(plots(["a", "b"]))
    before = codes(seen)
    assert counts(bring(replace(plots(["c"]), mode="append"))) == (1, 0, 0, 0)
    after = codes(seen)
    assert after.keys() == {"a", "b", "c"}
    assert before.items() <= after.items()
    with pytest.raises(RowsRefused, match="row 2, field number: the key 'a' is in the layer") as no:
        bring(replace(plots(["d", "a"]), mode="append"))
    problem = no.value.problems[0]
    assert (problem.rule, problem.value, after["a"] in problem.zh) == ("key.there", "a", True)
    assert codes(seen) == after


def test_upsert_leaves_what_the_file_does_not_say(
    bring: Load, plots: Plots, seen: Seen, engine: Engine
) -> None:
    bring(replace(plots(["a", "b"], owner=["甲", "乙"]), name_field="owner"))
    file = plots(["b", "c"], use=["new", "newer"], storeys=[3, 4])
    report = bring(replace(file, mode="upsert", title=Text("", ""), name_field=None))
    assert counts(report) == (1, 1, 0, 0)
    found = {item["number"]: item for item in seen()["items"]}
    assert found["a"]["use"] == "use a"
    assert [found["b"][name] for name in ("use", "owner", "storeys")] == ["new", "乙", 3]
    assert [found["c"][name] for name in ("use", "owner", "storeys")] == ["newer", None, 4]
    assert {row.name for row in seen()["names"]} == {"甲", "乙"}
    with engine.connect() as connection:
        (layer,) = run(connection, "SELECT title FROM cim.layer WHERE name = 'plots'")
    assert layer.title == {"zh": "地块", "en": "Plots"}


def test_upsert_brings_values_to_the_type_of_the_layer(
    bring: Load, plots: Plots, seen: Seen
) -> None:
    bring(plots(["a"], area=[1.5], storeys=[3], note=["x"]))
    file = plots(["a", "b"], area=[2, 3], storeys=[4.0, 5.0], note=[7, 8])
    bring(replace(file, mode="upsert"))
    found = {item["number"]: item for item in seen()["items"]}
    assert [found["a"][name] for name in ("area", "storeys", "note")] == [2.0, 4, "7"]
    wrong = plots(["a", "b"], storeys=[4.5, 5.0], area=["large", None])
    with pytest.raises(RowsRefused) as no:
        bring(replace(wrong, mode="upsert"))
    assert {(p.row, p.field, p.value) for p in no.value.problems} == {
        (1, "storeys", "4.5"),
        (1, "area", "large"),
    }


def test_delete_retires_the_keys_of_any_table(
    bring: Load, plots: Plots, seen: Seen, tmp_path: Path
) -> None:
    file = plots(["a", "b", "c", "d", "e"])
    bring(file)
    (tmp_path / "gone.csv").write_text("number;remark\na;torn down\n", encoding="GBK")
    gone = replace(file, path=tmp_path / "gone.csv", mode="delete", encoding="GBK")
    assert counts(bring(gone)) == (0, 0, 0, 1)
    gpd.pd.DataFrame({"id": ["b"]}).to_parquet(tmp_path / "gone.parquet")
    assert bring(replace(gone, path=tmp_path / "gone.parquet", key="id", encoding=None)).retired
    assert bring(replace(plots(["c"]), mode="delete")).retired == 1
    assert codes(seen).keys() == {"d", "e"}
    (tmp_path / "gone.csv").write_text('number\na\nd\n""\nd\n')
    with pytest.raises(RowsRefused) as no:
        bring(replace(gone, encoding=None))
    assert [(p.row, p.rule) for p in no.value.problems] == [
        (3, "key.empty"),
        (4, "key.doubled"),
        (1, "key.absent"),
    ]
    with pytest.raises(FieldMissing, match="'id'; the file has number"):
        bring(replace(gone, key="id"))
    with pytest.raises(LayerNotFound):
        bring(replace(gone, layer="elsewhere"))


def test_a_key_is_needed_to_find_features(bring: Load, plots: Plots) -> None:
    bring(replace(plots(["a"]), key=None))
    for mode in ("upsert", "delete"):
        with pytest.raises(KeyMissing, match=f"{mode} knows features by their key"):
            bring(replace(plots(["a"]), key=None, mode=mode))


def test_an_alias_stays_with_its_feature_in_every_mode(bring: Load, plots: Plots) -> None:
    named = {"parcel": "code_19"}
    first, second = "420602001001GB00001", "420602001001GB00002"
    bring(replace(plots(["a"], code_19=[first]), aliases=named))
    for mode in ("append", "upsert"):
        with pytest.raises(RowsRefused, match=f"row 1: parcel {first} names .* \\(a\\) already"):
            bring(replace(plots(["b"], code_19=[first]), aliases=named, mode=mode))
    swap = plots(["a", "b"], code_19=[second, first])
    assert counts(bring(replace(swap, aliases=named, mode="upsert"))) == (1, 1, 0, 0)


FLAT = shapely.Polygon([(112.01, 32.01), (112.02, 32.02), (112.01, 32.01)])


def test_refused_rows_are_left_out_and_their_features_stay(
    bring: Load, plots: Plots, seen: Seen
) -> None:
    """A broken row of a whole file retires nothing: its feature is not gone."""
    named = {"parcel": "code_19"}
    numbers = [f"420602001001GB0000{n}" for n in range(1, 6)]
    bring(replace(plots(["a", "b", "c", "d"], code_19=numbers[:4]), aliases=named))
    before = seen()
    # a is flat, b has no code, c is gone, d is good, e claims the code of a, f is good.
    claimed = [numbers[0], "x", numbers[3], numbers[0], numbers[4]]
    file = plots(["a", "b", "d", "e", "f"], code_19=claimed)
    frame = gpd.read_file(file.path)
    frame.loc[0, "geometry"] = FLAT
    frame.to_file(file.path)
    with pytest.raises(RowsRefused):
        bring(replace(file, aliases=named))
    report = bring(replace(file, aliases=named, skip_refused=True))
    assert counts(report) == (1, 0, 1, 1)
    assert (report.read, report.refused) == (5, 3)
    after = seen()
    assert codes(seen).keys() == {"a", "b", "d", "f"}
    for key in ("a", "b", "d"):
        (was,) = [item for item in before["items"] if item["number"] == key]
        assert was in after["items"]
    aliases = {(row.code, row.value) for row in after["aliases"]}
    mine = codes(seen)
    assert {(mine["a"], numbers[0]), (mine["b"], numbers[1]), (mine["f"], numbers[4])} <= aliases


def test_a_file_of_refused_rows_alone_is_refused(bring: Load, plots: Plots, seen: Seen) -> None:
    bring(plots(["a", "b"]))
    before = seen()
    with pytest.raises(RowsRefused):
        bring(replace(plots(["", ""]), skip_refused=True))
    assert seen() == before


def test_good_texts_beside_broken_ones_are_read(
    bring: Load, plots: Plots, seen: Seen, tmp_path: Path
) -> None:
    lines = "lon,lat,number\n112.05,32.05,Longzhong\n112.06,32.05,隆中\n"
    (tmp_path / "s.csv").write_text(lines, encoding="GBK")
    file = replace(plots(["a"]), path=tmp_path / "s.csv", crs="EPSG:4490", skip_refused=True)
    assert bring(replace(file, encoding="UTF-8")).refused == 1
    assert codes(seen).keys() == {"Longzhong"}
