"""A layer with a past, put in by hand: what became of ten plots, and two codes without a plot.

=====  ====================================================================================
A      since 2020; on 2022-01-01 it moved and changed its use from 01 to 07, at first by mistake
       to 99
G      since 2020, merged into B on 2021-01-01
B      since 2020, merged into C on 2023-01-01
C      since 2023
D      since 2020, split into E and F on 2021-07-01, which are there since
H      since 2020, retired on 2022-05-01 by a document
N      loaded, and no event was recorded
O      loaded and retired, and no event was recorded
P      since 2020, split on 2022-01-01 into H and C
R, X   reserved for a project until 2030; until 2024-06-01, which nobody has noticed yet
V      void
=====  ====================================================================================
"""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import shapely
from sqlalchemy import Engine

from cim import entity_code
from cim.database.sql import run
from cim.layer import Text
from layers.load import VectorFile, load

PLOTS = "ABCDEFGHNOP"
CODES = {
    name: entity_code.encode("420602", "990101", n) for n, name in enumerate(PLOTS + "RVX", start=1)
}
WEST = {name: 112.02 + n * 0.01 for n, name in enumerate(PLOTS)}
BEFORE = shapely.box(112.0, 32.0, 112.01, 32.01)  # where A was until 2022

_SINCE = {"C": "2023-01-01", "E": "2021-07-01", "F": "2021-07-01"}
_ENDED = {
    "B": "2023-01-01",
    "G": "2021-01-01",
    "D": "2021-07-01",
    "H": "2022-05-01",
    "P": "2022-01-01",
    "O": "now()",
}
_STATES = {"B": "merged", "G": "merged", "D": "split", "H": "retired", "P": "split", "O": "retired"}
_SUCCESSORS = [("G", "B"), ("B", "C"), ("D", "E"), ("D", "F"), ("P", "H"), ("P", "C")]


def tell(engine: Engine, folder: Path) -> None:
    """Load the plots, and write down what became of them."""
    shapes = [shapely.box(west, 32.0, west + 0.01, 32.01) for west in WEST.values()]
    uses = ["07" if name == "A" else "01" for name in PLOTS]
    frame = gpd.GeoDataFrame({"n": list(PLOTS), "landuse": uses}, geometry=shapes, crs=4490)
    frame.to_file(folder / "plots.gpkg")
    file = VectorFile(
        folder / "plots.gpkg",
        "plots",
        Text("地块", "Plots"),
        key="n",
        class_code="990101",
        division="420602",
    )
    with engine.begin() as connection:
        load(connection, engine, file)
        for sql, *values in _happened():
            run(connection, sql, *values)


def _happened() -> Sequence[tuple[str, ...]]:
    told: list[tuple[str, ...]] = [
        ("DELETE FROM cim.event",),
        (
            "UPDATE cim.entity SET created_at = now() - interval '1 hour' WHERE code = $1",
            CODES["O"],
        ),
        (
            "UPDATE layer.plots SET cim_recorded_at = '2020-01-05', cim_valid_from ="
            " CASE n WHEN 'N' THEN now() WHEN 'O' THEN now() - interval '1 hour'"
            " ELSE '2020-01-01' END",
        ),
        (
            f"INSERT INTO history.plots SELECT code, beidou_code, 1, cim_recorded_at, '2020-01-01',"
            f" ST_GeomFromText('{BEFORE.wkt}', 4490), n, '01', '2022-01-01', '2022-01-09'"
            " FROM layer.plots WHERE n = 'A'",
        ),
        (
            "INSERT INTO history.plots SELECT code, beidou_code, 2, '2022-01-08', '2022-01-01',"
            " geom, n, '99', '2022-01-01', '2022-01-09' FROM layer.plots WHERE n = 'A'",
        ),
        (
            "UPDATE layer.plots SET cim_version = 3, cim_valid_from = '2022-01-01',"
            " cim_recorded_at = '2022-01-09' WHERE n = 'A'",
        ),
        ("INSERT INTO cim.action (who, why) VALUES ('资规局', '登记')",),
        (
            "INSERT INTO cim.action (who, why, document)"
            " VALUES ('资规局', '宗地变更', '襄资规〔2023〕1号')",
        ),
        (
            "INSERT INTO cim.reservation (project, division, class_code, first, last, action_id,"
            " expires_at) SELECT project, '420602', '990101', 12, 12, id, until::timestamptz"
            " FROM cim.action, (VALUES ('东津新区一期', '2030-01-01'), ('老项目', '2024-06-01'))"
            " AS r (project, until) WHERE why = '登记'",
        ),
        *(
            (
                "INSERT INTO cim.entity (code, state, reservation_id)"
                f" SELECT $1, 'reserved', id FROM cim.reservation WHERE project = '{project}'",
                CODES[name],
            )
            for name, project in (("R", "东津新区一期"), ("X", "老项目"))
        ),
        ("INSERT INTO cim.entity (code, state) VALUES ($1, 'void')", CODES["V"]),
        ("UPDATE cim.layer SET feature_count = 5 WHERE name = 'plots'",),
    ]
    events = [(name, "assigned", _SINCE.get(name, "2020-01-01")) for name in "ABCDEFGHP"]
    events += [("A", "changed", "2022-01-01"), ("R", "reserved", "2024-01-01")]
    events += [("X", "reserved", "2024-01-01")]
    for name, since in _SINCE.items():
        told.append(
            (f"UPDATE layer.plots SET cim_valid_from = '{since}' WHERE code = $1", CODES[name])
        )
    for name, until in _ENDED.items():
        told += _end(name, until)
        if name != "O":
            events.append((name, _STATES[name], until))
    for name, kind, at in events:
        why = "登记" if kind in {"assigned", "reserved"} else "宗地变更"
        told.append(
            (
                "INSERT INTO cim.event (turn, code, kind, valid_at, action_id)"
                f" SELECT cim.turn(), $1, '{kind}', '{at}', id FROM cim.action WHERE why = '{why}'",
                CODES[name],
            )
        )
    for before, after in _SUCCESSORS:
        told.append(
            (
                "INSERT INTO cim.succession (predecessor, successor, valid_at, action_id)"
                f" SELECT $1, $2, '{_ENDED[before]}', id FROM cim.action WHERE why = '宗地变更'",
                CODES[before],
                CODES[after],
            )
        )
    return told


def _end(name: str, until: str) -> list[tuple[str, ...]]:
    end = until if until == "now()" else f"'{until}'"
    columns = "code, beidou_code, cim_version, cim_recorded_at, cim_valid_from, geom, n, landuse"
    return [
        (
            f"INSERT INTO history.plots ({columns}, cim_valid_to) SELECT {columns}, {end}"
            " FROM layer.plots WHERE code = $1",
            CODES[name],
        ),
        ("DELETE FROM layer.plots WHERE code = $1", CODES[name]),
        ("DELETE FROM cim.cover WHERE code = $1", CODES[name]),
        (
            f"UPDATE cim.entity SET state = '{_STATES[name]}', changed_at = now() WHERE code = $1",
            CODES[name],
        ),
    ]
