"""Items and pages of them (影像景文档): STAC 1.1 items with the links of this service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api import asking
from api.links import Link, link, url
from api.stac.fields import Fields
from cim import stac

Json = dict[str, Any]


def item(row: Mapping[str, Any], base: str) -> Json:
    """The item of a row of `cim.stac.COLUMNS`; every link is absolute."""
    collection = url(base, "collections", row["collection"])
    here, cog = url(collection, "items", row["name"]), url(collection, "scenes", row["name"], "cog")
    found: Json = stac.item(row, cog, collection).to_dict(include_self_link=False)
    found["links"] += [
        link("self", here, asking.GEOJSON),
        link("parent", collection, asking.JSON),
        link("root", url(base, ""), asking.JSON),
        link("alternate", url(here, f="html"), asking.HTML),
    ]
    return found


def page(
    rows: Sequence[Mapping[str, Any]], base: str, fields: Fields | None, links: list[Link]
) -> Json:
    """An item collection."""
    made = [item(row, base) for row in rows]
    if fields is not None:
        made = [fields.of(each) for each in made]
    return {
        "type": "FeatureCollection",
        "numberReturned": len(made),
        "features": made,
        "links": links,
    }
