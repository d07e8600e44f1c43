"""The standards' tables (标准代码表) as CSV files, each read once, when first asked for."""

import csv
from functools import cache
from importlib.resources import files

Row = dict[str, str]


@cache
def rows(table: str) -> tuple[Row, ...]:
    """All rows of cim/data/<table>.csv in file order, every value as text.

    >>> rows("divisions")[0]["name"]
    '湖北省'
    """
    text = files(__name__).joinpath(f"{table}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
