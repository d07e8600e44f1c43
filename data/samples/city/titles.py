"""Names (宗地名称, 建筑物名称) and addresses (坐落): made up, unique, in Chinese."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from city.divisions import NAMES
from city.parcels import Parcel

WORDS = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))
ESTATE_CODES = ("070101", "070102", "070103")


def parcel_names(parcels: list[Parcel]) -> list[str]:
    """A name for each parcel."""
    estates = iter(_estates())
    count: Counter[str] = Counter()
    names = []
    for p in parcels:
        if p.use.code in ESTATE_CODES:
            names.append(next(estates))
            continue
        noun = WORDS["noun_of_use"].get(p.use.code, p.use.name)
        stem = f"{p.township.name.removeprefix('高新区')}{noun}"
        count[stem] += 1
        names.append(f"{stem}{count[stem]}号")
    return names


def _estates() -> list[str]:
    """Every estate name, first phases first, in an order in which neighbours differ."""
    stems, kinds = WORDS["estate_stems"], WORDS["estate_kinds"]
    names = [
        f"{stems[(i * 7 + j * 3) % len(stems)]}{kind}"
        for i in range(len(stems))
        for j, kind in enumerate(kinds)
    ]
    return [f"{name}{phase}" for phase in ("", "二期", "三期", "四期", "五期") for name in names]


def parcel_addresses(parcels: list[Parcel]) -> list[str]:
    """A street address for land inside the town, the township for land outside it."""
    count: Counter[str] = Counter()
    made = []
    for i, p in enumerate(parcels):
        place = f"襄阳市{_county_name(p)}{p.township.name}"
        if p.use.feature[0] == "J" or not p.use.style:
            made.append(f"{place}{_street(p, facing_row=True)}旁")
            continue
        road = f"{place}{_street(p, facing_row=i % 2 == 0)}"
        count[road] += 1
        made.append(f"{road}{count[road] * 2 - i % 2}号")
    return made


def _street(parcel: Parcel, facing_row: bool) -> str:
    """The street south of the parcel's block, or west of it."""
    rows, columns = WORDS["streets_by_row"], WORDS["streets_by_column"]
    row, column = parcel.block.row % len(rows), parcel.block.column % len(columns)
    return str(rows[row] if facing_row else columns[column])


def _county_name(parcel: Parcel) -> str:
    return NAMES[parcel.county][0]
