"""The version of the catalog that the program brings (内置目录).

It is the folder `cim.data.catalog`.

>>> catalog().head.reference
'cim@1'
>>> catalog().by_code["fields"]["parcel.area"].unit
'm2'
>>> catalog().by_code["code_list_entries"]["division", "420602"].name_zh
'襄城区'
"""

from functools import cache
from pathlib import Path

import cim.data.catalog
from cim.catalog import files
from cim.catalog.model import Catalog


@cache
def catalog() -> Catalog:
    return files.read(Path(cim.data.catalog.__path__[0]))
