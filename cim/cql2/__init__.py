"""Filters of features (过滤条件): CQL2, OGC 21-065r2, as text and as JSON, compiled to SQL.

All 14 classes of the standard: text, JSON, basic, LIKE, BETWEEN and IN, CASEI, ACCENTI, spatial,
temporal and array functions, properties on both sides, functions, arithmetic. Values are always
bound, names are looked up among the queryables, and kinds must fit: what is wrong is told with its
place, the character of a text or the JSON pointer of a document.

Text is parsed by the package `cql2` (Rust, MIT): it reads all 14 classes in microseconds, names in
Chinese included. pygeofilter 0.4 reads neither those nor names of one letter, nor most arrays and
functions. Neither one's SQL is used: that of `cql2` has its values in the text, and that of
pygeofilter knows no accents, arrays or checks of kinds.

>>> trees = {"树种": Queryable('"树种"', "text"), "height": Queryable('"height"', "integer")}
>>> compile("树种 LIKE '银杏%' AND height BETWEEN 5 AND 10.5", queryables=trees).sql
'(("树种" LIKE $1::text ESCAPE \\'\\\\\\') AND ("height" BETWEEN $2::bigint AND $3::numeric))'
>>> compile({"op": "in", "args": [{"property": "height"}, [5, 6]]}, queryables=trees, first=3)
Clause(sql='("height" = ANY($3::bigint[]))', params=([5, 6],), located=False)
>>> compile("hieght > 5", queryables=trees)
Traceback (most recent call last):
...
cim.errors.PropertyUnknown: at character 1: there is no property 'hieght'; near are height
>>> compile("height = 'tall'", queryables=trees)  # doctest: +ELLIPSIS
Traceback (most recent call last):
...
cim.errors.FilterInvalid: at character 10: the property 'height' is a number and the text 'tall' ...
"""

from collections.abc import Mapping
from typing import Any

from cim.cql2 import document, text
from cim.cql2.compiling import Clause, clause
from cim.cql2.functions import FUNCTIONS, Function
from cim.cql2.terms import Queryable
from cim.crs import CRS84, Crs

__all__ = ["FUNCTIONS", "GDAL", "JSON", "TEXT", "Clause", "Function", "Queryable", "compile"]

TEXT, JSON = "cql2-text", "cql2-json"
GDAL = "cql-text"  # what GDAL writes, and asks for by the name that a draft had


def compile(
    given: str | Mapping[str, Any] | bool,
    lang: str = TEXT,
    *,
    queryables: Mapping[str, Queryable],
    crs: Crs = CRS84,
    first: int = 1,
) -> Clause:
    """The condition of a filter in SQL, its parameters counted from `first`; FilterInvalid.

    What is given as a text is read as `lang` says; what is a document already is CQL2 JSON.
    `crs` is that of the geometries in it.
    """
    if not isinstance(given, str):
        tree = document.read(given)
    elif lang == JSON:
        tree = document.read(document.parsed(given))
    else:
        tree = text.read(given, gdal=lang == GDAL)
    return clause(tree, queryables, crs, first)
