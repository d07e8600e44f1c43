"""Modes of ingest into a layer that is bound to the catalog: what a file may leave out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from cim.actions import Action
from cim.catalog import binding, rules, versions
from cim.catalog.binding import Wanted
from layers.errors import RowsRefused, RunKept
from layers.load import VectorFile
from layers.report import LoadReport
from layers.rollback import rollback

BY = Action("wang")
NAMED = {"name_zh": "甲", "name_en": "A", "source": "local", "certainty": "L"}
PLOT = {"element": "plot", **NAMED, "type": "text", "mandatory": "M"}


@pytest.fixture
def bound(
    bring: Callable[[VectorFile], LoadReport], plots: Callable[..., VectorFile], engine: Engine
) -> LoadReport:
    """Plots a and b, whose owner is mandatory and whose use is one letter."""
    report = bring(plots(["a", "b"], owner=["甲", "乙"], use=["x", "y"]))
    catalog = rules.made(
        {
            **{"catalog": "plots", "version": "1", "name_zh": "甲", "name_en": "A"},
            "domains": [{"code": "land", **NAMED}],
            "categories": [{"code": "land", "domain": "land", **NAMED}],
            "elements": [{"code": "plot", "category": "land", "grade": "general2", **NAMED}],
            "fields": [
                {"code": "plot.owner", **PLOT},
                {"code": "plot.use", **PLOT, "length": 1},
            ],
        }
    )
    fields = {"owner": "plot.owner", "use": "plot.use"}
    with engine.begin() as connection:
        versions.load(connection, catalog, BY)
        binding.bind(connection, "plots", Wanted("plot", "局", "general2", fields=fields), BY)
    return report


@pytest.mark.usefixtures("bound")
def test_rows_and_files_are_held_to_the_catalog(
    bring: Callable[[VectorFile], LoadReport], plots: Callable[..., VectorFile]
) -> None:
    file = plots(["a", "c", "d"], owner=["甲", None, "丁"], use=["x", "y", "long"])
    with pytest.raises(RowsRefused) as no:
        bring(file)
    told = [(p.row, p.field, p.rule, p.value) for p in no.value.problems]
    assert told == [
        (2, "owner", "catalog.mandatory", None),
        (3, "use", "catalog.length", "long"),
    ]
    assert no.value.problems[1].zh == "'long' 超过 1 个字符"
    report = bring(replace(file, mode="upsert", skip_refused=True))
    assert (report.unchanged, report.refused) == (1, 2)
    without = plots(["a", "c"], use=["x", "y"])
    for mode in ("replace", "append"):
        with pytest.raises(RowsRefused, match=r"the file has not the column of plot\.owner"):
            bring(replace(without, mode=mode, skip_refused=True))


@pytest.mark.usefixtures("bound")
def test_an_upsert_may_leave_out_what_is_there(
    bring: Callable[[VectorFile], LoadReport], plots: Callable[..., VectorFile]
) -> None:
    assert bring(replace(plots(["a"], use=["z"]), mode="upsert")).changed == 1
    with pytest.raises(RowsRefused, match=r"row 2, field owner: plot\.owner is mandatory"):
        bring(replace(plots(["a", "c"], use=["x", "y"]), mode="upsert"))


def test_a_bound_layer_is_not_undone(bound: LoadReport, engine: Engine) -> None:
    with pytest.raises(RunKept, match="bound to the catalog"), engine.begin() as connection:
        rollback(connection, bound.run, BY)
