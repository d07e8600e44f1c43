"""Map tilesets of raster layers (影像瓦片服务): OGC API - Tiles 1, Maps 1 clause 14.

A tile is a mosaic of the scenes of `datetime`, all by default, the newest on top. `properties`
names one band or three; `index` or `expression` is drawn instead of bands (`tiles.formula`).
`rescale` gives the least and the greatest value to be told apart, `colormap` the colours of one
band.
"""

import math
from collections.abc import Mapping, Sequence

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from api import asking, fresh_scenes, scenes, subset
from api import tilesets as tilesets_of
from api.errors import InvalidParameter
from api.tilesets import Tiling
from cim.layer import Layer
from cim.scenes import Scene
from tiles import drawing, formula, raster
from tiles.drawing import Drawing
from tiles.formula import Formula
from tiles.raster import Look
from tiles.selection import Asked

PARAMETERS = ("datetime", "properties", "index", "expression", "rescale", "colormap")


async def tilesets(request: Request) -> Response:
    layer = await scenes.layer(request)
    asking.only(request, ())
    return tilesets_of.listed(request, Tiling.map("collections", layer.name), *_of(request, layer))


async def tileset(request: Request) -> Response:
    layer = await scenes.layer(request)
    asking.only(request, ())
    return await tilesets_of.one(
        request, Tiling.map("collections", layer.name), *_of(request, layer)
    )


def _of(request: Request, layer: Layer) -> tuple[str, Sequence[Layer]]:
    return layer.title.in_language(asking.language(request)), [layer]


async def tile(request: Request) -> Response:
    """204 where there is nothing to draw, 404 where that is outside the limits of the tileset, 304
    where the client has it."""
    await scenes.layer(request)  # that there is none is told before what is wrong with the rest
    given = asking.only(request, (*PARAMETERS, "subset"))
    when, how = subset.interval(given), read_drawing(given)
    address = await tilesets_of.tile_address(request)
    kind = asking.media_type(request, (asking.PNG, asking.WEBP, asking.JPEG))
    form = kind.rpartition("/")[2].upper()
    place = asking.service(request).settings.rasters
    asked = Asked(when, address.degrees(), how.needs, raster.MOST_SCENES)

    async def draw(layer: Layer, found: list[Scene]) -> Response:
        look = Look(how, drawing.levels(layer, when), form)

        async def made() -> Response:
            body = await to_thread.run_sync(raster.tile, found, address, look, place)
            if not body:
                return tilesets_of.nothing(address, [layer])
            return Response(body, media_type=kind)

        spot = (address.matrix_set.text, address.z, address.x, address.y)
        return await fresh_scenes.answer(request, found, (spot, look), made)

    return await scenes.with_scenes(request, asked, draw)


def read_formula(given: Mapping[str, str]) -> Formula | None:
    """The parameters `index` and `expression`; InvalidParameter, FormulaInvalid."""
    if "index" in given and "expression" in given:
        raise InvalidParameter("expression", "an index is given already; give one of them")
    if "index" in given:
        return formula.index(given["index"])
    return formula.expression(given["expression"]) if "expression" in given else None


def read_drawing(given: Mapping[str, str]) -> Drawing:
    """What the parameters say of how scenes are drawn; InvalidParameter, DrawingUnfit."""
    names = given.get("properties")
    how = Drawing(
        names=tuple(names.split(",")) if names is not None else (),
        formula=read_formula(given),
        level=_level(given["rescale"]) if "rescale" in given else None,
        colours=given.get("colormap"),
    )
    how.check()
    return how


def _level(text: str) -> tuple[float, float]:
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InvalidParameter("rescale", f"{text!r} is not LOW,HIGH, the lower one first")
    return low, high
