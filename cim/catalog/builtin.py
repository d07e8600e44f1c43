"""The version of the catalog that the program brings (内置目录).

`cim.data.catalog`, whose code lists of other tables of ours (divisions, townships, GB/T 13923,
components) are read from these tables, so that each stands once.

>>> catalog().head.reference
'cim@1'
>>> catalog().by_code["fields"]["parcel.area"].unit
'm2'
>>> catalog().by_code["code_list_entries"]["division", "420602"].name_zh
'襄城区'
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cim.data.catalog
from cim.catalog import files, rules
from cim.catalog.model import Catalog
from cim.data import Row, rows


@cache
def catalog() -> Catalog:
    document = files.folder(Path(cim.data.catalog.__path__[0]))
    for code_list in document["code_lists"]:
        table = code_list.pop("table")
        if table:
            document["code_list_entries"] += _entries(code_list["code"], rows(table))
    return rules.made(document)


def _entries(code: str, table: tuple[Row, ...]) -> Iterator[Row]:
    known = {row["code"] for row in table}
    for row in table:
        parent = row.get("parent", "")
        yield {
            "list": code,
            "code": row["code"],
            "name_zh": row.get("name") or row["name_zh"],
            "name_en": row.get("name_en", ""),
            "parent": parent if parent in known else "",
            "certainty": row["conf"],
        }
