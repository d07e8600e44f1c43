"""What the service claims, and the modules here that prove it: one a class, named after it.

A module says its class in ``CLASS = "…"``. Whoever adds a class adds its line to
``api/conformance.txt`` and its module here.
"""

import re
from pathlib import Path

import api

HERE = Path(__file__).parent
FILE = Path(api.__file__).parent / "conformance.txt"
AT_LEAST = 2  # tests of a class
Outcomes = dict[str, list[tuple[str, str]]]  # of each test, by module

_CLASS = re.compile(r'^CLASS = (?:\(\s*)?"([^"]+)"(?:\s*"([^"]+)")?', re.MULTILINE)
_OGC = re.compile(r"https?://www\.opengis\.net/spec/(?:ogcapi-)?([^/]+)/[^/]+/conf/(.+)")
_STAC = re.compile(r"https://api\.stacspec\.org/[^/]+/(.+)")


def listed() -> list[str]:
    """The classes of the file, in its order."""
    return FILE.read_text().split()


def modules() -> dict[str, str]:
    """The class of each module by the module's name; empty where it does not say one."""
    found = {}
    for path in sorted(HERE.glob("test_*.py")):
        if path.stem != "test_conformance":
            said = _CLASS.search(path.read_text())
            found[path.stem] = said[1] + (said[2] or "") if said else ""
    return found


def module_of(uri: str) -> str:
    """The name of the module of a class.

    >>> module_of("http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core")
    'test_features_1_core'
    >>> module_of("https://api.stacspec.org/v1.0.0/item-search#sort")
    'test_stac_item_search_sort'
    """
    if ogc := _OGC.fullmatch(uri):
        name = f"{ogc[1]}_{ogc[2]}"
    elif stac := _STAC.fullmatch(uri):
        name = f"stac_{stac[1]}"
    else:
        raise ValueError(f"no class of the OGC or of STAC: {uri}")
    return "test_" + re.sub(r"[^a-z0-9]+", "_", name.lower())
