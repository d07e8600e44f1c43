"""Tile matrix sets over HTTP (瓦片矩阵集): what there are, and those that a city adds.

OGC API - Tiles 1 clause 7.2 with OGC 17-083r4; PUT and DELETE are ours.
"""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import asking, tilesets
from api.links import link, url
from api.writing import json_object, write, writer
from tiles import matrix_set_table, matrix_sets
from tiles.errors import TileMatrixSetInvalid


async def listed(request: Request) -> Response:
    asking.only(request, ())
    asking.media_type(request, (asking.JSON,))
    base = asking.base_url(request)
    sets = [
        {
            "id": each.name,
            **({"title": each.model.title} if each.model.title else {}),
            **({"uri": str(each.model.uri)} if each.model.uri else {}),
            "links": [
                link(rel, url(base, "tileMatrixSets", each.name), asking.JSON)
                for rel in ("self", "item")  # `item` is what the test suite of the OGC follows
            ],
        }
        for each in matrix_sets.offered(asking.service(request).registry)
    ]
    return JSONResponse(
        {"links": [link("self", url(base, "tileMatrixSets"), asking.JSON)], "tileMatrixSets": sets}
    )


async def one(request: Request) -> Response:
    asking.only(request, ())
    asking.media_type(request, (asking.JSON,))
    return JSONResponse((await tilesets.matrix_set(request)).document())


async def put(request: Request) -> Response:
    """The set as it is offered now: 201 with its address where there was none, else 200."""
    who, name = writer(request).name, request.path_params["matrix_set"]
    asking.only(request, ())
    document = await json_object(request)
    if document.setdefault("id", name) != name:
        raise TileMatrixSetInvalid(f"id: {document['id']!r} is not {name!r}, as the path says")
    made, new = await write(request, lambda c, _: matrix_set_table.register(c, document, who))
    if not new:
        return JSONResponse(made.document())
    headers = {"Location": url(asking.base_url(request), "tileMatrixSets", name)}
    return JSONResponse(made.document(), 201, headers)


async def remove(request: Request) -> Response:
    """204."""
    writer(request)
    asking.only(request, ())
    name = request.path_params["matrix_set"]
    await write(request, lambda c, _: matrix_set_table.remove(c, name))
    return Response(status_code=204)
