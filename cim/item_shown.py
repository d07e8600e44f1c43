"""As what the rows of a layer are given (要素输出形式): features of JSON, or columns of a table."""

from cim import json_fg
from cim.crs import Crs
from cim.feature_sql import feature
from cim.item_columns import columns, properties
from cim.item_query import Shown
from cim.layer import Layer


def shown(
    layer: Layer, how: Shown, crs: Crs, only: tuple[str, ...] = (), then: str | None = None
) -> str:
    """SQL of what follows the code in a row.

    `feature`, UTF-8 JSON without its closing brace, or the other columns of `properties` and the
    geometry, which are known by their places. `then` is the SQL of a moment of the past.
    """
    if how == "columns":
        return columns(layer, properties(layer, only, then), crs)
    write = json_fg.feature if how == "jsonfg" else feature
    return f"convert_to({write(layer, crs, then, only)}, 'UTF8') AS feature"
